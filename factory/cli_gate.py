"""`factory gate`: the judges, duplicates, benchmarks and licence policy of a recipe, applied to anyone's dataset."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from factory import cli_options as options
from factory.cli_generate import made, settings

if TYPE_CHECKING:
    from factory.recipe import Recipe

EXAMPLES = """\b
A gate.yaml, of which every line may be left out:
  duplicates: {near: 0.8}
  decontaminate: {benchmarks: [mt_bench, gsm8k]}
  policy: open
  judge:
    - use: length
\b
Examples:
  factory gate data.jsonl --license cc-by-4.0 -r gate.yaml -o out/clean
  factory gate databricks/databricks-dolly-15k -r gate.yaml -o out/dolly --set generate.0.split=train
"""


@click.command(epilog=EXAMPLES)
@click.argument("dataset")
@click.option(
    "-r", "--recipe", type=click.Path(path_type=Path), required=True, help="What rows have to pass: a recipe's YAML."
)
@options.out
@click.option(
    "--license", metavar="ID", default="", help="The licence of DATASET where it says none, such as cc-by-4.0."
)
@click.option("-n", "--rows", type=click.IntRange(min=1), help="Take so many rows at most.")
@options.changes
@options.workers
@options.answers
@options.budget
@options.fresh
@options.keep_going
@options.report
@options.as_json
@options.quiet
def gate(
    dataset: str,
    recipe: Path,
    out: Path,
    license: str,
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
    """Let the rows of DATASET pass what a recipe asks of rows, and keep those that do.

    DATASET is a Hub id, a folder, or a .jsonl or .parquet file. The recipe has no `generate`; name, seed and licence
    may be left out: the folder's name, 0, and what the rows come to. How DATASET is read can be said with --set, as
    generate.0.split=test. The same command goes on where an interrupted one stopped.
    """
    plan = loaded(dataset, license, recipe, out, changes, rows)
    how = settings(answers, budget, fresh=fresh, keep_going=keep_going)
    made(plan, out, how, workers, report=report, as_json=as_json, quiet=quiet)


def loaded(dataset: str, license: str, path: Path, out: Path, changes: Sequence[str], rows: int | None) -> "Recipe":
    """The gate recipe with what it reads."""
    from factory import recipe as recipes
    from factory import registry, strict_yaml
    from factory.errors import RecipeError
    from factory.overrides import Given, name_of

    document = strict_yaml.load(path)
    if isinstance(document.data, dict) and "generate" in document.data:
        place = document.where("generate")
        raise RecipeError(f"{place}: a gate takes its rows from DATASET; remove `generate`, or use factory generate")
    if document.data is None:
        raise RecipeError(f"{path}: says nothing; write what rows have to pass, such as duplicates: {{near: 0.8}}")
    values: dict[str, Any] = {
        "name": name_of(out),
        "seed": 0,
        "license": "auto",
        "generate": [registry.reading(dataset, license)],
    }
    plan = recipes.load(path, changes, Given(values, f"DATASET {dataset}"))
    return recipes.with_count(plan, rows) if rows and rows < recipes.rows_asked(plan) else plan
