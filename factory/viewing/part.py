"""One Parquet file of a table, read by polars: rows at a place, and columns a stretch at a time.

The file is opened for each reading and closed again, so that a run which removes it is not held up. How many rows are
read at once depends on their size: a row may be megabytes.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from factory.errors import DatasetError, DependencyError

if TYPE_CHECKING:
    from types import ModuleType

    import polars as pl

TOGETHER = 32 << 20
"""Bytes of columns, as they are in memory, that are read at once."""
_STRETCH = 10_000
"""Rows that are read at once, at most: a row group of ours."""


_MALLOC = "dirty_decay_ms:50,muzzy_decay_ms:0"
"""How polars gives memory back: soon, and so that the system counts it as free."""


def polars() -> "ModuleType":
    """The library, with one thread: reading is bound by one column, and a server has threads of its own.

    Raises:
        DependencyError: it is not installed.
    """
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    os.environ.setdefault("_RJEM_MALLOC_CONF", _MALLOC)
    try:
        import polars as pl
    except ImportError as error:
        raise DependencyError("factory view needs polars; run: pip install 'post-training-factory[view]'") from error
    return pl


class Shape(NamedTuple):
    """What the foot of a Parquet file says."""

    columns: frozenset[str]
    bytes: int
    """Of all columns, as they are in memory."""
    noted: bool
    """Whether a judge noted anything."""


class Part:
    """One file of a table."""

    def __init__(self, path: Path, rows: int, first: int, stamp: str = "") -> None:
        """A file with so many rows, of which the first has that place in the table; `stamp` tells what it holds."""
        self.path, self.rows, self.first, self.stamp = path, rows, first, stamp

    @cached_property
    def shape(self) -> Shape:
        """What its foot says."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        with readable(self.path), pq.ParquetFile(self.path) as file:
            foot = file.metadata
            if foot.num_rows != self.rows:
                raise pa.ArrowInvalid(f"it holds {foot.num_rows:,} rows, and {self.rows:,} are told")
            groups = [foot.row_group(number) for number in range(foot.num_row_groups)]
            chunks = [group.column(place) for group in groups for place in range(foot.num_columns)]
            notes = [one.statistics for one in chunks if one.path_in_schema.endswith("list.element.note")]
            noted = any(said is None or not said.has_min_max or said.max != "" for said in notes)
            return Shape(frozenset(file.schema_arrow.names), sum(g.total_byte_size for g in groups), noted)

    @property
    def stretch(self) -> int:
        """How many rows may be read at once."""
        each = self.shape.bytes // max(1, self.rows) + 1
        return max(1, min(_STRETCH, TOGETHER // each))

    def read(self, first: int, rows: int, wanted: "Sequence[str | pl.Expr] | None" = None) -> "pl.DataFrame":
        """Some rows from a place of the file on.

        Raises:
            DatasetError: the file is gone or damaged.
        """
        library = polars()
        _ = self.shape  # refuses a file that is not as it was told
        with readable(self.path):
            scan = library.scan_parquet(self.path, glob=False, parallel="none", use_statistics=False).slice(first, rows)
            frame: pl.DataFrame = (scan if wanted is None else scan.select(wanted)).collect()
        return frame

    def stretches(self, wanted: "Sequence[str | pl.Expr]") -> "Iterator[tuple[int, pl.DataFrame]]":
        """All rows, some at a time, each time with the place of the first."""
        for first in range(0, self.rows, self.stretch):
            yield first, self.read(first, self.stretch, wanted)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Say in one sentence why a file can't be read.

    Raises:
        DatasetError: it can't.
    """
    import pyarrow as pa

    pl = polars()
    try:
        yield
    except (OSError, pa.ArrowException, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        said = " ".join(str(error).split())[:200]
        raise DatasetError(
            f"{path} can't be read: {said}; it may be damaged, or made anew just now: look again"
        ) from error
