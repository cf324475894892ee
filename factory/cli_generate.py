"""`factory generate`, `preview` and `retry`: the commands that make rows."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from factory import cli_options as options
from factory import signals
from factory.cli_options import SHORT, complain, load, plain, print_json
from factory.cli_report import write_beside
from factory.errors import DatasetError, RecipeError

if TYPE_CHECKING:
    from factory.manifest import Manifest
    from factory.pipeline import Options
    from factory.progress import Progress
    from factory.recipe import Recipe


@click.command()
@options.recipe
@options.out
@click.option("-n", "--rows", type=click.IntRange(min=1), help="Rows in all; scales the counts of the recipe.")
@options.changes
@options.workers
@options.answers
@options.budget
@options.fresh
@options.keep_going
@options.report
@options.as_json
@options.quiet
def generate(
    recipe: Path,
    out: Path,
    rows: int | None,
    changes: Sequence[str],
    workers: int | None,
    answers: Path | None,
    budget: str | None,
    fresh: bool,
    keep_going: bool,
    report: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make the dataset that RECIPE describes.

    The same command goes on where an interrupted one stopped; no answer of a model is paid twice. Ends with 2 when the
    first 200 rows are all dropped, with 3 when fewer rows came out than were asked, with 75 when the budget is spent.
    """
    plan = load(recipe, changes, rows)
    how = settings(answers, budget, fresh=fresh, keep_going=keep_going)
    manifest = made(plan, out, how, workers, report=report, as_json=as_json, quiet=quiet)
    _tell_if_short(manifest)


@click.command()
@click.argument("target", metavar="DATASET", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The dataset's folder, where a recipe is given.")
@click.option("-n", "--rows", type=click.IntRange(min=1), help="As it was made with.")
@options.changes
@options.workers
@options.answers
@options.budget
@options.report
@options.as_json
@options.quiet
def retry(
    target: Path,
    out: Path | None,
    rows: int | None,
    changes: Sequence[str],
    workers: int | None,
    answers: Path | None,
    budget: str | None,
    report: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Ask again what got no answer, and make DATASET anew with what comes; nothing answered is paid again.

    How its models are reached is remembered beside the store of answers. A dataset that was made elsewhere needs its
    recipe: factory retry RECIPE -o DATASET.
    """
    if out is None:
        plan = _remembered(target, answers, changes, rows)
        out = target
    else:
        plan = load(target, changes, rows)
    if not plan.models:
        raise RecipeError(f"{target} asks no model: there is nothing to ask again")
    how = settings(answers, budget, retry=True, keep_going=True)
    _tell_if_short(made(plan, out, how, workers, report=report, as_json=as_json, quiet=quiet))


@click.command()
@options.recipe
@click.option("-n", "--rows", type=click.IntRange(min=1), default=3, show_default=True, help="How many rows.")
@options.changes
@click.option("--estimate", is_flag=True, help="Say what the whole recipe would take: tokens, time and money.")
@click.option(
    "-k", "--pilot", type=click.IntRange(min=2), default=20, show_default=True, help="Rows that --estimate makes first."
)
@click.option(
    "--answers",
    type=click.Path(path_type=Path, dir_okay=False),
    default="out/answers.sqlite",
    show_default=True,
    help="Where paid answers are stored, for a recipe that asks models.",
)
@options.as_json
def preview(
    recipe: Path, rows: int, changes: Sequence[str], estimate: bool, pilot: int, answers: Path, as_json: bool
) -> None:
    """Print a few rows that RECIPE makes; no dataset is written, and paid answers are kept for the real run."""
    plan = load(recipe, changes)

    from rich.console import Console

    from factory import pipeline
    from factory.display import print_rows, record

    if estimate:
        from factory.pilot import estimated

        found = estimated(plan, pilot, answers)
        if as_json:
            print_json(found.as_json())
        else:
            click.echo("\n".join(map(plain, found.lines())))
        return
    made = pipeline.preview(plan, rows, answers)
    if as_json:
        print_json([record(row) for row in made])
    else:
        print_rows(Console(highlight=False, markup=False), made)


def _remembered(folder: Path, answers: Path | None, changes: Sequence[str], rows: int | None) -> "Recipe":
    """The recipe of a finished dataset, with how it reached its models when it was made here."""
    from factory import reach
    from factory import recipe as recipes
    from factory.answers.file import beside
    from factory.manifest import read_manifest

    path = folder / "recipe.yaml"
    if not path.is_file():
        raise DatasetError(f"{folder} is no finished dataset; write: factory retry RECIPE -o {folder}")
    store = answers or beside(folder)
    known = reach.recall(store, read_manifest(folder).digest)
    told = {change.partition("=")[0] for change in changes}
    if known and (untold := [key for key in known.untold if key not in told]):
        raise RecipeError(
            f"{untold[0]} was set, and names of keys are remembered nowhere; "
            f"add --set {untold[0]}=NAME, or write: factory retry RECIPE -o {folder}"
        )
    try:
        plan = recipes.load(path, [*(known.changes if known else ()), *changes], folder=known.folder if known else None)
    except RecipeError as error:
        if known:
            raise
        unknown = f"how it was reached is not remembered beside {store}"
        raise RecipeError(f"{error} ({unknown}; write: factory retry RECIPE -o {folder})") from error
    return recipes.with_count(plan, rows) if rows else plan


def settings(
    answers: Path | None, budget: str | None, *, fresh: bool = False, retry: bool = False, keep_going: bool = False
) -> "Options":
    """How a dataset is made, as flags say it."""
    from factory.pipeline import Options
    from factory.spending import Budget

    amount = Budget.parse(budget) if budget is not None else None
    return Options(answers, amount, fresh=fresh, retry=retry, keep_going=keep_going, tell=complain)


def made(
    plan: "Recipe", out: Path, how: "Options", workers: int | None, *, report: bool, as_json: bool, quiet: bool
) -> "Manifest":
    """Make the dataset, showing how far it is, with its report where it is wanted, and say what came out."""
    from factory import columns, pipeline
    from factory.display import ProgressLine, summary
    from factory.doctor import cores

    columns.leave_pandas_out()

    def show_and_stop(now: "Progress") -> None:
        line.show(now)
        safe()

    with ProgressLine(sys.stderr, quiet=quiet) as line, signals.between_items(complain) as safe:
        manifest = pipeline.generate(plan, out, workers=workers or cores(), progress=show_and_stop, options=how)
    if report:
        write_beside(out)
    if as_json:
        print_json(manifest.model_dump(mode="json"))
    else:
        click.echo("\n".join([*summary(manifest), str(out)]))
    return manifest


def _tell_if_short(manifest: "Manifest") -> None:
    if manifest.rows_kept < manifest.rows_asked:
        raise click.exceptions.Exit(SHORT)
