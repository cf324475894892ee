"""`factory why`: the whole story of one row."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from factory import cli_options as options

if TYPE_CHECKING:
    from factory.row import Verdict
    from factory.why import Story

_SHOWN = 10
"""Ids that are named."""


@click.command()
@click.argument("row_id", metavar="ROW_ID")
@click.argument("folder", metavar="[DATASET]", default=".", type=click.Path(path_type=Path))
@options.as_json
def why(row_id: str, folder: Path, as_json: bool) -> None:
    """Tell the story of a row: kept or dropped, why, and where it comes from.

    ROW_ID is its id or the beginning of it; DATASET is the folder, the current one where nothing is said.
    """
    from rich.console import Console

    from factory import why as stories
    from factory.display import print_rows

    story = stories.story(folder, row_id)
    if as_json:
        options.print_json(_values(story))
        return
    click.echo("\n".join(map(options.plain, _lines(story))))
    print_rows(Console(highlight=False, markup=False), [story.found[0].row])


def _lines(story: "Story") -> Iterator[str]:
    first = story.found[0]
    row = first.row
    yield f"{row.id}: {first.fate}"
    for one in story.found:
        yield f"  in {one.file}, row {one.place + 1:,}" + ("" if one is first else f": the same again, {one.fate}")
    if story.instead:
        yield f"  kept instead: {story.instead}"
    if story.for_it:
        more = f" and {len(story.for_it) - _SHOWN:,} more" if len(story.for_it) > _SHOWN else ""
        yield f"  dropped for it: {', '.join(story.for_it[:_SHOWN])}{more}"
    yield from (f"  {_said(verdict)}" for verdict in row.verdicts)
    if not row.verdicts:
        yield "  no judge spoke of it"
    yield f"  licence {row.license}, of {_licence_from(row.source, row.model)}"
    yield f"  source {row.source}"
    yield f"  generator {row.generator}{_listed(story.generator)}"
    yield f"  model {row.model}{_listed(story.model)}" if row.model else "  model none: no model wrote it"


def _said(verdict: "Verdict") -> str:
    words = {True: "passed", False: "refused", None: "could not tell"}[verdict.passed]
    score = "" if verdict.score is None else f", score {verdict.score:g}"
    reason = f": {verdict.reason}" if verdict.reason else ""
    note = f" ({' '.join(verdict.note.split())})" if verdict.note else ""
    return f"{verdict.judge} {words}{reason}{score}{note}"


def _licence_from(source: str, model: str) -> str:
    return f"{source} and {model}" if model else source


def _listed(settings: Mapping[str, Any]) -> str:
    """What is set, in a line."""
    facts = [f"{key}={value}" for key, value in settings.items() if key != "use" and value not in (None, "", [], {})]
    return f" ({', '.join(facts)})" if facts else ""


def _values(story: "Story") -> dict[str, Any]:
    from factory.display import record

    first = story.found[0]
    return {
        "id": first.row.id,
        "kept": not first.stage,
        "stage": first.stage,
        "reason": first.reason,
        "places": [{"file": one.file, "row": one.place + 1, "fate": one.fate} for one in story.found],
        "kept_instead": story.instead,
        "dropped_for_it": list(story.for_it),
        "generator": dict(story.generator),
        "model": dict(story.model),
        "row": record(first.row),
    }
