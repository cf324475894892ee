"""Which columns a table can be filtered by: its own, and what is inside `meta` and what judges said, by dotted names.

What is inside is found in rows from all over the table. A field that stands in half of them is common: its values are
read together with those of the other common ones, in one pass.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from factory.errors import RecipeError
from factory.settings import nearest
from factory.viewing.cells import meta_of
from factory.viewing.part import Part
from factory.viewing.query import Column, Kind

if TYPE_CHECKING:
    import polars as pl

SAID = ("verdicts", "scores")
"""Columns of what judges said."""
_SAID_KINDS: Mapping[str, Kind] = {"passed": "boolean", "score": "number", "reason": "text", "note": "text"}
_META = "meta"
_PLACES, _ROWS = 50, 40
"""Rows that are looked at: at so many places, so many."""
_UNIQUE = 0.9
"""Share of different values from which on a column is read anew rather than kept."""
_DEEPEST = 5
"""Levels of `meta` that have names."""
_NESTED = 50
"""Levels of `meta` in which a column that was not met is looked for."""
_MOST = 2_000
"""Fields of `meta` that are named."""


class Field(NamedTuple):
    """A column, and where its values are."""

    column: Column
    inside: Literal["", "judged", "meta"]
    path: tuple[str, ...]
    """Of what judges said: the column, the judge, and what of it; of meta: the keys; else the column's name alone."""
    common: bool = True
    """Whether it stands in half of the rows that were looked at."""
    unique: bool = False
    """Whether it is text, and another one in nearly every row."""


class Fields:
    """The columns of a table."""

    def __init__(self, parts: Sequence[Part]) -> None:
        """Look at rows from all over the table.

        Raises:
            DatasetError: a file can't be read.
        """
        self._fields: dict[str, Field] = {}
        total = sum(part.rows for part in parts)
        places = sorted({total * number // _PLACES for number in range(_PLACES)}) if total else [0]
        samples = [_sample(parts, place) for place in places] if parts else []
        if samples:
            for field in (*_own(samples), *_judged(samples), *_in_meta(samples)):
                self._fields.setdefault(field.column.name, field)

    def __iter__(self) -> Iterator[Field]:
        """Each of them."""
        return iter(self._fields.values())

    @property
    def names(self) -> Set[str]:
        """Of those that were met."""
        return self._fields.keys()

    def named(self, name: str) -> Field:
        """The field of that name; one that was not met in `meta` or of a judge may be in other rows.

        Raises:
            RecipeError: the table has no such column.
        """
        if found := self._fields.get(name):
            return found
        first, _, rest = name.partition(".")
        judge, _, what = rest.rpartition(".")
        if rest and first == _META and _META in self._fields and rest.count(".") < _NESTED:
            return Field(Column(name, "text"), "meta", tuple(rest.split(".")), common=False)
        if judge and what in _SAID_KINDS and any(field.path[0] == first for field in self if field.inside == "judged"):
            return Field(Column(name, _SAID_KINDS[what]), "judged", (first, judge, what), common=False)
        raise self.unknown(name)

    def unknown(self, name: str) -> RecipeError:
        """That there is no such column, in a sentence."""
        there = ", ".join([field.column.name for field in self if not field.inside])
        close = nearest(name[:200], self._fields)
        return RecipeError(f"there is no column {name[:200]!r}; {close}there are: {there or 'none'}")


def _sample(parts: Sequence[Part], place: int) -> "pl.DataFrame":
    """Some rows from a place of the table on."""
    part = next((part for part in parts if place < part.first + part.rows), parts[0])
    return part.read(place - part.first, min(_ROWS, part.stretch))


def _own(samples: Sequence["pl.DataFrame"]) -> Iterator[Field]:
    for name, dtype in samples[0].schema.items():
        if name not in SAID:
            kind = _kind(name, dtype)
            values = [value for frame in samples for value in frame[name].to_list()] if kind == "text" else []
            unique = len(values) >= _ROWS and len({*values}) > _UNIQUE * len(values)
            yield Field(Column(name, kind), "", (name,), unique=unique)


def _kind(name: str, kind: "pl.DataType") -> Kind:
    from factory.viewing.part import polars

    pl = polars()
    if kind.is_numeric():
        return "number"
    if kind == pl.Boolean:
        return "boolean"
    if isinstance(kind, pl.List):
        return "messages"
    return "text" if kind == pl.String and name != _META else "other"


def _judged(samples: Iterable["pl.DataFrame"]) -> Iterator[Field]:
    judges: dict[tuple[str, str], None] = {}
    for frame in samples:
        for name in SAID:
            said = frame[name].to_list() if name in frame.columns else []
            judges |= dict.fromkeys((name, str(one["judge"])) for row in said for one in row or ())
    for name, judge in judges:
        for what, kind in _SAID_KINDS.items():
            yield Field(Column(f"{name}.{judge}.{what}", kind), "judged", (name, judge, what))


def _in_meta(samples: Iterable["pl.DataFrame"]) -> Iterator[Field]:
    kinds: dict[tuple[str, ...], set[Kind]] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    rows = 0
    for frame in samples:
        for text in frame[_META].to_list() if _META in frame.columns else ():
            rows += 1
            for path, kind in _leaves(meta_of(text), ()):
                counts[path] += 1
                kinds.setdefault(path, set()).add(kind)
    for path in sorted(kinds)[:_MOST]:
        found = kinds[path]
        kind = next(iter(found)) if len(found) == 1 else "other" if "other" in found else "text"
        yield Field(Column(f"{_META}.{'.'.join(path)}", kind), "meta", path, common=2 * counts[path] >= rows)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Kind]]:
    """Each value inside, its keys and its kind; of null none, since it says nothing of its kind."""
    if isinstance(value, dict) and len(path) < _DEEPEST:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif path and value is not None:
        kinds: dict[type, Kind] = {bool: "boolean", int: "number", float: "number", str: "text"}
        yield path, kinds.get(type(value), "other")
