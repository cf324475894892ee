"""The pages of a table: its rows as asked for, and how often each value stands in them."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from factory.pages.unseen import plain
from factory.viewing.contents import Table
from factory.viewing.query import OPS, SORTED, Column
from factory.viewing.reviews import Review
from factory.viewing.rows import Dataset
from factory.viewing.web import cells
from factory.viewing.web.asked import LIMITS, Asked, asked
from factory.viewing.web.respond import page
from factory.viewing.web.shown import Shown

REVIEWED: tuple[Table, ...] = ("rows",)
"""Tables whose rows are decided on: `factory review export` makes a new version of those."""
_CUT = 400
_VALUES = 12
"""Values of a facet."""
_MOST_CHOICES = 80
_USUAL = ("meta.language", "meta.difficulty", "meta.topic", "meta.family", "generator", "source", "license", "model")
_TELLING = ("reason", "score", "role", "meta.margin", "meta.family", "meta.difficulty", "meta.topic")


class Text(NamedTuple):
    """One text of a row in a list."""

    label: str
    text: str
    more: bool
    """Whether there is more of it."""


class Listed(NamedTuple):
    """A row in a list."""

    key: str
    """By which it is asked for."""
    place: int
    href: str
    texts: list[Text]
    values: list[tuple[Column, Any]]
    stage: str
    reason: str
    review: Review | None


def listing(request: Request, shown: Shown, table: Table) -> Response:
    """The page of a table."""
    dataset, wanted = shown.dataset, asked(request.query_params.multi_items())
    found, wanted = _found(dataset, table, wanted)
    columns = dataset.columns(table)
    chosen = _chosen(columns, table, wanted, found.rows)
    ids = [str(row.get("id")) for row in found.rows]
    reviews = shown.reviews.get(ids) if table in REVIEWED else {}
    places = [found.offset + at for at in range(len(found.rows))]
    rows = [
        _listed(row, shown, table, columns, chosen, wanted.address(("at", str(at))), reviews.get(str(row.get("id"))))
        for row, at in zip(found.rows, places, strict=True)
    ]
    counted = request.query_params.get("counted") == "1"
    return page(
        request,
        "listing",
        shown,
        table=table,
        asked=wanted,
        found=found,
        rows=rows[::-1] if wanted.newest else rows,
        columns=columns[:_MOST_CHOICES],
        every_column=columns,
        chosen=chosen,
        sortable=[column for column in columns if column.kind in SORTED],
        ops=OPS["text"],
        limits=LIMITS,
        facets=_facets(dataset, table, wanted, columns) if counted else None,
        progress=dataset.progress(),
        reviewed=table in REVIEWED,
    )


def facets(request: Request, shown: Shown, table: Table) -> Response:
    """How often each value stands in the rows that are asked for: the part of the page that comes after it."""
    wanted = asked(request.query_params.multi_items())
    columns = shown.dataset.columns(table)
    found = _facets(shown.dataset, table, wanted, columns)
    return page(request, "facets", shown, table=table, asked=wanted, facets=found, columns=columns[:_MOST_CHOICES])


def key_of(row: dict[str, Any]) -> str:
    """By what the row is asked for: its id, its place where it has none."""
    found = row.get("id")
    return found if isinstance(found, str) and found else f"#{row.get('_place', 0)}"


def row_address(shown: Shown, table: Table, key: str) -> str:
    """The path of a row's page."""
    return f"{shown.prefix}/row/{table}/{quote(key, safe='')}"


def _found(dataset: Dataset, table: Table, wanted: Asked) -> tuple[Any, Asked]:
    """The rows; of the newest, the last page."""
    if wanted.newest:
        total = dataset.page(table, wanted.query, 0, 1, 1).total
        wanted = wanted._replace(offset=max(0, total - wanted.limit))
    return dataset.page(table, wanted.query, wanted.offset, wanted.limit, _CUT), wanted


def _chosen(columns: Sequence[Column], table: Table, wanted: Asked, rows: Sequence[dict[str, Any]]) -> list[Column]:
    """The columns beside the texts: those asked for, else the few that tell most of these rows."""
    by_name = {column.name: column for column in columns}
    if wanted.shown:
        return [by_name.get(name, Column(name, "other")) for name in wanted.shown if name]
    telling = [name for name in _TELLING if name in by_name and not (table == "rejects" and name == "reason")]
    scores = [name for name in by_name if name.endswith(".score") and name.startswith("verdicts.")]
    usual = [name for name in _USUAL if name in by_name and name not in telling]
    half = len(rows) // 2
    there = [
        name
        for name in (*telling, *scores, *usual)
        if sum(cells.value_at(row, name) not in (None, "") for row in rows) > half
    ]
    return [by_name[name] for name in there[:3]]


def _listed(
    row: dict[str, Any],
    shown: Shown,
    table: Table,
    columns: Sequence[Column],
    chosen: Sequence[Column],
    behind: str,
    review: Review | None,
) -> Listed:
    key = key_of(row)
    return Listed(
        key,
        int(row.get("_place", 0)),
        row_address(shown, table, key) + behind,
        _texts(row, columns),
        [(column, cells.value_at(row, column.name)) for column in chosen],
        str(row.get("stage") or "") if table == "rejects" else "",
        str(row.get("reason") or "") if table == "rejects" else "",
        review,
    )


def _texts(row: dict[str, Any], columns: Sequence[Column]) -> list[Text]:
    """What is read of a row in a list: the question, then one answer, or two."""
    found: list[Text] = []
    for name, turns in cells.conversations(row, columns).items():
        question, answer = cells.asks_and_answers(turns)
        if name in ("prompt", "messages") and question:
            found.append(_text("user", question))
        if answer:
            found.append(_text("assistant" if name in ("prompt", "messages", "text") else name, answer))
    return found


def _text(label: str, text: str) -> Text:
    line = " ".join(text[:_CUT].split())
    return Text(label, plain(line), len(text) >= _CUT)


def _facets(dataset: Dataset, table: Table, wanted: Asked, columns: Sequence[Column]) -> list[tuple[str, Any]]:
    """The values of each column that is counted; of those that nobody chose, only where they tell something."""
    names = {column.name for column in columns if column.kind in SORTED}
    if wanted.facets is not None:
        return [(name, _counted(dataset, table, wanted, name)) for name in wanted.facets if name in names]
    usual = ("reason", "stage", *_USUAL) if table == "rejects" else ("role", *_USUAL)
    found: list[tuple[str, Any]] = []
    for name in usual:
        values = _counted(dataset, table, wanted, name) if name in names and len(found) < 3 else []
        if len(values) > 1:
            found.append((name, values))
    return found


def _counted(dataset: Dataset, table: Table, wanted: Asked, name: str) -> list[tuple[str, int]]:
    return dataset.facets(table, name, wanted.query, _VALUES)
