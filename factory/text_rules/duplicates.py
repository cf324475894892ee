"""Lines and sentences that a text has more than once, as Swallow counts them: each time but the first.

Source: Okazaki et al. 2024, https://arxiv.org/abs/2404.17733; the same counts as Gopher's, over characters for words.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from factory.compiled import kernel
from factory.text_rules.characters import Class, Integers, Packed, table
from factory.text_rules.sentences import spans


class Duplicates(NamedTuple):
    """Of each text: its pieces and their characters, then those of them that came before."""

    pieces: Integers
    characters: Integers
    duplicates: Integers
    duplicate_characters: Integers


def sentences(packed: Packed) -> Duplicates:
    """The repeated sentences of each text."""
    found = spans(packed)
    return _tallied(packed.points, found.starts, found.ends, found.texts, len(packed.starts) - 1)


def lines(packed: Packed) -> Duplicates:
    """The repeated lines of each text, empty ones too; marks that belong to no sentence are left out."""
    classes = table()[packed.points]
    mark = (classes == Class.KUTEN) | (classes == Class.ASCII_END)
    inside = ~(mark | (classes == Class.NEWLINE))
    keep = ~mark
    keep[1:] |= inside[:-1]
    points, ends = packed.points[keep], np.flatnonzero(classes[keep] == Class.NEWLINE)
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1)) if len(ends) else ends
    breaks = np.flatnonzero(classes == Class.NEWLINE)
    texts = np.searchsorted(packed.starts, breaks, side="right") - 1
    return _tallied(points, starts, ends, texts, len(packed.starts) - 1)


def _tallied(points: NDArray[np.uint32], starts: Integers, ends: Integers, texts: Integers, size: int) -> Duplicates:
    found = np.zeros((2, size), np.int64)
    compiled = kernel(_compare, points.size)
    if compiled:
        most = int(np.bincount(texts, minlength=1).max(initial=0))
        compiled(points, starts, ends, texts, most, found)
    else:
        _count(points, starts, ends, texts, found)
    characters = np.bincount(texts, ends - starts, minlength=size).astype(np.int64)
    return Duplicates(np.bincount(texts, minlength=size), characters, found[0], found[1])


def _count(points: NDArray[np.uint32], starts: Integers, ends: Integers, texts: Integers, found: Integers) -> None:
    data = points.tobytes()
    pieces = ((text, data[4 * a : 4 * b]) for text, a, b in zip(texts.tolist(), starts.tolist(), ends.tolist()))  # noqa: B905 - of one length
    for (text, piece), count in Counter(pieces).items():
        found[0, text] += count - 1
        found[1, text] += len(piece) // 4 * (count - 1)


def _compare(
    points: NDArray[np.uint32], starts: Integers, ends: Integers, texts: Integers, most: int, found: Integers
) -> None:
    room = 16
    while room < 2 * most:
        room *= 2
    slots, hashes = np.full(room, -1, np.int64), np.empty(room, np.int64)
    first = 0
    for piece in range(len(starts)):
        if texts[piece] != texts[first]:
            slots[:] = -1
            first = piece
        begin, length = starts[piece], ends[piece] - starts[piece]
        mixed = np.int64(1469598103934665603)
        for at in range(begin, begin + length):
            mixed = (mixed ^ np.int64(points[at])) * 1099511628211
        slot = (mixed ^ (mixed >> 29)) & (room - 1)
        while slots[slot] >= 0:
            other = slots[slot]
            same = hashes[slot] == mixed and ends[other] - starts[other] == length
            for at in range(length if same else 0):
                if points[starts[other] + at] != points[begin + at]:
                    same = False
                    break
            if same:
                found[0, texts[piece]] += 1
                found[1, texts[piece]] += length
                break
            slot = (slot + 1) & (room - 1)
        if slots[slot] < 0:
            slots[slot], hashes[slot] = piece, mixed
