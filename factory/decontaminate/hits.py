"""What a candidate is: a leak of which kind, how sure, or nothing.

Measured by `benchmarks/decontamination.py`, 100,000 clean rows (.23 % shown, .003 % certain with 21,174 prompts, .07 %
and .003 % with 10,862 that leave JGLUE's short questions out): the share of a prompt that a clean
row holds by chance depends on how short the prompt is, so that what is required of it does too.
"""

import re
from collections import Counter
from typing import Literal, NamedTuple

from factory.decontaminate.index import LONG, SHORT
from factory.decontaminate.kernels import ONE

Kind = Literal["exact", "near", "numbers_changed", "partial", "translated"]
KINDS: tuple[Kind, ...] = ("exact", "near", "numbers_changed", "partial", "translated")

REVIEW, NEAR = ONE // 2, ONE * 7 // 10
"""Shares of a prompt's weight. Copies with 5 % typos or 15 % of their words replaced hold .5 to 1 (99 % of prompts of
40 Japanese or 80 English letters and more), clean rows less than .5 (all but .04 %)."""
CERTAIN = 80
"""The size from which `REVIEW` holds wherever the prompt stands. Below, more is required: .6 to .9 down to `SHORT`,
then all of it and an answer beside; at .5 a clean row would hold one of JGLUE's questions in 2 % of cases."""
AT_CERTAIN, AT_SHORT = ONE * 6 // 10, ONE * 9 // 10
FILLED = 40
"""The size from which `FILLED_MORE` suffices where the prompt fills a turn; below, more, and most for the shortest."""
FILLED_MORE, FILLED_LESS, FILLED_LEAST = ONE * 9 // 20, ONE * 11 // 20, ONE * 3 // 4
LEAST_EXACT = 40
"""The size from which a prompt that a text holds whole is no coincidence, though it doesn't fill a turn."""
LEAST = 20
"""The size below which a whole prompt is a subject as much as a question (`What are bunions?`): only for review, and
only where it fills a turn or its answer stands beside."""
MOST_SHOWN = 300
"""Letters of the evidence."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Hit(NamedTuple):
    """A row holds a benchmark's prompt."""

    benchmark: str
    prompt: str
    """The prompt's id in the benchmark."""
    kind: Kind
    containment: float
    """The share of the prompt's distinctive n-grams that one stretch of the row holds, weighed by rarity."""
    certain: bool
    """Whether the row is to be rejected; else it is for review."""
    text: str
    """The stretch of the row, folded."""
    others: tuple[tuple[str, str], ...] = ()
    """Further prompts (benchmark, id) that the row holds, or that have the same text."""
    twin_of: str = ""
    """Where `translated`: the benchmark that was asked for."""


class Match(NamedTuple):
    """What is known of a candidate when it is decided."""

    share: int
    """Of `ONE`."""
    size: int
    """Of the prompt."""
    fills: bool
    """The prompt, or what is left of it, is about all of one turn."""
    whole: bool
    """The prompt is template text throughout."""
    follow_up: bool
    copied: bool
    """The row holds all letters of the prompt in their order."""
    answered: bool
    """The row holds an answer of it beside."""


def required(size: int, fills: bool) -> int:
    """The share of a prompt of that size from which on a row is shown."""
    if size >= CERTAIN:
        return REVIEW
    if fills:
        return FILLED_MORE if size >= FILLED else FILLED_LESS if size >= LEAST else FILLED_LEAST
    if size < SHORT:
        return ONE
    return AT_SHORT - (AT_SHORT - AT_CERTAIN) * (size - SHORT) // (CERTAIN - SHORT)


def shown(match: Match) -> bool:
    """Whether the candidate is a hit at all."""
    if match.whole or (match.follow_up and match.size < CERTAIN):
        return match.copied and (match.fills or match.size >= CERTAIN)
    if match.size < SHORT and not match.fills:
        return match.copied and match.answered and match.size >= LEAST
    return match.share >= required(match.size, match.fills)


def certain(match: Match, kind: Kind) -> bool:
    """Whether the hit is a copy beyond doubt."""
    if match.size < LEAST or (match.follow_up and match.size < CERTAIN):
        return False
    if kind == "exact":
        return match.fills or match.size >= LEAST_EXACT or match.answered
    return kind == "near" and match.size >= (LONG if match.fills else CERTAIN)


def kind_of(match: Match, renumbered: bool) -> Kind:
    """What the row holds of the prompt; `renumbered` says that the numbers differ."""
    if renumbered:
        return "numbers_changed"
    if match.copied:
        return "exact"
    return "near" if match.share >= NEAR else "partial"


def renumbered(prompt: str, text: str) -> bool:
    """Whether numbers of the prompt are gone from the text and others have come.

    Labels 83 % of GSM8K's questions with their numbers swapped, and up to 3 % of true copies.
    """
    theirs, mine = Counter(_NUMBER.findall(prompt)), Counter(_NUMBER.findall(text))
    return bool(theirs - mine) and bool(mine - theirs)
