"""The page that puts two datasets side by side: what `factory compare` finds, read once and kept."""

from threading import Lock
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from factory.pages.changes import marked
from factory.pages.words import words
from factory.viewing.web.respond import language, page

_LOCK = Lock()


def compare(request: Request) -> Response:
    """The page, which asks for the figures when it is there: they may take a while.

    Raises:
        HTTPException: 404, there is only one dataset.
    """
    shown = request.app.state.shown
    if len(shown) < 2:
        raise HTTPException(404)
    return page(request, "compare", shown[0])


def figures(request: Request) -> Response:
    """The figures of both.

    Raises:
        HTTPException: 404, there is only one dataset.
        DatasetError: one is not finished.
    """
    shown = request.app.state.shown
    if len(shown) < 2:
        raise HTTPException(404)
    from factory.reporting.compare_page import tables
    from factory.reporting.figures import percent

    found = _found(request.app.state)
    w = words("report", language(request))
    examples = [(*marked(one, other), score) for one, other, score in found.shared.examples]
    return page(
        request,
        "compared",
        shown[0],
        said=w,
        tables=tables(found, w),
        shared=found.shared,
        examples=examples,
        percent=percent,
    )


def _found(state: Any) -> Any:
    """The comparison; two who ask at once wait for one reading."""
    from factory.reporting.compare import compare as compared

    with _LOCK:
        if getattr(state, "comparison", None) is None:
            state.comparison = compared(*(one.dataset.folder for one in state.shown[:2]))
        return state.comparison
