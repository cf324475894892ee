"""Spans that a translation must leave as they are, taken out of a text and put back exactly.

Code, formulas, links, e-mail addresses, placeholders, tags and keys of JSON (`factory.translation.span_finding`) stand
as `⟦0⟧`, `⟦1⟧` in what a model is asked to translate; `unmask` puts them back, or says what became of the marks.

    Run `pip install x` and open http://localhost.   →   Run ⟦0⟧ and open ⟦1⟧.

Japanese puts words in another order, so marks may change theirs inside a block of prose, an entry of a list or a cell's
row; what may not: blocks of code, keys and display formulas among themselves, tags so that they no longer nest, and any
mark from one block of prose into another where the blocks are as many as in the source.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from factory.translation.span_finding import Kind, Span, find

STYLE = "⟦{}⟧"

Loss = Literal["unknown", "altered", "doubled", "lost", "reordered"]

_NOTED = 8
"""Marks that a note names."""
_BORDER = re.compile(r"\n[ \t]*+(?:\n\s*|(?=[-*+・•]\s|#{1,6}\s|[0-9]{1,3}[.)]\s|\|))")
_TAG_NAME = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,40})[^<>]*?(/?)>")
_VOID = frozenset(
    ("area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)


class SpanFault(Exception):
    """A translation of a masked text from which the spans can't be put back exactly.

    Attributes:
        reason: which of `Loss`.
        note: the marks that are concerned, in words for a prompt that asks again.
    """

    def __init__(self, reason: Loss, note: str) -> None:
        """Take what happened and to which marks."""
        super().__init__(f"{reason}: {note}")
        self.reason: Loss = reason
        self.note = note


class Masked(NamedTuple):
    """A text with marks for its spans."""

    text: str
    """What is translated."""
    spans: tuple[str, ...]
    """What stands for each mark, by its number."""
    kinds: tuple[Kind, ...]
    """What each span is."""
    style: str = STYLE
    """How a mark is written, `{}` being its number."""

    @property
    def prose(self) -> str:
        """The text with a space for each mark."""
        return _marks(self.style).exact.sub(" ", self.text) if self.spans else self.text


class _Marks(NamedTuple):
    exact: re.Pattern[str]
    alike: re.Pattern[str]
    """What a model may have made of a mark, and what of a source must not be taken for one."""


def mask(text: str, style: str = STYLE) -> Masked:
    """The text with a mark for each span; equal spans have marks of their own.

    Args:
        text: what is to be translated.
        style: how a mark is written, with one `{}` for its number.

    Raises:
        ValueError: the style has no `{}` or more than one, or no sign on one of its sides.
    """
    alike = [Span(*one.span(), "mark") for one in _marks(style).alike.finditer(text)]
    spans = find(text)
    pieces: list[str] = []
    kept: list[str] = []
    kinds: list[Kind] = []
    at = 0
    for span in _outer(spans, alike):
        pieces += [text[at : span.start], style.replace("{}", str(len(kept)))]
        kept.append(text[span.start : span.end])
        kinds.append(span.kind)
        at = span.end
    return Masked("".join((*pieces, text[at:])), tuple(kept), tuple(kinds), style)


def unmask(masked: Masked, text: str) -> str:
    """A translation of `masked.text` with the spans back in it.

    Raises:
        SpanFault: a mark is lost, comes twice, is none of these or was altered, or is where it makes no sense.
    """
    marks = _marks(masked.style)
    found = [int(one[1]) for one in marks.exact.finditer(text)]
    _refuse("unknown", (number for number in found if number >= len(masked.spans)), masked)
    if altered := marks.alike.search(marks.exact.sub("\n", text)):
        raise SpanFault("altered", altered[0][:40])
    counts = Counter(found)
    _refuse("doubled", (number for number, count in sorted(counts.items()) if count > 1), masked)
    _refuse("lost", (number for number in range(len(masked.spans)) if number not in counts), masked)
    _refuse("reordered", _misplaced(masked, text, found), masked)
    return marks.exact.sub(lambda one: masked.spans[int(one[1])], text)


def _outer(spans: Sequence[Span], alike: Sequence[Span]) -> list[Span]:
    """Spans and what looks like a mark; what overlaps becomes one."""
    merged: list[Span] = []
    for span in sorted((*spans, *alike)):
        if merged and span.start < merged[-1].end:
            last = merged.pop()
            span = Span(last.start, max(last.end, span.end), last.kind)
        merged.append(span)
    return merged


@lru_cache(maxsize=32)
def _marks(style: str) -> _Marks:
    left, middle, right = style.partition("{}")
    signs = all(re.search(r"[^\w\s]|_", side) for side in (left, right))
    if not middle or "{}" in right or not signs or left[-1].isdigit() or right[0].isdigit():
        raise ValueError(
            f"{style!r} is no way to write a mark; there has to be one {{}} between signs, as in {STYLE!r}"
        )
    before, after = re.escape(left), re.escape(right)
    exact = re.compile(rf"{before}(0|[1-9][0-9]{{0,8}}){after}")
    alike = rf"{before}[^\n{re.escape(left[0] + right[-1])}]{{0,24}}+{after}|{before}[ \t]*[0-9]|[0-9][ \t]*{after}"
    if not (left + right).isascii():
        alike += f"|{before}|{after}"  # nobody writes these but as part of a mark
    return _Marks(exact, re.compile(alike))


def _refuse(reason: Loss, numbers: Iterable[int], masked: Masked) -> None:
    concerned = list(dict.fromkeys(numbers))
    if concerned:
        shown = ", ".join(masked.style.replace("{}", str(number)) for number in concerned[:_NOTED])
        raise SpanFault(reason, shown + (" …" if len(concerned) > _NOTED else ""))


def _misplaced(masked: Masked, text: str, after: Sequence[int]) -> Iterator[int]:
    """The marks that may not be where they are; all are there, each once."""
    for kind in ("code", "key"):
        fixed = [number for number, one in enumerate(masked.kinds) if one == kind]
        now = [number for number in after if masked.kinds[number] == kind]
        yield from (number for number, other in zip(fixed, now, strict=True) if number != other)
    alone = _alone(masked.text, masked)
    yield from sorted(number for number in alone - _alone(text, masked) if masked.kinds[number] == "code")
    if not _unnested(masked, range(len(masked.spans))):
        yield from _unnested(masked, after)
    there, here = _places(masked.text, masked.style), _places(text, masked.style)
    if there[-1] == here[-1]:
        yield from (number for number in range(len(masked.spans)) if there[number] != here[number])


def _alone(text: str, masked: Masked) -> set[int]:
    """The marks with nothing else on their line."""
    whole = _marks(masked.style).exact.fullmatch
    return {int(found[1]) for line in text.split("\n") if (found := whole(line.strip()))}


def _unnested(masked: Masked, order: Sequence[int]) -> list[int]:
    """The first mark whose tag closes what is not open, or nothing; a tag that nothing closes is let be."""
    opened: list[str] = []
    for number in order:
        if masked.kinds[number] != "tag" or not (tag := _TAG_NAME.fullmatch(masked.spans[number])):
            continue
        name = tag[2].lower()
        if tag[1]:
            if not opened or opened.pop() != name:
                return [number]
        elif not tag[3] and name not in _VOID:
            opened.append(name)
    return []


def _places(text: str, style: str) -> dict[int, int]:
    """The block that each mark is in; under -1 how many blocks there are."""
    borders = [one.end() for one in _BORDER.finditer(text.strip())]
    begin = len(text) - len(text.lstrip())
    marks = _marks(style).exact.finditer(text)
    return {int(one[1]): bisect_right(borders, one.start() - begin) for one in marks} | {-1: len(borders)}
