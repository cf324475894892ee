"""Texts as the letters by which leaks are looked for: folded, then without what copies change for free.

`factory.near.fold` makes compatibility forms, case and white space one; here white space, punctuation and symbols go
too. A prompt made of little else, as the brackets of BIG-Bench's dyck words, would vanish: such prompts are compared in
a second form that keeps symbols and drops only white space and the lines that stand for blanks.

Letters are narrow (an alphabet's, a digit) or wide (kanji, kana, hangul): a wide one says about twice as much, so that
n-grams that begin with a wide letter are shorter.
"""

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from factory.dedup import TURN_ENDS
from factory.near.arrays import Codes, Places, Starts

Classes = npt.NDArray[np.uint8]
"""By code point: `DROPPED`, `NARROW` or `WIDE`."""
DROPPED, NARROW, WIDE, RARE = 0, 1, 2, 3
COMMON = ".,'\"?!-:、。「」・"
"""Symbols that are not rare."""

LINE_ENDS = "\x02"
"""Stands for a line's end in texts that are looked through: folding makes spaces of the usual ones."""
ENDS = f"{TURN_ENDS}{LINE_ENDS}.?!:。"
"""What a sentence, line or turn ends with, once folded. Not quotation marks: between two of them is `is called`."""
_END = 0x110000
_ASSIGNED = 0x40000
"""Beyond are tags, variation selectors and private use."""
_WIDE = ((0x2E80, 0xA000), (0xAC00, 0xD7B0), (0xF900, 0xFB00), (0x20000, 0x40000))


class Letters(NamedTuple):
    """The letters of many texts, one text after the other."""

    codes: Codes
    wide: npt.NDArray[np.bool_]
    starts: Starts
    places: Places
    """Where each letter stands among the folded code points."""
    symbols: Places
    """By text, how many rare symbols were dropped."""

    def of(self, text: int) -> Codes:
        """The letters of one text."""
        codes: Codes = self.codes[self.starts[text] : self.starts[text + 1]]
        return codes


@cache
def classes(symbols: bool) -> Classes:
    """The classes of the second form, which keeps symbols, or of the first."""
    table = np.zeros(_END, dtype=np.uint8)
    for point in range(_ASSIGNED):
        category = unicodedata.category(chr(point))
        kept = category[0] not in "ZC" and category != "Pc" if symbols else category[0] in "LMN"
        table[point] = kept * (WIDE if any(low <= point < high for low, high in _WIDE) else NARROW)
    return table


@cache
def ends() -> Classes:
    """By code point, whether a sentence, line or turn ends there."""
    table = np.zeros(_END, dtype=np.uint8)
    table[[ord(letter) for letter in ENDS]] = 1
    return table


@cache
def kinds(symbols: bool) -> Classes:
    """The classes, and which of what is dropped is `RARE`: a symbol that not every text is full of."""
    table = classes(symbols).copy()
    table[(classes(symbols=True) > 0) & (table == DROPPED)] = RARE
    common = [ord(letter) for letter in COMMON]
    table[common] = classes(symbols)[common]
    return table


def size(codes: Codes) -> int:
    """How much the letters say, in narrow ones."""
    return int(classes(symbols=True)[codes].sum())
