"""Two texts side by side with what differs marked: word by word, in Japanese by runs of one script.

What an answer of two says differently is what a pair teaches. The work is bounded: texts that are too long or too
different are compared by lines, and where that is too much as well, all between a common beginning and end is marked.

Source: Eugene W. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1 (1986).
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup

from factory.pages.unseen import leaf

MOST = 400
"""Insertions and deletions that are looked for; beyond them, lines are compared."""
LONGEST = 20_000
"""Words that are compared one by one."""
_TOKEN = re.compile(r"[0-9]+|[A-Za-zÀ-ɏ]+|[ァ-ヺー]+|[一-鿿々]{1,2}|[ \t]+|.", re.DOTALL)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_SLIGHT = 4
"""How wide a common piece between two changes has to be to be shown as common; a Japanese character is two wide."""


class Piece(NamedTuple):
    """Text that both have, or that one has."""

    common: bool
    first: str
    second: str


def marked(first: str, second: str) -> tuple[Markup, Markup]:
    """Both texts, escaped: what only the first has in `<ins>`, what only the second has in `<del>`."""
    found = pieces(first, second)
    return (
        Markup("").join(_marked(piece.common, piece.first, "ins") for piece in found),
        Markup("").join(_marked(piece.common, piece.second, "del") for piece in found),
    )


def alike(first: str, second: str) -> float:
    """How much of both texts is common, from 0 to 1."""
    common = sum(2 * len(piece.first) for piece in pieces(first, second) if piece.common)
    return common / (len(first) + len(second)) if first or second else 1.0


def _marked(common: bool, text: str, tag: str) -> Markup:
    if common or not text:
        return leaf(text)
    return Markup("<{0}>{1}</{0}>").format(Markup(tag), leaf(text))


@lru_cache(maxsize=64)
def pieces(first: str, second: str) -> tuple[Piece, ...]:
    """The texts in pieces, in order; they add up to the texts."""
    if (found := _compared(_TOKEN, first, second)) is not None:
        return tuple(_merged(found))
    lines = _merged(_compared(_LINE, first, second) or [Piece(False, first, second)])
    return tuple(_merged([part for piece in lines for part in _ends(piece.first, piece.second)]))


def _compared(tokens: re.Pattern[str], first: str, second: str) -> list[Piece] | None:
    """The steps from one to the other, by these tokens; nothing where they are too many."""
    one, other = tokens.findall(first), tokens.findall(second)
    if len(one) + len(other) > LONGEST:
        return None
    history = _path(one, other)
    return None if history is None else _steps(one, other, history)


def _path(one: Sequence[str], other: Sequence[str]) -> list[dict[int, int]] | None:
    """How far each diagonal gets with 0, 1, 2 ... edits, up to the end of both; nothing where that takes too many."""
    length, width = len(one), len(other)
    furthest = {1: 0}
    history = []
    for edits in range(min(MOST, length + width) + 1):
        history.append(dict(furthest))
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (
                diagonal != edits and furthest.get(diagonal - 1, -1) < furthest.get(diagonal + 1, -1)
            )
            x = furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1
            y = x - diagonal
            while x < length and y < width and one[x] == other[y]:
                x, y = x + 1, y + 1
            furthest[diagonal] = x
            if x >= length and y >= width:
                return history
    return None


def _steps(one: Sequence[str], other: Sequence[str], history: list[dict[int, int]]) -> list[Piece]:
    """The path walked back from the end, a token at a time."""
    x, y = len(one), len(other)
    steps = []
    for edits in range(len(history) - 1, -1, -1):
        furthest, diagonal = history[edits], x - y
        down = diagonal == -edits or (
            diagonal != edits and furthest.get(diagonal - 1, -1) < furthest.get(diagonal + 1, -1)
        )
        before = diagonal + 1 if down else diagonal - 1
        start = furthest[before] if edits else 0
        while x > start and y > start - before and x > 0 and y > 0:
            x, y = x - 1, y - 1
            steps.append(Piece(True, one[x], other[y]))
        if edits and down:
            y -= 1
            steps.append(Piece(False, "", other[y]))
        elif edits:
            x -= 1
            steps.append(Piece(False, one[x], ""))
    return steps[::-1]


def _ends(first: str, second: str) -> list[Piece]:
    """A common beginning and end, and everything between."""
    most = min(len(first), len(second))
    start = next((at for at in range(most) if first[at] != second[at]), most)
    back = next((at for at in range(most - start) if first[-1 - at] != second[-1 - at]), most - start)
    end, other_end = len(first) - back, len(second) - back
    middle = Piece(False, first[start:end], second[start:other_end])
    found = [Piece(True, first[:start], second[:start]), middle, Piece(True, first[end:], second[other_end:])]
    return [piece for piece in found if piece.first or piece.second]


def _merged(steps: Sequence[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind in one; a slight common piece between two changes belongs to them."""
    joined = [_joined(kind, list(group)) for kind, group in groupby(steps, key=lambda step: step.common)]
    last = len(joined) - 1
    slight = [
        piece._replace(common=False)
        if piece.common and 0 < at < last and _width(piece.first) < _SLIGHT and "\n" not in piece.first
        else piece
        for at, piece in enumerate(joined)
    ]
    for kind, group in groupby(slight, key=lambda piece: piece.common):
        yield _joined(kind, list(group))


def _joined(common: bool, group: Sequence[Piece]) -> Piece:
    return Piece(common, "".join(piece.first for piece in group), "".join(piece.second for piece in group))


def _width(text: str) -> int:
    return sum(2 if character >= "\u2e80" else 1 for character in text.strip())
