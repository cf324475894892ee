"""Items of finished shards, run again by a resume so that a generator gets its state back.

Their answers come from the store and their rows are thrown away. What is looked at is that they are the rows that the
shards hold: an answer that is gone, or another one, would let the rest of the dataset grow from something else.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from factory import dedup
from factory.errors import DatasetError
from factory.work import Judged


class Replay:
    """The first items of a generator, up to where the finished shards end."""

    def __init__(self, out: Path, items: int) -> None:
        """Expect so many items, whose kept rows the finished shards of `out` hold."""
        self._out = out
        self.left = items
        """Items that are still to come."""
        keys = [np.load(path) for path in sorted((out / "state").glob("keys-*.npy"))]
        self._keys = np.unique(np.concatenate(keys)) if keys else None

    def behind(self, group: Sequence[Judged]) -> Sequence[Judged]:
        """The items of the group that are in no finished shard.

        Raises:
            DatasetError: one of the others brings a row that the shards don't hold.
        """
        again, rest = group[: self.left], group[self.left :]
        self.left -= len(again)
        rows = [row for judged in again for row in judged.good()]
        if rows and self._keys is not None and not np.isin(dedup.keys(rows), self._keys).all():
            raise DatasetError(
                f"{self._out} can't be gone on with: its finished items come out otherwise now, because stored answers "
                "are gone or another store is used; give the --answers that made it, or start again with --fresh"
            )
        return rest
