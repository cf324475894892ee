"""The pool of one run: what was written so far, and in which order slots add to it, so that timing changes nothing.

Slots work in rounds. Round r sees the pool as it stood when round r - 2 had ended, not r - 1: with a round at least as
large as the number of slots in flight, the slots before that end are done by the time a slot of round r begins, so that
nothing ever waits at a barrier and the engine is never idle. Within a round slots accept titles, then questions, then
rows, each in the order of the slots, whatever order the answers come in.
"""

import asyncio
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import ceil
from operator import itemgetter
from random import Random
from typing import NamedTuple

from factory.in_order import InOrder
from factory.instruct import examples
from factory.instruct.examples import Example, Examples, Language, QuestionType
from factory.instruct.others import Others
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

    def __init__(self, shape: Shape, seeds: Examples, others: Others | None = None) -> None:
        """Begin with the examples; what they say counts as written, as do the questions of other datasets."""
        self._shape, self._examples, self._others = shape, seeds, others
        self.titles_turn, self.questions_turn, self.rows_turn = InOrder(), InOrder(), InOrder()
        self._titles = {language: Near(shape.threshold, TITLE_GRAM[language]) for language in TITLE_GRAM}
        self._questions = {language: Near(shape.threshold) for language in TITLE_GRAM}
        self._left: defaultdict[int, int] = defaultdict(lambda: shape.round_size)
        self._ended: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self._seeds: dict[tuple[Language, QuestionType, str], Sequence[Example]] = {}
        self._grown: defaultdict[tuple[Language, QuestionType, bool], list[tuple[int, Example]]] = defaultdict(list)
        """Rows with their rounds, oldest first; apart those whose slot had several titles."""
        self._by_topic: defaultdict[tuple[Language, str], list[tuple[int, str]]] = defaultdict(list)
        self.kept = 0
        """Rows that were accepted."""
        self._kept_by: list[int] = []
        """Rows that were accepted up to and with each round."""
        self._quotas: list[int] = []
        self._worked: list[int] = [0]
        """Slots that work before each round."""
        for (language, _), found in seeds.items():
            for example in found:
                self._questions[language].add(example.question)
                for title in example.titles:
                    self._titles[language].add(title)

    async def number(self, place: int) -> int | None:
        """Wait until what the item at this place may see is settled; its number among those that work, if it does."""
        here, inside = divmod(place, self._shape.round_size)
        for settled in (here - 3, here - 2):  # a round without work ends before the one before it
            if settled >= 0:
                await self._ended[settled].wait()
        if inside >= self._quota(here):
            return None
        return self._worked[here] + inside

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
        seeds = self._fitting(slot.language, slot.type, step)
        grown = self._grown[slot.language, slot.type, step == "title"]
        seen = bisect_right(grown, slot.round - 2, key=itemgetter(0))
        some = min(seen, ceil(count / 4)) if count > 1 else 0
        picked = [grown[place][1] for place in rng.sample(range(seen), some)]
        picked += rng.sample(seeds, min(len(seeds), count - some))
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
        if near is None and self._others:
            near = self._others.find(question)
        if near is None:
            self._questions[slot.language].add(question)
        return near

    def take_rows(self, slot: Slot, made: Sequence[Example]) -> int:
        """Take rows into the pool as far as they are wanted; how many that is. In the slots' order."""
        wanted = min(len(made), self._shape.rows - self.kept)
        for example in made[:wanted]:
            if len(example.question) <= SHOWN_QUESTION and len(example.answer) <= SHOWN_ANSWER:
                self._grown[slot.language, slot.type, False].append((slot.round, example))
                if len(example.titles) > 1:
                    self._grown[slot.language, slot.type, True].append((slot.round, example))
        self.kept += wanted
        self._kept_until(slot.round)
        self._kept_by[slot.round] = self.kept
        return wanted

    def _fitting(self, language: Language, kind: QuestionType, step: str) -> Sequence[Example]:
        """The seeds that can be examples of a step; those that ship where none can."""
        key = (language, kind, step)
        if key not in self._seeds:
            found = [
                one
                for one in self._examples[language, kind]
                if step == "question" or (len(one.titles) > 1 if step == "title" else one.answer)
            ]
            self._seeds[key] = found or examples.shipped()[language, kind]
        return self._seeds[key]

    def _kept_until(self, number: int) -> int:
        """Rows that were accepted up to and with a round that is settled, or with what there is of it."""
        while len(self._kept_by) <= number:
            self._kept_by.append(self._kept_by[-1] if self._kept_by else 0)
        return self._kept_by[number] if number >= 0 else 0

    def _quota(self, number: int) -> int:
        """How many slots of a round work: enough for the rows that are missing, by what is settled when it begins."""
        while len(self._quotas) <= number:
            here = len(self._quotas)
            worked, under_way = (self._worked[here - 1], self._quotas[here - 1]) if here else (0, 0)
            kept = self._kept_until(here - 2)
            rate = max(kept / worked, 0.1) if worked else float(self._shape.titles)
            missing = ceil((self._shape.rows - kept) / rate) - under_way
            allowed = self._shape.most_slots - worked - under_way
            self._quotas.append(max(0, min(missing, allowed, self._shape.round_size)))
            self._worked.append(worked + under_way + self._quotas[here])
        return self._quotas[number]
