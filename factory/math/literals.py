"""Numbers that the wording of a solution gives by itself: `10のまとまり`, `at most 2`.

Such a number is known by the letters around it. Around a hole of the template any number may stand, so contexts that
a hole has too are left alone.
"""

import re
from collections.abc import Iterable

from factory.math.skeleton import MARK, NUMBER, blank

HOLE = re.compile(r"<<.*?>>|<%.*?%>|<#.*?#>", re.DOTALL)
FORMULA = re.compile(r"\$[^$]*\$")
ANY = "\ue000"
"""What stands for a hole."""
REACH = 3

Context = tuple[str, str]


class Literals:
    """The numbers that some texts hold outside of formulas, by their context."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Collect them from template texts."""
        values: dict[Context, set[int]] = {}
        holes: set[Context] = set()
        for text in texts:
            for prose in FORMULA.sub("$", HOLE.sub(ANY, text)).split("$"):
                numbers = list(NUMBER.finditer(prose))
                for number in numbers:
                    around = context(prose, number.start(), number.end())
                    if ANY not in around[0] + around[1] and any(map(str.strip, around)):
                        values.setdefault(around, set()).add(int(number.group().replace(".", "")))
                holes |= {context(prose, i, i + 1) for i, letter in enumerate(prose) if letter == ANY}
        self.values = {
            around: frozenset(found)
            for around, found in values.items()
            if not any(fits(around, hole) for hole in holes)
        }

    def found(self, segment: str, first: int) -> dict[int, frozenset[int]]:
        """Of a prose segment's skeleton whose first number is number `first`: index -> what it may be."""
        if not self.values:
            return {}
        places = [mark.start() for mark in MARK.finditer(segment)]
        known = ((first + n, self.values.get(context(segment, i, i + 1))) for n, i in enumerate(places))
        return {n: values for n, values in known if values}


def context(text: str, start: int, end: int) -> Context:
    """The letters before and behind a place, its numbers blanked."""
    return blank(text[max(0, start - REACH) : start])[0], blank(text[end : end + REACH])[0]


def fits(literal: Context, hole: Context) -> bool:
    """True where text around a hole could read as the context of a literal."""
    before, behind = hole
    return ends_alike(before[::-1], literal[0][::-1]) and ends_alike(behind, literal[1])


def ends_alike(a: str, b: str) -> bool:
    """True where two texts agree up to the first hole of either."""
    for x, y in zip(a, b, strict=False):
        if ANY in (x, y):
            return True
        if x != y:
            return False
    return len(a) == len(b) or ANY in a + b
