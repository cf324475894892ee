"""The order in which a judge put several answers, read from what it wrote: `[[B > A > C]]`, JSON, `Best: B`.

As of ratings, what says two different things says nothing. An order that leaves some out is one: these are the last.

What it leaves out: ties (`A = B`), which make an order unreadable, and names in sentences.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

import orjson

MOST_CHARS = 100_000

_LETTERS = r"[A-Z](?:\s?[>,、→]\s?[A-Z]){0,25}"
_MARK = re.compile(r"\[\[([^\[\]\n]{0,120})\]\]")
_LABEL = re.compile(
    r"(?:best(?: answer)?|ranking|winner|order|最良の?(?:回答)?|最も(?:良い|優れた)回答|順位|順番|1位)"
    r"[*_\s]{0,4}[:=は][*_\s「]{0,4}"
    rf"(?:answer |回答)?({_LETTERS})(?![A-Za-z])",
    re.IGNORECASE,
)
_BARE = re.compile(rf"[\s*_`]{{0,6}}({_LETTERS})[\s*_`.。]{{0,6}}\Z")
_ORDER = re.compile(rf"\s?(?:answer |回答)?({_LETTERS})\s?\Z", re.IGNORECASE)


def ranking(text: str, labels: Sequence[str]) -> tuple[str, ...] | None:
    """The labels that the text puts in order, best first; None where it gives no order, or several.

    Args:
        text: what the judge wrote.
        labels: capital letters, each once.
    """
    if len(text) > MOST_CHARS:
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    said = unicodedata.normalize("NFKC", text).rpartition("</think>")[2]
    for form in [_named(value)] if isinstance(value, dict) else (_marks(said), _labels(said), _bare(said)):
        orders = {_valid(order, labels) for order in form}
        if orders:
            return orders.pop() if len(orders) == 1 else None
    return None


def points(order: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
    """How many others each label is put before; those that the order leaves out share what is left."""
    last = (len(labels) - len(order) - 1) / 2
    return {label: float(len(labels) - 1 - order.index(label)) if label in order else last for label in labels}


def _named(value: dict[str, object]) -> Iterator[tuple[str, ...] | None]:
    for key in ("ranking", "order", "best", "winner"):
        given = value.get(key)
        if isinstance(given, str):
            match = _ORDER.match(given[:200])
            yield _split(match[1]) if match else None
        elif isinstance(given, list):
            # Constrained output can repeat a letter; its first place counts.
            yield tuple(dict.fromkeys(str(one)[:10] for one in given))


def _marks(said: str) -> Iterator[tuple[str, ...] | None]:
    for mark in _MARK.finditer(said):
        match = _ORDER.match(mark[1])
        yield _split(match[1]) if match else None


def _labels(said: str) -> Iterator[tuple[str, ...]]:
    for match in _LABEL.finditer(said):
        yield _split(match[1])


def _bare(said: str) -> Iterator[tuple[str, ...]]:
    if match := _BARE.match(said.rstrip().rpartition("\n")[2][-200:]):
        yield _split(match[1])


def _split(order: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[A-Z]", order.upper()))


def _valid(order: tuple[str, ...] | None, labels: Sequence[str]) -> tuple[str, ...] | None:
    known = order and len(set(order)) == len(order) and set(order) <= set(labels)
    return order if known else None
