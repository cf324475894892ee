"""Near duplicates by shared character n-grams, for any script, in an index that grows while texts are generated.

Two texts are as similar as their sets of n-grams overlap: Jaccard, `|a ∩ b| / |a ∪ b|`, on folded texts (NFKC, case,
no white space, no sentence punctuation). Words are not needed, so Japanese works as English does; Self-Instruct's
ROUGE-L keeps only `[a-z0-9]` and gives two identical Japanese texts 0.

The index is exact. A text `y` with Jaccard ≥ t to `x` holds at least `ceil(t·|x|)` of x's n-grams, so that of any
`|x| - ceil(t·|x|) + 1 + k` of them it holds more than `k`: only the rarest are looked up, and few texts are compared.

Source: prefix filtering, Chaudhuri et al. 2006, "A Primitive Operator for Similarity Joins in Data Cleaning", and
Xiao et al. 2008, PPJoin; with the lengths' filter. Not built: their suffix filter.
"""

import re
from collections import Counter
from math import ceil
from typing import NamedTuple

from factory.dedup import fold

GRAM = 3
SLACK = 2
"""The `k` above: n-grams looked up beyond the fewest that must be, for far fewer texts to compare."""

_PUNCTUATION = re.compile(r"""[\s、。,.!?"'“”‘’「」『』()\[\]【】〈〉《》・…:;〜~]+""")
_EPSILON = 1e-9
"""Keeps `0.7 * 10` from being rounded up to 8."""


class Match(NamedTuple):
    """A stored text and how similar it is."""

    text: str
    similarity: float


def folded(text: str) -> str:
    """The text as it is compared."""
    return _PUNCTUATION.sub("", fold(text))


def grams(text: str, size: int = GRAM) -> frozenset[str]:
    """The character n-grams of the folded text; a shorter text is one gram, an empty one has none."""
    plain = folded(text)
    if len(plain) <= size:
        return frozenset([plain]) if plain else frozenset()
    return frozenset([plain[place : place + size] for place in range(len(plain) - size + 1)])


def similarity(one: str, other: str, size: int = GRAM) -> float:
    """Jaccard of the two sets of n-grams: 1 for equal texts, also for two that fold to nothing."""
    mine, theirs = grams(one, size), grams(other, size)
    if not mine or not theirs:
        return float(mine == theirs)
    shared = len(mine & theirs)
    return shared / (len(mine) + len(theirs) - shared)


def containment(part: str, whole: str, size: int = GRAM) -> float:
    """The share of the n-grams of `part` that `whole` holds; 0 where `part` has none."""
    mine = grams(part, size)
    return len(mine & grams(whole, size)) / len(mine) if mine else 0.0


class Near:
    """The texts so far, and which of them is near to another."""

    def __init__(self, threshold: float, size: int = GRAM) -> None:
        """Begin with none; texts are near from `threshold` on (above 0, up to 1)."""
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold {threshold}: must be above 0 and at most 1")
        self._threshold = threshold
        self._size = size
        self._numbers: dict[str, int] = {}
        self._holders: list[list[int]] = []
        """By the number of an n-gram: the places of the texts that hold it."""
        self._texts: list[str] = []
        self._grams: list[tuple[int, ...]] = []

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self._texts)

    def add(self, text: str) -> None:
        """From now on the text is known; one without n-grams is near to nothing."""
        place, numbers = len(self._texts), []
        for gram in grams(text, self._size):
            number = self._numbers.setdefault(gram, len(self._holders))
            if number == len(self._holders):
                self._holders.append([])
            self._holders[number].append(place)
            numbers.append(number)
        self._texts.append(text)
        self._grams.append(tuple(numbers))

    def find(self, text: str) -> Match | None:
        """The most similar text that is near, the earliest of equals; None where none is."""
        asked = grams(text, self._size)
        mine = frozenset([self._numbers[gram] for gram in asked if gram in self._numbers])
        best = None
        for place in self._candidates(mine, len(asked)):
            theirs = self._grams[place]
            shared = len(mine.intersection(theirs))
            score = shared / (len(asked) + len(theirs) - shared)
            if score >= self._threshold - _EPSILON and (best is None or score > best.similarity):
                best = Match(self._texts[place], score)
        return best

    def _candidates(self, known: frozenset[int], size: int) -> list[int]:
        """The places, ascending, of the texts that may be near to one of `size` n-grams, of which `known` are known."""
        needed = ceil(self._threshold * size - _EPSILON)
        if not known or len(known) < needed:
            return []
        lookups = min(len(known), len(known) - needed + 1 + SLACK)
        held = lookups - (len(known) - needed)
        rarest = sorted([self._holders[number] for number in known], key=len)[:lookups]
        counts: Counter[int] = Counter()
        for holders in rarest:
            counts.update(holders)
        low, high = self._threshold * size - _EPSILON, size / self._threshold + _EPSILON
        found = [place for place, count in counts.items() if count >= held]
        return sorted(place for place in found if low <= len(self._grams[place]) <= high)
