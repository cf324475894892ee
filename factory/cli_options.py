"""What several commands share: options, how a recipe is loaded, and how something is said."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from factory.recipe import Recipe

SHORT = 3
"""The exit code where less came out than was asked."""

recipe = click.argument("recipe", type=click.Path(path_type=Path))
changes = click.option(
    "--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a setting, as generate.0.count=100."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
workers = click.option("--workers", type=click.IntRange(min=1), help="Worker processes; the default is one per core.")
budget = click.option(
    "--budget", metavar="AMOUNT", help="Stop when so much is spent: tokens as 2M, or money as 12.50USD."
)
out = click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The dataset's folder.")
answers = click.option(
    "--answers",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where paid answers are stored; the default is answers.sqlite beside the dataset's folder.",
)
fresh = click.option(
    "--fresh", is_flag=True, help="Make the folder anew, whatever dataset it holds; paid answers are kept."
)
keep_going = click.option("--keep-going", is_flag=True, help="Go on where the first 200 rows are all dropped.")
report = click.option(
    "--report/--no-report", "report", default=True, help="Write report.html beside the rows; done unless told not to."
)
quiet = click.option("-q", "--quiet", is_flag=True, help="Show no progress.")


def load(path: Path, changes: Sequence[str], rows: int | None = None) -> "Recipe":
    """The recipe with its changes, scaled to `rows` rows where they are given."""
    from factory import recipe as recipes

    loaded = recipes.load(path, changes)
    return recipes.with_count(loaded, rows) if rows else loaded


def complain(text: str) -> None:
    """Say something beside the results."""
    click.echo(text, err=True)


def print_json(value: Any) -> None:
    """Print a value on stdout."""
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def plain(text: str) -> str:
    """The text without what a terminal would obey: messages quote files, which may hold escapes."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
