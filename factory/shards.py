"""The shards of a dataset while it is made: written whole, recorded, and found again by the next run.

A shard is cut between two items once it holds enough rows, so that its bytes depend on the recipe alone. Its state
record is written after its files: what has a record is finished, anything else is made again.
"""

import io
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, ValidationError

from factory import columns, dedup, durable
from factory.component import Shortfall
from factory.packed import Counts, Packed, with_duplicates
from factory.parquet import File, Growing, file_of
from factory.tail import Tail

RUN = "run.json"
"""In `state/`: which recipe the folder is made from."""
STAGED = "staged"
"""In `state/`: the shards of a run that decides on its rows when all are made."""
FOLDERS = ("data", "originals", "texts", "rejects", "samples", "state")
"""What a run writes into, the state last: until that is gone, a folder is known as a run's."""


class Finished(BaseModel):
    """The record of one finished shard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: columns.Kind
    items: int
    """How many items it holds."""
    counts: dict[str, Any]
    """`Counts` as JSON."""
    files: tuple[File, ...]
    """Its rows, rejects, samples and keys."""
    shortfalls: tuple[Shortfall, ...]

    def restored(self) -> Counts:
        """Its counts."""
        plain = dict(self.counts)
        made, drops = plain.pop("made"), plain.pop("drops")
        drops = {group: Counter(fates) for group, fates in drops.items()}
        return Counts(made=made, drops=drops, **{name: Counter(values) for name, values in plain.items()})


class Written(NamedTuple):
    """The files of rows of a dataset, and what was counted."""

    kind: columns.Kind
    counts: Counts
    files: tuple[File, ...]
    """Kept rows, then the dropped, then sampled answers, shard by shard."""
    shortfalls: tuple[Shortfall, ...]


class Shards:
    """The way of packed rows into files: duplicates, shards, records."""

    def __init__(self, out: Path, *, shard_rows: int, exact: bool, keys: bool = False) -> None:
        """Go on behind the finished shards in `out`; `exact` = drop exact duplicates, `keys` = store keys without."""
        self.out = out
        self._shard_rows = shard_rows
        self._seen = dedup.Seen() if exact else None
        self._with_keys = exact or keys
        self.kind: columns.Kind | None = None
        self.counts = Counts()
        """Of all rows so far."""
        self.items = 0
        """Items in finished shards."""
        self.files: list[File] = []
        self.shortfalls: list[Shortfall] = []
        self._number = 0
        for finished in _found(out):
            self._resume(finished)
        self._shard: _Shard | None = None

    @property
    def room(self) -> int:
        """How many rows the shard surely takes before it is full; items may be brought together up to there."""
        return self._shard_rows - (max(self._shard.data.rows, self._shard.rejects.rows) if self._shard else 0)

    def add(self, packed: Packed) -> None:
        """Take the rows of the next items; the last of them alone may fill the shard."""
        if packed.counts.made:
            self._settle_kind(packed.kind)
        shard = self._shard = self._shard or _Shard(self.out, self._number)
        kept, keys, rejects = packed.kept, packed.keys, packed.rejects
        if self._seen is not None:
            first = self._seen.first(keys)
            if not first.all():
                kept, keys, rejects = kept.filter(pa.array(first)), keys[first], with_duplicates(packed, ~first)
        if rejects is not None:
            shard.rejects.add(rejects)
        if packed.samples is not None:
            shard.samples.add(packed.samples)
        shard.keep(kept, keys)
        shard.items += packed.items
        shard.shortfalls += packed.shortfalls
        shard.counts.add(packed.counts)
        shard.tail.add({"rows": kept, "rejects": rejects, "samples": packed.samples}, shard.counts)
        self.counts.add(packed.counts)
        if max(shard.data.rows, shard.rejects.rows) >= self._shard_rows:
            self._cut()

    @property
    def written(self) -> "Written":
        """What is finished."""
        return Written(self.kind or "rows", self.counts, tuple(self.files), tuple(self.shortfalls))

    def close(self) -> None:
        """Finish the last shard; a dataset without any row still has a first one."""
        if self._shard is None and not self._number:
            self._shard = _Shard(self.out, 0)
        self._cut()

    def abandon(self) -> None:
        """Forget the shard that is not finished, and remove what was written of it."""
        for file in self._shard.tables if self._shard else ():
            file.abandon()
        if self._shard:
            self._shard.tail.end()

    def _cut(self) -> None:
        if self._shard is not None:
            finished = self._shard.finish(self.kind or "rows", with_keys=self._with_keys)
            self._shard.tail.end()
            self._shard = None
            self._record(finished)

    def _record(self, finished: Finished) -> None:
        self.items += finished.items
        self.files += [file for file in finished.files if not file.file.startswith("state/")]
        self.shortfalls += finished.shortfalls
        self._number += 1

    def _resume(self, finished: Finished) -> None:
        counts = finished.restored()
        if counts.made:
            self._settle_kind(finished.kind)
        self.counts.add(counts)
        if self._seen is not None:
            for file in finished.files:
                if file.file.endswith(".npy"):
                    self._seen.first(np.load(self.out / file.file))
        self._record(finished)

    def _settle_kind(self, kind: columns.Kind) -> None:
        if self.kind not in (None, kind):
            raise TypeError("the generators bring conversations and preference pairs; a dataset holds one of them")
        self.kind = kind


class _Shard:
    """The shard that is being filled."""

    def __init__(self, out: Path, number: int) -> None:
        self._out = out
        self._number = number
        self._keys: list[dedup.Keys] = []
        self.data = Growing(out, f"data/train-{number:05d}.parquet")
        self.rejects = Growing(out, f"rejects/rejects-{number:05d}.parquet")
        self.samples = Growing(out, f"samples/samples-{number:05d}.parquet")
        self.tables = (self.data, self.rejects, self.samples)
        self.tail = Tail(out, number)
        self.items = 0
        self.counts = Counts()
        self.shortfalls: list[Shortfall] = []

    def keep(self, rows: pa.RecordBatch, keys: dedup.Keys) -> None:
        self.data.add(rows)
        self._keys.append(keys)

    def finish(self, kind: columns.Kind, *, with_keys: bool) -> Finished:
        files = []
        if self.data.rows or not self._number:
            files.append(self.data.finish(columns.KEPT[kind]))
        if self.rejects.rows:
            files.append(self.rejects.finish(columns.DROPPED[kind]))
        if self.samples.rows:
            files.append(self.samples.finish(columns.SAMPLES))
        if with_keys:
            files.append(self._write_keys())
        finished = Finished(
            kind=kind,
            items=self.items,
            counts=_plain(self.counts),
            files=tuple(files),
            shortfalls=tuple(self.shortfalls),
        )
        durable.write(_record_path(self._out, self._number), orjson.dumps(finished.model_dump(mode="json")))
        return finished

    def _write_keys(self) -> File:
        keys = np.concatenate(self._keys) if self._keys else np.empty(0, np.uint64)
        buffer = io.BytesIO()
        np.save(buffer, keys)
        name = f"state/keys-{self._number:05d}.npy"
        durable.write(self._out / name, buffer.getvalue())
        return file_of(self._out, name, len(keys))


def recorded(out: Path) -> Iterator[Finished]:
    """The finished shards as their records say, for who only looks: nothing is verified, and nothing removed."""
    for number in count():
        try:
            yield Finished.model_validate_json(_record_path(out, number).read_bytes())
        except (OSError, ValidationError):
            return


def _found(out: Path) -> list[Finished]:
    """The finished shards that are whole, up to the first that is not; what lies behind them is removed."""
    shards: list[Finished] = []
    while (finished := _whole(out, len(shards))) is not None:
        shards.append(finished)
    stay = {out / file.file for finished in shards for file in finished.files}
    stay |= {_record_path(out, number) for number in range(len(shards))}
    for folder in FOLDERS:
        for path in (out / folder).glob("*"):
            if path not in stay and path.name != RUN:
                path.unlink()
    return shards


def _whole(out: Path, number: int) -> Finished | None:
    try:
        finished = Finished.model_validate_json(_record_path(out, number).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    return finished if all(file.whole(out) for file in finished.files) else None


def _record_path(out: Path, number: int) -> Path:
    return out / "state" / f"shard-{number:05d}.json"


def _plain(counts: Counts) -> dict[str, Any]:
    return {name: getattr(counts, name) for name in counts.__dataclass_fields__}
