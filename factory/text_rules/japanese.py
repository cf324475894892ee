"""The statistics that Swallow judges Japanese web pages by, of many texts at once, and its rules over them.

Source: Okazaki et al. 2024, https://arxiv.org/abs/2404.17733. The values are the same to the bit; where Swallow's own
code breaks (a text shorter than an n-gram, an empty one) a share is 0. Japanese letters are hiragana, katakana, kanji
and full-width commas and full stops, as there.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from factory.text_rules import duplicates
from factory.text_rules.characters import Class, Integers, Packed, counts, pack
from factory.text_rules.duplicates import Duplicates
from factory.text_rules.grams import Grams, grams
from factory.text_rules.sentences import Lengths, lengths

Shares = NDArray[np.float64]

_LETTERS = [Class.HIRAGANA, Class.KATAKANA, Class.KANJI, Class.CHINESE_ONLY, Class.KUTEN, Class.TOTEN]

TOP = {2: 0.20, 3: 0.18, 4: 0.16}
"""The most that the commonest n-gram may make up of a page."""
REPEATED = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}
"""The most of a page's different n-grams that may come again."""


class Statistics:
    """Of each of the texts; what a rule doesn't ask for is not counted."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Take the texts as they are."""
        self._packed: Packed = pack(texts)

    @cached_property
    def classes(self) -> Integers:
        """Characters by class."""
        return counts(self._packed)

    @cached_property
    def characters(self) -> Integers:
        """All characters."""
        return self._packed.lengths

    @cached_property
    def japanese(self) -> Integers:
        """The Japanese letters."""
        return np.asarray(self.classes[:, _LETTERS].sum(axis=1), np.int64)

    @cached_property
    def _sentences(self) -> Lengths:
        return lengths(self._packed)

    @cached_property
    def _duplicate_lines(self) -> Duplicates:
        return duplicates.lines(self._packed)

    @cached_property
    def _duplicate_sentences(self) -> Duplicates:
        return duplicates.sentences(self._packed)

    @cached_property
    def _grams(self) -> dict[int, Grams]:
        return grams(self._packed, (*TOP, *REPEATED))

    def value(self, name: str) -> Shares:
        """A statistic of each text, by the name that `RULES` has for it."""
        return RULES[name].value(self)

    def top(self, n: int) -> Shares:
        """The places of the commonest n-gram, of all places."""
        return share(self._grams[n].commonest, self._grams[n].places)

    def repeated(self, n: int) -> Shares:
        """The different n-grams that come again, of all different ones."""
        return share(self._grams[n].repeated, self._grams[n].kinds)

    def mean_sentence(self) -> Shares:
        """Characters a sentence."""
        return share(self._sentences.characters, self._sentences.sentences)

    def longest_sentence(self) -> Shares:
        """Characters of the longest sentence."""
        return self._sentences.longest.astype(np.float64)

    def ellipses(self) -> Shares:
        """Sentences that trail off."""
        return share(self._sentences.ellipses, self._sentences.sentences)

    def hiragana(self) -> Shares:
        """Hiragana of the Japanese letters."""
        return share(self.classes[:, Class.HIRAGANA], self.japanese)

    def katakana(self) -> Shares:
        """Katakana of the Japanese letters."""
        return share(self.classes[:, Class.KATAKANA], self.japanese)

    def duplicate(self, unit: str, *, characters: bool) -> Shares:
        """Lines or sentences that came before, of all; or their characters."""
        found = self._duplicate_lines if unit == "lines" else self._duplicate_sentences
        if characters:
            return share(found.duplicate_characters, found.characters)
        return share(found.duplicates, found.pieces)


class Rule(NamedTuple):
    """A statistic and how to get it."""

    value: Callable[[Statistics], Shares]
    least: bool
    """Whether the threshold is the least allowed; the most otherwise."""
    swallow: float
    """Swallow v1's threshold."""


def share(part: Integers, whole: Integers) -> Shares:
    """The quotient; 0 where there is nothing to divide by."""
    return np.where(whole > 0, part / np.maximum(whole, 1), 0.0)


def _top(n: int) -> Callable[[Statistics], Shares]:
    return lambda texts: texts.top(n)


def _repeated(n: int) -> Callable[[Statistics], Shares]:
    return lambda texts: texts.repeated(n)


RULES = {
    "hiragana": Rule(Statistics.hiragana, True, 0.20),
    "sentence_least": Rule(Statistics.mean_sentence, True, 20.0),
    "sentence_most": Rule(Statistics.mean_sentence, False, 90.0),
    "katakana": Rule(Statistics.katakana, False, 0.50),
    "japanese": Rule(lambda texts: share(texts.japanese, texts.characters), True, 0.50),
    "letters": Rule(lambda texts: texts.japanese.astype(np.float64), True, 400.0),
    "longest_sentence": Rule(Statistics.longest_sentence, False, 200.0),
    "ellipses": Rule(Statistics.ellipses, False, 0.20),
    "duplicate_lines": Rule(lambda texts: texts.duplicate("lines", characters=False), False, 0.30),
    "duplicate_sentences": Rule(lambda texts: texts.duplicate("sentences", characters=False), False, 0.30),
    "duplicate_line_characters": Rule(lambda texts: texts.duplicate("lines", characters=True), False, 0.20),
    "duplicate_sentence_characters": Rule(lambda texts: texts.duplicate("sentences", characters=True), False, 0.20),
    **{f"top_{n}gram": Rule(_top(n), False, most) for n, most in TOP.items()},
    **{f"repeated_{n}gram": Rule(_repeated(n), False, most) for n, most in REPEATED.items()},
}
"""Every rule of Swallow v1 by name, those that are kept first. Its 400 characters follow from its 400 letters."""


def failures(texts: Statistics, limits: dict[str, float]) -> dict[str, NDArray[np.bool_]]:
    """By rule, in the order of `limits`, the texts that are beyond its limit."""
    return {
        name: texts.value(name) < limit if RULES[name].least else texts.value(name) > limit
        for name, limit in limits.items()
    }
