"""Numbers that the wording of a solution ties down: literal ones (`10のまとまり`), and those of one and the same hole.

The places of a template, holes and literal numbers, are known in a rendered text by the letters around them. Where
those letters fit one place only, a literal must be the number that the template writes, and numbers of one hole must
be equal, in prose and formulas alike. Places that can't be told apart are left alone.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from factory.math.skeleton import MARK, blank

PLACE = re.compile(r"<<(?P<hole>.*?)>>|<%.*?%>|<#.*?#>|(?P<literal>[0-9]+(?:\.[0-9]+)?)", re.DOTALL)
REACH = 12
ENOUGH = 2
"""Letters around a number that must fit, TeX and punctuation apart, before a place counts as recognised."""
CUT = re.compile(r"^[A-Za-z]+")
MUTE = re.compile(r"\\[A-Za-z]+|[^\w]|[\x00-\x7f](?<![A-Za-z])")


class Place(NamedTuple):
    """A hole or a literal number of a template, and the letters around it up to the next place."""

    before: str
    after: str
    what: str
    """The hole's expression; empty for one that may show several numbers."""
    value: int | None
    """A literal's number."""

    def told(self) -> bool:
        """True where the letters around it are enough to know it by."""
        return len(MUTE.sub("", CUT.sub("", self.before) + "|" + self.after)) >= ENOUGH


class Ties(NamedTuple):
    """What a solution's skeleton ties down."""

    fixed: dict[int, frozenset[int]]
    """Index of a number -> what it may be."""
    equal: tuple[tuple[int, int], ...]
    """Indices of numbers that must be equal."""
    allowed: frozenset[int]
    """Literal numbers that may stand where a hole's number may stand too."""


class Wording:
    """The places of the wordings of one solution."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Find them."""
        self.places = tuple({place for text in texts for place in places(text)})
        self.told = frozenset(place for place in self.places if place.told())
        self.open = [place for place in self.places if not place.after]
        letters = {place.after[0] for place in self.places if place.after}
        self.by_letter = {
            letter: [place for place in self.places if place.after[:1] in ("", letter)] for letter in letters
        }

    def ties(self, skeleton: str) -> Ties:
        """What the wording says of the numbers of a rendered skeleton."""
        fixed: dict[int, frozenset[int]] = {}
        equal: list[tuple[int, int]] = []
        allowed: set[int] = set()
        first: dict[str, int] = {}
        for i, mark in enumerate(MARK.finditer(skeleton)):
            at = mark.start()
            likely = self.by_letter.get(skeleton[at + 1 : at + 2], self.open)
            ending = [place for place in likely if skeleton.startswith(place.after, at + 1)]
            fitting = [place for place in ending if skeleton.endswith(place.before, 0, at)]
            if not any(place in self.told for place in fitting):
                continue
            values = {place.value for place in fitting if place.value is not None}
            holes = {place.what for place in fitting if place.value is None}
            # a hole may show several numbers, and this one may be its last
            holes |= {place.what for place in ending if place.value is None and len(place.after) > ENOUGH}
            if values and not holes and skeleton.count("$", 0, at) % 2 == 0:
                fixed[i] = frozenset(values)
            elif values:
                allowed |= values
            elif len(holes) == 1 and "" not in holes:
                (what,) = holes
                if first.setdefault(what, i) != i:
                    equal.append((first[what], i))
        return Ties(fixed, tuple(equal), frozenset(allowed))


def places(text: str) -> list[Place]:
    """The places of one template text."""
    found = list(PLACE.finditer(text.strip()))
    text = text.strip()
    made = []
    for i, place in enumerate(found):
        hole, literal = place.group("hole"), place.group("literal")
        if hole is None and literal is None:
            continue
        low = neighbour(found, i, -1)
        high = neighbour(found, i, 1)
        before = blank(text[max(low, place.start() - REACH) : place.start()])[0]
        after = blank(text[place.end() : min(high, place.end() + REACH)])[0]
        what = (hole or "").strip()
        made.append(
            Place(before, after, what if what.isidentifier() else "", None if literal is None else number(literal))
        )
    return made


def neighbour(found: list[re.Match[str]], i: int, step: int) -> int:
    """Where the next hole or block on one side begins or ends; literal numbers don't count."""
    j = i + step
    while 0 <= j < len(found) and found[j].group("literal") is not None:
        j += step
    if j < 0:
        return 0
    if j == len(found):
        return 10**9
    return found[j].end() if step < 0 else found[j].start()


def number(literal: str) -> int:
    """A literal's number, decimals without their point as everywhere in the reader."""
    return int(literal.replace(".", ""))
