"""Rows with typed placeholders in place of what was found: `<EMAIL_1>`, the same value the same number within a row.

All turns are masked, and the texts in `meta`, for both are published. Numbers go on after placeholders that a text
already holds, so that masking twice changes nothing and two values never share a name.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from factory.pii.detect import find
from factory.pii.rule import Kind, Span
from factory.row import Message, Pair, Row

_PLACEHOLDER = re.compile(r"<([A-Z_]{2,20})_([0-9]{1,6})>")


@dataclass(slots=True)
class Masked:
    """A row without what was found in it."""

    row: Row | Pair
    counts: Counter[Kind] = field(default_factory=Counter)
    """How often each kind was found."""


def mask(rows: Sequence[Row | Pair], kinds: Collection[Kind]) -> list[Masked]:
    """Each row with every find of these kinds masked; a row without any is the same object."""
    texts: list[str] = []
    bounds = [0]
    for row in rows:
        texts += _texts(row)
        bounds.append(len(texts))
    found = find(texts, kinds)
    masked = []
    for row, start, end in zip(rows, bounds, bounds[1:], strict=False):
        some = found[start:end]
        masked.append(_masked(row, texts[start:end], some) if any(some) else Masked(row))
    return masked


def _texts(row: Row | Pair) -> list[str]:
    """The texts of a row, in the order in which `_rebuilt` takes them back."""
    if isinstance(row, Row):
        texts = [turn.content for turn in row.messages]
    else:
        texts = [turn.content for turn in (*row.prompt, *row.chosen, *row.rejected)]
    if row.meta:
        texts += _strings(row.meta)
    return texts


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _masked(row: Row | Pair, texts: Sequence[str], found: Sequence[Sequence[Span]]) -> Masked:
    numbers: dict[tuple[Kind, str], int] = {}
    last = _numbered(texts)
    clean = []
    counts: Counter[Kind] = Counter()
    for text, spans in zip(texts, found, strict=True):
        parts, end = [], 0
        for span in spans:
            counts[span.kind] += 1
            key = (span.kind, span.value)
            if key not in numbers:
                last[span.kind.upper()] += 1
                numbers[key] = last[span.kind.upper()]
            parts += [text[end : span.start], f"<{span.kind.upper()}_{numbers[key]}>"]
            end = span.end
        clean.append("".join([*parts, text[end:]]))
    return Masked(_rebuilt(row, clean), counts)


def _numbered(texts: Sequence[str]) -> Counter[str]:
    """The highest number of the placeholders that are there."""
    last: Counter[str] = Counter()
    for text in texts:
        for name, number in _PLACEHOLDER.findall(text) if "<" in text else ():
            last[name] = max(last[name], int(number))
    return last


def _rebuilt(row: Row | Pair, texts: Sequence[str]) -> Row | Pair:
    rest = iter(texts)

    def turns(old: Sequence[Message]) -> tuple[Message, ...]:
        return tuple([Message(turn.role, next(rest)) for turn in old])

    if isinstance(row, Row):
        row = row._replace(messages=turns(row.messages))
    else:
        row = row._replace(prompt=turns(row.prompt), chosen=turns(row.chosen), rejected=turns(row.rejected))
    return row._replace(meta=_replaced(row.meta, rest.__next__)) if row.meta else row


def _replaced(value: Any, text: Callable[[], str]) -> Any:
    if isinstance(value, str):
        return text()
    if isinstance(value, Mapping):
        return {key: _replaced(inner, text) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(inner, text) for inner in value]
    return value
