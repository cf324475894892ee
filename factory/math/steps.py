"""How the skeleton of a worked solution is followed: its formulas are tested, its numbers shown or only mentioned."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from factory.math.chain import Test, tests
from factory.math.exact import Scope
from factory.math.skeleton import UnreadError, count_numbers
from factory.math.tex import read
from factory.math.wording import Wording

OTHER_DIGITS = re.compile(r"[^\W0-9A-Za-z_](?<=\d)")
"""Digits that are not ASCII: the reader would miss their value."""


class Follow(NamedTuple):
    """One test of a solution: its numbers are low..high of the solution's."""

    holds: Callable[..., bool]
    low: int
    high: int
    roots: int


class Steps(NamedTuple):
    """How a solution's skeleton is followed."""

    size: int
    """How many numbers the skeleton has."""
    tests: tuple[Follow, ...] | None
    """None where the solution can't be read."""
    bound: bool
    """True where a test needs to know what letters stand for."""
    shown: Callable[[Sequence[int]], tuple[int, ...]]
    """The numbers in tested formulas."""
    mentioned: Callable[[Sequence[int]], tuple[int, ...]]
    """The numbers that only mention something: each must be known from elsewhere."""
    fixed: tuple[tuple[int, frozenset[int]], ...]
    """Numbers that the wording itself gives, and what they may be."""
    equal: tuple[tuple[int, int], ...]
    """Numbers that stand for one and the same thing."""
    constants: frozenset[int]
    """Numbers that may stand in prose though nothing shows them."""


def followed(skeleton: str, scope: Scope, wording: Wording, constants: frozenset[int], *, orders_derive: bool) -> Steps:
    """How the skeleton of a solution is followed.

    Args:
        skeleton: the text with its numbers blanked.
        scope: the names that its formulas may use.
        wording: what the words around them say.
        constants: numbers that may stand in prose though nothing shows them.
        orders_derive: whether an order shows its numbers, as an equation does.
    """
    follow: list[Follow] | None = []
    bound = False
    shown: list[int] = []
    mentioned: list[int] = []
    ties = wording.ties(skeleton)
    at = 0
    derived = {"equation", "order"} if orders_derive else {"equation"}
    segments = skeleton.split("$")
    if len(segments) % 2 == 0 or OTHER_DIGITS.search(skeleton):
        follow = None
    for i, segment in enumerate(segments):
        count = count_numbers(segment)
        made = segment_tests(segment, scope) if i % 2 and follow is not None else ()
        if made is None:
            follow = None
        elif made and follow is not None:
            follow += [Follow(test.holds, at, at + count, test.roots) for test in made]
            bound = bound or any(test.bound for test in made)
        if made and any(test.states in derived for test in made):
            shown += range(at, at + count)
        elif i % 2:
            mentioned += range(at, at + count)
        else:
            mentioned += [n for n in range(at, at + count) if n not in ties.fixed]
        at += count
    known = None if follow is None else tuple(follow)
    return Steps(
        at,
        known,
        bound,
        getter(shown),
        getter(mentioned),
        tuple(ties.fixed.items()),
        ties.equal,
        constants | ties.allowed,
    )


@lru_cache(maxsize=4_096)
def segment_tests(segment: str, scope: Scope) -> tuple[Test, ...] | None:
    """The tests of one math segment; empty where it only mentions, None where it can't be read."""
    try:
        return tuple(tests(read(segment), scope, 0))
    except (UnreadError, RecursionError):
        return None


def getter(positions: Sequence[int]) -> Callable[[Sequence[int]], tuple[int, ...]]:
    """A function that gives the values at some positions, always as a tuple."""
    if not positions:
        return lambda values: ()
    if len(positions) == 1:
        i = positions[0]
        return lambda values: (values[i],)
    return itemgetter(*positions)
