"""Short prompts aligned with texts in numpy, many at a time. `align_numba` has the same function, to the same bits."""

import numpy as np
import numpy.typing as npt

from factory.decontaminate.kernels import ALIGNED, Aligned, Candidates
from factory.decontaminate.letters import Classes, Letters
from factory.near.arrays import Codes, Keys, Mask, Places

_1 = np.uint64(1)
_CODES = np.uint64(1 << 32)
CHUNK = 1024
"""Letters of a long stretch that are gone through at once; each begins with what a copy may take of those before."""
MANY = 4096
"""Stretches that are gone through at once."""


def align(
    codes: Codes, letters: Letters, ends: Classes, candidates: Candidates, own: Letters, limits: Places
) -> Aligned:
    """See `Aligner.align`."""
    texts, prompts, firsts, lasts = candidates
    found = Aligned(*(np.zeros(len(texts), dtype=np.int64) for _ in range(5)))
    for begin in range(0, len(texts), MANY):
        part = slice(begin, begin + MANY)
        some = Candidates(texts[part], prompts[part], firsts[part], lasts[part])
        for column, values in zip(found, _align(codes, letters, ends, some, own, limits[part]), strict=True):
            column[part] = values
    return found


def _align(
    codes: Codes, letters: Letters, ends: Classes, candidates: Candidates, own: Letters, limits: Places
) -> Aligned:
    texts, prompts, firsts, lasts = candidates
    starts, stops = letters.starts[texts], letters.starts[texts + 1]
    sizes = own.starts[prompts + 1] - own.starts[prompts]
    most = sizes + sizes // 2
    slack = sizes // 4 + 4
    low, high = np.maximum(starts, starts + firsts - slack), np.minimum(stops, starts + lasts + sizes + slack)
    owner, places = _ranges(low, high)
    equal = _equal(letters.codes[places], owner, own, prompts)
    begins = np.cumsum(high - low) - (high - low)
    marks = _marks(codes, letters, ends, places, starts[owner])
    closes = np.append(marks[1:], True)
    closes[begins + high - low - 1] = _marks(codes, letters, ends, np.minimum(high, len(letters.codes) - 1), starts) | (
        high == stops
    )
    edits = _fit(equal, begins, high - low, sizes)
    found = Aligned(edits, sizes.copy(), np.zeros_like(sizes), sizes.copy(), np.zeros_like(sizes))
    at = np.flatnonzero(marks & (edits <= limits)[owner])
    who = owner[at]
    length = np.minimum(most[who], (begins + high - low)[who] - at)
    for first in range(0, len(at), MANY):
        part = slice(first, first + MANY)
        between = _between(equal, closes, at[part], length[part], sizes[who[part]])
        for column, values, pick in zip(found[1:], between, (np.minimum, np.maximum) * 2, strict=True):
            pick.at(column, who[part], values)
    return found


def _ranges(low: Places, high: Places) -> tuple[Places, Places]:
    """All numbers of several ranges, and which range each is of."""
    counts = high - low
    owner = np.repeat(np.arange(len(low)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + low[owner]


def _equal(text: Codes, owner: Places, own: Letters, prompts: Places) -> Keys:
    """Of each letter of the text, which letters of the prompt are the same, as bits."""
    which, places = _ranges(own.starts[prompts], own.starts[prompts + 1])
    bits = _1 << (places - own.starts[prompts][which]).astype(np.uint64)
    keys = which.astype(np.uint64) * _CODES + own.codes[places]
    order = np.argsort(keys, kind="stable")
    known, first = np.unique(keys[order], return_index=True)
    values = np.bitwise_or.reduceat(bits[order], first)
    asked = owner.astype(np.uint64) * _CODES + text
    at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    equal: Keys = np.where(known[at] == asked, values[at], np.uint64(0))
    return equal


def _marks(codes: Codes, letters: Letters, ends: Classes, places: Places, starts: Places) -> Mask:
    """Whether a sentence, line or turn ends before these letters."""
    after = np.where(places > starts, letters.places[places - 1] + 1, 0)
    owner, between = _ranges(after, np.where(places > starts, letters.places[places], 0))
    marks: Mask = (places == starts) | (np.bincount(owner, ends[codes[between]], len(places)) > 0)
    return marks


def _step(plus: Keys, minus: Keys, same: Keys, top: Keys, bound: np.uint64) -> tuple[Keys, Keys, Places]:
    """The next column; `bound` is 1 where the stretch's begin is given."""
    down = same | minus
    across = (((same & plus) + plus) ^ plus) | same
    more, fewer = minus | ~(across | plus), plus & across
    change = ((more & top) != 0).astype(np.int64) - ((fewer & top) != 0)
    more, fewer = (more << _1) | bound, fewer << _1
    return fewer | ~(down | more), more & down, change


def _columns(equal: Keys, at: Places, column: int) -> Keys:
    same: Keys = equal[np.minimum(at + column, len(equal) - 1)]
    return same


def _fit(equal: Keys, begins: Places, lengths: Places, sizes: Places) -> npt.NDArray[np.int64]:
    pieces = np.maximum(1, -(-lengths // CHUNK))
    who, number = _ranges(np.zeros_like(pieces), pieces)
    at = begins[who] + np.maximum(0, number * CHUNK - 2 * ALIGNED)
    length = np.minimum(begins[who] + (number + 1) * CHUNK, (begins + lengths)[who]) - at
    size = sizes[who]
    top = _1 << (size - 1).astype(np.uint64)
    plus, minus = np.full(len(at), ~np.uint64(0)), np.zeros(len(at), dtype=np.uint64)
    score, best = size.copy(), size.copy()
    for column in range(int(length.max(initial=0))):
        plus, minus, change = _step(plus, minus, _columns(equal, at, column), top, np.uint64(0))
        score += change
        best = np.where(column < length, np.minimum(best, score), best)
    fewest = sizes.copy()
    np.minimum.at(fewest, who, best)
    return fewest


def _between(
    equal: Keys, closes: Mask, at: Places, length: Places, size: Places
) -> tuple[Places, Places, Places, Places]:
    top = _1 << (size - 1).astype(np.uint64)
    plus, minus = np.full(len(at), ~np.uint64(0)), np.zeros(len(at), dtype=np.uint64)
    inside = plus.copy()
    score, best, piece, opened, opening = (
        size.copy(),
        size.copy(),
        np.zeros_like(size),
        size.copy(),
        np.zeros_like(size),
    )
    for column in range(int(length.max(initial=0))):
        same = _columns(equal, at, column)
        plus, minus, change = _step(plus, minus, same, top, _1)
        score += change
        inside &= same
        opened = np.where(column < length, np.minimum(opened, score), opened)
        opening = np.where((column < length) & (inside != 0), column + 1, opening)
        ends = closes[np.minimum(at + column, len(closes) - 1)] & (column < length)
        best = np.where(ends, np.minimum(best, score), best)
        piece = np.where(ends & (inside != 0), column + 1, piece)
        inside <<= _1
    return best, piece, opened, opening
