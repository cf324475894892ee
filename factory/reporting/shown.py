"""A row as it is shown: its turns, cut, and what was said of it; and the records of Parquet that it comes from."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

LONGEST = 1_500
"""Characters of a turn that are shown."""
TURNS = 12
"""Turns of a row that are shown."""


class Turn(NamedTuple):
    """One turn."""

    role: str
    text: str
    """As far as it is shown."""
    more: int = 0
    """Characters behind it."""


class Shown(NamedTuple):
    """A row, kept or dropped."""

    id: str
    sides: Mapping[str, Sequence[Turn]]
    """`messages`, or `prompt`, `chosen` and `rejected`."""
    left_out: int
    """Turns that are not here."""
    generator: str
    model: str
    license: str
    source: str
    group: str
    """Its family, else its generator."""
    language: str
    meta: Mapping[str, Any]
    verdicts: Sequence[Mapping[str, Any]]
    stage: str
    """What dropped it; empty where it was kept."""
    reason: str

    @property
    def conversation(self) -> Sequence[Turn]:
        """The turns of a row; of a pair, those of its prompt."""
        return self.sides.get("messages") or self.sides.get("prompt") or ()

    @property
    def question(self) -> str:
        """What the user says first; the first turn where no user speaks."""
        turns = self.conversation
        asked = [turn.text for turn in turns if turn.role == "user"] or [turn.text for turn in turns]
        return asked[0] if asked else ""


def shown(batch: pa.RecordBatch, sides: Sequence[str]) -> list[Shown]:
    """The rows of a batch of a dataset or of its rejects; few, since each becomes an object."""
    return [_shown(record, sides) for record in batch.to_pylist()]


def shorter(row: Shown, most: int) -> Shown:
    """The row with so many characters of each turn at most."""
    sides = {
        name: [turn._replace(text=turn.text[:most], more=turn.more + max(len(turn.text) - most, 0)) for turn in turns]
        for name, turns in row.sides.items()
    }
    return row._replace(sides=sides)


def _shown(record: Mapping[str, Any], names: Sequence[str]) -> Shown:
    left, sides = TURNS, {}
    total = 0
    for name in names:
        turns = record[name] or []
        total += len(turns)
        sides[name] = [_turn(turn) for turn in turns[: max(left, 1)]]
        left -= len(sides[name])
    meta = meta_of(record["meta"])
    generator = _said(record["generator"])
    return Shown(
        id=_said(record["id"]),
        sides=sides,
        left_out=total - sum(map(len, sides.values())),
        generator=generator,
        model=_said(record["model"]),
        license=_said(record["license"]),
        source=_said(record["source"]),
        group=str(meta.get("family") or generator),
        language=str(meta.get("language") or ""),
        meta=meta,
        verdicts=record["verdicts"] or [],
        stage=_said(record.get("stage")),
        reason=_said(record.get("reason")),
    )


def _turn(turn: Mapping[str, str | None]) -> Turn:
    text = _said(turn["content"])
    return Turn(_said(turn["role"])[:40], text[:LONGEST], max(len(text) - LONGEST, 0))


def meta_of(text: str | None) -> Mapping[str, Any]:
    """What a row's `meta` holds; nothing where it is no JSON mapping."""
    try:
        found = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _said(value: str | None) -> str:
    return value or ""
