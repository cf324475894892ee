"""`factory compare`: two datasets side by side, on the terminal and as a page."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from factory import cli_options as options
from factory.cli_options import print_json
from factory.cli_report import language

if TYPE_CHECKING:
    from factory.pages.words import Language


@click.command()
@click.argument("first", metavar="A", type=click.Path(path_type=Path))
@click.argument("second", metavar="B", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the page into this file too.")
@language
@options.as_json
def compare(first: Path, second: Path, out: Path | None, language: "Language", as_json: bool) -> None:
    """Compare two finished datasets, A and B: rows, reasons, lengths, scores, diversity, and what is in both.

    Shares are of each one's own rows; the last column says how much more B has, in points of a share, else in percent.
    """
    from factory import columns

    columns.leave_pandas_out()
    from factory.reporting import compare_page
    from factory.reporting.compare import as_json as values
    from factory.reporting.compare import compare as compared

    found = compared(first, second)
    if out is not None:
        compare_page.write(found, out, language)
    if as_json:
        print_json(values(found))
    else:
        click.echo("\n".join([*compare_page.text(found), *([str(out)] if out else [])]))
