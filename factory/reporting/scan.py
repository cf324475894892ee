"""One pass over the kept rows of a dataset: lengths and verdicts of all of them, and a sample for what costs more.

The sample is chosen by the ids, which are hashes of the rows: it is drawn at random, and the same at every reading.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from factory import columns
from factory.errors import DatasetError
from factory.manifest import Manifest
from factory.parquet import File
from factory.reporting.numbers import Numbers
from factory.reporting.shown import Shown, meta_of, shown
from factory.reporting.verdicts import Verdicts

SAMPLE = 5_000
"""Rows of the sample."""
LEAST_SHOWN = 48
"""Rows from which those that are shown are chosen."""
CUT = 2_000
"""Characters of a text of the sample that are read."""
ROLES = 6
"""Roles that are told apart; what is left is `others`."""
OTHERS = "others"
_BATCH_BYTES = 24_000_000
_BATCH = 16_384
_TAGS = ("generator", "model", "license", "source", "meta")


class Sampled(NamedTuple):
    """What is known of a row of the sample."""

    id: str
    question: str
    answer: str
    lengths: tuple[int, int]
    """Characters of both, uncut."""
    group: str
    language: str
    place: tuple[str, int | None]
    """Where it stands: its area or topic, and its difficulty."""


@dataclass
class Kept:
    """What is known of the kept rows."""

    lengths: dict[str, Numbers] = field(default_factory=lambda: defaultdict(Numbers))
    """Characters of a turn, by role; of pairs, of a side."""
    turns: Numbers = field(default_factory=Numbers)
    """Turns of a row."""
    verdicts: Verdicts = field(default_factory=Verdicts)
    sample: list[Sampled] = field(default_factory=list)
    candidates: list[Shown] = field(default_factory=list)
    """Rows from which those that are shown are chosen, by id."""
    named: dict[str, Shown] = field(default_factory=dict)
    """The rows that were asked for, by id."""


def kept(folder: Path, manifest: Manifest, named: frozenset[str] = frozenset()) -> Kept:
    """Read the kept rows.

    Args:
        folder: of the dataset.
        manifest: its manifest.
        named: ids of rows that are wanted too.

    Raises:
        DatasetError: a file can't be read.
    """
    found, sides = Kept(), columns.TEXTS[manifest.kind]
    sampling = _below(manifest.rows_kept, SAMPLE)
    showing = _below(manifest.rows_kept, LEAST_SHOWN)
    wanted = pa.array(sorted(named), pa.string())
    for batch in batches(folder, manifest.shards, _light(sides)):
        _measure(batch, sides, found)
        found.verdicts.add(batch.column("verdicts"), kept=True)
        ids = batch.column("id")
        if len(few := batch.filter(pc.less(ids, sampling))):
            found.sample += _sampled(few, sides)
            found.candidates += shown(few.filter(pc.less(few.column("id"), showing)), sides)
        if named and len(some := batch.filter(pc.is_in(ids, wanted))):
            found.named |= {row.id: row for row in shown(some, sides)}
    found.sample = sorted(found.sample)[:SAMPLE]
    found.candidates = sorted(found.candidates, key=lambda row: row.id)[:LEAST_SHOWN]
    return found


def batches(folder: Path, files: Sequence[File], only: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of the files, so few at a time that they fit, however long they are; `only` those columns.

    Raises:
        DatasetError: a file can't be read.
    """
    for file in files:
        path = folder / file.file
        try:
            with pq.ParquetFile(path, pre_buffer=False) as opened:
                size = sum(
                    opened.metadata.row_group(at).total_byte_size for at in range(opened.metadata.num_row_groups)
                )
                rows = max(1, min(_BATCH, _BATCH_BYTES * max(file.rows, 1) // max(size, 1)))
                yield from opened.iter_batches(rows, columns=None if only is None else list(only))
        except (OSError, pa.ArrowException) as error:
            raise DatasetError(f"{path} can't be read: {error}; make the dataset again in another folder") from error


def _below(rows: int, wanted: int) -> str:
    """Below which id about so many of the rows are, and hardly ever fewer; ids are hashes."""
    enough = wanted + 6 * wanted**0.5 + 6
    return "g" if enough >= rows else f"{int(enough / rows * 16**8):08x}"


def _light(sides: Sequence[str]) -> list[str]:
    """The columns but the judges' notes."""
    said = [f"verdicts.list.element.{name}" for name in ("judge", "passed", "score", "reason")]
    return ["id", *sides, *_TAGS, *said]


def _measure(batch: pa.RecordBatch, sides: Sequence[str], found: Kept) -> None:
    turns = np.zeros(batch.num_rows, np.int64)
    for name in sides:
        side = batch.column(name)
        offsets = side.offsets.to_numpy().astype(np.int64)
        flat = side.flatten()
        lengths = lengths_of(flat)
        counts = np.diff(offsets)
        turns += counts
        if name == "messages":
            _by_role(flat.field("role"), lengths, found.lengths)
        else:
            ends = np.concatenate([[0], np.cumsum(lengths)])[offsets - offsets[0]]
            found.lengths[name].add(np.diff(ends))
    found.turns.add(turns)


def lengths_of(turns: pa.StructArray) -> Any:
    """The characters of each turn."""
    return pc.utf8_length(pc.fill_null(turns.field("content"), "")).to_numpy(zero_copy_only=False).astype(np.int64)


def _by_role(roles: pa.Array, lengths: Any, found: dict[str, Numbers]) -> None:
    coded = pc.dictionary_encode(pc.fill_null(roles, ""))
    codes = coded.indices.to_numpy()
    for code, role in enumerate(coded.dictionary.to_pylist()):
        name = role[:40] if role in found or len(found) < ROLES else OTHERS
        found[name].add(lengths[codes == code])


def _sampled(batch: pa.RecordBatch, sides: Sequence[str]) -> list[Sampled]:
    asked, answered = sides[0], sides[1] if len(sides) > 1 else sides[0]
    lists = [_turns(batch.column(name)) for name in dict.fromkeys((asked, answered))]
    facts = zip(batch.column("id").to_pylist(), batch.column("generator").to_pylist(), strict=True)
    rows = []
    for (id, generator), text, questions, answers in zip(
        facts, batch.column("meta").to_pylist(), lists[0], lists[-1], strict=True
    ):
        meta = meta_of(text)
        question = next((turn for turn in questions if turn[0] == "user"), questions[0] if questions else ("", "", 0))
        answer = next((turn for turn in reversed(answers) if turn[0] == "assistant"), ("", "", 0))
        where = str(meta.get("area") or meta.get("topic") or "")[:80]
        level = meta.get("difficulty")
        rows.append(
            Sampled(
                id,
                question[1],
                answer[1],
                (question[2], answer[2]),
                str(meta.get("family") or generator)[:80],
                str(meta.get("language") or "")[:20],
                (where, level if isinstance(level, int) and not isinstance(level, bool) else None),
            )
        )
    return rows


def _turns(side: pa.ListArray) -> list[list[tuple[str, str, int]]]:
    """Role, text and length of the turns of each row; texts are cut before they become Python's."""
    flat = side.flatten()
    texts = pc.utf8_slice_codeunits(pc.fill_null(flat.field("content"), ""), 0, CUT).to_pylist()
    turns = list(zip(pc.fill_null(flat.field("role"), "").to_pylist(), texts, lengths_of(flat).tolist(), strict=True))
    offsets = side.offsets.to_numpy()
    offsets = offsets - offsets[0]
    return [turns[start:end] for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)]
