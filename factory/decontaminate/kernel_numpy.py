"""The inner loops in numpy, a block of texts at a time. `kernel_numba` has the same functions, to the same bits."""

import numpy as np
import numpy.typing as npt

from factory.decontaminate.kernels import (
    COUNT,
    M1,
    M2,
    M4,
    MIX_1,
    MIX_2,
    MOST_CANDIDATES,
    NO_GRAM,
    ONE,
    WORDS,
    Candidates,
    Fine,
    Found,
    Postings,
)
from factory.decontaminate.letters import NARROW, RARE, WIDE, Classes
from factory.near.arrays import Codes, Places, Starts


def letters(
    codes: Codes, starts: Starts, kinds: Classes
) -> tuple[Codes, npt.NDArray[np.bool_], Starts, Places, Places]:
    """See `Kernel.letters`."""
    own = kinds[codes]
    places = np.flatnonzero((own == NARROW) | (own == WIDE))
    symbols = np.diff(np.searchsorted(np.flatnonzero(own == RARE), starts))
    return codes[places], own[places] == WIDE, np.searchsorted(places, starts), places, symbols


def _polynomials(codes: Codes, size: int) -> Codes:
    """Windows of 3, 5 or 8 letters, by doubling."""
    padded = np.concatenate([codes, np.zeros(8, dtype=np.uint32)])
    pairs = padded[:-1] * M1 + padded[1:]
    fours = pairs[:-2] * M2 + pairs[2:]
    if size == 3:
        values: Codes = pairs[:-1] * M1 + padded[2:]
    elif size == 5:
        values = fours[:-1] * M1 + padded[4:]
    else:
        values = fours[:-4] * M4 + fours[4:]
    return values[: len(codes)]


def hashes(codes: Codes, wide: npt.NDArray[np.bool_], starts: Starts, sizes: tuple[int, int]) -> Codes:
    """See `Kernel.hashes`."""
    narrow_size, wide_size = sizes
    values = np.where(wide, _polynomials(codes, wide_size), _polynomials(codes, narrow_size))
    values ^= values >> np.uint32(16)
    values *= MIX_1
    values ^= values >> np.uint32(13)
    values *= MIX_2
    values ^= values >> np.uint32(16)
    values[values == NO_GRAM] = 1
    ends = starts[1:]
    for back in range(1, narrow_size):
        last = ends[np.diff(starts) >= back] - back
        values[last if back < wide_size else last[~wide[last]]] = NO_GRAM
    return values


def _lookup(hashes: Codes, index: Postings) -> tuple[Places, Places]:
    """The places of the n-grams that the index knows, and which they are."""
    words = index.bloom[hashes >> np.uint32(32 - WORDS)]
    first, second = hashes & np.uint32(63), (hashes >> np.uint32(6)) & np.uint32(63)
    places = np.flatnonzero((words >> first) & (words >> second) & np.uint64(1))
    grams = np.minimum(np.searchsorted(index.hashes, hashes[places]), len(index.hashes) - 1)
    known = index.hashes[grams] == hashes[places]
    return places[known], grams[known]


def candidates(hashes: Codes, starts: Starts, index: Postings) -> Candidates:
    """See `Kernel.candidates`."""
    none = np.empty(0, dtype=np.int64)
    if not len(index.hashes) or not len(hashes):
        return Candidates(none, none, none, none)
    places, grams = _lookup(hashes, index)
    texts = np.searchsorted(starts, places, side="right") - 1
    new = np.zeros(len(places), dtype=np.int64)
    new[np.unique(texts * len(index.hashes) + grams, return_index=True)[1]] = 1
    held = index.starts[grams + 1] - index.starts[grams]
    ends = np.cumsum(held)
    postings = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(index.starts[grams] - ends + held, held)
    keys = np.repeat(texts, held) * len(index.totals) + index.prompts[postings]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    if not len(keys):
        return Candidates(none, none, none, none)
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    sums = np.add.reduceat(np.repeat(new * (COUNT + index.weights[grams]), held)[order], first)
    begins = (np.repeat(places - starts[texts], held) - index.offsets[postings])[order]
    firsts, lasts = np.minimum.reduceat(begins, first), np.maximum.reduceat(begins, first)
    return _best(keys[first], firsts, lasts, sums, index)


def _best(keys: Places, firsts: Places, lasts: Places, sums: Places, index: Postings) -> Candidates:
    texts, prompts = keys // len(index.totals), keys % len(index.totals)
    counts, weights, totals = sums // COUNT, sums % COUNT, index.totals[prompts]
    enough = np.flatnonzero((weights >= index.needs[prompts]) & (counts >= index.counts[prompts]))
    shares = weights * ONE // np.maximum(totals, 1)
    order = enough[np.lexsort((prompts[enough], -shares[enough], texts[enough]))]
    order = order[np.arange(len(order)) - np.searchsorted(texts[order], texts[order]) < MOST_CANDIDATES]
    return Candidates(texts[order], prompts[order], firsts[order], lasts[order])


def compare(hashes: Codes, starts: Starts, texts: Places, prompts: Places, fine: Fine) -> Found:
    """See `Kernel.compare`."""
    found = np.zeros((4, len(texts)), dtype=np.int64)
    for i, (text, prompt) in enumerate(zip(texts.tolist(), prompts.tolist(), strict=True)):
        part = slice(fine.starts[prompt], fine.starts[prompt + 1])
        own, mine = fine.hashes[part], hashes[starts[text] : starts[text + 1]]
        if not len(own):
            continue
        grams = np.minimum(np.searchsorted(own, mine), len(own) - 1)
        places = np.flatnonzero(own[grams] == mine)
        weights = fine.weights[part].tolist()
        found[:, i] = _stretch(places.tolist(), grams[places].tolist(), weights, int(fine.reach[prompt]))
    return Found(*found)


def _stretch(places: list[int], grams: list[int], weights: list[int], reach: int) -> tuple[int, int, int, int]:
    """The stretch of at most `reach` letters with the most weight of distinct n-grams."""
    best = (0, 0, 0, 0)
    inside = [0] * len(weights)
    weight = distinct = first = 0
    for place, gram in zip(places, grams, strict=True):
        inside[gram] += 1
        if inside[gram] == 1:
            weight += weights[gram]
            distinct += 1
        while place - places[first] >= reach:
            inside[grams[first]] -= 1
            if not inside[grams[first]]:
                weight -= weights[grams[first]]
                distinct -= 1
            first += 1
        if weight > best[0] or (weight == best[0] and distinct > best[1]):
            best = (weight, distinct, places[first], place + 1)
    return best
