"""Texts with their digits, letters and dashes as ASCII, character by character.

`０９０－１２３４` is a phone number as much as `090-1234`. Whatever NFKC makes one ASCII character of becomes that
character, every decimal digit its value, and every dash `-`. Each character stays one character, so that an offset in
the folded text is the offset in the text: the map of offsets is the identity, and nothing can shift.
Left out: what NFKC would lengthen or shorten (㎏, ⑩, half-width voiced kana), for no rule reads it; characters beyond
the first plane (mathematical digits); and characters without width, which can hide a number from every rule here.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

_RANGES = ((0xA0, 0x2E80), (0x3000, 0x3400), (0xA4D0, 0xAC00), (0xF900, 0x10000))
"""Where characters may fold; ideographs and Hangul never do, and are too many to ask."""

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u2500\u2501"
"""Besides dashes, the minus and lines that Japanese input methods offer. `ー` is a vowel of kana and stays."""

_SEPARATOR = "\0"


def folded(texts: Sequence[str]) -> list[str]:
    """The texts folded, each as long as it was."""
    together = _SEPARATOR.join(texts)
    if together.isascii():
        return list(texts)
    try:
        codes = np.frombuffer(together.encode("utf-16-le"), np.uint16)
    except UnicodeEncodeError:  # half a surrogate pair, which must not find its other half by this
        return [text.translate(_changes()) for text in texts]
    parts = str(_table()[codes].data, "utf-16-le").split(_SEPARATOR)
    if len(parts) != len(texts):  # a text holds the separator itself
        return [text.translate(_changes()) for text in texts]
    return parts


@cache
def _table() -> npt.NDArray[np.uint16]:
    table = np.arange(0x10000, dtype=np.uint16)
    for start, end in _RANGES:
        for code in range(start, end):
            table[code] = _fold(chr(code))
    for dash in _DASHES:
        table[ord(dash)] = ord("-")
    return table


@cache
def _changes() -> dict[int, int]:
    """The table, for `str.translate`."""
    table = _table()
    return {int(code): int(table[code]) for code in np.flatnonzero(table != np.arange(0x10000))}


def _fold(letter: str) -> int:
    plain = unicodedata.normalize("NFKC", letter)
    if len(plain) == 1 and plain.isascii() and plain.isprintable():
        return ord(plain)
    value = unicodedata.decimal(letter, None)
    return ord(letter) if value is None else ord("0") + int(value)
