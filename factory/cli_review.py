"""`factory review`: what people decided on a dataset's rows, and a new version of the dataset that heeds it."""

from collections.abc import Sequence
from pathlib import Path

import click

from factory import cli_options as options
from factory.cli_generate import made, settings

_reviews = click.option(
    "--reviews",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The decisions; the default is DATASET.reviews.sqlite beside the folder, where factory view keeps them.",
)


@click.group()
def review() -> None:
    """Say what people decided on rows in factory view, and make a new version of the dataset from it."""


@review.command()
@click.argument("dataset", metavar="DATASET", type=click.Path(path_type=Path))
@options.out
@click.option("-r", "--recipe", type=click.Path(path_type=Path), help="What rows have to pass beside: a gate's YAML.")
@click.option("--only-reviewed", is_flag=True, help="Drop the rows that nobody decided on.")
@_reviews
@options.changes
@options.workers
@options.answers
@options.budget
@options.fresh
@options.report
@options.as_json
@options.quiet
def export(
    dataset: Path,
    out: Path,
    recipe: Path | None,
    only_reviewed: bool,
    reviews: Path | None,
    changes: Sequence[str],
    workers: int | None,
    answers: Path | None,
    budget: str | None,
    fresh: bool,
    report: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make a new version of DATASET: without the rejected rows, with the edited ones as they were edited.

    Rejected rows go to the rejects with their note; an edited row is a new one that names the old one in meta.parents.
    All rows pass the gate again: with -r what that recipe asks, else what the dataset's own asked of duplicates, policy
    and licences.
    """
    from factory.viewing.export import plan, strangers

    rest = "drop" if only_reviewed else "keep"
    found = plan(dataset, out, recipe, changes, reviews=reviews, rest=rest)
    how = settings(answers, budget, fresh=fresh, keep_going=True)
    made(found, out, how, workers, report=report, as_json=as_json, quiet=quiet)
    if missing := strangers(dataset, reviews):
        options.complain(f"{missing:,} decisions are on rows that {dataset} does not hold; they changed nothing")


@review.command()
@click.argument("dataset", metavar="DATASET", type=click.Path(path_type=Path))
@_reviews
@options.as_json
def show(dataset: Path, reviews: Path | None, as_json: bool) -> None:
    """Say how many rows of DATASET are accepted, rejected and edited; with --json, each decision."""
    from factory.viewing.contents import look
    from factory.viewing.reviews import Reviews, beside

    store = Reviews(reviews or beside(dataset), look(dataset).digest)
    if as_json:
        options.print_json([one._asdict() for one in store.all()])
        return
    counts = store.counts()
    click.echo(f"{counts['accept']:,} accepted, {counts['reject']:,} rejected, {counts['edit']:,} edited")
    if earlier := store.elsewhere():
        click.echo(f"{earlier:,} decisions are on rows of an earlier dataset in this folder")
    click.echo(options.plain(str(store.path)))
