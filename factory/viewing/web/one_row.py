"""The page of one row: its conversation or its pair, what was said of it, where it comes from, and its neighbours."""

import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, Literal, NamedTuple, get_args

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from factory.errors import FactoryError
from factory.pages import changes
from factory.pages.text import rendered
from factory.pages.unseen import leaf
from factory.viewing.contents import Table
from factory.viewing.query import Query
from factory.viewing.rows import why
from factory.viewing.web import cells
from factory.viewing.web.asked import Asked, asked
from factory.viewing.web.listing import REVIEWED, key_of, row_address
from factory.viewing.web.respond import page
from factory.viewing.web.shown import Shown

_KEYS = 64
"""Characters that are needed of rows whose ids are looked at."""

View = Literal["text", "changes", "source"]
Turns = Sequence[Mapping[str, Any]]


class Turn(NamedTuple):
    """One turn as it is shown."""

    role: str
    html: Markup
    source: bool
    """Whether it is shown as it was written."""
    characters: int


class Side(NamedTuple):
    """Turns under one heading."""

    name: str
    turns: list[Turn]


class Neighbours(NamedTuple):
    """Where the row stands among the rows that were asked for."""

    row: int
    """Its place in the table."""
    place: int
    total: int
    before: str
    """The address of the row before it; empty where there is none."""
    behind: str


def one_row(request: Request, shown: Shown, table: Table, key: str) -> Response:
    """The page of a row.

    Raises:
        HTTPException: 404, there is no such row.
    """
    row = _row(shown, table, key)
    key = key_of(row)
    fields = request.query_params.multi_items()
    wanted = asked(fields)
    neighbours, listed = _neighbours(request, shown, table, key, wanted, int(row.get("_place", 0)))
    if neighbours and neighbours.row != row.get("_place"):  # rows of one text have one id: the one that was opened
        row = _row(shown, table, f"#{neighbours.row}")
    texts = cells.conversations(row, shown.dataset.columns(table))
    review = shown.reviews.get([key]).get(key) if table in REVIEWED else None
    edited = review.edited if review else None
    view = _view(request.query_params.get("view"))
    return page(
        request,
        "row",
        shown,
        table=table,
        key=key,
        row=row,
        sides=_sides(texts, edited, view),
        changing=edited is not None or bool(texts.get("chosen") and texts.get("rejected")),
        view=view,
        editing=request.query_params.get("edit") == "1" and table in REVIEWED and cells.editable(row),
        to_edit=_to_edit(edited or texts),
        review=review,
        reviewed=table in REVIEWED,
        counts=shown.reviews.counts(),
        verdicts=cells.verdicts(row),
        facts=cells.facts(row, texts),
        typed=cells.as_typed,
        asked=wanted,
        cut=row.get("_cut") or {},
        neighbours=neighbours,
        listed=listed,
        path=row_address(shown, table, key),
        behind=wanted.address(*((name, value) for name, value in fields if name == "at")),
    )


def as_json(request: Request, shown: Shown, table: Table, key: str) -> Response:
    """The row as JSON."""
    row = {name: value for name, value in _row(shown, table, key).items() if not name.startswith("_")}
    body = json.dumps(row, ensure_ascii=False, indent=2, default=str)  # a meta may hold integers past 64 bits
    return Response(body, media_type="application/json")


def story(request: Request, shown: Shown, table: Table, key: str) -> Response:
    """The story of a row, or why there is none: a part of its page that may take a second."""
    try:
        told, sentence = why(shown.dataset, key), ""
    except FactoryError as error:
        told, sentence = None, str(error)
    return page(request, "story", shown, table=table, story=told, sentence=sentence)


def _row(shown: Shown, table: Table, key: str) -> dict[str, Any]:
    row = shown.dataset.row(table, key)
    if row is None:
        raise HTTPException(404)
    return row


def _view(given: str | None) -> View:
    return next((view for view in get_args(View) if view == given), "text")


def _sides(texts: Mapping[str, Turns], edited: Mapping[str, Any] | None, view: View) -> list[list[Side]]:
    """The texts from above to below; what is to be compared stands side by side."""
    if edited is not None and view == "changes":
        return [
            _compared(name, turns, "edited", edited.get(name) or (), original=True) for name, turns in texts.items()
        ]
    shown: Mapping[str, Turns] = texts if edited is None else {name: edited.get(name) or () for name in texts}
    found = []
    for name, turns in shown.items():
        if name == "chosen" and "rejected" in shown:
            other = shown["rejected"]
            both = [_side(name, turns, view), _side("rejected", other, view)]
            found.append(_compared(name, turns, "rejected", other) if view == "changes" else both)
        elif not (name == "rejected" and "chosen" in shown):
            found.append([_side(name, turns, view)])
    return found


def _side(name: str, turns: Turns, view: View) -> Side:
    return Side(name, [_turn(turn, source=view == "source") for turn in turns])


def _turn(turn: Mapping[str, Any], *, source: bool) -> Turn:
    text = str(turn.get("content") or "")
    return Turn(str(turn.get("role") or ""), _as_written(text) if source else rendered(text), source, len(text))


def _as_written(text: str) -> Markup:
    """The text with what doesn't show named, which makes it many times as long; of what follows, how much it is."""
    left = len(text) - cells.LONGEST
    return leaf(text[: cells.LONGEST]) + (Markup('<p class="cut">… +{}</p>').format(f"{left:,}") if left > 0 else "")


def _compared(name: str, turns: Turns, other: str, others: Turns, *, original: bool = False) -> list[Side]:
    """Two sides, turn by turn, with what differs marked; of an edit, what is new stands second and is marked so."""
    first, second = [], []
    for one, two in zip_longest(turns, others):
        said, instead = str((one or {}).get("content") or ""), str((two or {}).get("content") or "")
        if original:
            new, old = changes.marked(instead[: cells.LONGEST], said[: cells.LONGEST])
        else:
            old, new = changes.marked(said[: cells.LONGEST], instead[: cells.LONGEST])
        first += [Turn(str(one.get("role") or ""), old, True, len(said))] if one is not None else []
        second += [Turn(str(two.get("role") or ""), new, True, len(instead))] if two is not None else []
    return [Side(name if not original else "original", first), Side(other, second)]


def _to_edit(texts: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Part, role and content of each turn."""
    return [
        (name, str(turn.get("role") or ""), str(turn.get("content") or ""))
        for name, turns in texts.items()
        for turn in turns
    ]


def _neighbours(
    request: Request, shown: Shown, table: Table, key: str, wanted: Asked, place: int
) -> tuple[Neighbours | None, str]:
    """The rows before and behind it in the list that it was opened from, and the address of that list's page.

    Where the list is another one by now, those of the whole table.
    """
    given = request.query_params.get("at", "")
    tries = [(wanted.query, int(given))] if given.isascii() and given.isdigit() and len(given) < 13 else []
    for query, at in [*tries, (Query(), place)]:
        start = max(0, at - 1)
        found = shown.dataset.page(table, query, start, at - start + 2, _KEYS)
        if at - start < len(found.rows) and key_of(found.rows[at - start]) == key:
            here = wanted if query == wanted.query else Asked()
            sides = [
                row_address(shown, table, key_of(found.rows[near - start]))
                + here.address(("at", str(near)), *_kept(request))
                if 0 <= near - start < len(found.rows) and near >= 0
                else ""
                for near in (at - 1, at + 1)
            ]
            listed = f"{shown.prefix}/{table}{here.at(at - at % here.limit)}"
            own = int(found.rows[at - start].get("_place", 0))
            return Neighbours(own, at, found.total, *sides), listed
    return None, f"{shown.prefix}/{table}{wanted.address()}"


def _kept(request: Request) -> list[tuple[str, str]]:
    """How rows are shown stays the same from row to row."""
    view = _view(request.query_params.get("view"))
    return [("view", view)] if view != "text" else []
