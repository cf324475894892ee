"""The app: which address is answered by what."""

import secrets
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from factory.errors import FactoryError
from factory.viewing.contents import Table
from factory.viewing.web import assets, comparing, deciding, listing, one_row, overview
from factory.viewing.web.guard import Guard
from factory.viewing.web.respond import forbidden, missing, refused
from factory.viewing.web.shown import Shown

_FOR_EVER = "public, max-age=31536000, immutable"


def app(shown: Sequence[Shown]) -> ASGIApp:
    """The app that shows these datasets, guarded; each start has its own token for writes."""
    routes = [
        Route("/static/{name}", _static),
        Route("/compare", comparing.compare),
        Route("/compare/figures", comparing.figures),
    ]
    for one in shown[1:]:
        routes += _routes(one)
    routes += _routes(shown[0])
    handlers = {FactoryError: refused, 403: forbidden, 404: missing, 405: missing, Exception: refused}
    made = Starlette(routes=routes, exception_handlers=handlers)
    made.state.shown = list(shown)
    made.state.token = secrets.token_urlsafe(32)
    return Guard(made)


def _routes(shown: Shown) -> list[Route]:
    """The addresses of one dataset."""
    prefix = shown.prefix
    pages = {
        "/": overview.overview,
        "/live": overview.live,
        "/review": overview.progress,
        "/help": overview.shortcuts,
        "/report": overview.report,
    }
    tables = {"/facets/{table}": listing.facets, "/{table}": listing.listing}
    rows = {
        "/row/{table}/{key}": one_row.one_row,
        "/json/{table}/{key}": one_row.as_json,
        "/why/{table}/{key}": one_row.story,
    }

    async def decide(request: Request) -> Response:
        return await deciding.decide(request, shown, _table(request, shown), request.path_params["key"])

    return [
        *(Route(prefix + path, _of(answer, shown)) for path, answer in pages.items()),
        *(Route(prefix + path, _of_row(answer, shown)) for path, answer in rows.items()),
        Route(prefix + "/decide/{table}/{key}", decide, methods=["POST"]),
        *(Route(prefix + path, _of_table(answer, shown)) for path, answer in tables.items()),
    ]


def _of(answer: Callable[[Request, Shown], Response], shown: Shown) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        shown.look_again()
        return answer(request, shown)

    return endpoint


def _of_table(answer: Callable[[Request, Shown, Table], Response], shown: Shown) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        shown.look_again()
        return answer(request, shown, _table(request, shown))

    return endpoint


def _of_row(answer: Callable[[Request, Shown, Table, str], Response], shown: Shown) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        shown.look_again()
        return answer(request, shown, _table(request, shown), request.path_params["key"])

    return endpoint


def _table(request: Request, shown: Shown) -> Table:
    """The table that the path names.

    Raises:
        HTTPException: 404, the dataset has no such table.
    """
    named = request.path_params["table"]
    found: Table | None = next((table for table in shown.dataset.tables if table == named), None)
    if found is None:
        raise HTTPException(404)
    return found


def _static(request: Request) -> Response:
    found = assets.asset(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    return Response(found.body, media_type=found.kind, headers={"cache-control": _FOR_EVER})
