"""Rows as Arrow columns, and back.

The columns are built from flat lists, one pass per field: an order of magnitude cheaper than a dict per row.
"""

import gc
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from itertools import accumulate, chain
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from factory.row import Message, Pair, Row, Verdict
from factory.sample import Sample

Places = npt.NDArray[np.int_]
Kind = Literal["rows", "pairs"]

_TURN = pa.struct([("role", pa.string()), ("content", pa.string())])
_VERDICT = pa.struct(
    [
        ("judge", pa.string()),
        ("passed", pa.bool_()),
        ("score", pa.float64()),
        ("reason", pa.string()),
        ("note", pa.string()),
    ]
)
_TURNS = pa.list_(_TURN)
TEXTS: Mapping[Kind, tuple[str, ...]] = {"rows": ("messages",), "pairs": ("prompt", "chosen", "rejected")}
_TAGS = ("license", "source", "generator", "model")

KEPT: Mapping[Kind, pa.Schema] = {
    kind: pa.schema(
        [
            ("id", pa.string()),
            *((name, _TURNS) for name in names),
            *((name, pa.string()) for name in _TAGS),
            ("meta", pa.string()),
            ("verdicts", pa.list_(_VERDICT)),
        ]
    )
    for kind, names in TEXTS.items()
}
"""The schema of `data/*.parquet`."""

DROPPED: Mapping[Kind, pa.Schema] = {
    kind: pa.schema([pa.field("stage", pa.string()), pa.field("reason", pa.string()), *schema])
    for kind, schema in KEPT.items()
}
"""The schema of `rejects/*.parquet`: where and why, then the row as it was."""

SAMPLES = pa.schema(
    [
        ("prompt_id", pa.string()),
        ("prompt", _TURNS),
        ("sample", pa.int32()),
        ("text", pa.string()),
        ("model", pa.string()),
        ("reason", pa.string()),
        ("scores", pa.list_(_VERDICT)),
        ("score", pa.float64()),
        ("role", pa.string()),
        ("row_id", pa.string()),
    ]
)
"""The schema of `samples/*.parquet`: the fields of `Sample`."""


@contextmanager
def frugal() -> Iterator[None]:
    """Let Arrow give memory back at once, and look for reference cycles seldom.

    Arrow's own pools keep some 60 MB per process, at no gain here; rows hold no cycles, and looking for them after
    every 700 new objects, as Python does by default, costs 5 microseconds a row.
    """
    pool, thresholds = pa.default_memory_pool(), gc.get_threshold()
    pa.set_memory_pool(pa.system_memory_pool())
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        pa.set_memory_pool(pool)


def kind_of(row: Row | Pair) -> Kind:
    """Which of the two layouts the row needs."""
    return "rows" if isinstance(row, Row) else "pairs"


def leave_pandas_out() -> None:
    """Keep Arrow from importing pandas where it is installed: nothing here uses it.

    Arrow looks for it at the first array it makes, which costs half a second and 45 MB per process. Only for processes
    that do nothing else, since Arrow will not look again.
    """
    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, _NoPandas())
        pa.array([0])
        sys.meta_path.pop(0)


class _NoPandas(MetaPathFinder):
    """Finds everything but pandas."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        """Refuse pandas, leave the rest to others."""
        if fullname == "pandas":
            raise ModuleNotFoundError("left out on purpose", name=fullname)


def batch(kind: Kind, rows: Sequence[Row | Pair], verdicts: Sequence[tuple[Verdict, ...]]) -> pa.RecordBatch:
    """The rows as one batch of `KEPT[kind]`; `verdicts` stand in for the rows' own, in the same order.

    Raises:
        UnicodeEncodeError: a text holds half a surrogate pair.
    """
    if not rows:
        return pa.RecordBatch.from_pylist([], schema=KEPT[kind])
    fields = dict(zip(type(rows[0])._fields, zip(*rows, strict=True), strict=True))
    columns = [pa.array([row.id for row in rows], pa.string())]
    columns += [_lists(fields[name], _TURN) for name in TEXTS[kind]]
    columns += [_texts(fields[name]) for name in _TAGS]
    columns += [_metas(fields["meta"]), _lists(verdicts, _VERDICT)]
    return pa.RecordBatch.from_arrays(columns, schema=KEPT[kind])


def samples_batch(samples: Sequence[Sample]) -> pa.RecordBatch:
    """Sampled answers as one batch of `SAMPLES`."""
    records = []
    for sample in samples:
        turns = [message._asdict() for message in sample.prompt]
        records.append(sample._asdict() | {"prompt": turns, "scores": [said._asdict() for said in sample.scores]})
    return pa.RecordBatch.from_pylist(records, schema=SAMPLES)


def samples(batch: pa.RecordBatch) -> list[Sample]:
    """The sampled answers of a batch of `SAMPLES`."""
    found = []
    for record in batch.to_pylist():
        said = tuple(Verdict(**verdict) for verdict in record["scores"])
        found.append(Sample(**record | {"prompt": _turns(record["prompt"]), "scores": said}))
    return found


def _texts(values: Sequence[str]) -> pa.Array:
    """A text column; quick where all values are one."""
    if values.count(values[0]) == len(values):
        return pa.repeat(pa.scalar(values[0], pa.string()), len(values))
    return pa.array(values, pa.string())


def dropped(kept: pa.RecordBatch, stages: Sequence[str], reasons: Sequence[str], kind: Kind) -> pa.RecordBatch:
    """A batch of `DROPPED[kind]` from one of `KEPT[kind]`."""
    why = [pa.array(stages, pa.string()), pa.array(reasons, pa.string())]
    return pa.RecordBatch.from_arrays([*why, *kept.columns], schema=DROPPED[kind])


def judged(batch: pa.RecordBatch, places: Places, verdicts: Sequence[Verdict]) -> pa.RecordBatch:
    """The batch with one more verdict on each row of `places`, which ascend."""
    at = batch.schema.get_field_index("verdicts")
    column = batch.column(at)
    offsets = column.offsets.to_numpy().astype(np.int64)
    old = column.values.slice(offsets[0], offsets[-1] - offsets[0])
    added = np.zeros(batch.num_rows, np.int64)
    added[places] = 1
    offsets = offsets - offsets[0] + np.concatenate([[0], np.cumsum(added)])
    order = np.zeros(offsets[-1], np.int64)
    new = offsets[1:][places] - 1
    order[new] = len(old) + np.arange(len(places))
    order[np.delete(np.arange(len(order)), new)] = np.arange(len(old))
    values = pa.concat_arrays([old, _structs(verdicts, _VERDICT)]).take(pa.array(order))
    return batch.set_column(at, "verdicts", pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values))


def rows(table: pa.Table | pa.RecordBatch) -> list[Row | Pair]:
    """The rows of a batch of either schema."""
    return [_row(record) for record in table.to_pylist()]


def meta_text(meta: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys; integers past 64 bits are kept as they are."""
    try:
        return orjson.dumps(meta, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return json.dumps(meta, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _metas(metas: Sequence[Mapping[str, Any]]) -> pa.Array:
    return pa.array(list(map(meta_text, metas)), pa.binary()).cast(pa.string())


def _lists(groups: Sequence[Iterable[tuple[Any, ...]]], struct: pa.StructType) -> pa.Array:
    """A list column of structs from tuples whose places are the struct's fields."""
    offsets = pa.array(accumulate(map(len, groups), initial=0), pa.int32())  # type: ignore[arg-type]
    return pa.ListArray.from_arrays(offsets, _structs(list(chain.from_iterable(groups)), struct))


def _structs(flat: Sequence[tuple[Any, ...]], struct: pa.StructType) -> pa.Array:
    places = zip(*flat, strict=True) if flat else [()] * struct.num_fields
    values = [pa.array(place, field.type) for place, field in zip(places, struct, strict=True)]
    return pa.StructArray.from_arrays(values, fields=list(struct))


def _row(record: dict[str, Any]) -> Row | Pair:
    tags = {name: record[name] for name in _TAGS}
    tags["meta"] = json.loads(record["meta"])
    tags["verdicts"] = tuple(Verdict(**verdict) for verdict in record["verdicts"])
    if "messages" in record:
        return Row(messages=_turns(record["messages"]), **tags)
    prompt, chosen, rejected = (_turns(record[name]) for name in TEXTS["pairs"])
    return Pair(prompt, chosen, rejected, **tags)


def _turns(turns: list[dict[str, str]]) -> tuple[Message, ...]:
    return tuple(Message(turn["role"], turn["content"]) for turn in turns)
