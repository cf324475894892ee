"""Two answers to one prompt that a judge compares, and who meets whom where there are more than two.

A game has no sides yet: whichever answer is named first, the key and so every question asked about it are the same.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from factory.row import Message, content_id
from factory.source.turns import shared

Turns = tuple[Message, ...]


class Game(NamedTuple):
    """Two conversations that part somewhere."""

    prompt: Turns
    """What both have in common, up to the user's turn before they part."""
    first: Turns
    second: Turns
    key: str
    """In hex; depends on the texts alone, and not on which is first."""
    meta: Mapping[str, Any]

    def turned(self) -> "Game":
        """The same with the other answer first."""
        return self._replace(first=self.second, second=self.first)

    def canary(self, prompt: str, first: str, second: str) -> "Game":
        """Another question with the fence of this game."""
        sides = (Message("assistant", first),), (Message("assistant", second),)
        return Game((Message("user", prompt),), *sides, self.key, {})


def game(one: Turns, other: Turns, meta: Mapping[str, Any]) -> Game:
    """The game of two conversations."""
    same = shared(one, other)
    while same and one[same - 1].role == "assistant":
        same -= 1
    ids = sorted((content_id(one), content_id(other)))
    return Game(one[:same], one[same:], other[same:], content_id((Message(*ids),)), meta)


def fixtures(ids: Sequence[str], opponents: int | None, rng: Random) -> list[tuple[int, int]]:
    """Who meets whom, as places of `ids`: everyone everyone else, or as many opponents as are asked.

    Each gets the same number of games, one more than asked where an odd number can't be shared out. It depends on the
    ids, not on their order.

    Args:
        ids: an id for each side, each once.
        opponents: how many each meets; None for all others.
        rng: what draws them.
    """
    places = sorted(range(len(ids)), key=ids.__getitem__)
    n = len(places)
    if opponents is None or opponents >= n - 1:
        return [(places[one], places[other]) for one in range(n) for other in range(one + 1, n)]
    rng.shuffle(places)
    steps = list(range(1, opponents // 2 + 1))
    found = [(places[one], places[(one + step) % n]) for step in steps for one in range(n)]
    if opponents % 2:
        step = n // 2 if n % 2 == 0 else opponents // 2 + 1
        around = n // 2 if n % 2 == 0 else n
        found += [(places[one], places[(one + step) % n]) for one in range(around)]
    return found
