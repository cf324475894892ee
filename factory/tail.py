"""The rows of a shard that is not finished, for who looks on: a shard of a slow run takes hours.

They lie in `state/` as small Parquet files, `open-<shard>-<table>-<piece>-<rows>.parquet`, each whole or absent, and
are gone when their shard is finished. Nothing is read back from them by a run, and no row depends on them or on the
clock that says when they are written. A quick run, whose shards are soon there, writes none; a slow one spends no
more than a hundredth of its time on them.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from factory import durable
from factory.packed import Counts
from factory.parquet import File

EVERY_S = 2.0
"""How often what is new is written."""
SHARE = 0.01
"""Of the time since the shard was begun, what may go into writing."""
PIECE = 1_000
"""Rows from which on a file is not written again."""
PIECE_BYTES = 16 << 20
"""The same in bytes, as the rows are in memory: they are kept there until then."""


class Tail:
    """What is told of one shard before it is finished."""

    def __init__(self, out: Path, number: int) -> None:
        """Of the shard with that number in the folder `out`; nothing is written yet."""
        self._folder, self._stem = out / "state", _stem(number)
        self._waiting: dict[str, list[pa.RecordBatch]] = {}
        self._pieces: Counter[str] = Counter()
        self._written: dict[str, Path] = {}
        self._begun = self._last = monotonic()
        self._spent = 0.0
        self._over = False

    def add(self, batches: Mapping[str, pa.RecordBatch | None], counts: Counts) -> None:
        """Take rows by their table; `counts` are those of the whole shard so far."""
        if self._over:
            return
        for table, batch in batches.items():
            if batch is not None and batch.num_rows:
                self._waiting.setdefault(table, []).append(batch)
        now = monotonic()
        much = any(_rows(waiting) >= PIECE for waiting in self._waiting.values())
        early = now - self._begun < EVERY_S or self._spent > SHARE * (now - self._begun)
        if much and early:
            self.end()
        elif not early and (much or now - self._last >= EVERY_S):
            self._write(counts)

    def end(self) -> None:
        """Take away what was written, for the shard is finished or given up; nothing more is written."""
        self._over, self._waiting = True, {}
        with suppress(OSError):
            for path in self._folder.glob(f"*{self._stem}*"):
                path.unlink()

    def _write(self, counts: Counts) -> None:
        before = monotonic()
        try:
            for table, waiting in self._waiting.items():
                self._piece(table, waiting)
            facts = {"made": counts.made, "dropped": dict(counts.dropped)}
            self._place(self._folder / f"{self._stem}.json", orjson.dumps(facts))
        except OSError:  # who looks on sees less, and the run goes on
            self.end()
        self._last = monotonic()
        self._spent += self._last - before

    def _piece(self, table: str, waiting: list[pa.RecordBatch]) -> None:
        if not waiting:
            return
        rows = _rows(waiting)
        path = self._folder / f"{self._stem}-{table}-{self._pieces[table]:05d}-{rows:07d}.parquet"
        if path != self._written.get(table):
            sink = pa.BufferOutputStream()
            pq.write_table(pa.Table.from_batches(waiting), sink, compression="zstd")
            self._place(path, sink.getvalue())
            if table in self._written:
                self._written[table].unlink(missing_ok=True)
            self._written[table] = path
        if rows >= PIECE or sum(batch.nbytes for batch in waiting) >= PIECE_BYTES:
            self._pieces[table] += 1
            del self._written[table]
            waiting.clear()

    def _place(self, path: Path, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        durable.temporary(path).write_bytes(content)
        durable.temporary(path).replace(path)  # not synced: after a crash of the machine it is of no use


class Seen(NamedTuple):
    """What is told of a shard that is not finished."""

    files: tuple[File, ...]
    made: int
    dropped: dict[str, int]


def seen(out: Path, number: int) -> Seen:
    """What a run has told of the shard with that number."""
    found: dict[str, tuple[str, int]] = {}
    for path in sorted((out / "state").glob(f"{_stem(number)}-*.parquet")):
        piece, _, rows = path.stem.rpartition("-")
        if rows.isdecimal():
            found[piece] = (f"state/{path.name}", int(rows))  # of two that are written in turn the longer one
    files = tuple(File(file=name, rows=rows, bytes=0, sha256=_stamp(out / name)) for name, rows in found.values())
    try:
        facts = orjson.loads((out / "state" / f"{_stem(number)}.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        facts = {"made": 0, "dropped": {}}
    return Seen(files, facts["made"], facts["dropped"])


def _stamp(path: Path) -> str:
    """What tells a piece from the one of the same name that a run wrote before it was killed."""
    try:
        return str(path.stat().st_mtime_ns)
    except OSError:  # its shard is finished meanwhile
        return ""


def _stem(number: int) -> str:
    return f"open-{number:05d}"


def _rows(batches: list[pa.RecordBatch]) -> int:
    return sum(batch.num_rows for batch in batches)
