"""The rows at places of a table: from which files, and how much of each is read."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from factory.viewing.cells import shown
from factory.viewing.part import Part

_NEAR = 256
"""Rows that are read in vain rather than a file opened once more."""


def place_of(parts: Sequence[Part], row_id: str) -> int | None:
    """The place of the first row with that id."""
    if row_id[:1] == "#":
        return int(row_id[1:]) if row_id[1:].isdecimal() and len(row_id) < 20 else None
    for part in parts:
        if "id" not in part.shape.columns:
            return None
        ids = part.read(0, part.rows, ["id"])["id"]
        hits = (ids == row_id).arg_true()
        if len(hits):
            return part.first + int(hits[0])
    return None


def rows_at(parts: Sequence[Part], places: Sequence[int], cut: int) -> list[dict[str, Any]]:
    """The rows at places of the table, in their order."""
    found: dict[int, dict[str, Any]] = {}
    for part, first, inside in _spans(parts, sorted({*places})):
        frame = part.read(first, inside[-1] - first + 1)
        for at in inside:
            record = frame.row(at - first, named=True)
            found[part.first + at] = shown(record, part.first + at, cut)
    return [found[place] for place in places]


def _spans(parts: Sequence[Part], places: Sequence[int]) -> Iterator[tuple[Part, int, list[int]]]:
    """Places that are read together: the file, the first of them in it, and all of them in it."""
    starts = [part.first for part in parts]
    part: Part | None = None
    inside: list[int] = []
    for place in places:
        here = parts[int(np.searchsorted(starts, place, side="right")) - 1]
        at = place - here.first
        near = inside and at - inside[-1] <= _NEAR and at - inside[0] < here.stretch
        if here is not part or not near:
            if part is not None:
                yield part, inside[0], inside
            part, inside = here, []
        inside.append(at)
    if part is not None:
        yield part, inside[0], inside
