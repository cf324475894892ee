"""What a person decides on a row, sent by a form: accepted, rejected, edited, or taken back."""

from collections.abc import Mapping
from typing import Any, get_args
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from factory.errors import RecipeError
from factory.viewing.contents import Table
from factory.viewing.reviews import Decided, Review
from factory.viewing.web.cells import editable
from factory.viewing.web.guard import MOST_BYTES, right_token
from factory.viewing.web.listing import REVIEWED, row_address
from factory.viewing.web.shown import Shown

_MOST_FIELDS = 5_000


async def decide(request: Request, shown: Shown, table: Table, key: str) -> Response:
    """Keep what was decided, then show the row again.

    Raises:
        HTTPException: 403, the form is not of this start; 404, no such row is decided on.
        RecipeError: the form is none of ours, or what it says can't be kept.
    """
    fields = _fields(await _body(request))
    if not right_token(_one(fields, "token"), request.app.state.token):
        raise HTTPException(403)
    await run_in_threadpool(shown.look_again)  # a decision is bound to the dataset that is there now
    row = await run_in_threadpool(shown.dataset.row, table, key) if table in REVIEWED else None
    if row is None:
        raise HTTPException(404)
    if _one(fields, "decided") == "edit" and not editable(row):
        raise RecipeError("the row is too large to be edited here: a part of it would be lost; accept or reject it")
    await run_in_threadpool(_keep, shown.reviews, key, fields)
    back = _one(fields, "back")
    return RedirectResponse(row_address(shown, table, key) + (back if back.startswith("?") else ""), 303)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise HTTPException(413)
    return bytes(body)


def _fields(body: bytes) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise RecipeError("the form can't be read; send it as a browser does, and fewer than 5,000 fields") from error
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return found


def _one(fields: Mapping[str, list[str]], name: str) -> str:
    return fields[name][-1] if fields.get(name) else ""


def _keep(reviews: Any, key: str, fields: Mapping[str, list[str]]) -> None:
    decided = _one(fields, "decided")
    if decided == "undo":
        reviews.undo(key)
        return
    known: Decided | None = next((one for one in get_args(Decided) if one == decided), None)
    if known is None:
        raise RecipeError(f"{decided[:40]!r} is no decision; send accept, reject, edit or undo")
    edited = _edited(fields) if known == "edit" else None
    standing = reviews.get([key]).get(key) if known == "accept" else None
    if standing is not None and standing.edited is not None:
        known, edited = "edit", standing.edited  # accepted is what the page shows: the row as it was edited
    reviews.put(Review(key, known, note=_one(fields, "note"), edited=edited))


def _edited(fields: Mapping[str, list[str]]) -> dict[str, list[dict[str, str]]]:
    """The turns of the form, by part."""
    parts, roles, contents = (fields.get(name, []) for name in ("part", "role", "content"))
    if not len(parts) == len(roles) == len(contents):
        raise RecipeError("the form is cut: each turn has a part, a role and a content")
    found: dict[str, list[dict[str, str]]] = {}
    for part, role, content in zip(parts, roles, contents, strict=True):
        found.setdefault(part, []).append({"role": role, "content": content})
    return found
