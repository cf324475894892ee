"""The values of columns in one file: read, taken out of `meta` and of what judges said.

`meta` is JSON text. polars reads it three times as fast as Python does, and refuses what is not as it was told, such as
a text where numbers were: such rows are read by Python.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from factory.viewing.cells import meta_of
from factory.viewing.fields import Field
from factory.viewing.part import Part, polars
from factory.viewing.query import Kind
from factory.viewing.values import Values, values_of

if TYPE_CHECKING:
    import polars as pl


LONG = 256
"""Characters of a text that are kept of it."""


_TREES = 1_000
"""Texts that are read together: what polars makes of them on the way is many times as large."""


def extract_all(part: Part, fields: Sequence[Field]) -> list[Values]:
    """The values of columns that are all in `meta`, or all in one column; of long texts the beginnings."""
    pieces: list[list[pl.Series]] = [[] for _ in fields]
    clipped = [False for _ in fields]
    for _, taken in pieces_of(part, fields):
        for place, series in enumerate(taken):
            if series.dtype == polars().String and (series.str.len_bytes() > LONG).any():
                clipped[place], series = True, series.str.slice(0, LONG)
            pieces[place].append(series)
    return [values_of(_joined(found), clipped=cut) for found, cut in zip(pieces, clipped, strict=True)]


def pieces_of(part: Part, fields: Sequence[Field]) -> "Iterator[tuple[int, list[pl.Series]]]":
    """The same as they are, some rows at a time, with the place of the first."""
    first = fields[0]
    column = "meta" if first.inside == "meta" else first.path[0]
    for at, frame in part.stretches([column]):
        yield at, list(_taken(frame[column], fields))


def _joined(pieces: "Sequence[pl.Series]") -> "pl.Series":
    joined: pl.Series = polars().concat(pieces)
    return joined


def _taken(column: "pl.Series", fields: Sequence[Field]) -> "Iterable[pl.Series]":
    if fields[0].inside == "meta":
        return _from_meta(column, fields)
    if fields[0].inside == "judged":
        return _from_judges(column, fields)
    pl = polars()
    return [column.cast(pl.Float64) if field.column.kind == "number" else column for field in fields]


def _from_judges(column: "pl.Series", fields: Sequence[Field]) -> "Iterable[pl.Series]":
    """What judges said; of several verdicts of one judge on one row the last."""
    pl = polars()
    flat = column.to_frame("said").with_row_index("row").explode("said").drop_nulls("said").unnest("said")
    for field in fields:
        _, judge, what = field.path
        said = flat.filter(pl.col("judge") == judge)
        at = np.full(len(column), -1, np.int64)
        at[said["row"].to_numpy()] = np.arange(len(said))
        yield said[what].gather(pl.select(pl.when(pl.lit(pl.Series(at)) >= 0).then(pl.lit(pl.Series(at)))).to_series())


def _from_meta(column: "pl.Series", fields: Sequence[Field]) -> "Iterable[pl.Series]":
    pl = polars()
    texts, rows = column, None
    if not any(field.common for field in fields):  # only where one of the keys stands is it worth reading
        keys = [orjson.dumps(field.path[-1]).decode() for field in fields]
        rows = column.str.contains_any(keys).fill_null(False).to_numpy().nonzero()[0]
        texts = column.gather(rows)
    for series in _decoded(texts, fields) or _parsed(texts, fields):
        if rows is None:
            yield series
        else:
            at = np.full(len(column), -1, np.int64)
            at[rows] = np.arange(len(rows))
            yield series.gather(pl.Series(at).replace(-1, None))


_TYPES: dict[Kind, Callable[[], Any]] = {
    "number": lambda: polars().Float64,
    "boolean": lambda: polars().Boolean,
    "text": lambda: polars().String,
    "other": lambda: polars().String,
}


def _decoded(texts: "pl.Series", fields: Sequence[Field]) -> "list[pl.Series] | None":
    """The values as polars reads JSON; None where it can't, or there is something that it would have to write."""
    pl = polars()
    if any(field.column.kind == "other" for field in fields):
        return None
    tree: dict[str, Any] = {}
    for field in fields:
        inner = tree
        for key in field.path[:-1]:
            inner = inner.setdefault(key, {})
            if not isinstance(inner, dict):
                return None  # a key that holds a value in one row and a mapping in another
        if inner.setdefault(field.path[-1], _TYPES[field.column.kind]()) is not _TYPES[field.column.kind]():
            return None
    told, read = _struct(tree), []
    for first in range(0, max(1, len(texts)), _TREES):
        some = texts.slice(first, _TREES)
        try:
            read.append(some.str.json_decode(told))
        except pl.exceptions.PolarsError:
            return None
        if len(read[-1]) != len(some):
            return None
    return [_at(_joined(read), field.path) for field in fields]


def _struct(tree: dict[str, Any]) -> Any:
    return polars().Struct({key: _struct(one) if isinstance(one, dict) else one for key, one in tree.items()})


def _at(read: "pl.Series", path: Sequence[str]) -> "pl.Series":
    for key in path:
        read = read.struct.field(key)
    return read


def _parsed(texts: "pl.Series", fields: Sequence[Field]) -> "list[pl.Series]":
    """The values as Python reads JSON."""
    pl = polars()
    found: list[list[Any]] = [[] for _ in fields]
    for text in texts.to_list():
        meta = meta_of(text)
        for field, values in zip(fields, found, strict=True):
            values.append(_value(meta, field))
    return [
        pl.Series(values, dtype=_TYPES[field.column.kind](), strict=False)
        for field, values in zip(fields, found, strict=True)
    ]


def _value(meta: Any, field: Field) -> Any:
    for key in field.path:
        if not isinstance(meta, dict):
            return None
        meta = meta.get(key)
    kind = field.column.kind
    if meta is None or (kind == "boolean" and not isinstance(meta, bool)):
        return None
    if kind == "number":
        return _number(meta)
    if kind == "boolean" or isinstance(meta, str):
        return meta
    return _json(meta)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
