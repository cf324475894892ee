"""`factory leaks`: which benchmarks a dataset holds, and how much of each."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from factory import cli_options as options
from factory.cli_options import complain, plain, print_json
from factory.errors import RecipeError

if TYPE_CHECKING:
    from factory.decontaminate.report import Report

SHOWN = 100
"""Characters of a stretch that are printed."""


@click.command()
@click.argument("dataset", metavar="DATASET")
@click.option("-b", "--benchmark", "names", multiple=True, metavar="NAME", help="A benchmark, as mt_bench or 'j*'.")
@click.option(
    "-f", "--file", "files", multiple=True, type=click.Path(path_type=Path), help="A .jsonl or .parquet of prompts."
)
@click.option(
    "--benchmarks",
    "folder",
    type=click.Path(path_type=Path),
    help="A folder with benchmarks' files; all that it has, where no name is given.",
)
@options.as_json
def leaks(dataset: str, names: Sequence[str], files: Sequence[Path], folder: Path | None, as_json: bool) -> None:
    """Say which benchmarks' prompts DATASET holds: a folder, a Parquet or JSON lines file, or a dataset of the Hub.

    Nothing is changed. In a recipe, `decontaminate: {benchmarks: [mt_bench]}` drops such rows.
    """
    from factory.decontaminate.benchmarks import Benchmarks
    from factory.decontaminate.report import report

    if not names and not files:
        if folder is None:
            raise RecipeError("name a benchmark (-b mt_bench), a file (-f) or a folder (--benchmarks) to look for")
        names = Benchmarks.in_folder(folder)
        if not names:
            raise RecipeError(f"{folder} has no file of a benchmark that is known; give files with -f")
    benchmarks = Benchmarks.load(names, files, folder)
    if benchmarks.unsought:
        complain(f"{len(benchmarks.unsought)} prompts are too short to be looked for")
    found = report(dataset, benchmarks)
    if as_json:
        print_json(found.plain())
    else:
        _print(found)


def _print(found: "Report") -> None:
    click.echo(f"{found.flagged:,} of {found.rows:,} rows hold a benchmark's text, {found.rejected:,} beyond doubt")
    width = max(map(len, (share.benchmark for share in found.shares)), default=0)
    for share in sorted(found.shares, key=lambda share: (-share.held / share.prompts, share.benchmark)):
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in share.kinds.items())
        line = (
            f"{share.benchmark:{width}}  {share.held / share.prompts:7.2%}  {share.held:,} of {share.prompts:,} prompts"
        )
        click.echo(f"{line}  {share.rows:,} rows: {kinds}" if share.rows else line)
        for place, hit in share.examples:
            text = plain(" ".join(hit.text.split()))[:SHOWN]
            click.echo(f"    {plain(place)}: {hit.kind} {hit.containment:.0%} of {plain(hit.prompt)}: {text}")
