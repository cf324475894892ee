"""The inner loops compiled by numba (the extra `fast`). `kernel_numpy` has the same functions, to the same bits."""
# mypy: disable-error-code="untyped-decorator"
# numba ships no types.

import numpy as np
import numpy.typing as npt

from factory.compiled import jit
from factory.decontaminate.kernels import (
    COUNT,
    HASH,
    HOLDERS,
    M1,
    M2,
    M4,
    MIDDLE,
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

_13, _16 = np.uint32(13), np.uint32(16)
_NO_GRAM = np.uint32(NO_GRAM)
_TO_WORD, _6, _63 = np.uint32(32 - WORDS), np.uint32(6), np.uint32(63)
_ONE = np.uint64(1)
STAMP = "f6f811da524e3cc2"
"""See `compiled.stamp`."""


@jit
def letters(
    codes: Codes, starts: Starts, kinds: Classes
) -> tuple[Codes, npt.NDArray[np.bool_], Starts, Places, Places]:
    """See `Kernel.letters`."""
    kept = np.empty(len(codes), dtype=np.uint32)
    wide = np.empty(len(codes), dtype=np.bool_)
    places = np.empty(len(codes), dtype=np.int64)
    begins = np.zeros(len(starts), dtype=np.int64)
    symbols = np.zeros(len(starts) - 1, dtype=np.int64)
    end = 0
    for text in range(len(starts) - 1):
        rare = 0
        for place in range(starts[text], starts[text + 1]):
            kind = kinds[codes[place]]
            kept[end] = codes[place]
            wide[end] = kind == WIDE
            places[end] = place
            end += (kind == NARROW) | (kind == WIDE)
            rare += kind == RARE
        begins[text + 1], symbols[text] = end, rare
    return kept[:end], wide[:end], begins, places[:end], symbols


@jit
def _polynomials(codes: Codes, size: int) -> Codes:
    """Windows of 3, 5 or 8 letters; each is a loop that the compiler makes wide."""
    count = max(0, len(codes) - size + 1)
    values = np.zeros(len(codes), dtype=np.uint32)
    if size == 3:
        for i in range(count):
            values[i] = np.uint32(np.uint32(np.uint32(codes[i] * M1) + codes[i + 1]) * M1) + codes[i + 2]
        return values
    pairs = np.zeros(len(codes), dtype=np.uint32)
    fours = np.zeros(len(codes), dtype=np.uint32)
    for i in range(len(codes) - 1):
        pairs[i] = np.uint32(codes[i] * M1) + codes[i + 1]
    for i in range(len(codes) - 3):
        fours[i] = np.uint32(pairs[i] * M2) + pairs[i + 2]
    if size == 5:
        for i in range(count):
            values[i] = np.uint32(fours[i] * M1) + codes[i + 4]
    else:
        for i in range(count):
            values[i] = np.uint32(fours[i] * M4) + fours[i + 4]
    return values


@jit
def hashes(codes: Codes, wide: npt.NDArray[np.bool_], starts: Starts, sizes: tuple[int, int]) -> Codes:
    """See `Kernel.hashes`."""
    narrow_size, wide_size = sizes
    values: Codes = _polynomials(codes, narrow_size)
    others: Codes = _polynomials(codes, wide_size)
    for i in range(len(codes)):
        value = np.uint32(others[i] if wide[i] else values[i])
        value = np.uint32(value ^ (value >> _16))
        value = np.uint32(value * MIX_1)
        value = np.uint32(value ^ (value >> _13))
        value = np.uint32(value * MIX_2)
        value = np.uint32(value ^ (value >> _16))
        values[i] = value if value != _NO_GRAM else np.uint32(1)
    for text in range(len(starts) - 1):
        end = starts[text + 1]
        for i in range(max(starts[text], end - narrow_size + 1), end):
            if i + (wide_size if wide[i] else narrow_size) > end:
                values[i] = _NO_GRAM
    return values


@jit
def candidates(hashes: Codes, starts: Starts, index: Postings) -> Candidates:
    """See `Kernel.candidates`."""
    rows = len(starts) - 1
    found = np.empty((4, rows * MOST_CANDIDATES), dtype=np.int64)
    sums = np.zeros(len(index.totals), dtype=np.int64)
    seen = np.empty((3, len(index.totals)), dtype=np.int64)
    best = np.empty(MOST_CANDIDATES, dtype=np.int64)
    slots = np.empty(len(hashes) + 1, dtype=np.int64)
    end = 0
    for text in range(rows):
        count = _slots(hashes[starts[text] : starts[text + 1]], index, slots)
        slots[:count].sort()
        met = _add_up(slots[:count], index, sums, seen)
        for rank in range(_best(met, seen[0], sums, index, best)):
            prompt = best[rank]
            found[0, end], found[1, end], found[2, end], found[3, end] = text, prompt, seen[1, prompt], seen[2, prompt]
            end += 1
        for i in range(met):
            sums[seen[0, i]] = 0
    return Candidates(found[0, :end].copy(), found[1, :end].copy(), found[2, :end].copy(), found[3, :end].copy())


@jit
def _slots(hashes: Codes, index: Postings, slots: Places) -> int:
    """Write where in the table the n-grams are that the index knows, and in the text; how many they are.

    Two passes, so that the machine waits for several places of the table at once.
    """
    past = 0
    for place in range(len(hashes)):
        value = hashes[place]
        word = index.bloom[value >> _TO_WORD]
        first, second = word >> np.uint64(value & _63), word >> np.uint64((value >> _6) & _63)
        slots[past] = place
        past += int(first & second & _ONE)
    count = 0
    for i in range(past):
        value = np.int64(hashes[slots[i]])
        slot = value >> index.shift
        value -= MIDDLE
        while (index.table[slot, 0] >> 32) < value and index.table[slot, 0]:
            slot += 1
        slots[count] = (slot << 32) | slots[i]
        count += (index.table[slot, 0] >> 32) == value
    return count


@jit
def _add_up(slots: Places, index: Postings, sums: Places, seen: Places) -> int:
    """Add the weight of each distinct n-gram to the prompts that hold it; how many prompts those are.

    Writes to `seen` which prompts, and by prompt its first and its last place.
    """
    met = 0
    before = -1
    for i in range(len(slots)):
        slot, where = slots[i] >> 32, slots[i] & (HASH - 1)
        packed, start = index.table[slot, 0], index.table[slot, 1]
        added = 0 if slot == before else COUNT + (packed & (HOLDERS - 1))
        before = slot
        for place in range(start, start + ((packed & (HASH - 1)) >> 16)):
            prompt = index.prompts[place]
            begin = where - index.offsets[place]
            if sums[prompt] == 0:
                seen[0, met], seen[1, prompt], seen[2, prompt] = prompt, begin, begin
                met += 1
            sums[prompt] += added
            seen[1, prompt], seen[2, prompt] = min(seen[1, prompt], begin), max(seen[2, prompt], begin)
    return met


@jit
def _best(met: int, touched: Places, sums: Places, index: Postings, best: Places) -> int:
    """The prompts with the largest shares; how many there are."""
    shares = np.empty(MOST_CANDIDATES, dtype=np.int64)
    found = 0
    for i in range(met):
        prompt = touched[i]
        count, weight, total = sums[prompt] // COUNT, sums[prompt] % COUNT, index.totals[prompt]
        if weight < index.needs[prompt] or count < index.counts[prompt]:
            continue
        share = weight * ONE // total
        rank = found
        while rank and (shares[rank - 1] < share or (shares[rank - 1] == share and best[rank - 1] > prompt)):
            if rank < MOST_CANDIDATES:
                shares[rank], best[rank] = shares[rank - 1], best[rank - 1]
            rank -= 1
        if rank < MOST_CANDIDATES:
            shares[rank], best[rank] = share, prompt
            found = min(found + 1, MOST_CANDIDATES)
    return found


@jit
def compare(hashes: Codes, starts: Starts, texts: Places, prompts: Places, fine: Fine) -> Found:
    """See `Kernel.compare`."""
    shared = np.zeros(len(texts), dtype=np.int64)
    distinct = np.zeros(len(texts), dtype=np.int64)
    begins = np.zeros(len(texts), dtype=np.int64)
    ends = np.zeros(len(texts), dtype=np.int64)
    most = 1
    for prompt in range(len(fine.starts) - 1):
        most = max(most, fine.starts[prompt + 1] - fine.starts[prompt])
    slots = 16
    while slots < 4 * most:
        slots *= 2
    table = np.full(slots, -1, dtype=np.int64)
    inside = np.zeros(most, dtype=np.int64)
    longest = 0
    for text in range(len(starts) - 1):
        longest = max(longest, starts[text + 1] - starts[text])
    places = np.empty(longest, dtype=np.int64)
    grams = np.empty(longest, dtype=np.int64)
    for i in range(len(texts)):
        first, last = fine.starts[prompts[i]], fine.starts[prompts[i] + 1]
        own, weights = fine.hashes[first:last], fine.weights[first:last]
        count = _matches(hashes[starts[texts[i]] : starts[texts[i] + 1]], own, table, places, grams)
        shared[i], distinct[i], begins[i], ends[i] = _stretch(
            places[:count], grams[:count], weights, fine.reach[prompts[i]], inside
        )
    return Found(shared, distinct, begins, ends)


@jit
def _matches(hashes: Codes, own: Codes, table: Places, places: Places, grams: Places) -> int:
    """Which letters of a text begin an n-gram of the prompt, and which; the table is left empty."""
    slots = 16
    while slots < 4 * len(own):
        slots *= 2
    mask = np.uint32(slots - 1)
    for gram in range(len(own)):
        slot = own[gram] & mask
        while table[slot] >= 0:
            slot = (slot + np.uint32(1)) & mask
        table[slot] = gram
    count = 0
    for place in range(len(hashes)):
        slot = hashes[place] & mask
        while table[slot] >= 0:
            if own[table[slot]] == hashes[place]:
                places[count] = place
                grams[count] = table[slot]
                count += 1
                break
            slot = (slot + np.uint32(1)) & mask
    table[:slots] = -1
    return count


@jit
def _stretch(places: Places, grams: Places, weights: Places, reach: int, inside: Places) -> tuple[int, int, int, int]:
    """The stretch of at most `reach` letters with the most weight of distinct n-grams."""
    best = (0, 0, 0, 0)
    weight = distinct = first = 0
    for last in range(len(places)):
        gram = grams[last]
        inside[gram] += 1
        if inside[gram] == 1:
            weight += weights[gram]
            distinct += 1
        while places[last] - places[first] >= reach:
            inside[grams[first]] -= 1
            if inside[grams[first]] == 0:
                weight -= weights[grams[first]]
                distinct -= 1
            first += 1
        if weight > best[0] or (weight == best[0] and distinct > best[1]):
            best = (weight, distinct, places[first], places[last] + 1)
    for last in range(len(places)):
        inside[grams[last]] = 0
    return best
