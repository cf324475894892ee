"""Draws the keys of a family without repetition, and shares a count out among families."""

import marshal
from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import chain
from math import fsum
from random import Random
from typing import NamedTuple, TypeVar

from factory.math import render
from factory.math.families import Language
from factory.math.formula import Key

TRIES = (512, 1_024)
"""Draws in the first round, and at most in one while new keys come; rounds double between."""
RARE = 0.01
"""A round of which a smaller share is new is as good as empty: what is left would come too seldom."""
EMPTY = 2
"""After this many such rounds, the later ones at least twice as long as what is known, a family is used up."""

Name = TypeVar("Name", bound=Hashable)


class Strand(NamedTuple):
    """What keys are drawn from: a family, at one of its levels where one is given."""

    name: str
    level: int | None = None

    def __str__(self) -> str:
        """As items and messages name it."""
        return self.name if self.level is None else f"{self.name} level {self.level}"


class Drawn:
    """The keys of one family in the order they are drawn: the same for the same seed, however many are wanted."""

    def __init__(
        self,
        name: str,
        random: Random,
        side: int | None,
        level: int | None = None,
        keeps: Callable[[Key], bool] | None = None,
    ) -> None:
        """Draw from one stream.

        Args:
            name: the family's.
            random: the stream.
            side: 0 or 1 keeps to the questions of even or odd seeds.
            level: one of the family's own levels.
            keeps: says which keys may come; all where nothing is said.
        """
        self.draw = render.drawer(name, level)
        self.random, self.side, self.keeps = random, side, keeps
        self.keys: dict[Key, None] = {}
        self.stored, self.count = b"", 0
        self.tries, self.empty = TRIES[0], 0
        self.room = 0.0

    def rounds(self) -> Iterator[tuple[int, list[Key]]]:
        """(draws that met the requirements, the new keys among them), until nothing new comes."""
        self.fetch()
        known = self.keys
        while self.empty < EMPTY:
            drawn = self.draw(self.random.random, self.tries, self.side)
            if self.keeps:
                drawn = list(filter(self.keeps, drawn))
            new = [key for key in dict.fromkeys(drawn) if key not in known]
            known.update(dict.fromkeys(new))
            self.empty = self.empty + 1 if len(new) <= RARE * len(drawn) else 0
            self.tries = max(TRIES[1], 2 * len(known)) if self.empty else min(2 * self.tries, TRIES[1])
            yield len(drawn), new

    def capacity(self, wanted: int) -> int:
        """How many of the wanted keys there are; counted, unless the first round shows a space far larger."""
        if not self.count:
            drawn, new = next(self.rounds())
            self.room = drawn**2 / (20 * max(3, drawn - len(new)))  # a twentieth of what so few repetitions suggest
            self.count = len(self.keys)
        if wanted > max(self.room, self.count):
            any(len(self.keys) >= wanted for _ in self.rounds())
            self.count = len(self.keys)
        self.store()
        return wanted if wanted <= self.room else min(wanted, self.count)

    def store(self) -> None:
        """Keep the keys as bytes until they are needed: a tenth of the memory, while other families are counted."""
        if self.keys:
            self.stored, self.keys = marshal.dumps(list(self.keys)), {}

    def fetch(self) -> None:
        """Have the stored keys at hand again."""
        if self.stored:
            self.keys, self.stored = dict.fromkeys(marshal.loads(self.stored)), b""

    def in_order(self) -> Iterator[list[Key]]:
        """The keys as they come, the known ones first."""
        self.fetch()
        return chain([list(self.keys)], (new for _, new in self.rounds()))

    def blocks(self, count: int, size: int) -> Iterator[list[Key]]:
        """The first `count` keys in blocks."""
        waiting: list[Key] = []
        for new in self.in_order():
            waiting += new
            while len(waiting) >= size and count >= size:
                yield waiting[:size]
                waiting, count = waiting[size:], count - size
            if len(waiting) >= count:
                break
        if waiting[:count]:
            yield waiting[:count]


def shares(count: int, weights: Mapping[Name, float], capacity: Mapping[Name, int]) -> dict[Name, int]:
    """`count` shared out by weight, none above its capacity, what one can't take going to the others.

    The shares add up to `count`, or to the sum of the capacities where that is less.
    """
    given = dict.fromkeys(weights, 0)
    left = min(count, sum(capacity.values()))
    open_ = [name for name in weights if capacity[name] > 0]
    while left and open_:
        total = fsum(weights[name] for name in open_)
        round_ = {name: min(int(left * weights[name] / total), capacity[name] - given[name]) for name in open_}
        if not any(round_.values()):
            round_ = dict.fromkeys(sorted(open_, key=lambda name: -weights[name])[:left], 1)
        for name, n in round_.items():
            given[name] += n
        left -= sum(round_.values())
        open_ = [name for name in open_ if given[name] < capacity[name]]
    return given


def apportioned(
    count: int, weights: Mapping[tuple[Strand, Language], float], drawn: Mapping[Strand, Drawn]
) -> tuple[dict[tuple[Strand, Language], int], dict[tuple[Strand, Language], tuple[int, int]]]:
    """How many rows each (family, language) makes; and those that can't make their share: (share, what they can make).

    What a family lacks the others make up for, as long as they can.
    """
    limits = dict.fromkeys(weights, count)
    short: dict[tuple[Strand, Language], tuple[int, int]] = {}
    while True:
        counts = shares(count, weights, limits)
        found = {part: drawn[part[0]].capacity(counts[part]) for part in weights if part not in short}
        lacking = {part: (counts[part], n) for part, n in found.items() if n < counts[part]}
        if not lacking:
            return counts, short
        short |= lacking
        limits |= {part: n for part, (_, n) in lacking.items()}
