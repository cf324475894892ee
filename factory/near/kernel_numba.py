"""The inner loops compiled by numba (the extra `fast`). `kernel_numpy` has the same functions and gives the same bits.

Each step is cast: numba makes 64 bits of a product of two 32-bit numbers.
"""

import numpy as np

from factory.compiled import jit
from factory.near import constants, shingle
from factory.near.arrays import Codes, Keys, Mask, Places, Signatures, Signed, Similarities, Starts

_BINS = constants.BINS
_SHIFT = np.uint32(32 - constants.BITS)
_EMPTY = np.uint32(constants.EMPTY)
_SPACE = np.uint32(0x20)
_SLOW = np.uint32(0xFFFFFFFF)
_MULTIPLIER = np.uint32(shingle.MULTIPLIER)
_MIX_1, _MIX_2 = np.uint32(shingle.MIX_1), np.uint32(shingle.MIX_2)
_GRAM = shingle.GRAM
_BAND_SEED, _BAND_MIX = np.uint64(constants.BAND_SEED), np.uint64(constants.BAND_MIX)
_13, _16, _32 = np.uint32(13), np.uint32(16), np.uint64(32)
STAMP = "23616064e48dd09e"
"""See `compiled.stamp`."""


@jit
def fold(points: Codes, starts: Starts, table: Codes) -> tuple[Codes, Starts, Mask]:
    """See `Kernel.fold`."""
    codes = np.empty(len(points), dtype=np.uint32)
    begins = np.zeros(len(starts), dtype=np.int64)
    slow = np.zeros(len(starts) - 1, dtype=np.bool_)
    end = 0
    for row in range(len(starts) - 1):
        after_space, any_slow = True, False
        for place in range(starts[row], starts[row + 1]):  # without branches: where a space is can't be foreseen
            code = table[points[place]]
            space = code == _SPACE
            any_slow |= code == _SLOW
            codes[end] = code
            end += not (space and after_space)
            after_space = space
        if after_space and end > begins[row]:
            end -= 1
        slow[row] = any_slow
        begins[row + 1] = end
    return codes[:end], begins, slow


@jit
def _finalized(value: np.uint32) -> np.uint32:
    value = np.uint32(value ^ (value >> _16))
    value = np.uint32(value * _MIX_1)
    value = np.uint32(value ^ (value >> _13))
    value = np.uint32(value * _MIX_2)
    return np.uint32(value ^ (value >> _16))


@jit
def _hashes(codes: Codes, start: int, end: int, size: int, out: Codes) -> int:
    """Write the hashes of one row's n-grams to `out`; how many there are."""
    if end - start < size:
        value = np.uint32(0)
        for place in range(start, start + size):
            value = np.uint32(np.uint32(value * _MULTIPLIER) + (codes[place] if place < end else np.uint32(0)))
        out[0] = _finalized(value)
        return 1
    count = end - start - size + 1
    out[:count] = codes[start : start + count]
    for step in range(1, size):  # no n-gram from its neighbour's: processors then do many at once
        for place in range(count):
            out[place] = np.uint32(np.uint32(out[place] * _MULTIPLIER) + codes[start + step + place])
    for place in range(count):
        out[place] = _finalized(out[place])
    return count


@jit
def _room(starts: Starts) -> Codes:
    longest = 1
    for row in range(len(starts) - 1):
        longest = max(longest, starts[row + 1] - starts[row])
    return np.empty(longest, dtype=np.uint32)


@jit
def one_permutation(codes: Codes, starts: Starts, sources: Codes) -> Signatures:
    """See `Kernel.one_permutation`."""
    rows = len(starts) - 1
    signatures = np.full((rows, _BINS), _EMPTY, dtype=np.uint32)
    hashed = _room(starts)
    sparse = np.empty(_BINS, dtype=np.uint32)
    for row in range(rows):
        slots = signatures[row]
        for place in range(_hashes(codes, starts[row], starts[row + 1], _GRAM, hashed)):
            value = hashed[place]
            slot = value >> _SHIFT
            slots[slot] = min(slots[slot], value)
        sparse[:] = slots
        for slot in range(_BINS):
            if sparse[slot] == _EMPTY:
                slots[slot] = _borrowed(sparse, slot, sources)
    return signatures


@jit
def _borrowed(sparse: Codes, slot: int, sources: Codes) -> np.uint32:
    for walk in range(len(sources)):
        value = sparse[sources[walk, slot]]
        if value != _EMPTY:
            return np.uint32(value)
    for step in range(1, _BINS):
        value = sparse[(slot + step) % _BINS]
        if value != _EMPTY:
            return np.uint32(value)
    return _EMPTY


@jit
def affine(codes: Codes, starts: Starts, factors: Codes, offsets: Codes) -> Signatures:
    """See `Kernel.affine`."""
    rows, slots = len(starts) - 1, len(factors)
    signatures = np.full((rows, slots), _EMPTY, dtype=np.uint32)
    hashed = _room(starts)
    for row in range(rows):
        least = signatures[row]
        for place in range(_hashes(codes, starts[row], starts[row + 1], _GRAM, hashed)):
            value = hashed[place]
            for slot in range(slots):
                image = np.uint32(np.uint32(value * factors[slot]) + offsets[slot])
                if image < least[slot]:
                    least[slot] = image
    return signatures


@jit
def overlap(codes: Codes, starts: Starts, left: Places, right: Places, size: int) -> tuple[Places, Places]:
    """See `Kernel.overlap`: a table of the left row's hashes, stamped so that it is never cleared."""
    hashed = _room(starts)
    slots = 16
    while slots < 4 * len(hashed):
        slots *= 2
    mask = np.uint32(slots - 1)
    table = np.zeros(slots, dtype=np.uint64)
    shared = np.zeros(len(left), dtype=np.int64)
    union = np.zeros(len(left), dtype=np.int64)
    for pair in range(len(left)):
        mine, both = np.uint64(2 * pair + 1) << _32, np.uint64(2 * pair + 2) << _32
        for side in range(2):
            row = left[pair] if side == 0 else right[pair]
            stamp = mine if side == 0 else both
            for place in range(_hashes(codes, starts[row], starts[row + 1], size, hashed)):
                value = hashed[place]
                slot = value & mask
                while table[slot] >= mine and np.uint32(table[slot]) != value:
                    slot = (slot + np.uint32(1)) & mask
                if table[slot] < mine:
                    union[pair] += 1
                elif side == 1 and table[slot] < both:
                    shared[pair] += 1
                else:
                    continue
                table[slot] = stamp | np.uint64(value)
    return shared, union


@jit
def _key(slots: Codes, band: int, rows: int) -> np.uint64:
    key = np.uint64(_BAND_SEED * np.uint64(band + 1))
    for slot in range(band * rows, (band + 1) * rows):
        key = np.uint64((key ^ np.uint64(slots[slot])) * _BAND_MIX)
        key = np.uint64(key ^ (key >> np.uint64(29)))
    return key


@jit
def band_keys(signatures: Signatures, band: int, rows: int) -> Keys:
    """See `Kernel.band_keys`."""
    keys = np.empty(len(signatures), dtype=np.uint64)
    for row in range(len(signatures)):
        keys[row] = _key(signatures[row], band, rows)
    return keys


@jit
def bucket_keys(signatures: Signatures, bands: int, rows: int) -> Codes:
    """See `Kernel.bucket_keys`."""
    keys = np.empty((len(signatures), bands), dtype=np.uint32)
    for row in range(len(signatures)):
        for band in range(bands):
            keys[row, band] = np.uint32(_key(signatures[row], band, rows) >> np.uint64(32))
    return keys


@jit
def signed(
    points: Codes, starts: Starts, table: Codes, sources: Codes, bands: int, rows: int
) -> tuple[Codes, Starts, Mask, Signatures, Codes]:
    """See `Kernel.signed`."""
    codes, begins, slow = fold(points, starts, table)
    signatures = one_permutation(codes, begins, sources)
    return codes, begins, slow, signatures, bucket_keys(signatures, bands, rows)


@jit
def agreement(signatures: Signatures, left: Places, right: Places) -> Places:
    """See `Kernel.agreement`."""
    equal = np.empty(len(left), dtype=np.int64)
    for pair in range(len(left)):
        equal[pair] = _equal(signatures[left[pair]], signatures[right[pair]])
    return equal


@jit
def _equal(one: Codes, other: Codes) -> int:
    count = 0
    for slot in range(len(one)):
        count += one[slot] == other[slot]
    return count


@jit
def plausible(mine: Signed, left: Places, theirs: Signed, right: Places, least: Similarities) -> Mask:
    """See `Kernel.plausible`."""
    (my_signatures, my_lengths), (signatures, lengths) = mine, theirs
    result = np.empty(len(left), dtype=np.bool_)
    for pair in range(len(left)):
        shorter = min(my_lengths[left[pair]], lengths[right[pair]], len(least) - 1)
        result[pair] = _equal(my_signatures[left[pair]], signatures[right[pair]]) >= least[shorter]
    return result
