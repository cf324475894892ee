"""Sets of real numbers as sorted intervals: what inequalities and interval notation say."""

from collections.abc import Sequence
from typing import NamedTuple

from factory.answer.functions import approximate, variables
from factory.answer.value import Exact, Unreadable, Value, symbol

MAX_INTERVALS = 20
_FLIPPED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "≠": "≠"}
_ASCII = {"<=": "≤", ">=": "≥", "!=": "≠", "=<": "≤", "=>": "≥"}
_MORE, _LESS = symbol("∞"), Exact().negate(symbol("∞"))


class End(NamedTuple):
    """One end of an interval."""

    at: float
    value: Value
    closed: bool


class Region(NamedTuple):
    """Disjoint intervals from left to right, of one variable or none named."""

    parts: tuple[tuple[End, End], ...]
    name: str = ""

    @classmethod
    def of_inequality(cls, sides: Sequence[Value], signs: Sequence[str], free: Sequence[frozenset[str]]) -> "Region":
        """`-1 ≤ x < 2`, `3 > x`, `x ≠ 1`: one bare variable, numbers on the other sides."""
        names = {name for side in free for name in side if name != "∞"}
        if len(names) != 1 or len(sides) not in (2, 3) or len(signs) != len(sides) - 1:
            raise Unreadable("not an inequality of one variable")
        name = names.pop()
        at = next((i for i, side in enumerate(sides) if side == symbol(name)), None)
        if at is None or any(name in side for i, side in enumerate(free) if i != at):
            raise Unreadable("an inequality that is not solved")
        found = []
        for i, sign in enumerate(signs):
            sign = _ASCII.get(sign, sign)
            limit, sign = (sides[i + 1], sign) if i == at else (sides[i], _FLIPPED[sign])
            if i != at and i + 1 != at:
                raise Unreadable("not an inequality of one variable")
            found.append(_half(limit, sign))
        result = bounds(found)
        return result._replace(name=name)


def place(value: Value) -> float:
    """Where the value lies on the line."""
    if value == _MORE:
        return float("inf")
    if value == _LESS:
        return float("-inf")
    near = None if variables(value) else approximate(value, {})
    if near is None or abs(near.imag) > 1e-12:
        raise Unreadable("an end of an interval that is no real number")
    return near.real


def _half(limit: Value, sign: str) -> Region:
    at = place(limit)
    if sign == "≠":
        return union([_half(limit, "<"), _half(limit, ">")])
    end = End(at, limit, sign in "≤≥")
    low, high = End(float("-inf"), _LESS, False), End(float("inf"), _MORE, False)
    return Region(((low, end),) if sign in "<≤" else ((end, high),))


def interval(opening: str, low: Value, high: Value, closing: str) -> Region:
    """The interval that the brackets say."""
    left, right = End(place(low), low, opening == "["), End(place(high), high, closing == "]")
    if left.at > right.at:
        raise Unreadable("an interval whose ends are in the wrong order")
    return Region(((left._replace(closed=left.closed and left.value != _LESS), right),))


def union(regions: Sequence[Region]) -> Region:
    """All numbers in any of them."""
    parts = sorted((p for region in regions for p in region.parts), key=lambda p: (p[0].at, not p[0].closed))
    if len(parts) > MAX_INTERVALS:
        raise Unreadable("too many intervals")
    joined: list[tuple[End, End]] = []
    for low, high in parts:
        last = joined[-1][1] if joined else None
        if last and (low.at < last.at or (low.at == last.at and (low.closed or last.closed))):
            further = (high.at, high.closed) > (last.at, last.closed)
            joined[-1] = (joined[-1][0], high if further else last)
        else:
            joined.append((low, high))
    names = {region.name for region in regions if region.name}
    if len(names) > 1:
        raise Unreadable("inequalities of several variables")
    return Region(tuple(joined), names.pop() if names else "")


def bounds(regions: Sequence[Region]) -> Region:
    """The numbers in all of them."""
    result = regions[0]
    for region in regions[1:]:
        met = []
        for low, high in result.parts:
            for left, right in region.parts:
                start = max(low, left, key=lambda end: (end.at, not end.closed))
                stop = min(high, right, key=lambda end: (end.at, end.closed))
                if start.at < stop.at or (start.at == stop.at and start.closed and stop.closed):
                    met.append((start, stop))
        result = Region(tuple(met), result.name or region.name)
    return result


def same_region(gold: Region, given: Region) -> bool:
    """The same ends, exactly; the variable's name must agree where both name it."""
    if len(gold.parts) != len(given.parts) or (gold.name and given.name and gold.name != given.name):
        return False
    pairs = [(a, b) for p, q in zip(gold.parts, given.parts, strict=True) for a, b in zip(p, q, strict=True)]
    return all(a.closed == b.closed and Exact().same(a.value, b.value) for a, b in pairs)
