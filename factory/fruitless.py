"""Stops a run whose rows are all dropped: a wrong setting is told after some rows, not after the last.

A judge with a threshold that nothing passes, a licence that the policy refuses, a source in another language: what was
paid for is lost with every further row.
"""

from collections import Counter

import pyarrow as pa

from factory.errors import RecipeError
from factory.packed import Packed

ROWS = 200
"""Rows of one generator that may all be dropped before it is told. Where one row in fifty is good, one run in 57 is
stopped by mistake; where one in twenty-five is, one in 3,500."""
SHOWN = 100
"""Characters of the sample."""


class FruitlessRun(RecipeError):
    """No row passes."""


class Watch:
    """The rows of the generator that is at work, until one is kept."""

    def __init__(self) -> None:
        """Begin to look."""
        self._part = -1
        self._kept = False
        self._fates: Counter[str] = Counter()
        self._samples: dict[str, str] = {}

    def look(self, part: int, packed: Packed) -> None:
        """Look at the rows of the next items of the generator at that place.

        Raises:
            FruitlessRun: all of its rows so far are dropped, and they are many.
        """
        if part != self._part:
            self._part, self._kept, self._fates, self._samples = part, False, Counter(), {}
        self._kept = self._kept or packed.counts.kept > 0
        if self._kept:
            return
        self._fates.update(packed.counts.dropped)
        self._remember(packed)
        if (total := self._fates.total()) >= ROWS:
            fate, count = min(self._fates.items(), key=lambda item: (-item[1], item[0]))
            share = "all of them" if count == total else f"{count:,} of them"
            rest = len(self._fates) - 1
            others = f" (the rest by {rest} other reason{'s' if rest > 1 else ''})" if rest else ""
            raise FruitlessRun(
                f"the first {total:,} rows are all dropped, {share} by `{fate}`{others}, such as: "
                f"{self._samples.get(fate, '')}; what is finished is kept: change the recipe, "
                "or go on with --keep-going"
            )

    def _remember(self, packed: Packed) -> None:
        """Keep the beginning of one row for each fate that has none yet."""
        if packed.rejects is None or self._samples.keys() >= packed.counts.dropped.keys():
            return
        stages, reasons = packed.rejects["stage"].to_pylist(), packed.rejects["reason"].to_pylist()
        for place, fate in enumerate(map(": ".join, zip(stages, reasons, strict=True))):
            if fate not in self._samples:
                self._samples[fate] = _sample(packed.rejects, place)


def _sample(rejects: pa.RecordBatch, place: int) -> str:
    """The beginning of a dropped row, and what the judge noted."""
    row = rejects.slice(place, 1).to_pylist()[0]
    turns = row.get("messages") or row.get("prompt") or []
    text = " ".join(" ".join(turn["content"] for turn in turns)[: 4 * SHOWN].split())
    note = " ".join(row["verdicts"][-1]["note"][: 4 * SHOWN].split()) if row["verdicts"] else ""
    shown = text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
    return f"{shown!r}" + (f" ({note[:SHOWN]})" if note else "")
