"""The rows that an index holds, by their number: in segments on disk, then in memory until they are committed."""

from bisect import bisect_right
from collections.abc import Iterator

import numpy as np

from factory.near.arrays import Mask, Places, Signatures
from factory.near.constants import BINS
from factory.near.segments import Rows, Segment

Part = Rows | Segment


class Held:
    """Parts, the first row's number of each, and what was discarded; the last part is in memory."""

    def __init__(self) -> None:
        """Begin with none."""
        self.pending = Rows()
        self._parts: list[Part] = [self.pending]
        self._firsts = [0]
        self._dead: list[tuple[int, int]] = []

    def __len__(self) -> int:
        """The number of the next row."""
        return self._firsts[-1] + len(self.pending)

    def living(self) -> int:
        """How many rows weren't discarded."""
        return len(self) - sum(end - begin for begin, end in self._dead)

    def load(self, segment: Segment) -> None:
        """Put a segment behind what is there; nothing may be pending."""
        self._parts[-1:] = [segment, self.pending]
        self._firsts.append(self._firsts[-1] + len(segment))

    def keep(self, dataset: str) -> None:
        """What was pending no longer is."""
        self.pending.dataset = dataset
        self._begin()

    def discard(self) -> None:
        """What was pending is there no more; its numbers aren't given again."""
        if len(self.pending):
            self._dead.append((self._firsts[-1], len(self)))
            self._begin()

    def alive(self, rows: Places) -> Mask:
        """Which rows weren't discarded."""
        mask = np.ones(len(rows), dtype=np.bool_)
        for begin, end in self._dead:
            mask &= (rows < begin) | (rows >= end)
        return mask

    def where(self, row: int) -> tuple[Part, int]:
        """The part that holds a row, and its place in it."""
        part = bisect_right(self._firsts, row) - 1
        return self._parts[part], row - self._firsts[part]

    def lengths(self, rows: Places) -> Places:
        """The lengths of rows."""
        out: Places = np.empty(len(rows), dtype=np.int64)
        for mask, part, places in self._by_part(rows):
            out[mask] = part.lengths[places]
        return out

    def signatures(self, rows: Places) -> Signatures:
        """The signatures of rows."""
        out: Signatures = np.empty((len(rows), BINS), dtype=np.uint32)
        for mask, part, places in self._by_part(rows):
            out[mask] = part.signatures[places]
        return out

    def _by_part(self, rows: Places) -> Iterator[tuple[Mask, Part, Places]]:
        parts = np.searchsorted(self._firsts, rows, side="right") - 1
        for part in np.unique(parts).tolist():
            mask = parts == part
            yield mask, self._parts[part], rows[mask] - self._firsts[part]

    def _begin(self) -> None:
        self._firsts.append(len(self))
        self.pending = Rows()
        self._parts.append(self.pending)
