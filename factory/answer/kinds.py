"""The kinds of answers that there are, and how their brackets are split."""

from typing import NamedTuple, TypeAlias

from factory.answer.region import Region
from factory.answer.units import Unit
from factory.answer.value import Unreadable, Value

MAX_ITEMS = 40
OPENING, CLOSING = "([{❴⟦", ")]}❵⟧"


class Quantity(NamedTuple):
    """A value with its unit."""

    value: Value
    unit: Unit | None = None
    percent: bool = False
    """The value is already divided by 100."""


class Word(NamedTuple):
    """An answer that is no mathematics: a weekday, yes, odd."""

    text: str
    known: bool
    """From the table of words, so that another known word is wrong and not unreadable."""


class Group(NamedTuple):
    """Several answers that belong together."""

    kind: str
    """`list` and `set` in any order; `tuple`, `matrix`, `ratio`, `remainder` in theirs."""
    items: tuple["Answer", ...]


class Named(NamedTuple):
    """`x = 2, y = -1`."""

    items: tuple[tuple[str, "Answer"], ...]


class Equation(NamedTuple):
    """`x + y - z + 1 = 0` as the left side minus the right one."""

    difference: Value


Answer: TypeAlias = Quantity | Word | Group | Named | Equation | Region


def split(text: str, marks: str) -> list[str]:
    """The pieces between `marks` that stand outside all brackets."""
    pieces, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c in OPENING:
            depth += 1
        elif c in CLOSING:
            depth -= 1
        elif c in marks and depth <= 0:
            pieces.append(text[start:i].strip())
            start = i + 1
    pieces.append(text[start:].strip())
    if len(pieces) > MAX_ITEMS:
        raise Unreadable("too many items")
    return pieces


def enclosed(text: str) -> bool:
    """True when the first bracket closes at the very end."""
    if text[:1] not in OPENING or text[-1:] not in CLOSING or not text:
        return False
    depth = 0
    for i, c in enumerate(text):
        depth += (c in OPENING) - (c in CLOSING)
        if depth == 0:
            return i == len(text) - 1
    return False


def interval_like(text: str) -> bool:
    """`[0, 2)`, and also `(0, 2)`, which may be a point."""
    return text[:1] in ("(", "[") and text[-1:] in (")", "]") and enclosed(text) and len(split(text[1:-1], ",")) == 2
