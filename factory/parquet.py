"""One Parquet file of rows: it grows by whole row groups and appears when it is finished."""

from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field

from factory import columns, durable

ROW_GROUP = 10_000
"""Rows per row group, but for the last of a file."""

_WORDS = ("stage", "reason", "license", "source", "generator", "model")
_DICTIONARIES = [
    *_WORDS,
    *(f"{name}.list.element.role" for names in columns.TEXTS.values() for name in names),
    *(f"{said}.list.element.{name}" for said in ("verdicts", "scores") for name in ("judge", "reason", "note")),
    "role",
]


class File(BaseModel):
    """One Parquet file of the folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(pattern=r"^(data|originals|texts|rejects|samples|answers|state)/[A-Za-z0-9_-]+\.(parquet|npy)$")
    """Its path in the folder."""
    rows: int
    bytes: int
    sha256: str

    def whole(self, out: Path) -> bool:
        """Whether the file is there as it was written."""
        return durable.whole(out / self.file, self.bytes, self.sha256)


class Growing:
    """A Parquet file that grows by whole row groups and appears when it is finished."""

    def __init__(self, out: Path, name: str) -> None:
        """Begin without rows; `name` is its path in the folder `out`."""
        self._out = out
        self._name = name
        self._writer: pq.ParquetWriter | None = None
        self._batches: list[pa.RecordBatch] = []
        self._waiting = 0
        self.rows = 0
        """So far."""

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows."""
        if not batch.num_rows:
            return
        self._batches.append(batch)
        self._waiting += batch.num_rows
        self.rows += batch.num_rows
        if self._waiting >= ROW_GROUP:
            self._flush(self._waiting // ROW_GROUP * ROW_GROUP, batch.schema)

    def finish(self, schema: pa.Schema) -> File:
        """Make it appear, without rows too."""
        if self._waiting or self._writer is None:
            self._flush(self._waiting, schema)
        path = self._out / self._name
        with durable.disk_errors(path):
            if self._writer is not None:
                self._writer.close()
            durable.publish(path)
        return file_of(self._out, self._name, self.rows)

    def abandon(self) -> None:
        """Remove what was written of it."""
        if self._writer is not None:
            with suppress(OSError):  # the disk may be full; the file goes anyway
                self._writer.close()
            durable.temporary(self._out / self._name).unlink(missing_ok=True)

    def _flush(self, rows: int, schema: pa.Schema) -> None:
        table = pa.Table.from_batches(self._batches, schema=schema)
        with durable.disk_errors(self._out / self._name):
            self._open(schema).write_table(table.slice(0, rows).combine_chunks(), row_group_size=ROW_GROUP)
        self._batches = table.slice(rows).to_batches()
        self._waiting -= rows

    def _open(self, schema: pa.Schema) -> pq.ParquetWriter:
        if self._writer is None:
            path = self._out / self._name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(
                str(durable.temporary(path)), schema, compression="zstd", use_dictionary=_DICTIONARIES
            )
        return self._writer


def file_of(out: Path, name: str, rows: int) -> File:
    """What is to be remembered of a file in the folder."""
    path = out / name
    return File(file=name, rows=rows, bytes=path.stat().st_size, sha256=durable.sha256(path))
