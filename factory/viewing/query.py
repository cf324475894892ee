"""What is asked of a table of a dataset, and what comes back: the contract between what reads rows and what shows them.

Everything here is plain data. What a person typed travels in it as text: a filter's value is never evaluated, and what
is searched for is a literal, never a pattern.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Kind = Literal["text", "number", "boolean", "messages", "other"]
Op = Literal["=", "!=", "<", "<=", ">", ">=", "contains", "is null", "not null"]

OPS: Mapping[Kind, tuple[Op, ...]] = {
    "text": ("=", "!=", "contains", "<", "<=", ">", ">=", "is null", "not null"),
    "number": ("=", "!=", "<", "<=", ">", ">=", "is null", "not null"),
    "boolean": ("=", "!=", "is null", "not null"),
    "messages": ("contains", "is null", "not null"),
    "other": ("contains", "is null", "not null"),
}
"""What can be asked of a column, by its kind. `contains` overlooks case; no comparison holds of what is not there."""

SORTED: frozenset[Kind] = frozenset(("text", "number", "boolean"))
"""The kinds that rows can be sorted by; what is not there comes last, whichever way."""

MOST_FILTERS = 20
MOST_TYPED = 1_000
"""Characters of a search or of a filter's value."""


class Column(NamedTuple):
    """A column that can be filtered by: one of the table, or a field inside one by its dotted name.

    `meta` gives `meta.family`, `meta.parameters.cranes`; `verdicts` and `scores` give `verdicts.<judge>.score`,
    `.passed`, `.reason` and `.note`. The rows themselves come whole, not flattened.
    """

    name: str
    kind: Kind


class Filter(NamedTuple):
    """What a row must hold. The value of `is null` and `not null` is not looked at; a boolean is `true` or `false`."""

    column: str
    op: Op
    value: str = ""


class Query(NamedTuple):
    """Which rows, in which order; all of a table, as they stand, where nothing is said."""

    filters: tuple[Filter, ...] = ()
    """All of them hold."""
    search: str = ""
    """Stands somewhere in a row's turns, texts, or what judges said of it; upper and lower case are one."""
    sort: str = ""
    """A column; rows that are equal in it keep their order."""
    descending: bool = False


class Page(NamedTuple):
    """Some of the rows that were asked for."""

    rows: list[dict[str, Any]]
    """As they are written, `meta` read from its JSON. Each has beside its columns `_place`, its place in the table from
    0; and `_cut`, which says of each text that was cut (`messages.1.content`, `meta.answer`) how many characters it has
    in truth."""
    total: int
    """How many rows there are in all pages."""
    offset: int


class Progress(NamedTuple):
    """How far a run under way is, as far as its finished shards say."""

    asked: int | None
    """Rows; None where the recipe doesn't say it."""
    made: int
    kept: int
    dropped: dict[str, int]
    """By `stage: reason`."""
