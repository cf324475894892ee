"""The rows that an index holds, by their number: in segments on disk, then in memory until they are committed."""

from bisect import bisect_right

import numpy as np

from factory.near.arrays import Mask, Places, Signed, Similarities
from factory.near.kernels import Kernel
from factory.near.segments import Rows, Segment

Part = Rows | Segment


class Held:
    """Parts, the first row's number of each, and what was discarded; the last part is in memory."""

    def __init__(self) -> None:
        """Begin with none."""
        self.pending = Rows()
        self._parts: list[Part] = [self.pending]
        self._firsts = [0]
        self._begins = np.zeros(1, dtype=np.int64)
        """The same, as an array."""
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
        self._number(self._firsts[-1] + len(segment))

    def keep(self, dataset: str) -> None:
        """What was pending no longer is."""
        self.pending.dataset = dataset
        self._begin()

    def discard(self) -> None:
        """What was pending is there no more; its numbers aren't given again."""
        if len(self.pending):
            self._dead.append((self._firsts[-1], len(self)))
            self._begin()

    def where(self, row: int) -> tuple[Part, int]:
        """The part that holds a row, and its place in it."""
        part = bisect_right(self._firsts, row) - 1
        return self._parts[part], row - self._firsts[part]

    def plausible(self, offered: Signed, asked: Places, rows: Places, least: Similarities, compute: Kernel) -> Mask:
        """Which pairs of offered and held rows are worth comparing (see `Kernel.plausible`); none that is discarded."""
        parts = self._begins.searchsorted(rows, "right") - 1
        several = set(parts.tolist())
        mask: Mask = np.empty(len(rows), dtype=np.bool_)
        for number in several:
            part, here = self._parts[number], parts == number if len(several) > 1 else slice(None)
            places = rows[here] - self._firsts[number]
            mask[here] = compute.plausible(offered, asked[here], (part.signatures, part.lengths), places, least)
        for begin, end in self._dead:
            mask &= (rows < begin) | (rows >= end)
        return mask

    def _number(self, first: int) -> None:
        self._firsts.append(first)
        self._begins = np.array(self._firsts, dtype=np.int64)

    def _begin(self) -> None:
        self._number(len(self))
        self.pending = Rows()
        self._parts.append(self.pending)
