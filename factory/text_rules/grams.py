"""Repeated character n-grams of texts, exactly: no hash decides what is equal.

An n-gram gets its number from the numbers of two shorter ones that make it up, so each length is one pass over pairs of
integers: sorted by numpy, or looked up in a table by compiled code. Texts are read up to a length (`READ`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from factory.compiled import kernel
from factory.text_rules.characters import Integers, Packed

READ = 500_000
"""The characters of a text that are looked at; longer texts are no training examples (corpus-cleaner's limit)."""


class Grams(NamedTuple):
    """Of each text: n-grams, different ones, those that come again, the places of these, the commonest's places."""

    places: Integers
    kinds: Integers
    repeated: Integers
    repeated_places: Integers
    commonest: Integers


def grams(packed: Packed, sizes: Sequence[int]) -> dict[int, Grams]:
    """The n-grams of each text, for each of these n."""
    steps = _steps(sizes)
    found = np.zeros((len(steps), len(packed.starts) - 1, 4), np.int64)
    ends = packed.starts[:-1] + np.minimum(packed.lengths, READ)
    compiled = kernel(_tally, packed.points.size)
    if compiled:
        longest = int(min(packed.lengths.max(initial=0), READ))
        compiled(packed.points, packed.starts, ends, np.array(steps), longest, 1 in sizes, found)
    else:
        _sort(packed, ends, steps, found)
    places = ends - packed.starts[:-1]
    return {
        n: Grams(np.maximum(places - n + 1, 0), *found[step].T) for step, (n, _, _, _) in enumerate(steps) if n in sizes
    }


def _steps(sizes: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """How each length is made: itself, the steps of the two that make it up, and how far apart those begin."""
    made = {1: 0}
    steps = [(1, 0, 0, 0)]
    for size in sorted(set(sizes)):
        while size not in made:
            known = max(made)
            n = min(size, 2 * known)
            right = min(other for other in made if known + other >= n)
            steps.append((n, made[known], made[right], n - right))
            made[n] = len(steps) - 1
    return steps


def _sort(packed: Packed, ends: Integers, steps: Sequence[tuple[int, int, int, int]], found: Integers) -> None:
    """With numpy: what may come again is sorted, the numbers of a text's n-grams being its own."""
    size = len(packed.starts) - 1
    owners = np.repeat(np.arange(size), np.diff(packed.starts))
    places = np.arange(packed.points.size)
    left = ends[owners] - places
    numbers: list[Integers] = []
    again: list[NDArray[np.bool_]] = []
    for step, (n, first, second, apart) in enumerate(steps):
        at = places[left >= n]
        total = np.bincount(owners[at], minlength=size)
        if step:
            at = at[again[first][at] & again[second][at + apart]]
            keys = numbers[first][at] << 32 | numbers[second][at + apart]
        else:
            keys = owners[at] << 21 | packed.points[at].astype(np.int64)
        _, index, inverse, count = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        numbers.append(np.zeros(packed.points.size, np.int64))
        numbers[-1][at] = inverse
        again.append(np.zeros(packed.points.size, np.bool_))
        again[-1][at] = (count > 1)[inverse]
        whose, count = owners[at[index]][count > 1], count[count > 1]
        found[step, :, 1] = np.bincount(whose, minlength=size)
        found[step, :, 2] = np.bincount(whose, count, minlength=size).astype(np.int64)
        found[step, :, 0] = total - found[step, :, 2] + found[step, :, 1]
        found[step, :, 3] = total > 0
        np.maximum.at(found[step, :, 3], whose, count)


def _tally(
    points: NDArray[np.uint32],
    starts: Integers,
    ends: Integers,
    steps: Integers,
    longest: int,
    asked: bool,
    found: Integers,
) -> None:
    room = 16
    while room < 2 * longest:
        room *= 2
    keys, slots = np.empty(room, np.int64), np.empty(room, np.int32)
    numbers = np.empty((len(steps), longest + 1), np.int32)
    counts = np.empty((len(steps), longest + 1), np.int32)
    for text in range(len(ends)):
        begin, length = starts[text], ends[text] - starts[text]
        mask = 15
        while mask + 1 < 2 * length:
            mask = 2 * mask + 1
        for step in range(len(steps)):
            first, second, apart = steps[step, 1], steps[step, 2], steps[step, 3]
            if step == 0:
                # Characters are their own numbers.
                for at in range(length):
                    numbers[0, at] = points[begin + at]
                if not asked:
                    continue
            slots[: mask + 1] = -1
            kinds = 0
            for at in range(length - steps[step, 0] + 1):
                left, right = numbers[first, at], numbers[second, at + apart]
                key = np.int64(left)
                if step > 0:
                    if (first > 0 and counts[first, left] == 1) or (second > 0 and counts[second, right] == 1):
                        # What holds a part that comes once comes once.
                        numbers[step, at], counts[step, kinds] = kinds, 1
                        kinds += 1
                        continue
                    key = (np.int64(left) << 32) | np.int64(right)
                mixed = key * -7046029254386353131
                slot = (mixed ^ (mixed >> 29)) & mask
                while slots[slot] >= 0 and keys[slot] != key:
                    slot = (slot + 1) & mask
                if slots[slot] < 0:
                    keys[slot], slots[slot], counts[step, kinds] = key, kinds, 0
                    kinds += 1
                counts[step, slots[slot]] += 1
                if step > 0:
                    numbers[step, at] = slots[slot]
            repeated, places, commonest = 0, 0, 0
            for kind in range(kinds):
                count = counts[step, kind]
                commonest = max(commonest, count)
                if count > 1:
                    repeated += 1
                    places += count
            found[step, text, 0], found[step, text, 1], found[step, text, 2] = kinds, repeated, places
            found[step, text, 3] = commonest
