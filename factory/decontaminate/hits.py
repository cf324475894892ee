"""What a candidate is: a leak of which kind, how sure, or nothing.

What a clean row holds of a prompt by chance depends on how short the prompt is. Long ones are judged by the share of
their n-grams alone. Short ones are aligned: how many letters must be changed, above all in a stretch that begins and
ends where a sentence does, as a question does that was put into a text, and chance rarely.

Source of the limits: one half of the sentences of `benchmarks/decontamination.py` (`--half tune`, 25,473 sentences in
100,000 clean rows; 5 of them are shown with 10,862 prompts, 6 with 21,174). What they do on the other half is what the
benchmark prints.
"""

import re
from bisect import bisect_right
from collections import Counter
from typing import Literal, NamedTuple

import numpy as np

from factory.decontaminate.index import LONG, SHORT
from factory.decontaminate.kernels import ONE, Aligned
from factory.near.arrays import Mask, Places

Kind = Literal["exact", "near", "numbers_changed", "partial", "translated", "template"]
KINDS: tuple[Kind, ...] = ("exact", "near", "numbers_changed", "partial", "translated", "template")

REVIEW, NEAR = ONE // 2, ONE * 7 // 10
"""Shares of a prompt's weight. Copies with 5 % typos or 15 % of their words replaced hold .5 to 1 (99 % of prompts of
40 Japanese or 80 English letters and more), clean rows less than .5 (all but .04 %). `REVIEW` decides of prompts of the
size `CERTAIN`, and of those that are too long to be aligned."""
CERTAIN = 80
"""The size from which a near copy is certain wherever it stands."""
SIZES = (16, 24, 40, 60)
"""Where the limits of aligned prompts change."""
ANCHORED = (ONE * 18 // 100, ONE * 18 // 100, ONE * 16 // 100, ONE * 25 // 100, ONE * 34 // 100)
"""The most edits, per letter, of a stretch from where a sentence begins to where one ends; and `FOR_SHARE` more."""
FOR_SHARE = ONE * 3 // 10
"""Edits allowed per share held: a text of the same words (`Where is ...?`) is nearer, the less rare they are."""
EDITS = (-1, -1, ONE * 10 // 100, ONE * 16 // 100, ONE * 30 // 100)
"""The most edits, per letter, of a stretch that begins and ends within sentences. Of the shortest prompts not even a
copy tells: `to read books` is in any text."""
PIECE_SHARE = ONE * 4 // 10
PIECE = (2 * ONE, 2 * ONE, ONE * 50 // 100, ONE * 45 // 100, ONE * 45 // 100)
"""The least part of a prompt that a sentence is which it holds as it is, and the least share."""
OPENED = (-ONE, -FOR_SHARE, ONE * 4 // 100, ONE * 15 // 100, ONE * 15 // 100)
OPENING = (2 * ONE, ONE * 80 // 100, ONE * 70 // 100, ONE * 55 // 100, ONE * 50 // 100)
"""As `ANCHORED` and `PIECE`, of stretches that begin where a sentence does and end anywhere."""
LEAST_SHARE = ONE // 4
"""Less is template text: the same question about something else."""
LEAST_EXACT = 40
"""The size from which a prompt that a text holds whole is no coincidence, though it doesn't fill a turn."""
LEAST = 20
"""The size below which a whole prompt is a subject as much as a question (`What are bunions?`): only for review, and
only where it is a sentence of its own."""
MOST_SHOWN = 300
"""Letters of the evidence."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Hit(NamedTuple):
    """A row holds a benchmark's prompt."""

    benchmark: str
    prompt: str
    """The prompt's id in the benchmark; of a template, that of the first prompt that is made of it."""
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


class Edits(NamedTuple):
    """The fields of `Aligned`, of one candidate; all are below 0 where the prompt is not short enough."""

    edits: int
    anchored: int
    piece: int
    opened: int
    opening: int


class Match(NamedTuple):
    """What is known of a candidate when it is decided."""

    share: int
    """Of `ONE`."""
    size: int
    """Of the prompt."""
    fills: bool
    """The prompt, or what is left of it, is about all of one turn."""
    letters: int
    """Of the prompt."""
    aligned: Edits
    whole: bool
    """The prompt is template text throughout."""
    follow_up: bool
    copied: bool
    """The row holds all letters of the prompt in their order."""
    answered: bool
    """The row holds an answer of it beside."""


def limits(sizes: Places, letters: Places) -> Places:
    """The most edits that make each of these prompts of a stretch where it is a hit, whatever the stretch shares."""
    allowed = np.maximum(np.add(ANCHORED, FOR_SHARE), ONE - np.array(PIECE))
    most: Places = allowed[np.searchsorted(SIZES, sizes, side="right")] * letters // ONE
    return most


def worth(sizes: Places, letters: Places, aligned: Aligned) -> Mask:
    """Which candidates may be hits, whatever they share; copies and those that were not aligned all may."""
    step = np.searchsorted(SIZES, sizes, side="right")
    most, least, loose, opened, opening = (
        np.array(limits)[step] * letters for limits in (ANCHORED, PIECE, EDITS, OPENED, OPENING)
    )
    by_share = FOR_SHARE * letters
    near: Mask = (
        (aligned.edits <= 0)
        | (aligned.anchored * ONE <= most + by_share)
        | (aligned.opened * ONE <= opened + by_share)
        | (aligned.piece * ONE >= least)
        | (aligned.opening * ONE >= opening)
        | (aligned.edits * ONE <= loose)
        | (sizes >= CERTAIN)
    )
    return near


def alike(share: int, size: int, letters: int, aligned: Edits) -> bool:
    """Whether the text holds enough of the prompt; the arguments are fields of `Match`."""
    edits, anchored, piece, opened, opening = (ONE * value for value in aligned)
    if share >= REVIEW and (edits < 0 or size >= CERTAIN):
        return True
    if edits < 0 or share < LEAST_SHARE:
        return False
    step, more = bisect_right(SIZES, size), FOR_SHARE * share // ONE
    pieces = piece >= PIECE[step] * letters or opening >= OPENING[step] * letters
    return (
        anchored <= (ANCHORED[step] + more) * letters
        or edits <= EDITS[step] * letters
        or (pieces and share >= PIECE_SHARE)
        or opened <= (OPENED[step] + more) * letters
    )


def shown(match: Match) -> bool:
    """Whether the candidate is a hit at all."""
    if match.whole:
        return match.copied and (match.fills or match.size >= CERTAIN)
    if alike(match.share, match.size, match.letters, match.aligned):
        return True
    return match.size < SHORT and match.copied and match.answered and match.size >= LEAST


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
