"""The whole story of one row of a dataset: kept or dropped, where it is, what was said of it, and where it comes from.

Only the ids are read until it is found, so that a dataset of a million rows takes a second. A dropped duplicate leads
to the row that was kept instead; where its verdicts don't name that one, rows with the same prompt are looked for.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from factory import columns, dataset, dedup
from factory.errors import DatasetError, RecipeError
from factory.manifest import Manifest, read_manifest
from factory.row import Pair, Row

LEAST = 4
"""Characters of an id that are looked for."""
MOST = 5
"""Rows that are named where several are meant."""
_ID = re.compile(rf"[0-9a-f]{{{LEAST},32}}\Z")
_INSTEAD = re.compile(r"kept instead: ([0-9a-f]{32})\Z")
_EXACT = ("duplicates", "exact")


class Found(NamedTuple):
    """One row of the files."""

    file: str
    place: int
    """From 0, in the file."""
    stage: str
    """What dropped it; empty where it was kept."""
    reason: str
    row: Row | Pair

    @property
    def fate(self) -> str:
        """What became of it."""
        return f"dropped by {self.stage}: {self.reason}" if self.stage else "kept"


class Story(NamedTuple):
    """What is to be told of one content."""

    found: Sequence[Found]
    """Where it is: kept first. The same content may have been made several times."""
    instead: str
    """The id that was kept instead of it; empty where it was kept, or nothing was."""
    for_it: Sequence[str]
    """Ids that were dropped since it was kept."""
    generator: Mapping[str, Any]
    """The settings of what made it."""
    model: Mapping[str, Any]
    """The settings of the model that wrote it."""


def story(folder: Path, asked: str) -> Story:
    """The story of the row whose id begins so.

    Raises:
        RecipeError: that is no id, or several rows' ids begin so.
        DatasetError: the folder is no complete dataset, or has no such row.
    """
    prefix = asked.strip().lower()
    if not _ID.match(prefix):
        raise RecipeError(f"{asked!r} is no id; give the first {LEAST} or more of its 32 characters 0-9 a-f")
    manifest = read_manifest(folder)
    places = list(_places(folder, manifest, prefix))
    ids = sorted({id for _, _, id in places})
    if not ids:
        raise DatasetError(f"{folder} has no row whose id begins with {prefix!r}, neither kept nor dropped")
    if len(ids) > 1:
        more = f" and {len(ids) - MOST:,} more" if len(ids) > MOST else ""
        raise RecipeError(f"{len(ids):,} ids begin with {prefix!r}: {', '.join(ids[:MOST])}{more}; give more of it")
    found = [_at(folder, file, place) for file, place, _ in places]
    first = found[0]
    return Story(
        found,
        "" if not first.stage else _instead(folder, manifest, first),
        [] if first.stage else _for_it(folder, manifest, first.row.id),
        _settings(manifest, first.row),
        _model(manifest, first.row.model),
    )


def _places(folder: Path, manifest: Manifest, prefix: str) -> Iterator[tuple[str, int, str]]:
    """File, place and id of each row whose id begins so; kept rows first."""
    for file in (*manifest.shards, *manifest.rejects):
        ids = _column(folder / file.file, "id")
        for place in np.flatnonzero(pc.starts_with(ids, prefix).to_numpy(zero_copy_only=False)).tolist():
            yield file.file, place, ids[place].as_py()


def _column(path: Path, *names: str) -> Any:
    try:
        table = pq.read_table(path, columns=list(names), partitioning=None)
    except (OSError, pa.ArrowInvalid) as error:
        raise DatasetError(f"{path} can't be read: {error}") from error
    return table.column(names[0]).combine_chunks() if len(names) == 1 else table


def _at(folder: Path, name: str, place: int) -> Found:
    with pq.ParquetFile(folder / name) as file:
        for batch in file.iter_batches(batch_size=10_000):
            if place < batch.num_rows:
                one = batch.slice(place, 1)
                record = one.to_pylist()[0]
                break
            place -= batch.num_rows
    (row,) = columns.rows(one)
    return Found(name, place, record.get("stage", ""), record.get("reason", ""), row)


def _instead(folder: Path, manifest: Manifest, found: Found) -> str:
    """What was kept instead of a duplicate."""
    for verdict in reversed(found.row.verdicts):
        if said := _INSTEAD.match(verdict.note):
            return said[1]
    if (found.stage, found.reason) != _EXACT:
        return ""
    (key,) = dedup.keys([found.row])
    for file in manifest.shards:
        for batch in dataset.batches(folder / file.file):
            rows = columns.rows(batch)
            same = np.flatnonzero(dedup.keys(rows) == key)
            if len(same):
                id: str = rows[same[0]].id
                return id
    return ""


def _for_it(folder: Path, manifest: Manifest, id: str) -> list[str]:
    """The rows whose verdicts say that this one was kept instead."""
    found = []
    for file in manifest.rejects:
        table = _column(folder / file.file, "id", "stage", "verdicts")
        table = table.filter(pc.equal(table["stage"], "duplicates"))
        for one, said in zip(table["id"].to_pylist(), table["verdicts"].to_pylist(), strict=True):
            if said and said[-1]["note"] == f"kept instead: {id}":
                found.append(one)
    return found


def _settings(manifest: Manifest, row: Row | Pair) -> Mapping[str, Any]:
    """The settings of the generator, where only one of that name is in the recipe."""
    named = [part for part in manifest.settings["generate"] if part["use"].rpartition(".")[2] == row.generator]
    parts = named or manifest.settings["generate"]
    return parts[0] if len(parts) == 1 else {}


def _model(manifest: Manifest, label: str) -> Mapping[str, Any]:
    for name, use in manifest.models.items():
        if use.model and use.model in label:
            return {"name": name, **manifest.settings.get("models", {}).get(name, {})}
    return {}
