"""`factory answers`: what the store of paid answers holds, and how to check, export, prune or repair it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from factory.answers.contents import Contents, Selected

_SHOWN = 10
"""Damaged keys that are named."""

_store = click.argument("store", type=click.Path(path_type=Path))
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")


@click.group()
def answers() -> None:
    """Show, check, export, prune or repair the store of paid answers.

    STORE is the file answers.sqlite, or the folder that it is in. A run may be using it meanwhile.
    """


@answers.command()
@_store
@_json
def show(store: Path, as_json: bool) -> None:
    """Say how large STORE is, and how many answers and tokens it holds of which model."""
    from factory.answers.contents import contents, place

    found = contents(place(store))
    if as_json:
        _print_json(found.as_json())
    else:
        click.echo("\n".join(_lines(found)))


@answers.command()
@_store
@_json
def verify(store: Path, as_json: bool) -> None:
    """Read all of STORE and compare every checksum. Ends with 2 when something is damaged."""
    from factory.answers.contents import checked, place

    health = checked(place(store))
    if as_json:
        _print_json(health._asdict())
    else:
        click.echo(f"{health.answers:,} answers are whole, {len(health.damaged):,} rows are damaged")
        for key in health.damaged[:_SHOWN]:
            click.echo(f"  damaged: {_plain(key[:64])}; it is asked again and replaced by the run that needs it")
        for fault in health.faults:
            click.echo(f"  {_plain(fault)}; `factory answers repair {place(store)}` keeps what is whole")
    if health.damaged or health.faults:
        raise click.exceptions.Exit(2)


@answers.command()
@_store
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The file to write; stdout without it.")
def export(store: Path, out: Path | None) -> None:
    """Write every answer of STORE as a line of JSON, in the order in which they were paid."""
    from factory import durable
    from factory.answers.contents import exported, place

    damaged: list[str] = []
    lines = exported(place(store), damaged)
    if out is None:
        sys.stdout.buffer.writelines(lines)
    else:
        with durable.disk_errors(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            with durable.temporary(out).open("wb") as file:
                file.writelines(lines)
            durable.publish(out)
        click.echo(str(out))
    if damaged:
        click.echo(f"{len(damaged):,} damaged answers are left out", err=True)


@answers.command()
@_store
@click.option("--model", default="", help="Only answers of this model, named as `show` names it.")
@click.option("--older-than", "days", type=click.FloatRange(min=0), help="Only what is older than so many days.")
@click.option("--yes", is_flag=True, help="Delete; without it nothing is, and you see what would be.")
@_json
def prune(store: Path, model: str, days: float | None, yes: bool, as_json: bool) -> None:
    """Delete answers from STORE by model or age; what is needed again must then be paid again."""
    import time

    from factory.answers import contents
    from factory.errors import RecipeError

    if not model and days is None:
        raise RecipeError("say what to prune: --model NAME, --older-than DAYS, or both")
    before = None if days is None else time.time() - days * 86_400
    selection = contents.Selection(model, before)
    path = contents.place(store)
    chosen = contents.prune(path, selection) if yes else contents.selected(path, selection)
    if as_json:
        _print_json({**chosen._asdict(), "deleted": yes})
    else:
        click.echo(_said(chosen, yes))


@answers.command()
@_store
def repair(store: Path) -> None:
    """Make a damaged STORE anew from every answer in it that is still whole; the damaged file is kept beside it."""
    from factory.answers import repair
    from factory.answers.contents import place

    path = place(store)
    kept, aside = repair.repair(path)
    click.echo(f"{kept:,} answers kept: {path}; the damaged file is {aside}")


def _lines(found: "Contents") -> list[str]:
    lines = [
        f"{found.path}: {found.bytes:,} bytes",
        f"{found.answers:,} answers, {found.prompt_tokens:,} prompt and {found.completion_tokens:,} completion tokens",
    ]
    for model in found.models:
        span = model.first if model.first == model.last else f"{model.first} to {model.last}"
        lines.append(
            f"  {_plain(model.model)}: {model.answers:,} answers, {model.prompt_tokens:,} + "
            f"{model.completion_tokens:,} tokens, {span}"
        )
    if found.failures:
        reasons = ", ".join(f"{_plain(reason)} {count:,}" for reason, count in found.failures.items())
        lines.append(f"failures of {found.runs_with_failures:,} runs, never answers to others: {reasons}")
    return lines


def _said(chosen: "Selected", deleted: bool) -> str:
    what = f"{chosen.answers:,} answers and {chosen.failures:,} failures ({chosen.bytes:,} bytes)"
    return f"{what} deleted" if deleted else f"{what} would be deleted; add --yes to do it"


def _print_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _plain(text: str) -> str:
    """Names come from a file, which may hold a terminal's escapes."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
