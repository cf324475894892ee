"""The rows of a dataset folder, read back: kept, dropped and sampled ones."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from factory import columns, text_lengths
from factory.errors import DatasetError
from factory.manifest import Manifest, read_manifest
from factory.row import Pair, Row
from factory.sample import Sample
from factory.text_lengths import Lengths

ROWS = 65_536
"""As many as Arrow reads at once where it is not told."""


class Reject(NamedTuple):
    """A row that was dropped, and why."""

    stage: str
    reason: str
    row: Row | Pair


def read(folder: Path) -> Iterator[Row | Pair]:
    """Every kept row, in order, a row group at a time.

    Raises:
        DatasetError: the folder is no complete dataset.
    """
    for file in read_manifest(folder).shards:
        for batch in batches(folder / file.file):
            yield from columns.rows(batch)


def read_rejects(folder: Path) -> Iterator[Reject]:
    """Every dropped row, in order, with where and why.

    Raises:
        DatasetError: the folder is no complete dataset.
    """
    for file in read_manifest(folder).rejects:
        for batch in batches(folder / file.file):
            fates = zip(batch["stage"].to_pylist(), batch["reason"].to_pylist(), strict=True)
            for (stage, reason), row in zip(fates, columns.rows(batch), strict=True):
                yield Reject(stage, reason, row)


def read_samples(folder: Path) -> Iterator[Sample]:
    """Every sampled answer, in order; none where nothing was sampled.

    Raises:
        DatasetError: the folder is no complete dataset.
    """
    for file in read_manifest(folder).samples:
        for batch in batches(folder / file.file):
            yield from columns.samples(batch)


def reject_samples(folder: Path) -> dict[str, Reject]:
    """One dropped row for each `stage: reason`, the first; by its name, sorted.

    Raises:
        DatasetError: the folder is no complete dataset.
    """
    manifest = read_manifest(folder)
    found: dict[str, Reject] = {}
    for file in manifest.rejects:
        for batch in batches(folder / file.file):
            fates = zip(batch["stage"].to_pylist(), batch["reason"].to_pylist(), strict=True)
            for place, (stage, reason) in enumerate(fates):
                if f"{stage}: {reason}" not in found:
                    (row,) = columns.rows(batch.slice(place, 1))
                    found[f"{stage}: {reason}"] = Reject(stage, reason, row)
        if found.keys() >= manifest.dropped.keys():
            break
    return dict(sorted(found.items()))


def sample(folder: Path, n: int) -> list[Row | Pair]:
    """`n` rows spread evenly over the dataset, or all where it has fewer.

    Raises:
        DatasetError: the folder is no complete dataset.
    """
    return sample_of(folder, read_manifest(folder), n)


def sample_of(folder: Path, manifest: Manifest, n: int) -> list[Row | Pair]:
    """`sample`, for a folder whose manifest is at hand."""
    total = manifest.rows_kept
    places = [place * total // n for place in range(min(n, total))] if n <= total else list(range(total))
    found: list[Row | Pair] = []
    start = 0
    for file in manifest.shards:
        inside = [place - start for place in places if start <= place < start + file.rows]
        start += file.rows
        if inside:
            found += _rows_at(folder / file.file, inside)
    return found


def lengths_of(folder: Path, manifest: Manifest) -> dict[str, Lengths]:
    """How long the texts are, by role in conversations, by side in pairs.

    Raises:
        DatasetError: a file can't be read.
    """
    only = columns.TEXTS[manifest.kind]
    every = (one for file in manifest.shards for one in batches(folder / file.file, only, text_lengths.ROWS))
    return text_lengths.lengths(every, by_role=manifest.kind == "rows")


def batches(path: Path, only: Sequence[str] | None = None, rows: int = ROWS) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file, as columns, so many at a time; `only` those columns.

    Raises:
        DatasetError: it can't be read.
    """
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:  # or all that was read stays in memory to the end
            yield from file.iter_batches(rows, columns=None if only is None else list(only))
    except (OSError, pa.ArrowInvalid) as error:
        raise DatasetError(f"{path} can't be read: {error}; make the dataset again in another folder") from error


def _rows_at(path: Path, places: list[int]) -> list[Row | Pair]:
    """The rows at these places of one file."""
    found: list[Row | Pair] = []
    start = 0
    for batch in batches(path):
        inside = [place - start for place in places if start <= place < start + batch.num_rows]
        start += batch.num_rows
        if inside:
            found += columns.rows(batch.take(pa.array(inside)))
    return found
