"""One pass over the dropped rows: some of each reason, the scores that they had, and what they duplicate."""

import heapq
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from factory import columns
from factory.manifest import Manifest
from factory.reporting.scan import batches
from factory.reporting.shown import Shown, shown
from factory.reporting.verdicts import Verdicts

EACH = 2
"""Rows that are shown of a reason."""
FATES = 24
"""Reasons of which rows are shown, the commonest."""
CLUSTERS = 6
"""Clusters of duplicates that are shown, the largest."""
MEMBERS = 2
"""Rows that are shown of a cluster, beside the one that was kept."""
TRACED = 3_000_000
"""Duplicates whose kept row is remembered; of more, only that they are duplicates."""
DUPLICATES = "duplicates"
_INSTEAD = "kept instead: "
_ID = re.compile(r"[0-9a-f]{32}\Z")


class Cluster(NamedTuple):
    """Rows that say nearly the same, of which one was kept."""

    kept: str
    """Its id."""
    dropped: int
    members: Sequence[tuple[Shown, float | None]]
    """Some of the dropped ones, and how similar each is."""


@dataclass
class Dropped:
    """What is known of the dropped rows."""

    verdicts: Verdicts = field(default_factory=Verdicts)
    shown: dict[str, list[Shown]] = field(default_factory=dict)
    """By `stage: reason`, the commonest first."""
    clusters: list[Cluster] = field(default_factory=list)
    """The largest."""
    sizes: dict[int, int] = field(default_factory=dict)
    """How many clusters have so many rows, the kept one among them."""
    traced: int = 0
    """Duplicates that say what was kept instead of them."""


def dropped(folder: Path, manifest: Manifest) -> Dropped:
    """Read the dropped rows.

    Raises:
        DatasetError: a file can't be read.
    """
    found, sides = Dropped(), columns.TEXTS[manifest.kind]
    common = sorted(manifest.dropped, key=lambda fate: (-manifest.dropped[fate], fate))[:FATES]
    best: dict[str, list[Shown]] = {fate: [] for fate in common}
    leaders = []
    for batch in batches(folder, manifest.rejects):
        found.verdicts.add(batch.column("verdicts"), kept=False)
        _choose(batch, sides, best)
        leaders.append(_leaders(batch))
    found.shown = {fate: rows for fate, rows in best.items() if rows}
    traced = np.concatenate(leaders)[:TRACED] if leaders else np.empty(0, "S32")
    traced = traced[traced != b""]
    found.traced = len(traced)
    if found.traced:
        ids, counts = np.unique(traced, return_counts=True)
        found.sizes = dict(sorted(Counter((counts + 1).tolist()).items()))
        largest = np.lexsort((ids, -counts))[:CLUSTERS]
        sizes = {ids[at].decode(): int(counts[at]) for at in largest.tolist()}
        found.clusters = _clusters(folder, manifest, sizes)
    return found


def _choose(batch: pa.RecordBatch, sides: Sequence[str], best: Mapping[str, list[Shown]]) -> None:
    """Keep the rows with the first ids of each reason."""
    fates = pc.binary_join_element_wise(batch.column("stage"), batch.column("reason"), ": ")
    for fate in pc.unique(fates).to_pylist():
        if fate not in best:
            continue
        places = np.flatnonzero(pc.equal(fates, fate).to_numpy(zero_copy_only=False))
        ids = batch.column("id").take(pa.array(places)).to_pylist()
        first = heapq.nsmallest(EACH, zip(ids, places.tolist(), strict=True))
        held = best[fate]
        if len(held) == EACH and first[0][0] >= held[-1].id:
            continue
        rows = [*held, *shown(batch.take(pa.array([place for _, place in first])), sides)]
        held[:] = sorted(rows, key=lambda row: row.id)[:EACH]


def _leaders(batch: pa.RecordBatch) -> Any:
    """The id that was kept instead of each row; empty where none is named."""
    said = batch.column("verdicts")
    ends = said.offsets.to_numpy()[1:].astype(np.int64) - 1
    some = np.diff(said.offsets.to_numpy()) > 0
    notes = said.values.field("note").take(pa.array(np.where(some, ends, 0), mask=~some))
    named = pc.and_(pc.equal(batch.column("stage"), DUPLICATES), pc.starts_with(pc.fill_null(notes, ""), _INSTEAD))
    ids = pc.utf8_slice_codeunits(pc.if_else(named, notes, ""), len(_INSTEAD), len(_INSTEAD) + 32)
    return np.array([id if _ID.match(id) else "" for id in pc.fill_null(ids, "").to_pylist()], "S32")


def _clusters(folder: Path, manifest: Manifest, sizes: Mapping[str, int]) -> list[Cluster]:
    """Read the rejects once more, for the members of these clusters."""
    sides = columns.TEXTS[manifest.kind]
    members: dict[str, list[Shown]] = {id: [] for id in sizes}
    wanted = np.array(list(sizes), "S32")
    for batch in batches(folder, manifest.rejects):
        leaders = _leaders(batch)
        for place in np.flatnonzero(np.isin(leaders, wanted)).tolist():
            held, id = members[leaders[place].decode()], batch.column("id")[place].as_py()
            if id not in [row.id for row in held] and (len(held) < MEMBERS or id < held[-1].id):
                held += shown(batch.slice(place, 1), sides)
                held[:] = sorted(held, key=lambda row: row.id)[:MEMBERS]
    return [Cluster(id, count, [(row, _similarity(row)) for row in members[id]]) for id, count in sizes.items()]


def _similarity(row: Shown) -> float | None:
    score = row.verdicts[-1].get("score") if row.verdicts else None
    return float(score) if score is not None else None
