"""Pairs of earlier iterations: of a folder, those that it made itself, not those that it took along."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from factory.component import Item
from factory.row import Pair, Row
from factory.source import blocks
from factory.source.chunk import parsed
from factory.source.sources import Opened


class Latest(NamedTuple):
    """The latest iteration in a folder."""

    number: int | None
    """None where no pair says one: then all of them count."""
    pairs: int


class Earlier(NamedTuple):
    """What an item carries: pairs of which those of one iteration come along."""

    block: blocks.Block
    number: int | None

    def rows(self) -> list[Row | Pair]:
        """Those pairs, as they are."""
        return [row for row in blocks.rows_of(self.block) if self.number in (None, _iteration(row.meta))]


class _Key:
    """A source as a cache key: by what it holds."""

    def __init__(self, opened: Opened) -> None:
        self.opened, self.digest = opened, opened.digest

    def __hash__(self) -> int:
        return int(self.digest[:15], 16)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.digest == other.digest


def latest(opened: Opened) -> Latest:
    """The latest iteration in a folder, and how many pairs are of it; remembered, since recipes ask several times."""
    return _latest(_Key(opened))


@lru_cache(maxsize=100)
def _latest(key: _Key) -> Latest:
    found: Counter[int | None] = Counter()
    for chunk in key.opened.chunks():
        for _, record in chunk.records():
            text = record.get("meta") if isinstance(record, dict) else None
            found[_iteration(parsed(text.encode()) if isinstance(text, str) else None)] += 1
    number = max((number for number in found if number is not None), default=None)
    return Latest(number, found[number])


def items(opened: Opened, name: str) -> Iterator[Item]:
    """Blocks of the pairs of a folder's latest iteration."""
    number, left = latest(opened)
    for place, block in enumerate(blocks.blocks(opened.chunks(), opened.reading)):
        yield Item(f"{name}/{place}", min(block.size, left), Earlier(block, number))


def _iteration(meta: Any) -> int | None:
    number = meta.get("iteration") if isinstance(meta, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None
