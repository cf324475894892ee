"""Texts as the code points by which they are compared: `dedup.fold`, by a table, many rows at once.

NFKC, case folding and white space made one, as `factory.dedup.fold` does it; never the text that is written. A table
of all code points folds 99.5 % of real rows eight times as fast as Python's `unicodedata`; rows with a code point that
becomes several, or that combines with its neighbour, go the slow way. Both ways give the same (a test says so).

What folds how follows Python's Unicode version; Unicode promises that what is assigned never changes, so that only
texts with characters that an older Python doesn't know can differ.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from factory import dedup
from factory.near.arrays import Codes, Places, Starts
from factory.near.kernels import Kernel

VERSION = "nfkc-casefold-space-1"
"""Changes whenever a text would fold otherwise; an index remembers it."""

SLOW = 0xFFFFFFFF
"""In the table: not one code point, or one that combines."""
SPACE = 0x20
BLOCK_CODES = 1 << 17
"""Code points folded and hashed at once: what fits the second-level cache with its temporaries."""
BLOCK_ROWS = 2048

_POINT = np.dtype("<u4")
_CODE_POINTS = 0x110000
_BLOCK = 256
_JAMO = (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))


class Block(NamedTuple):
    """Consecutive rows, folded."""

    first: int
    """The place of its first row."""
    codes: Codes
    starts: Starts


def blocks(texts: Sequence[str], kernel: Kernel) -> Iterator[Block]:
    """All rows, folded, in their order and in blocks that fit the cache."""
    for first, part in parts(texts):
        yield Block(first, *folded(part, kernel))


def parts(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows of each block, and the place of its first; a row longer than a block is one by itself."""
    for begin in range(0, len(texts), BLOCK_ROWS):
        part = texts[begin : begin + BLOCK_ROWS]
        if sum(map(len, part)) <= BLOCK_CODES:
            yield begin, part
            continue
        ends = np.cumsum(np.fromiter(map(len, part), dtype=np.int64, count=len(part)))
        first = 0
        while first < len(part):
            before = int(ends[first - 1]) if first else 0
            last = max(first + 1, int(np.searchsorted(ends, before + BLOCK_CODES, side="right")))
            yield begin + first, part[first:last]
            first = last


def folded(texts: Sequence[str], kernel: Kernel) -> tuple[Codes, Starts]:
    """The folded code points of some rows, one after the other, and where each row begins."""
    codes, starts, slow = kernel.fold(*points(texts), table())
    rows = np.flatnonzero(slow)
    return spliced(codes, starts, rows, *slowly(texts, rows)) if len(rows) else (codes, starts)


def points(texts: Sequence[str]) -> tuple[Codes, Starts]:
    """The code points of some rows as they are, and where each row begins."""
    starts = np.fromiter(accumulate(map(len, texts), initial=0), np.int64, len(texts) + 1)
    raw = "".join(texts).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(raw, _POINT).astype(np.uint32, copy=False), starts


def text_of(codes: Codes) -> str:
    """Code points as a text again."""
    return codes.astype(_POINT, copy=False).tobytes().decode("utf-32-le", "surrogatepass")


def slowly(texts: Sequence[str], rows: Places) -> tuple[Codes, Starts]:
    """Some of the rows, folded by `unicodedata`."""
    return points([dedup.fold(texts[row]) for row in rows.tolist()])


def spliced(codes: Codes, starts: Starts, rows: Places, own: Codes, begins: Starts) -> tuple[Codes, Starts]:
    """All rows, with `own` in place of those at `rows`."""
    pieces, lengths, done = [], np.diff(starts), 0
    for place, row in enumerate(rows.tolist()):
        pieces += [codes[done : starts[row]], own[begins[place] : begins[place + 1]]]
        lengths[row], done = begins[place + 1] - begins[place], starts[row + 1]
    ends = np.zeros_like(starts)
    np.cumsum(lengths, out=ends[1:])
    return np.concatenate([*pieces, codes[done:]]), ends


@cache
def table() -> Codes:
    """What each code point becomes by itself; `SLOW` where that can't be said."""
    result = np.arange(_CODE_POINTS, dtype=np.uint32)
    combining = _combining()
    for start in range(0, _CODE_POINTS, _BLOCK):
        block = "".join(map(chr, range(start, start + _BLOCK)))
        if not _untouched(block) or not combining.isdisjoint(range(start, start + _BLOCK)):
            for place, character in enumerate(block, start):
                result[place] = _alone(character, combining)
    return result


def _untouched(block: str) -> bool:
    return (
        unicodedata.normalize("NFKC", block) == block and block.casefold() == block and not any(map(str.isspace, block))
    )


def _alone(character: str, combining: frozenset[int]) -> int:
    composed = unicodedata.normalize("NFKC", character)
    lower = unicodedata.normalize("NFKC", composed.casefold())
    forms = (character, composed, composed.casefold(), lower)
    if any(len(form) != 1 or ord(form) in combining for form in forms):
        return SLOW
    return SPACE if lower.isspace() else ord(lower)


def _combining() -> frozenset[int]:
    """Code points that may change with what stands before them: marks, and second halves of compositions."""
    found = set(_JAMO)
    for place in range(_CODE_POINTS):
        character = chr(place)
        if unicodedata.combining(character):
            found.add(place)
        parts = unicodedata.decomposition(character)
        if parts and not parts.startswith("<") and " " in parts:
            found.add(int(parts.split()[1], 16))
    return frozenset(found)
