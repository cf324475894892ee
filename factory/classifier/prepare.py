"""A text as fastText sees it: NFKC, small letters, one space between any two characters.

Japanese needs no tokenizer so: bigrams of characters are as accurate as words (0.970 against 0.967 on Wikipedia and web
leads) at five times the speed and without a dictionary. No text can hold a label either, since no token is longer than
one character.
"""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np

VERSION = 1
"""To be raised when prepared texts change: a model fits one preparation."""

LONGEST = 20_000
"""Characters that are read of a text; quality shows long before."""

_UNSETTLED = re.compile(r"[\s\S]?[^\x00-\x7f、-〃々-〠ぁ-ゖァ-ヺー一-鿿]+")
"""Where NFKC may change something, with the character before, which a mark may join. Normalizing only there takes a
quarter of the time: most of Japanese is as it should be."""


def prepared(texts: Iterable[str]) -> list[str]:
    """One line per text; empty where there is nothing but white space."""
    return [_line(text) for text in texts]


def _line(text: str) -> str:
    plain = _UNSETTLED.sub(_normalized, text[:LONGEST]).lower()
    letters = "".join(plain.replace("\0", "").split())
    codes = np.frombuffer(letters.encode("utf-32-le", "replace"), np.uint32)
    spaced = np.full(max(0, 2 * len(codes) - 1), ord(" "), np.uint32)
    spaced[::2] = codes
    return spaced.tobytes().decode("utf-32-le")


def _normalized(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])
