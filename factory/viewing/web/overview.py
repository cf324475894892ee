"""The pages about the whole dataset: what was made, kept and dropped, under which licence, and how far a review is."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from factory.manifest import Manifest
from factory.viewing.query import Progress
from factory.viewing.web.guard import REPORT_CSP
from factory.viewing.web.listing import row_address
from factory.viewing.web.respond import page
from factory.viewing.web.shown import Shown

_MOST_BARS = 12
_MOST_REVIEWS = 200


class Bar(NamedTuple):
    """A count among others."""

    name: str
    rows: int
    share: float
    """Of the longest one, from 0 to 1."""
    href: str


class Stage(NamedTuple):
    """What one stage dropped, and how many rows were left behind it."""

    name: str
    dropped: int
    left: int
    reasons: list[Bar]


class Group(NamedTuple):
    """Rows of one kind: kept and dropped."""

    name: str
    kept: int
    dropped: int


def overview(request: Request, shown: Shown) -> Response:
    """What the dataset is."""
    dataset = shown.dataset
    manifest, progress = dataset.manifest, dataset.progress()
    dropped = manifest.dropped if manifest else progress.dropped if progress else {}
    kept = manifest.rows_kept if manifest else progress.kept if progress else 0
    made = manifest.rows_made if manifest else progress.made if progress else 0
    return page(
        request,
        "overview",
        shown,
        manifest=manifest,
        progress=progress,
        made=made,
        kept=kept,
        dropped=made - kept,
        stages=list(_funnel(shown, dropped, made)),
        counts=_counts(shown, manifest) if manifest else [],
        groups=_groups(manifest) if manifest else [],
        report=shown.report.is_file(),
        reviews=shown.reviews.counts(),
    )


def live(request: Request, shown: Shown) -> Response:
    """How far a live run is: the part of every page that asks again."""
    progress: Progress | None = shown.dataset.progress()
    return page(request, "live", shown, progress=progress)


def progress(request: Request, shown: Shown) -> Response:
    """How far the review is, what was decided last, and how it becomes a dataset."""
    found, folder = shown.reviews.all(), str(shown.dataset.folder)
    latest = [(one, row_address(shown, "rows", one.row_id)) for one in found[::-1][:_MOST_REVIEWS]]
    total = shown.dataset.total("rows")
    return page(
        request,
        "review",
        shown,
        counts=shown.reviews.counts(),
        total=total,
        latest=latest,
        more=max(0, len(found) - _MOST_REVIEWS),
        older=shown.reviews.elsewhere(),
        command=shlex.join(["factory", "review", "export", folder, "-o", f"{folder}-reviewed"]),
    )


def shortcuts(request: Request, shown: Shown) -> Response:
    """The keys."""
    return page(request, "help", shown)


def report(request: Request, shown: Shown) -> Response:
    """The pictures of the dataset, as `report.html` holds them; nothing of it may run.

    Raises:
        HTTPException: 404, there is none.
    """
    try:
        body = shown.report.read_bytes()
    except OSError as error:
        raise HTTPException(404) from error
    return HTMLResponse(body, headers={"content-security-policy": REPORT_CSP})


def _where(shown: Shown, table: str, column: str, value: str, more: Sequence[tuple[str, str]] = ()) -> str:
    fields = [
        field for name, held in (*more, (column, value)) for field in (("column", name), ("op", "="), ("value", held))
    ]
    return f"{shown.prefix}/{table}?{urlencode(fields)}"


def _funnel(shown: Shown, dropped: Mapping[str, int], made: int) -> Iterator[Stage]:
    """The stages in the order in which the manifest first names them."""
    by_stage: dict[str, dict[str, int]] = {}
    for both, count in dropped.items():
        stage, _, reason = both.rpartition(": ")
        by_stage.setdefault(stage, {})[reason] = count
    left = made
    for stage, reasons in sorted(by_stage.items(), key=lambda item: -sum(item[1].values())):
        lost = sum(reasons.values())
        left -= lost
        bars = _bars(reasons, partial(_where, shown, "rejects", "reason", more=(("stage", stage),)))
        yield Stage(stage, lost, left, bars)


def _bars(counts: Mapping[str, int], href: Callable[[str], str]) -> list[Bar]:
    most = max(counts.values(), default=1) or 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Bar(name, count, count / most, href(name)) for name, count in ordered]


def _counts(shown: Shown, manifest: Manifest) -> list[tuple[str, list[Bar], int]]:
    """Kept rows by language, source, licence: the first bars, and how many more there are."""
    found = []
    columns: Sequence[tuple[str, str, Mapping[str, int]]] = (
        ("languages", "meta.language", manifest.languages),
        ("licences", "license", manifest.licences),
        ("sources", "source", manifest.sources),
    )
    for name, column, counts in columns:
        bars = _bars(counts, partial(_where, shown, "rows", column))
        found.append((name, bars[:_MOST_BARS], max(0, len(bars) - _MOST_BARS)))
    return [one for one in found if one[1]]


def _groups(manifest: Manifest) -> list[Group]:
    """Families, or generators, with what was kept and dropped of each; those that lost most come first."""
    names = {**manifest.groups, **manifest.group_drops}
    found = [
        Group(name, manifest.groups.get(name, 0), sum(manifest.group_drops.get(name, {}).values())) for name in names
    ]
    return sorted(found, key=lambda one: (-one.dropped, -one.kept, one.name))
