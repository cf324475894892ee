"""The buckets of an index that grows: by the key of a band, the first 64 rows that have it.

Both kinds hold the same: sorted runs for numpy (168 bytes a row with 21 bands, 200 µs to look one row up among a
million), an open-addressing table for numba (up to 300 bytes, 5 µs). Rows are numbered in the order they come, below
2**32; an entry is 64 bits, the key before the row.
"""

from typing import Protocol

import numpy as np

from factory.near.arrays import Codes, Keys, Places
from factory.near.bands import LARGEST_BUCKET

_32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_SMALLEST_TABLE = 1 << 16
_SMALLEST_ROOM = 1 << 12
_NONE: Places = np.empty(0, dtype=np.int64)


class Buckets(Protocol):
    """What both kinds do."""

    def add(self, keys: Codes, first: int) -> None:
        """Put rows, numbered from `first` on, into the buckets of their keys (one row of keys each)."""
        ...

    def find(self, keys: Codes) -> tuple[Places, Places]:
        """For each row of keys the rows in their buckets: which was asked, and what was found; ascending, each once."""
        ...

    def entries(self) -> Keys:
        """All entries, ascending."""
        ...


class SortedRuns:
    """Sorted runs, merged as they grow."""

    def __init__(self) -> None:
        """Begin with none."""
        self._runs: list[Keys] = []

    def add(self, keys: Codes, first: int) -> None:
        """See `Buckets.add`."""
        if not keys.size:
            return
        rows = np.arange(first, first + len(keys), dtype=np.uint64)
        run = (keys.astype(np.uint64) << _32 | rows[:, None]).ravel()
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.concatenate([self._runs.pop(), run])
        run.sort()
        self._runs.append(run)

    def find(self, keys: Codes) -> tuple[Places, Places]:
        """See `Buckets.find`."""
        low = keys.ravel().astype(np.uint64) << _32
        found = []
        for run in self._runs:
            begins = np.searchsorted(run, low)
            counts = np.minimum(np.searchsorted(run, low | _LOW, side="right") - begins, LARGEST_BUCKET)
            asked = np.repeat(np.arange(len(low)), counts)
            places = np.arange(len(asked)) - np.repeat(np.cumsum(counts) - counts - begins, counts)
            found.append(asked.astype(np.uint64) << _32 | run[places] & _LOW)
        hits = np.sort(np.concatenate(found)) if found else np.empty(0, dtype=np.uint64)
        asked = hits >> _32
        nth = np.arange(len(hits)) - np.searchsorted(asked, asked)
        hits = hits[nth < LARGEST_BUCKET]
        return _distinct((hits >> _32) // np.uint64(max(1, keys.shape[1])), hits & _LOW)

    def entries(self) -> Keys:
        """See `Buckets.entries`."""
        return np.sort(np.concatenate(self._runs)) if self._runs else np.empty(0, dtype=np.uint64)


class HashTable:
    """Open addressing with linear probing, in numba; a full bucket takes no more."""

    def __init__(self, entries: Keys) -> None:
        """Begin with entries, ascending."""
        from factory.near import table_numba

        self._numba = table_numba
        self._count = 0
        self._room = _room(_SMALLEST_ROOM)
        self._slots = self._fresh(0)
        self._grow(len(entries))
        self._count += int(self._numba.put(self._slots, entries))

    def add(self, keys: Codes, first: int) -> None:
        """See `Buckets.add`."""
        self._grow(self._count + keys.size)
        self._count += int(self._numba.add(self._slots, keys, first))

    def find(self, keys: Codes) -> tuple[Places, Places]:
        """See `Buckets.find`."""
        asked, rows = self._room
        while (count := self._numba.find(self._slots, keys, asked, rows)) < 0:
            asked, rows = _room(2 * len(rows))
        if not count:
            return _NONE, _NONE
        return asked[:count].copy(), rows[:count].copy()

    def entries(self) -> Keys:
        """See `Buckets.entries`."""
        return np.sort(self._slots[self._slots != self._numba.FREE])

    def _fresh(self, count: int) -> Keys:
        size = _SMALLEST_TABLE
        while size * 5 < count * 8:
            size *= 2
        return np.full(size, self._numba.FREE, dtype=np.uint64)

    def _grow(self, count: int) -> None:
        if count * 8 <= len(self._slots) * 5:
            return
        larger = self._fresh(count)
        self._numba.move(self._slots, larger)
        self._slots = larger


def _room(size: int) -> tuple[Places, Places]:
    """Arrays for what is found."""
    return np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)


def _distinct(asked: Keys, rows: Keys) -> tuple[Places, Places]:
    if not len(asked):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    pairs = np.unique(asked << _32 | rows)
    return (pairs >> _32).astype(np.int64), (pairs & _LOW).astype(np.int64)
