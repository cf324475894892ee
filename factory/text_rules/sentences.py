"""Sentences as Swallow cuts them: runs of a line without end marks, each with the one mark behind it.

Source: Okazaki et al. 2024, https://arxiv.org/abs/2404.17733. Marks beyond the first (！！) belong to no sentence, so
lines are compared without them too. What it leaves out: full stops, so it is for Japanese.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from factory.compiled import kernel
from factory.text_rules.characters import Class, Integers, Packed, table

# Plain integers, for compiled code.
_KUTEN, _ASCII_END, _NEWLINE = int(Class.KUTEN), int(Class.ASCII_END), int(Class.NEWLINE)
_SPACE, _ELLIPSIS = int(Class.SPACE), int(Class.ELLIPSIS)


class Lengths(NamedTuple):
    """Of each text: how many sentences, their characters together, the longest, and those ending in an ellipsis."""

    sentences: Integers
    characters: Integers
    longest: Integers
    ellipses: Integers


class Spans(NamedTuple):
    """Where sentences begin and end among the code points, and whose they are."""

    starts: Integers
    ends: Integers
    texts: Integers


def lengths(packed: Packed) -> Lengths:
    """The sentences of each text in numbers."""
    size = len(packed.starts) - 1
    found = np.zeros((4, size), np.int64)
    compiled = kernel(_measure, packed.points.size)
    if compiled:
        compiled(packed.points, packed.starts, table(), found)
        return Lengths(*found)
    starts, ends, texts = spans(packed)
    long = ends - starts
    found[0] = np.bincount(texts, minlength=size)
    found[1] = np.bincount(texts, long, minlength=size).astype(np.int64)
    np.maximum.at(found[2], texts, long)
    found[3] = np.bincount(texts[_trails_off(packed, starts, ends)], minlength=size)
    return Lengths(*found)


def spans(packed: Packed) -> Spans:
    """All sentences of all texts, in order."""
    classes = table()[packed.points]
    newline = classes == Class.NEWLINE
    mark = (classes == Class.KUTEN) | (classes == Class.ASCII_END)
    inside = ~(newline | mark)
    edges = np.flatnonzero(np.diff(inside.view(np.int8), prepend=np.int8(0), append=np.int8(0)))
    starts, ends = edges[::2], edges[1::2]
    # The last code point is a line feed, so there is always one behind a run.
    ends = ends + mark[ends] if len(ends) else ends
    return Spans(starts, ends, np.searchsorted(packed.starts, starts, side="right") - 1)


def totals(values: NDArray[np.bool_], found: Spans) -> Integers:
    """How many of the code points of each sentence are true in `values`."""
    before = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=before[1:])
    return before[found.ends] - before[found.starts]


def _trails_off(packed: Packed, starts: Integers, ends: Integers) -> NDArray[np.bool_]:
    """Whether the last character of a sentence that is no space is part of an ellipsis."""
    classes = table()[packed.points]
    space = classes == Class.SPACE
    last = np.where(space, -1, np.arange(len(classes)))
    np.maximum.accumulate(last, out=last)
    final = last[ends - 1] if len(ends) else ends
    trailing: NDArray[np.bool_] = (final >= starts) & (classes[np.maximum(final, 0)] == Class.ELLIPSIS)
    return trailing


def _measure(points: NDArray[np.uint32], starts: Integers, classes: NDArray[np.uint8], found: Integers) -> None:
    for text in range(len(starts) - 1):
        sentences, characters, longest, ellipses, run, last = 0, 0, 0, 0, 0, 0
        for at in range(starts[text], starts[text + 1]):
            kind = classes[points[at]]
            if kind != _NEWLINE and kind != _KUTEN and kind != _ASCII_END:
                run += 1
                if kind != _SPACE:
                    last = kind
                continue
            if run:
                if kind != _NEWLINE:
                    run += 1
                elif last == _ELLIPSIS:
                    ellipses += 1
                sentences += 1
                characters += run
                longest = max(longest, run)
            run, last = 0, 0
        found[0, text], found[1, text], found[2, text], found[3, text] = sentences, characters, longest, ellipses
