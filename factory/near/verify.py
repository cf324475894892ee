"""The exact similarity of candidates, and whether similar rows with an answer are the same question.

Signatures only estimate: with 128 slots the standard deviation at .8 is .035, so that a threshold on the estimate loses
a quarter of the pairs between .8 and .85. Here the sets of n-grams themselves are compared.

Guard: of GSM8K's questions with other numbers put in, two thirds are above .8, and of BBH's similar pairs three
quarters have different answers. Where a row has an answer that can be checked, only equal answers and equal numbers
make a duplicate; the rest are variants.
"""

import re
from collections import Counter
from functools import cache
from typing import Protocol

import numpy as np

from factory import dedup
from factory.near import fold, shingle
from factory.near.arrays import Codes, Mask, Places, Signatures, Similarities, Starts
from factory.near.constants import BINS
from factory.near.kernels import Kernel

MARGIN = 1.7
"""4.25 standard deviations of the estimate at Jaccard .8, for one n-gram: an estimate further below isn't followed."""
EPSILON = 1e-12
"""So that a threshold of .8 takes 4 of 5."""
PAIRS = 2048
CODES = 1 << 22
"""How much is compared at once: pairs, and code points of their rows."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*|[〇一二三四五六七八九十百千万億兆]+")


def plausible(
    signatures: Signatures, lengths: Places, left: Places, right: Places, threshold: float, compute: Kernel
) -> Mask:
    """Which candidates are worth comparing: those whose estimate isn't far below the threshold."""
    signed = (signatures, lengths)
    return compute.plausible(signed, left, signed, right, least(threshold))


@cache
def least(threshold: float) -> Similarities:
    """How many slots must be equal, by the length of the shorter text: the shorter, the less an estimate says."""
    grams = np.maximum(np.arange(BINS + shingle.GRAM) - shingle.GRAM + 1, 1)
    return np.asarray((threshold - MARGIN / np.sqrt(grams)) * BINS)


def jaccard(codes: Codes, starts: Starts, left: Places, right: Places, compute: Kernel) -> Similarities:
    """The exact Jaccard of pairs of folded rows, by 8-grams where both are long."""
    long = starts[1:] - starts[:-1] > shingle.LONG
    if not np.count_nonzero(long):
        shared, union = compute.overlap(codes, starts, left, right, shingle.GRAM)
        return np.asarray(shared / union)
    long = long[left] & long[right]
    result = np.empty(len(left), dtype=np.float64)
    for mask, size in ((~long, shingle.GRAM), (long, shingle.LONG_GRAM)):
        if mask.any():
            shared, union = compute.overlap(codes, starts, left[mask], right[mask], size)
            result[mask] = shared / union
    return result


class ByPlace(Protocol):
    """Texts that can be asked for one by one."""

    def __getitem__(self, place: int, /) -> str: ...


def similarities(texts: ByPlace, lengths: Places, left: Places, right: Places, compute: Kernel) -> Similarities:
    """The exact Jaccard of pairs of texts, which are folded again some pairs at a time."""
    result = np.empty(len(left), dtype=np.float64)
    size = np.cumsum(lengths[left] + lengths[right])
    begin = 0
    while begin < len(left):
        before = int(size[begin - 1]) if begin else 0
        end = max(begin + 1, min(begin + PAIRS, int(np.searchsorted(size, before + CODES))))
        rows, numbers = np.unique(np.concatenate([left[begin:end], right[begin:end]]), return_inverse=True)
        codes, starts = fold.folded([texts[row] for row in rows.tolist()], compute)
        half = end - begin
        result[begin:end] = jaccard(codes, starts, numbers[:half], numbers[half:], compute)
        begin = end
    return result


def same_question(one: str, other: str, answer: str | None, other_answer: str | None) -> bool:
    """Whether two similar texts may be one: always without answers, else with equal answers and equal numbers."""
    if answer is None and other_answer is None:
        return True
    if answer is None or other_answer is None or answer.strip() != other_answer.strip():
        return False
    return numbers(one) == numbers(other)


def numbers(text: str) -> Counter[str]:
    """The numbers of a text and how often each is there; `1,000` is `1000`."""
    return Counter(found.replace(",", "") for found in _NUMBER.findall(dedup.fold(text)))
