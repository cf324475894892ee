"""What tells the problems of a family apart (a carry, a reducible fraction, a sign), and draws that balance it.

A family names its features as expressions over its parameters and `let`. Balanced draws come in another order: of all
kinds of problems that the chosen features tell apart, the one that had the fewest comes next. Nothing is thrown away,
so a family that is used up has brought all that it has.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from random import Random
from typing import Any

from factory.errors import RecipeError
from factory.math import families, formula, render
from factory.math.draw import Drawn
from factory.math.families import Family
from factory.math.formula import Key

Kind = tuple[Any, ...]
"""The values of the features that are balanced."""

NAME = re.compile(r"[A-Za-z_]\w*")

PILOT = 200
"""Keys looked at before the first is chosen, so that the kinds are known."""
PATIENCE = 10
"""A kind so rare that more than this many draws a row would be needed to fill its share comes as often as it comes."""


def named(family: Family, globs: Sequence[str]) -> tuple[str, ...]:
    """The family's features that any of the globs matches."""
    return tuple(name for name in family.features if any(fnmatchcase(name, glob) for glob in globs))


@lru_cache(maxsize=render.COMPILED)
def evaluated(name: str, chosen: tuple[str, ...]) -> Callable[[list[Key]], list[tuple[Any, ...]]]:
    """`compiled` for the family of a name."""
    return compiled(families.load(name), chosen)


def compiled(family: Family, chosen: tuple[str, ...]) -> Callable[[list[Key]], list[tuple[Any, ...]]]:
    """A function from keys to the values of some features of a family.

    Raises:
        RecipeError: it has no such feature, or one is no expression; when called, where one can't be worked out.
    """
    unknown = [feature for feature in chosen if feature not in family.features]
    if unknown:
        raise RecipeError(f"{render.where(family)}: features: there is no {unknown[0]!r}")
    asked = {f"feature_{feature}": str(family.features[feature]) for feature in chosen}
    where = f"{render.where(family)}: features"
    values = "".join(f"{feature}, " for feature in asked)
    derived = {**needed(family, asked.values()), **asked}
    rows = formula.compile_rows(render.key_names(family), derived, [f"  _add(({values}))"], where, {})

    def evaluate(keys: list[Key]) -> list[tuple[Any, ...]]:
        try:
            return rows(keys)
        except (ArithmeticError, ValueError, TypeError, IndexError) as error:
            raise RecipeError(f"{where}: a feature can't be worked out: {error}") from error

    return evaluate


def needed(family: Family, expressions: Iterable[str]) -> dict[str, str]:
    """The `let` values that expressions use, in order; the others may need words, or time."""
    let = {name: str(text) for name, text in family.let.items()}
    wanted = {name for text in expressions for name in NAME.findall(text)}
    for name in reversed(let):
        if name in wanted:
            wanted |= set(NAME.findall(let[name]))
    return {name: text for name, text in let.items() if name in wanted}


class Balanced(Drawn):
    """The keys of a family, all kinds that some of its features tell apart equally often, as far as there are any."""

    def __init__(
        self,
        name: str,
        random: Random,
        side: int | None,
        level: int | None = None,
        keeps: Callable[[Key], bool] | None = None,
        *,
        by: tuple[str, ...],
    ) -> None:
        """Draw from one stream, balanced by the features `by`."""
        super().__init__(name, random, side, level, keeps)
        self.kinds = evaluated(name, by)

    def in_order(self) -> Iterator[list[Key]]:
        """The keys in an order that depends on their own order alone: not on how many come at a time."""
        self.waiting: dict[Kind, deque[Key]] = {}
        self.given: dict[Kind, int] = {}
        seen = chosen = 0
        for keys in super().in_order():
            ready: list[Key] = []
            for key, kind in zip(keys, self.kinds(keys), strict=True):
                self.waiting.setdefault(kind, deque()).append(key)
                self.given.setdefault(kind, 0)
                seen += 1
                while seen >= PILOT and (taken := self.taken(seen >= PILOT + PATIENCE * chosen)):
                    ready += taken
                    chosen += 1
            yield ready
        rest: list[Key] = []
        while taken := self.taken(True):
            rest += taken
        yield rest

    def taken(self, impatient: bool) -> list[Key]:
        """A key of the kind that had the fewest so far; none while none of it waits, unless impatient."""
        kinds = [kind for kind in self.given if self.waiting[kind]] if impatient else list(self.given)
        fewest = min(kinds, key=self.given.__getitem__, default=None)
        if fewest is None or not self.waiting[fewest]:
            return []
        self.given[fewest] += 1
        return [self.waiting[fewest].popleft()]
