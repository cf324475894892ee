"""The loops of `buckets.HashTable`."""

import numpy as np

from factory.compiled import jit
from factory.near.arrays import Codes, Keys, Places
from factory.near.bands import LARGEST_BUCKET

FREE = np.uint64(0xFFFFFFFFFFFFFFFF)
"""No entry: no index has a row of number 2**32 - 1."""
_LIMIT = LARGEST_BUCKET
_32 = np.uint64(32)
_ONE = np.uint64(1)
_LOW = np.uint64(0xFFFFFFFF)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
STAMP = "4805ec0221e79ede"
"""See `compiled.stamp`."""


@jit
def _slot(key: np.uint64, size: int) -> np.uint64:
    return np.uint64((np.uint64(key * _MULTIPLIER) >> _32) & np.uint64(size - 1))


@jit
def _put(slots: Keys, entry: np.uint64) -> int:
    key = np.uint64(entry >> _32)
    mask = np.uint64(len(slots) - 1)
    slot = _slot(key, len(slots))
    members = 0
    while slots[slot] != FREE:
        if np.uint64(slots[slot] >> _32) == key:
            members += 1
            if members == _LIMIT:
                return 0
        slot = np.uint64((slot + _ONE) & mask)
    slots[slot] = entry
    return 1


@jit
def move(old: Keys, slots: Keys) -> None:
    """Put the entries of a table into another one: those of a bucket in their order, so from a free slot on."""
    begin = 0
    while old[begin] != FREE:
        begin += 1
    for step in range(len(old)):
        entry = old[(begin + step) & (len(old) - 1)]
        if entry != FREE:
            _put(slots, entry)


@jit
def put(slots: Keys, entries: Keys) -> int:
    """Put entries into the table; how many were taken."""
    taken = 0
    for entry in entries:
        taken += _put(slots, entry)
    return taken


@jit
def add(slots: Keys, keys: Codes, first: int) -> int:
    """Put rows into the buckets of their keys; how many entries were taken."""
    taken = 0
    for row in range(keys.shape[0]):
        for band in range(keys.shape[1]):
            entry = np.uint64(np.uint64(np.uint64(keys[row, band]) << _32) | np.uint64(first + row))
            taken += _put(slots, entry)
    return taken


@jit
def find(slots: Keys, keys: Codes, asked: Places, rows: Places) -> int:
    """Write which row of keys asked, and what was found, ascending and each once; how many, or -1 where room lacks."""
    mask = np.uint64(len(slots) - 1)
    count = 0
    entries = np.empty(keys.shape[1], dtype=np.uint64)
    for row in range(keys.shape[0]):
        first = count
        for band in range(keys.shape[1]):  # all of them before the first is looked at: memory then serves them at once
            entries[band] = slots[_slot(np.uint64(keys[row, band]), len(slots))]
        for band in range(keys.shape[1]):
            key = np.uint64(keys[row, band])
            slot = _slot(key, len(slots))
            entry = entries[band]
            while entry != FREE:
                if np.uint64(entry >> _32) == key:
                    if count == len(asked):
                        return -1
                    asked[count] = row
                    rows[count] = np.int64(entry & _LOW)
                    count += 1
                slot = np.uint64((slot + _ONE) & mask)
                entry = slots[slot]
        if count > first + 1:
            count = _distinct(rows, first, count)
    return count


@jit
def _distinct(rows: Places, first: int, end: int) -> int:
    """Sort a part of the rows and leave each once; where it ends then."""
    rows[first:end] = np.sort(rows[first:end])
    last = first
    for place in range(first + 1, end):
        if rows[place] != rows[last]:
            last += 1
            rows[last] = rows[place]
    return last + 1
