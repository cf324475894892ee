"""How several sources are mixed: the share of each, which of its records are taken, and their order.

Shares follow weights, or the sizes of the sources; a temperature above 1 evens them out (`p_i ~ n_i^(1/T)`). They are
whole numbers that add up (largest remainder), and what a source can't bring the others do. Nothing is taken twice.
Decimal arithmetic, so that every platform rounds alike.

Source: the temperature, and sizes that are capped before it, of T5, https://arxiv.org/abs/1910.10683 (3.5.2), and of
mBERT, https://github.com/google-research/bert/blob/master/multilingual.md. What it leaves out: taking a source several
times over, since rows that are there already are dropped as duplicates.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from random import Random
from typing import NamedTuple

import numpy as np

from factory.language import language
from factory.row import Pair, Row
from factory.source import blocks, files
from factory.source.blocks import Block
from factory.source.chunk import Chunk, Places
from factory.source.rows import Reading, rows
from factory.source.sources import Opened

_EXACT = Context(prec=40)
Caps = Mapping[str, Mapping[str, int]]
"""The most rows by value of `language` and `category`; `*` is any value that is not named, each for itself."""


class Part(NamedTuple):
    """One source of a mix."""

    source: Opened
    weight: float | None
    """Its weight; None: its size."""
    cap: int | None
    """The most rows of it."""

    @property
    def size(self) -> int:
        """How many records it can bring."""
        return self.source.count if self.cap is None else min(self.source.count, self.cap)


def weights(parts: Sequence[Part], temperature: float) -> list[Decimal]:
    """The weight of each source at a temperature."""
    power = _EXACT.divide(Decimal(1), Decimal(str(temperature)))
    return [_EXACT.power(Decimal(str(part.weight or part.size)), power) if part.size else Decimal(0) for part in parts]


def shares(count: int | None, weighed: Sequence[Decimal], room: Sequence[int]) -> list[int]:
    """`count` shared out by weight, none above its room, what one can't take going to the others.

    Without a count: as much as there is in these proportions.
    """
    if count is None:
        total = sum(weighed)
        count = min((int(r * total / w) for w, r in zip(weighed, room, strict=True) if w), default=0)
    given = [0] * len(room)
    opened = [place for place, most in enumerate(room) if most and weighed[place]]
    while opened:
        found = _largest_remainder(count - sum(given), [weighed[place] for place in opened])
        full = [place for place, share in zip(opened, found, strict=True) if share >= room[place]]
        for place, share in zip(opened, found, strict=True):
            if not full or place in full:
                given[place] = min(share, room[place])
        opened = [place for place in opened if place not in full] if full else []
    return given


def _largest_remainder(count: int, weighed: Sequence[Decimal]) -> list[int]:
    total = sum(weighed, Decimal(0))
    exact = [_EXACT.divide(count * weight, total) for weight in weighed]
    found = [int(share) for share in exact]
    order = sorted(range(len(found)), key=lambda place: (found[place] - exact[place], place))
    for place in order[: count - sum(found)]:
        found[place] += 1
    return found


def chosen(
    parts: Sequence[Part], count: int | None, temperature: float, caps: Caps, random: Callable[[int], Random]
) -> list[Places]:
    """The places of the records that are taken of each source, ascending.

    Of a value that is capped, the sources that are named first bring theirs first.
    """
    weighed, room = weights(parts, temperature), [part.size for part in parts]
    wanted = shares(count, weighed, room)
    drawn = [_Drawn(part, caps, random(number)) for number, part in enumerate(parts)]
    used: Counter[tuple[str, str]] = Counter()
    total = sum(wanted)
    while True:
        for number, one in enumerate(drawn):
            one.draw(wanted[number], used)
            if len(one.taken) < wanted[number]:
                room[number] = len(one.taken)
        again = shares(total, weighed, room)
        if again == wanted or not caps:
            return [np.array(sorted(one.taken), np.int64) for one in drawn]
        wanted = [max(share, len(one.taken)) for share, one in zip(again, drawn, strict=True)]


class _Drawn:
    """The records of one source in a random order, as far as they are taken."""

    def __init__(self, part: Part, caps: Caps, random: Random) -> None:
        self._caps = caps
        self._values = values(part.source, tuple(caps)) if caps else []
        self._order = list(range(part.source.count))
        random.shuffle(self._order)
        self._at = 0
        self.taken: list[int] = []

    def draw(self, count: int, used: Counter[tuple[str, str]]) -> None:
        """Take up to so many in all, none above a cap."""
        while len(self.taken) < count and self._at < len(self._order):
            place = self._order[self._at]
            self._at += 1
            if self._values:
                keys = list(zip(self._caps, self._values[place], strict=True))
                if any(used[key] >= self._most(*key) for key in keys):
                    continue
                used.update(keys)
            self.taken.append(place)

    def _most(self, name: str, value: str) -> float:
        limits = self._caps[name]
        return limits.get(value, limits.get("*", float("inf")))


_VALUES: dict[tuple[str, str, tuple[str, ...]], list[tuple[str, ...]]] = {}


def values(source: Opened, names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The language or category of each record, read from all of them; a language that is not said is recognised."""
    key = (source.digest, source.settings.model_dump_json(), names)
    if key not in _VALUES:
        _VALUES[key] = [
            tuple(_value(group[0], name) for name in names)
            for chunk in source.chunks()
            for group in rows(chunk, source.reading)
        ]
    return _VALUES[key]


def _value(row: Row | Pair, name: str) -> str:
    said = row.meta.get(name)
    if said is None and name == "language":
        turns = row.prompt if isinstance(row, Pair) else row.messages
        return language("\n".join(content for role, content in turns if role != "system"))
    return "" if said is None else str(said)


def mixed(parts: Sequence[Part], places: Sequence[Places], random: Callable[[int], Random]) -> Iterator[Block]:
    """The records at these places of each source: each window holds all sources in their shares, in a random order."""
    streams = [_Stream(part.source, found) for part, found in zip(parts, places, strict=True)]
    windows = -(-sum(map(len, places)) // blocks.WINDOW)
    for window in range(windows):
        chunks: list[Chunk] = []
        readings: list[Reading] = []
        for stream, found in zip(streams, places, strict=True):
            count = len(found) * (window + 1) // windows - len(found) * window // windows
            for chunk in stream.next(count):
                chunks.append(chunk)
                readings.append(stream.reading)
        starts = np.cumsum([0, *map(len, chunks)])
        order = list(range(int(starts[-1])))
        random(window).shuffle(order)
        for at in range(0, len(order), files.ROWS):
            yield blocks.arranged(np.array(order[at : at + files.ROWS], np.int64), starts, chunks, readings)


class _Stream:
    """The chosen records of one source, a few at a time."""

    def __init__(self, source: Opened, places: Places) -> None:
        self._chunks = blocks.picked(source.chunks(), places)
        self._rest: Chunk | None = None
        self.reading = source.reading

    def next(self, count: int) -> Iterator[Chunk]:
        """The next so many records."""
        while count:
            chunk = self._rest if self._rest is not None else next(self._chunks)
            upto = min(count, len(chunk))
            yield chunk.take(np.arange(upto)) if upto < len(chunk) else chunk
            self._rest = chunk.take(np.arange(upto, len(chunk))) if upto < len(chunk) else None
            count -= upto
