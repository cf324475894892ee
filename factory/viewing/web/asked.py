"""What a page's address asks for, read from it and written into it: an address shows the same place again.

`/rows?column=meta.grade&op==&value=9&search=train&sort=meta.level&descending=1&offset=50`: the three fields of a
filter stand as often as there are filters, so that a plain form makes such an address.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self, get_args
from urllib.parse import urlencode

from factory.errors import RecipeError
from factory.viewing.query import Filter, Op, Query

LIMITS = (20, 50, 100, 200)
"""Rows that a page may have."""
_OPS: tuple[Op, ...] = get_args(Op)
_FARTHEST = 10**12


class Asked(NamedTuple):
    """Which rows of which page, and how they are shown."""

    query: Query = Query()
    offset: int = 0
    limit: int = 50
    facets: tuple[str, ...] | None = None
    """Columns whose values are counted beside the rows; None for those that tell most."""
    shown: tuple[str, ...] = ()
    """Columns that are shown; those that tell most where none is said."""
    newest: bool = False
    """The last rows, the last one first: what a live run made."""

    def fields(self) -> list[tuple[str, str]]:
        """The names and values that make the address; what is the default is left out."""
        found = []
        for one in self.query.filters:
            found += [("column", one.column), ("op", one.op), ("value", one.value)]
        found += [("search", self.query.search)] if self.query.search else []
        found += [("sort", self.query.sort)] if self.query.sort else []
        found += [("descending", "1")] if self.query.sort and self.query.descending else []
        found += [("facet", name) for name in self.facets or ("",)] if self.facets is not None else []
        found += [("show", name) for name in self.shown]
        found += [("newest", "1")] if self.newest else []
        found += [("limit", str(self.limit))] if self.limit != Asked().limit else []
        found += [("offset", str(self.offset))] if self.offset else []
        return found

    def address(self, *more: tuple[str, str]) -> str:
        """The part of the address behind the path."""
        fields = [*self.fields(), *more]
        return f"?{urlencode(fields)}" if fields else "?"

    def but(self, **changes: Any) -> Self:
        """The same with these changes, of the query's fields too; from the first row on where nothing else is said."""
        of_query = {name: changes.pop(name) for name in Query._fields if name in changes}
        return self._replace(**{"offset": 0, "query": self.query._replace(**of_query), **changes})

    def at(self, offset: int) -> str:
        """The address of another page of the same rows."""
        return self._replace(offset=max(0, offset)).address()

    def sorted_by(self, column: str) -> str:
        """Sorted by the column: upward, then downward, then not any more."""
        if self.query.sort != column:
            return self.but(sort=column, descending=False, newest=False).address()
        if self.query.descending:
            return self.but(sort="", descending=False).address()
        return self.but(descending=True, newest=False).address()

    def with_filter(self, column: str, value: str | None) -> str:
        """Only the rows that hold that there; None for those that hold nothing."""
        new = Filter(column, "is null") if value is None else Filter(column, "=", value)
        filters = self.query.filters
        return self.but(filters=filters if new in filters else (*filters, new)).address()

    def without(self, place: int) -> str:
        """Without one of the filters."""
        return self.but(filters=(*self.query.filters[:place], *self.query.filters[place + 1 :])).address()

    def with_facets(self, columns: Sequence[str]) -> str:
        """With the values of these columns counted."""
        return self._replace(facets=tuple(dict.fromkeys(columns))).address(("counted", "1"))


def asked(fields: Sequence[tuple[str, str]]) -> Asked:
    """What the fields of an address ask for.

    Raises:
        RecipeError: a number is none, or an operator is not known.
    """
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(name, []).append(value)
    descending = _one(values, "descending") == "1"
    query = Query(tuple(_filters(values)), _one(values, "search").strip(), _one(values, "sort"), descending)
    limit = _number(values, "limit", Asked().limit)
    go = _number(values, "row", 0)
    return Asked(
        query,
        go - 1 if go else _number(values, "offset", 0),
        min(LIMITS, key=lambda one: abs(one - limit)),
        tuple(name for name in dict.fromkeys(values["facet"]) if name)[:12] if "facet" in values else None,
        tuple(dict.fromkeys(values.get("show", ())))[:20],
        _one(values, "newest") == "1",
    )


def _filters(values: Mapping[str, Sequence[str]]) -> Iterator[Filter]:
    columns, ops, typed = (values.get(name, ()) for name in ("column", "op", "value"))
    if not len(columns) == len(ops) == len(typed):
        raise RecipeError("the address is cut: each filter has a column, an op and a value, in that order")
    for column, op, value in zip(columns, ops, typed, strict=True):
        if not column.strip():
            continue
        known = next((one for one in _OPS if one == op), None)
        if known is None:
            raise RecipeError(f"{op[:40]!r} compares nothing; write one of {', '.join(_OPS)}")
        yield Filter(column, known, value)


def _one(values: Mapping[str, Sequence[str]], name: str) -> str:
    return values[name][-1] if values.get(name) else ""


def _number(values: Mapping[str, Sequence[str]], name: str, default: int) -> int:
    text = _one(values, name).strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise RecipeError(f"{name}={text[:40]!r} is no place; write a number from 0 on")
    return min(int(text), _FARTHEST)
