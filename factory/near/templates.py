"""Instructions cut from one template: "Write a company introduction for X", four hundred times with another X.

As near duplicates they aren't found: what is filled in keeps their Jaccard at .3 to .5. But pieces of them stand in
many rows, which pieces of free text don't. A character 8-gram is hot when at least 50 rows have it; a row is cut from
a template when 30 % of its 8-grams are hot; rows with alike hot 8-grams are of one template, if there are 30 of them.

On 121,000 rows with four templates of 400 rows planted, 97 to 100 % of each were found, 87 % of BBH (which is 27
templates), and .15 % of clean rows; with 12-grams only 61 % of a Japanese template. The Swallow project removed such
rows from LMSYS-Chat-1M, without saying how they were found. Left out: a template that has fewer than 50 rows.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from factory.near import fold, kernel_numpy, signature
from factory.near.arrays import Codes, Keys, Mask, Places, Signatures, Starts
from factory.near.constants import BINS, BITS, EMPTY
from factory.near.kernels import Kernel, kernel

NONE = -1
"""The id of rows that were cut from no template."""
GRAM = 8
SAMPLED = 4
"""One of so many 8-grams is looked at, chosen by its hash, in rows that have `FEW` or more."""
FEW = 64
HOT = 50
SHARE = 0.3
CLUSTER = 30
BANDS, ROWS = 16, 4
ALIKE = 0.5
"""The share of slots that a row must have in common with the one that stands for its bucket."""
NAMING = 8
"""Slots that give a template its id."""
_TABLE_BITS = (16, 24)
_PER_ROW = 64


def assign(texts: "Sequence[str] | pa.Array | pa.ChunkedArray") -> Places:
    """The template of each row, a number that depends on the template's text; -1 for rows that are cut from none.

    The order of the rows is of no account.
    """
    if isinstance(texts, pa.Array | pa.ChunkedArray):
        texts = [text or "" for text in texts.to_pylist()]
    compute = kernel(len(texts))
    counts = _Counts(len(texts))
    for _, values, starts in _samples(texts, compute):
        counts.add(values, starts)
    rows, signatures = _cut(texts, counts, compute)
    ids = np.full(len(texts), NONE, dtype=np.int64)
    if len(rows):
        ids[rows] = _named(_clusters(signatures, compute), signatures)
    return ids


class _Counts:
    """In how many rows each 8-gram is, or a few more: two tables, the lesser count holds (a count-min sketch)."""

    def __init__(self, rows: int) -> None:
        """Begin with none; the tables grow with the rows that will be counted."""
        low, high = _TABLE_BITS
        bits = min(max((rows * _PER_ROW).bit_length(), low), high)
        self._shifts = (np.uint32(32 - bits), np.uint32(max(0, 30 - bits)))
        self._mask = np.uint32((1 << bits) - 1)
        self._tables = [np.zeros(1 << bits, dtype=np.uint32) for _ in self._shifts]

    def add(self, values: Codes, starts: Starts) -> None:
        """Count the 8-grams of rows, each once per row."""
        for table, shift in zip(self._tables, self._shifts, strict=True):
            np.add.at(table, (values >> shift) & self._mask, np.uint32(1))

    def hot(self, values: Codes) -> Mask:
        """Which 8-grams are in many rows."""
        mask = np.ones(len(values), dtype=np.bool_)
        for table, shift in zip(self._tables, self._shifts, strict=True):
            mask &= table[(values >> shift) & self._mask] >= HOT
        return mask


def _samples(texts: Sequence[str], compute: Kernel) -> Iterator[tuple[int, Codes, Starts]]:
    """By blocks of rows: the first one's place, their distinct sampled 8-grams, and where those of each row begin."""
    for block in fold.blocks(texts, compute):
        values, begins = kernel_numpy.windows(block.codes, block.starts, GRAM)
        counts = np.diff(begins)
        taken = (values & np.uint32(SAMPLED - 1) == 0) | np.repeat(counts < FEW, counts)
        rows = np.repeat(np.arange(len(counts), dtype=np.uint64) << np.uint64(32), counts)
        keyed = np.unique(rows[taken] | values[taken])
        ends = np.searchsorted(keyed, np.arange(len(counts) + 1, dtype=np.uint64) << np.uint64(32))
        yield block.first, keyed.astype(np.uint32), ends.astype(np.int64)


def _cut(texts: Sequence[str], counts: _Counts, compute: Kernel) -> tuple[Places, Signatures]:
    """The rows that are mostly hot, and the signatures of what is hot in them."""
    found, signatures = [np.empty(0, dtype=np.int64)], [np.empty((0, BINS), dtype=np.uint32)]
    for first, values, starts in _samples(texts, compute):
        hot = counts.hot(values)
        rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        total = np.bincount(rows[hot], minlength=len(starts) - 1)
        mostly = (total > 0) & (total >= SHARE * np.diff(starts))
        if not mostly.any():
            continue
        chosen = hot & mostly[rows]
        numbers = np.cumsum(mostly) - 1
        slots = np.full((int(mostly.sum()), BINS), EMPTY, dtype=np.uint32)
        places = numbers[rows[chosen]], (values[chosen] >> np.uint32(32 - BITS)).astype(np.int64)
        np.minimum.at(slots, places, values[chosen])
        kernel_numpy.densify(slots, signature.sources())
        found.append(first + np.flatnonzero(mostly))
        signatures.append(slots)
    return np.concatenate(found), np.concatenate(signatures)


def _clusters(signatures: Signatures, compute: Kernel) -> Places:
    """The cluster of each row, as the number of one of its rows: those that share a bucket and half of their slots."""
    parents = np.arange(len(signatures), dtype=np.int64)
    content = compute.band_keys(signatures, 0, BINS)
    for band in range(BANDS):
        keys = compute.band_keys(signatures, band, ROWS)
        order = np.lexsort((content, keys))
        new = np.ones(len(order), dtype=np.bool_)
        new[1:] = keys[order][1:] != keys[order][:-1]
        heads = order[np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))]
        alike = compute.agreement(signatures, order, heads) >= ALIKE * BINS
        parents = _joined(parents, order[alike], heads[alike])
    return parents


def _joined(parents: Places, left: Places, right: Places) -> Places:
    """The parents after pairs were joined: each row points to the least row of its component."""
    while True:
        one, other = parents[left], parents[right]
        least = np.minimum(one, other)
        before = parents.copy()
        np.minimum.at(parents, one, least)
        np.minimum.at(parents, other, least)
        while not np.array_equal(parents, parents[parents]):
            parents = parents[parents]
        if np.array_equal(before, parents):
            return parents


def _named(clusters: Places, signatures: Signatures) -> Places:
    """An id for each row of a large cluster, from the commonest values of some slots; -1 for the rest."""
    ids = np.full(len(clusters), NONE, dtype=np.int64)
    heads, counts = np.unique(clusters, return_counts=True)
    for head in heads[counts >= CLUSTER].tolist():
        members = clusters == head
        slots = signatures[members][:, :: BINS // NAMING]
        common: list[int] = []
        for column in slots.T:
            values, times = np.unique(column, return_counts=True)
            common.append(int(values[np.argmax(times)]))
        key: Keys = kernel_numpy.band_keys(np.array([common], dtype=np.uint32), 0, NAMING)
        ids[members] = int(key[0] >> np.uint64(32))
    return ids
