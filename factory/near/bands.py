"""Which rows may be similar: those that meet in a bucket of at least one band.

A band is some slots of the signature; rows with the same values there meet. With `bands` bands of `rows` slots, a pair
of Jaccard J meets with probability 1 - (1 - J**rows)**bands. Rows are numbered by rank here, the best first.

A bucket of a few thousand rows from one template would give millions of pairs: above 64 members, all are paired with
the two best, and each with its neighbour in rank; what that leaves is found when the survivors are looked at again.

Source: Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3. Never taken for similar without being
compared: unverified buckets delete three times as many rows as are duplicates.
"""

from typing import NamedTuple

import numpy as np

from factory.near.arrays import Keys, Mask, Places, Signatures
from factory.near.constants import BINS
from factory.near.kernels import Kernel

FOUND = 0.989
"""The least probability to meet at the threshold: gives 21 bands of 6 for .8, and 25 of 5 for .7. Pairs above the
threshold meet more often (.8: .9999 at .85), so that at least .995 of all are found."""
LARGEST_BUCKET = 64
LOWEST, HIGHEST = 0.3, 1.0
"""Thresholds that make sense: below, unrelated texts meet."""
_AT_ONCE = 1 << 22
"""Pairs gathered before those found twice are removed."""


class Shape(NamedTuple):
    """How a signature is cut."""

    bands: int
    rows: int


class Candidates(NamedTuple):
    """Pairs that met, each once, the better row on the left."""

    left: Places
    right: Places
    capped: bool
    """True where a bucket was too large for all its pairs."""


def shape(threshold: float) -> Shape:
    """The longest bands, so the fewest false candidates, that find pairs of this similarity.

    Raises:
        ValueError: the threshold is below .3 or above 1.
    """
    if not LOWEST <= threshold <= HIGHEST:
        raise ValueError(f"threshold {threshold}: must be from {LOWEST} to {HIGHEST:g}")
    fitting = [rows for rows in range(1, BINS + 1) if met(threshold, Shape(BINS // rows, rows)) >= FOUND]
    return Shape(BINS // max(fitting), max(fitting))


def met(similarity: float, cut: Shape) -> float:
    """The probability that a pair of this Jaccard meets."""
    return float(1 - (1 - similarity**cut.rows) ** cut.bands)


def candidates(signatures: Signatures, cut: Shape, compute: Kernel, rows: Places | None = None) -> Candidates:
    """The pairs of rows that meet, of all or of those in `rows` (ascending)."""
    found: list[Keys] = []
    waiting, capped = 0, False
    width = np.uint64(max(1, int(len(signatures) - 1).bit_length()))
    numbers = (np.arange(len(signatures)) if rows is None else rows).astype(np.uint64)
    for band in range(cut.bands):
        keys = compute.band_keys(signatures, band, cut.rows)
        pairs, large = _pairs(keys if rows is None else keys[rows], numbers, width)
        found.append(pairs)
        waiting, capped = waiting + len(pairs), capped or large
        if waiting > _AT_ONCE:
            found = [np.unique(np.concatenate(found))]
            waiting = 0
    pairs = np.unique(np.concatenate(found))
    left, right = pairs >> np.uint64(32), pairs & np.uint64(0xFFFFFFFF)
    return Candidates(left.astype(np.int64), right.astype(np.int64), capped)


def _pairs(keys: Keys, numbers: Keys, width: np.uint64) -> tuple[Keys, bool]:
    """The pairs of one band: the leading bits of a key with the row's number behind them, sorted.

    The bits that the number takes from the key only make a few more candidates.
    """
    packed = keys >> width << width
    packed |= numbers
    packed.sort()
    same = (packed[1:] ^ packed[:-1]) >> width == 0
    members = packed & np.uint64((1 << int(width)) - 1)
    edges = np.diff(np.concatenate([[False], same, [False]]).astype(np.int8))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) + 1
    large = np.flatnonzero(ends - begins > LARGEST_BUCKET)
    found = [_star(members[begins[bucket] : ends[bucket]]) for bucket in large.tolist()]
    for bucket in large.tolist():
        same[begins[bucket] : ends[bucket] - 1] = False
    found += _all_pairs(members, same)
    return (np.concatenate(found) if found else np.empty(0, dtype=np.uint64)), bool(len(large))


def _all_pairs(members: Keys, same: Mask) -> list[Keys]:
    """Each member with each later one of its bucket; `same` says where the next is of the same bucket."""
    found = []
    places, step = np.flatnonzero(same), 1
    while len(places):
        found.append(members[places] << np.uint64(32) | members[places + step])
        places = places[places + step < len(same)]
        places = places[same[places + step]]
        step += 1
    return found


def _star(members: Keys) -> Keys:
    """All with the two best, and each with the next."""
    first = members[0] << np.uint64(32) | members[1:]
    second = members[1] << np.uint64(32) | members[2:]
    return np.concatenate([first, second, members[2:-1] << np.uint64(32) | members[3:]])
