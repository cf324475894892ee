"""Texts cut into pieces that a model translates well: at paragraph borders, with code apart.

Blocks of code are pieces of their own, which are copied and never sent. What stands between two blocks is cut where it
is longer than asked: between paragraphs, else between lines, else between sentences; a single sentence stays whole.
Pieces and what stands between them give the text again, to the letter.

What it leaves out: cutting by topic, and evening out the lengths.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

_FENCE = re.compile(r"^[ \t]{0,8}(`{3,}|~{3,})", re.MULTILINE)
_BORDERS = (
    re.compile(r"\n[ \t]*\n\s*"),
    re.compile(r"\n"),
    re.compile(r"(?<=[。！？])(?![」』）】])|(?<=[.!?])[ \t]+"),
)
"""Where a text is cut: between paragraphs, lines, sentences. The match itself stands between the parts."""
_WORD = re.compile(r"[A-Za-z]{2}|[^\W\d_A-Za-z]")


class Piece(NamedTuple):
    """A part of a text."""

    before: str
    """White space before it."""
    text: str
    after: str
    """White space behind it."""
    code: bool = False
    """A block of code, to be copied."""

    @property
    def whole(self) -> str:
        """As it stands in the text."""
        return f"{self.before}{self.text}{self.after}"


def pieces(text: str, most: int) -> list[Piece]:
    """The text in pieces of at most so many characters, as far as borders allow it."""
    found = []
    for part, code in _blocks(text):
        for one in [part] if code else _cut(part, most):
            before, inner, after = _edges(one)
            found.append(Piece(before, inner, after, code))
    return found


def says_nothing(text: str) -> bool:
    """Whether a text has no word that could be translated: no letter, or Latin ones that stand alone, as in `(B)`."""
    return _WORD.search(text) is None


def _blocks(text: str) -> Iterator[tuple[str, bool]]:
    """What is and what is not a block of code, in order; one that nothing ends goes on to the end."""
    done = place = 0
    while opening := _FENCE.search(text, place):
        sign = opening[1]
        closing = re.compile(rf"^[ \t]{{0,8}}{re.escape(sign[0])}{{{len(sign)},}}[ \t]*$", re.MULTILINE)
        line_end = text.find("\n", opening.end())
        end = closing.search(text, line_end + 1) if line_end >= 0 else None
        place = end.end() if end else len(text)
        if opening.start() > done:
            yield text[done : opening.start()], False
        yield text[opening.start() : place], True
        done = place
    if done < len(text):
        yield text[done:], False


def _cut(text: str, most: int, level: int = 0) -> Iterator[str]:
    """The text in parts of at most so many characters, neighbours together as far as they fit."""
    if len(text) <= most or level == len(_BORDERS):
        yield text
        return
    held = ""
    for part in _parts(text, _BORDERS[level]):
        if len(held) + len(part) <= most:
            held += part
            continue
        if held:
            yield held
            held = ""
        smaller = list(_cut(part, most, level + 1))
        yield from smaller[:-1]
        held = smaller[-1]
    if held:
        yield held


def _parts(text: str, border: re.Pattern[str]) -> Sequence[str]:
    """The text cut behind each border."""
    ends = [found.end() for found in border.finditer(text)]
    places = [0, *(end for end in ends if 0 < end < len(text)), len(text)]
    return [text[start:end] for start, end in pairwise(places)]


def _edges(text: str) -> tuple[str, str, str]:
    """White space before, the text, white space behind."""
    inner = text.strip()
    before = text[: len(text) - len(text.lstrip())]
    return before, inner, text[len(before) + len(inner) :]
