"""Many texts as one array of code points, and the classes of characters.

Every code point has one class, looked up in a table; counting the classes of a text is then one pass over an array.
Chinese-only characters are those that GB2312 or Big5 has and JIS X 0213 has not, computed from Python's codecs: 5,674
kanji that no Japanese text needs.
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from factory.compiled import kernel

Integers = NDArray[np.int64]


class Class(IntEnum):
    """What a code point is; each is in one class."""

    OTHER = 0
    HIRAGANA = 1
    KATAKANA = 2
    KANA_MARK = 3
    """The long vowel mark and half-width katakana, which the ratios of Swallow don't count."""
    KANJI = 4
    CHINESE_ONLY = 5
    RARE_KANJI = 6
    """Those beyond the basic plane and 〆, which the ratios of Swallow don't count."""
    HANGUL = 7
    LATIN = 8
    LETTER = 9
    """Of any other script."""
    DIGIT = 10
    KUTEN = 11
    """Full-width marks that end a sentence."""
    ASCII_END = 12
    TOTEN = 13
    NEWLINE = 14
    SPACE = 15
    ELLIPSIS = 16


KANA = [Class.HIRAGANA, Class.KATAKANA, Class.KANA_MARK]
HAN = [Class.KANJI, Class.CHINESE_ONLY, Class.RARE_KANJI]
LETTERS = [*KANA, *HAN, Class.HANGUL, Class.LATIN, Class.LETTER]


class Packed(NamedTuple):
    """Texts one after another, each followed by a line feed."""

    points: NDArray[np.uint32]
    starts: Integers
    """Where each text starts, and the end of all; one more than there are texts."""

    @property
    def lengths(self) -> Integers:
        """The characters of each text."""
        return np.diff(self.starts) - 1


def pack(texts: Sequence[str]) -> Packed:
    """The texts as one array."""
    joined = "\n".join(chain(texts, ("",)))
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1, out=starts[1:])
    return Packed(points, starts)


def counts(packed: Packed) -> Integers:
    """How many characters of each class a text has: one row per text, one column per `Class`."""
    found = np.zeros((len(packed.starts) - 1, len(Class)), np.int64)
    compiled = kernel(_count, packed.points.size)
    if compiled:
        compiled(packed.points, packed.starts, table(), found)
    elif len(found):
        owners = np.repeat(np.arange(len(found)), np.diff(packed.starts))
        flat = np.bincount(owners * len(Class) + table()[packed.points], minlength=found.size)
        found[:] = flat.reshape(found.shape)
        found[:, Class.NEWLINE] -= 1
    return found


def _count(points: NDArray[np.uint32], starts: Integers, classes: NDArray[np.uint8], found: Integers) -> None:
    for text in range(len(starts) - 1):
        for at in range(starts[text], starts[text + 1] - 1):
            found[text, classes[points[at]]] += 1


@cache
def table() -> NDArray[np.uint8]:
    """The class of each code point."""
    classes = np.zeros(0x110000, np.uint8)
    for point in range(0x20000):
        character = chr(point)
        if character.isalpha():
            classes[point] = Class.LETTER
        elif character.isspace():
            classes[point] = Class.SPACE
        elif character.isdecimal():
            classes[point] = Class.DIGIT
    for first, last, kind in _RANGES:
        classes[first : last + 1] = kind
    for characters, kind in _SINGLES:
        classes[[ord(character) for character in characters]] = kind
    classes[[ord(character) for character in chinese_only()]] = Class.CHINESE_ONLY
    latin = [p for p in chain(range(0x250), range(0x1E00, 0x1F00)) if chr(p).isalpha() and p not in (0xAA, 0xB5, 0xBA)]
    classes[latin] = Class.LATIN
    classes.flags.writeable = False
    return classes


_RANGES = (
    (0x3041, 0x3096, Class.HIRAGANA),
    (0x30A1, 0x30FA, Class.KATAKANA),
    (0xFF66, 0xFF9F, Class.KANA_MARK),
    (0x3400, 0x9FFF, Class.KANJI),
    (0xF900, 0xFAFF, Class.KANJI),
    (0x20000, 0x3FFFF, Class.RARE_KANJI),
    (0x1100, 0x11FF, Class.HANGUL),
    (0x3130, 0x318F, Class.HANGUL),
    (0xAC00, 0xD7A3, Class.HANGUL),
)
_SINGLES = (
    ("ー", Class.KANA_MARK),
    ("々〇〻", Class.KANJI),
    ("〆", Class.RARE_KANJI),
    ("。．！？", Class.KUTEN),
    ("!?", Class.ASCII_END),
    ("、，", Class.TOTEN),
    ("\n", Class.NEWLINE),
    ("・…", Class.ELLIPSIS),
)


@cache
def chinese_only() -> frozenset[str]:
    """The kanji of GB2312 and Big5 that JIS X 0213 lacks."""
    return frozenset(chr(point) for point in range(0x4E00, 0xA000) if _chinese_only(chr(point)))


def _chinese_only(character: str) -> bool:
    return (_in(character, "gb2312") or _in(character, "big5")) and not _in(character, "euc_jis_2004")


def _in(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
