"""The pool of one run: what was written so far, and in which order slots add to it, so that timing changes nothing.

Slots work in rounds. Round r sees the pool as it stood when round r - 2 had ended, not r - 1: with a round at least as
large as the number of slots in flight, the slots before that end are done by the time a slot of round r begins, so that
nothing ever waits at a barrier and the engine is never idle. Within a round slots accept titles, then questions, then
rows, each in the order of the slots, whatever order the answers come in.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import ceil
from random import Random
from typing import NamedTuple

from factory.in_order import InOrder
from factory.instruct import examples
from factory.instruct.examples import Example, Examples, Language, QuestionType
from factory.instruct.plan import Slot
from factory.similar import Match, Near

TITLE_GRAM: Mapping[Language, int] = {"ja": 2, "en": 3}
"""Titles are short: a Japanese one has some ten characters, of which every changed one would touch three 3-grams."""

KNOWN = 8
"""How many of a topic's earlier titles a prompt shows."""
SHOWN_QUESTION, SHOWN_ANSWER = 600, 900
"""Characters up to which a row is shown as an example: prompts stay short enough for a small model."""


class Shape(NamedTuple):
    """How large a run is."""

    rows: int
    """Rows wanted."""
    titles: int
    """Titles that a slot asks for."""
    round_size: int
    """Slots in a round."""
    most_slots: int
    """Slots that may work, over all rounds; what is beyond a round's need stays idle."""
    threshold: float
    """From which similarity on a title or a question is too near to another."""


class Pool:
    """What was written so far in this run. One per generator and run, used by one event loop."""

    def __init__(self, shape: Shape, seeds: Examples) -> None:
        """Begin with the examples; what they say counts as written."""
        self._shape, self._examples = shape, seeds
        self.titles_turn, self.questions_turn, self.rows_turn = InOrder(), InOrder(), InOrder()
        self._titles = {language: Near(shape.threshold, TITLE_GRAM[language]) for language in TITLE_GRAM}
        self._questions = {language: Near(shape.threshold) for language in TITLE_GRAM}
        self._left: defaultdict[int, int] = defaultdict(lambda: shape.round_size)
        self._ended: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self._grown: list[tuple[int, Language, QuestionType, Example]] = []
        self._by_topic: defaultdict[tuple[Language, str], list[tuple[int, str]]] = defaultdict(list)
        self._kept: defaultdict[int, int] = defaultdict(int)
        self._quotas: dict[int, int] = {}
        for (language, _), found in seeds.items():
            for example in found:
                self._questions[language].add(example.question)
                for title in example.titles:
                    self._titles[language].add(title)

    @property
    def kept(self) -> int:
        """Rows that were accepted."""
        return sum(self._kept.values())

    async def number(self, place: int) -> int | None:
        """Wait until what the item at this place may see is settled; its number among those that work, if it does."""
        here, inside = divmod(place, self._shape.round_size)
        for settled in (here - 3, here - 2):  # a round without work ends before the one before it
            if settled >= 0:
                await self._ended[settled].wait()
        if inside >= self._quota(here):
            return None
        return sum(self._quota(earlier) for earlier in range(here)) + inside

    def left(self, place: int) -> None:
        """The item is done, however it ended. To be called in a `finally`, or later rounds wait for ever."""
        for turn in (self.titles_turn, self.questions_turn, self.rows_turn):
            turn.passed(place)
        here = place // self._shape.round_size
        self._left[here] -= 1
        if not self._left[here]:
            self._ended[here].set()

    def known(self, slot: Slot) -> list[str]:
        """The newest titles on the slot's topic that it may see."""
        found = self._by_topic[slot.language, slot.topic.name]
        return [title for number, title in found if number <= slot.round - 2][-KNOWN:]

    def shown(self, slot: Slot, count: int, rng: Random, step: str) -> list[Example]:
        """Examples for a step's prompt: a quarter from the rows that the slot may see, as far as there are, else seeds.

        For titles they have several, for answers an answer; seeds that a recipe brings may lack them.
        """

        def fits(one: Example) -> bool:
            return len(one.titles) > 1 if step == "title" else bool(one.answer) if step == "answer" else True

        key = (slot.language, slot.type)
        seeds = [one for one in self._examples[key] if fits(one)] or list(examples.shipped()[key])
        grown = [
            one for number, *theirs, one in self._grown if number <= slot.round - 2 and (*theirs,) == key and fits(one)
        ]
        some = min(len(grown), ceil(count / 4)) if count > 1 else 0
        picked = [*rng.sample(grown, some), *rng.sample(seeds, min(len(seeds), count - some))]
        rng.shuffle(picked)
        return picked

    def take_title(self, slot: Slot, title: str) -> Match | None:
        """Take the title into the pool, or say what it is too near to. In the slots' order."""
        near = self._titles[slot.language].find(title)
        if near is None:
            self._titles[slot.language].add(title)
            self._by_topic[slot.language, slot.topic.name].append((slot.round, title))
        return near

    def take_question(self, slot: Slot, question: str) -> Match | None:
        """Take the question into the pool, or say what it is too near to. In the slots' order."""
        near = self._questions[slot.language].find(question)
        if near is None:
            self._questions[slot.language].add(question)
        return near

    def take_rows(self, slot: Slot, made: Sequence[Example]) -> int:
        """Take rows into the pool as far as they are wanted; how many that is. In the slots' order."""
        wanted = min(len(made), self._shape.rows - self.kept)
        for example in made[:wanted]:
            if len(example.question) <= SHOWN_QUESTION and len(example.answer) <= SHOWN_ANSWER:
                self._grown.append((slot.round, slot.language, slot.type, example))
        self._kept[slot.round] += wanted
        return wanted

    def _quota(self, number: int) -> int:
        """How many slots of a round work: enough for the rows that are missing, by what is settled when it begins."""
        if number not in self._quotas:
            worked = sum(self._quota(earlier) for earlier in range(number - 1))
            kept = sum(self._kept[earlier] for earlier in range(number - 1))
            under_way = self._quota(number - 1) if number else 0
            rate = max(kept / worked, 0.1) if worked else float(self._shape.titles)
            missing = ceil((self._shape.rows - kept) / rate) - under_way
            allowed = self._shape.most_slots - worked - under_way
            self._quotas[number] = max(0, min(missing, allowed, self._shape.round_size))
        return self._quotas[number]
