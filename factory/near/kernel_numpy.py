"""The inner loops in numpy, a block of rows at a time. `kernel_numba` has the same functions and gives the same bits.

Signatures of 437 characters cost about 4 µs: hashing is a dozen passes over a block in the cache, and
`np.minimum.at` is fast since numpy 1.25.
"""

import numpy as np

from factory.near.arrays import Codes, Keys, Mask, Places, Signatures, Signed, Similarities, Starts
from factory.near.constants import BAND_MIX, BAND_SEED, BINS, BITS, EMPTY
from factory.near.shingle import GRAM, MIX_1, MIX_2, MULTIPLIER, power

SPACE = np.uint32(0x20)
SLOW = np.uint32(0xFFFFFFFF)
PAIRS = 4096
"""Pairs whose slots are compared at once."""


def fold(points: Codes, starts: Starts, table: Codes) -> tuple[Codes, Starts, Mask]:
    """See `Kernel.fold`."""
    codes = np.take(table, points)
    slow = np.zeros(len(starts) - 1, dtype=np.bool_)
    flagged = np.flatnonzero(codes == SLOW)
    slow[np.searchsorted(starts, flagged, side="right") - 1] = True
    space = codes == SPACE
    following = np.ones(len(codes), dtype=np.bool_)
    following[:-1] = space[1:]
    filled = starts[1:][starts[1:] > starts[:-1]]
    following[filled - 1] = True
    codes, starts = _without(codes, starts, np.flatnonzero(space & following))
    first = starts[:-1][starts[1:] > starts[:-1]]
    return (*_without(codes, starts, first[codes[first] == SPACE]), slow)


def _without(codes: Codes, starts: Starts, places: Places) -> tuple[Codes, Starts]:
    if not len(places):
        return codes, starts
    kept = np.ones(len(codes), dtype=np.bool_)
    kept[places] = False
    return codes[kept], starts - np.searchsorted(places, starts)


def hashes(codes: Codes, starts: Starts, size: int) -> tuple[Codes, Mask, Codes, Places]:
    """Each position's n-gram hash, which of them are within a row; and those of rows shorter than an n-gram."""
    lengths = np.diff(starts)
    short = np.flatnonzero(lengths < size)
    values = _finalized(_polynomial(np.concatenate([codes, np.zeros(size - 1, dtype=np.uint32)]), size))
    inside = np.ones(len(codes), dtype=np.bool_)
    for back in range(1, size):
        inside[starts[1:][lengths >= back] - back] = False
    padded = np.zeros((len(short), size), dtype=np.uint32)
    for place in range(size - 1):
        longer = lengths[short] > place
        padded[longer, place] = codes[starts[short[longer]] + place]
    return values, inside, _finalized(_polynomial(padded.ravel(), size)[::size]), short


def _polynomial(codes: Codes, size: int) -> Codes:
    """Horner's rule, by doubling: windows of 1, 2, 4, 8 from halves, and the rest one by one."""
    if len(codes) < size:
        return codes[:0]
    values, width = codes, 1
    while width * 2 <= size:
        values = values[:-width] * np.uint32(power(width)) + values[width:]
        width *= 2
    while width < size:
        values = values[:-1] * np.uint32(MULTIPLIER) + codes[width:]
        width += 1
    return values


def _finalized(values: Codes) -> Codes:
    values = values ^ (values >> np.uint32(16))
    values *= np.uint32(MIX_1)
    values ^= values >> np.uint32(13)
    values *= np.uint32(MIX_2)
    values ^= values >> np.uint32(16)
    return values


def one_permutation(codes: Codes, starts: Starts, sources: Codes) -> Signatures:
    """See `Kernel.one_permutation`."""
    rows = len(starts) - 1
    values, inside, padded, short = hashes(codes, starts, GRAM)
    slots = np.full(rows * BINS + 1, EMPTY, dtype=np.uint32)
    places = (values >> np.uint32(32 - BITS)).astype(np.int64)
    places += np.repeat(np.arange(rows, dtype=np.int64) * BINS, np.diff(starts))
    places[~inside] = rows * BINS
    np.minimum.at(slots, places, values)
    signatures: Signatures = slots[:-1].reshape(rows, BINS)
    signatures[short, (padded >> np.uint32(32 - BITS)).astype(np.int64)] = padded
    densify(signatures, sources)
    return signatures


def densify(signatures: Signatures, sources: Codes) -> None:
    """Give each empty slot the value of a full one that its own random walk meets first."""
    rows, slots = np.nonzero(signatures == EMPTY)
    sparse = signatures.copy()
    for source in sources:
        if not len(rows):
            return
        values = sparse[rows, source[slots]]
        found = values != EMPTY
        signatures[rows[found], slots[found]] = values[found]
        rows, slots = rows[~found], slots[~found]
    if not len(rows):
        return
    some, inverse = np.unique(rows, return_inverse=True)
    twice = np.concatenate([sparse[some], sparse[some]], axis=1)
    ahead = np.where(twice != EMPTY, np.arange(2 * BINS), 2 * BINS - 1)
    ahead = np.minimum.accumulate(ahead[:, ::-1], axis=1)[:, ::-1]
    signatures[rows, slots] = twice[inverse, ahead[inverse, slots]]


def affine(codes: Codes, starts: Starts, factors: Codes, offsets: Codes) -> Signatures:
    """See `Kernel.affine`."""
    hashed, begins = windows(codes, starts, GRAM)
    signatures = np.empty((len(starts) - 1, len(factors)), dtype=np.uint32)
    if len(starts) > 1:
        for slot, (factor, offset) in enumerate(zip(factors, offsets, strict=True)):
            signatures[:, slot] = np.minimum.reduceat(hashed * factor + offset, begins[:-1])
    return signatures


def windows(codes: Codes, starts: Starts, size: int) -> tuple[Codes, Starts]:
    """The n-gram hashes of each row in their order, at least one per row."""
    values, inside, padded, short = hashes(codes, starts, size)
    counts = np.maximum(np.diff(starts) - size + 1, 1)
    begins = np.zeros_like(starts)
    np.cumsum(counts, out=begins[1:])
    result = np.empty(begins[-1], dtype=np.uint32)
    whole = np.ones(len(result), dtype=np.bool_)
    whole[begins[short]] = False
    result[whole] = values[inside]
    result[begins[short]] = padded
    return result, begins


def sets(codes: Codes, starts: Starts, size: int) -> tuple[Codes, Starts]:
    """The distinct n-gram hashes of each row, ascending."""
    values, begins = windows(codes, starts, size)
    keyed = np.repeat(np.arange(len(starts) - 1, dtype=np.uint64) << np.uint64(32), np.diff(begins)) | values
    keyed.sort()
    new = np.ones(len(keyed), dtype=np.bool_)
    np.not_equal(keyed[1:], keyed[:-1], out=new[1:])
    keyed = keyed[new]
    ends = np.searchsorted(keyed, np.arange(len(starts), dtype=np.uint64) << np.uint64(32))
    return keyed.astype(np.uint32), ends.astype(np.int64)


def overlap(codes: Codes, starts: Starts, left: Places, right: Places, size: int) -> tuple[Places, Places]:
    """See `Kernel.overlap`."""
    values, begins = sets(codes, starts, size)
    counts = np.diff(begins)
    keyed = np.concatenate([_gathered(values, begins, left), _gathered(values, begins, right)])
    keyed.sort()
    twice = keyed[1:][keyed[1:] == keyed[:-1]] >> np.uint64(32)
    shared = np.bincount(twice.astype(np.int64), minlength=len(left)).astype(np.int64)
    return shared, counts[left] + counts[right] - shared


def _gathered(values: Codes, begins: Starts, rows: Places) -> Keys:
    """The values of some rows, each with the place of its row in front."""
    counts = begins[rows + 1] - begins[rows]
    ends = np.cumsum(counts)
    places = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(begins[rows] - ends + counts, counts)
    keys: Keys = np.repeat(np.arange(len(rows), dtype=np.uint64) << np.uint64(32), counts) | values[places]
    return keys


def band_keys(signatures: Signatures, band: int, rows: int) -> Keys:
    """See `Kernel.band_keys`."""
    keys = np.full(len(signatures), (BAND_SEED * (band + 1)) % 2**64, dtype=np.uint64)
    for slot in range(band * rows, (band + 1) * rows):
        keys ^= signatures[:, slot]
        keys *= np.uint64(BAND_MIX)
        keys ^= keys >> np.uint64(29)
    return keys


def bucket_keys(signatures: Signatures, bands: int, rows: int) -> Codes:
    """See `Kernel.bucket_keys`."""
    keys = np.empty((len(signatures), bands), dtype=np.uint32)
    for band in range(bands):
        keys[:, band] = band_keys(signatures, band, rows) >> np.uint64(32)
    return keys


def signed(
    points: Codes, starts: Starts, table: Codes, sources: Codes, bands: int, rows: int
) -> tuple[Codes, Starts, Mask, Signatures, Codes]:
    """See `Kernel.signed`."""
    codes, begins, slow = fold(points, starts, table)
    signatures = one_permutation(codes, begins, sources)
    return codes, begins, slow, signatures, bucket_keys(signatures, bands, rows)


def agreement(signatures: Signatures, left: Places, right: Places) -> Places:
    """See `Kernel.agreement`."""
    return _agreement(signatures, left, signatures, right)


def plausible(mine: Signed, left: Places, theirs: Signed, right: Places, least: Similarities) -> Mask:
    """See `Kernel.plausible`."""
    shorter = np.minimum(np.minimum(mine[1][left], theirs[1][right]), len(least) - 1)
    return np.asarray(_agreement(mine[0], left, theirs[0], right) >= least[shorter])


def _agreement(mine: Signatures, left: Places, theirs: Signatures, right: Places) -> Places:
    equal = np.empty(len(left), dtype=np.int64)
    for start in range(0, len(left), PAIRS):
        part = slice(start, start + PAIRS)
        equal[part] = np.count_nonzero(mine[left[part]] == theirs[right[part]], axis=1)
    return equal
