"""Blocks of records: what an item of a generator carries, and in which order records are taken.

A block holds pieces of chunks, maybe of several sources, and the order of their records, so that shuffling and mixing
cost the reading process next to nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from random import Random
from typing import NamedTuple

import numpy as np

from factory.row import Pair, Row
from factory.source.chunk import Chunk, Places
from factory.source.files import ROWS
from factory.source.rows import Reading, rows

WINDOW = 20_000
"""Records that are shuffled together: those that lie further apart in the source stay apart."""


class Piece(NamedTuple):
    """Records of one source."""

    chunk: Chunk
    reading: Reading


class Block(NamedTuple):
    """Records that one item brings."""

    pieces: tuple[Piece, ...]
    order: Places | None = None
    """For each place of the block, its record among those of all pieces; None: as they come."""

    @property
    def size(self) -> int:
        """How many records."""
        return sum(len(piece.chunk) for piece in self.pieces)


def rows_of(block: Block) -> list[Row | Pair]:
    """The rows of a block, in its order."""
    groups = list(chain.from_iterable(rows(chunk, reading) for chunk, reading in block.pieces))
    ordered = groups if block.order is None else [groups[place] for place in block.order]
    return list(chain.from_iterable(ordered))


def blocks(chunks: Iterator[Chunk], reading: Reading) -> Iterator[Block]:
    """Blocks of as many records as one item brings, in their order."""
    waiting: list[Chunk] = []
    held = 0
    for chunk in chunks:
        while held + len(chunk) >= ROWS:
            rest = ROWS - held
            yield _block([*waiting, chunk.take(np.arange(rest)) if rest < len(chunk) else chunk], reading)
            chunk, waiting, held = chunk.take(np.arange(rest, len(chunk))), [], 0
        if len(chunk):
            waiting.append(chunk)
            held += len(chunk)
    if held:
        yield _block(waiting, reading)


def _block(chunks: Sequence[Chunk], reading: Reading) -> Block:
    return Block(tuple(Piece(chunk, reading) for chunk in chunks))


def picked(chunks: Iterator[Chunk], places: Places) -> Iterator[Chunk]:
    """The records at these places of all, which ascend."""
    start = done = 0
    for chunk in chunks:
        if done == len(places):
            return
        end = start + len(chunk)
        upto = int(np.searchsorted(places, end))
        if upto > done:
            found = places[done:upto] - start
            yield chunk if len(found) == len(chunk) else chunk.take(found)
        start, done = end, upto


def sample(available: int, count: int, random: Random) -> Places:
    """That many places of those available, in ascending order; the same for the same stream."""
    return np.array(sorted(random.sample(range(available), min(count, available))), np.int64)


def shuffled(chunks: Iterator[Chunk], reading: Reading, random: Callable[[int], Random]) -> Iterator[Block]:
    """The records in a random order, drawn for each window."""
    for number, window in enumerate(_windows(chunks)):
        starts = np.cumsum([0, *map(len, window)])
        order = list(range(int(starts[-1])))
        random(number).shuffle(order)
        for at in range(0, len(order), ROWS):
            yield arranged(np.array(order[at : at + ROWS], np.int64), starts, window, [reading] * len(window))


def arranged(places: Places, starts: Places, chunks: Sequence[Chunk], readings: Sequence[Reading]) -> Block:
    """The records at these places of the chunks, counted through from `starts`, in the order of the places."""
    of = np.searchsorted(starts, places, side="right") - 1
    pieces, found = [], []
    for number in np.unique(of):
        mine = np.flatnonzero(of == number)
        pieces.append(Piece(chunks[number].take(places[mine] - starts[number]), readings[number]))
        found.append(mine)
    order = np.empty(len(places), np.int64)
    order[np.concatenate(found)] = np.arange(len(places))
    return Block(tuple(pieces), order)


def _windows(chunks: Iterator[Chunk]) -> Iterator[list[Chunk]]:
    window: list[Chunk] = []
    held = 0
    for chunk in chunks:
        if len(chunk):
            window.append(chunk)
            held += len(chunk)
        if held >= WINDOW:
            yield window
            window, held = [], 0
    if window:
        yield window
