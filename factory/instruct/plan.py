"""What slots are about: language and type by their shares, and every topic before one comes again."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from factory.instruct.examples import Language, QuestionType
from factory.topics import Topic

Key = tuple[Language, QuestionType]


class Slot(NamedTuple):
    """One unit of work: titles of a type on a topic, and what comes of them."""

    place: int
    """Its item's place in the work list."""
    number: int
    """Its place among the items that work."""
    round: int
    language: Language
    type: QuestionType
    topic: Topic


class Plan:
    """Language, type and topic by a slot's number, worked out as far as they are asked for."""

    def __init__(self, shares: Mapping[Key, float], shuffled: Callable[[Key, int], Sequence[Topic]]) -> None:
        """Take the share of each language and type, and their topics as shuffled for the n-th time."""
        self._shares, self._shuffled = shares, shuffled
        self._turns: Counter[Key] = Counter()
        self._orders: dict[Key, Sequence[Topic]] = {}
        self._made: list[tuple[Key, Topic]] = []

    def slot(self, place: int, number: int, round: int) -> Slot:
        """The slot of that number."""
        while len(self._made) <= number:
            self._made.append(self._next())
        (language, kind), topic = self._made[number]
        return Slot(place, number, round, language, kind, topic)

    def _next(self) -> tuple[Key, Topic]:
        key = min(self._shares, key=lambda key: ((self._turns[key] + 1) / self._shares[key], key[1], key[0]))
        turn = self._turns[key]
        self._turns[key] += 1
        order = self._orders.get(key, ())
        cycle, at = divmod(turn, len(order)) if order else (0, 0)
        if not at:
            order = self._orders[key] = self._shuffled(key, cycle)
        return key, order[at]
