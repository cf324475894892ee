"""Answers in the reader's language: pages from templates, and one sentence where something can't be shown."""

import logging
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from factory.errors import DatasetError, FactoryError, RecipeError
from factory.pages.environment import environment
from factory.pages.words import LANGUAGES, Language, words
from factory.viewing.web import assets
from factory.viewing.web.cells import short, told
from factory.viewing.web.shown import Shown

COOKIE = "factory_language"
_YEAR_S = 31_536_000
_ACCEPTED = 20
_LOG = logging.getLogger("factory.view")


def language(request: Request) -> Language:
    """What the address says, else what was chosen before, else what the browser prefers, else English."""
    said = [request.query_params.get("lang"), request.cookies.get(COOKIE)]
    preferred = request.headers.get("accept-language", "").split(",")[:_ACCEPTED]
    said += [one.partition(";")[0].strip().partition("-")[0].lower() for one in preferred]
    return next((known for one in said for known in LANGUAGES if known == one), "en")


def page(request: Request, template: str, shown: Shown | None, status: int = 200, **values: Any) -> HTMLResponse:
    """The page from its template."""
    said = language(request)
    state = request.app.state
    fields = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    body = (
        environment()
        .get_template(f"view/{template}.html")
        .render(
            w=words("view", said),
            lang=said,
            other="en" if said == "ja" else "ja",
            elsewhere=f"?{urlencode([*fields, ('lang', 'en' if said == 'ja' else 'ja')])}",
            asset=assets.address,
            token=state.token,
            shown=shown,
            all_shown=state.shown,
            here=request.url.path,
            told=told,
            short=short,
            layout="view/bare.html" if request.headers.get("hx-request") == "true" else "view/base.html",
            **values,
        )
    )
    response = HTMLResponse(body, status, {"vary": "accept-language, cookie, hx-request"})
    if request.query_params.get("lang") == said:
        response.set_cookie(COOKIE, said, max_age=_YEAR_S, samesite="strict", httponly=True)
    return response


def refused(request: Request, error: Exception) -> Response:
    """What is the reader's to know of an error: one sentence, and never a traceback."""
    if not isinstance(error, FactoryError):
        _LOG.error("%s: a bug", request.url.path, exc_info=error)
        return page(request, "error", None, 500, sentence=words("view", language(request))("error.bug"))
    status = 400 if isinstance(error, RecipeError) else 503 if isinstance(error, DatasetError) else 500
    return page(request, "error", None, status, sentence=str(error))


def missing(request: Request, error: Exception) -> Response:
    """There is no such page or row."""
    return page(request, "error", None, 404, sentence=words("view", language(request))("error.missing"))


def forbidden(request: Request, error: Exception) -> Response:
    """The form is not one of this start."""
    return page(request, "error", None, 403, sentence=words("view", language(request))("error.token"))
