"""`factory twins`: the prompts of benchmarks in another language."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from factory import cli_options as options
from factory.cli_options import SHORT, complain, plain, print_json

if TYPE_CHECKING:
    from factory.decontaminate.prompts import Prompt
    from factory.recipe import Recipe
    from factory.translation.twins import Twin

STEPS = 20
"""How often progress is told."""
EXAMPLES = """\b
Examples:
  factory twins gsm8k mt_bench -r recipes/translate_instructions.yaml -o twins.jsonl
  factory leaks out/data -f twins.jsonl
"""


@click.command(epilog=EXAMPLES)
@click.argument("benchmarks", metavar="BENCHMARK...", nargs=-1, required=True)
@click.option(
    "-r", "--recipe", "path", type=click.Path(path_type=Path), required=True, help="A recipe with `use: translate`."
)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The file of twins, a .jsonl.")
@click.option("--benchmarks", "folder", type=click.Path(path_type=Path), help="A folder with benchmarks' files.")
@click.option("-n", "--prompts", "most", type=click.IntRange(min=1), help="Take the first so many prompts.")
@options.changes
@options.answers
@options.budget
@options.as_json
@options.quiet
def twins(
    benchmarks: Sequence[str],
    path: Path,
    out: Path,
    folder: Path | None,
    most: int | None,
    changes: Sequence[str],
    answers: Path | None,
    budget: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Translate the prompts of each BENCHMARK, so that its copies in that language are found.

    Model, languages and checks are those of the recipe's `translate`; what it refuses is counted and has no twin. Give
    the file to `factory leaks -f` or to `decontaminate: {files: [...]}`. No answer is paid twice.
    """
    from factory.errors import RecipeError
    from factory.translation import twins as making

    if out.suffix != ".jsonl":
        raise RecipeError(f"-o {out}: twins are written as JSON lines; give a name that ends in .jsonl")
    recipe = options.load(path, changes)
    _, settings = making.translation_of(recipe)
    found = making.prompts_of(benchmarks, folder)[:most]
    done = _translated(recipe, found, answers or out.with_name("answers.sqlite"), budget, quiet=quiet)
    making.write(out, done, settings.target_language)
    _say(done, out, as_json=as_json)


def _translated(
    recipe: "Recipe", found: "Sequence[Prompt]", answers: Path, budget: str | None, *, quiet: bool
) -> "list[Twin]":
    from factory.models import Models
    from factory.pipeline import need_libraries
    from factory.spending import Budget
    from factory.translation import twins as making

    need_libraries(recipe)
    limit = Budget.parse(budget) if budget else None
    done: list[Twin] = []
    with Models(recipe.engines, run=recipe.digest, answers=answers, budget=limit) as models:
        told = 0
        for some in making.twins(recipe, found, models):
            done += some
            if not quiet and len(done) * STEPS // len(found) > told:
                told = len(done) * STEPS // len(found)
                complain(f"{len(done):,} of {len(found):,} prompts translated")
        for remark in models.remarks:
            complain(plain(remark))
    return done


def _say(done: "Sequence[Twin]", out: Path, *, as_json: bool) -> None:
    """What came of it; exit code 3 where prompts have no twin."""
    of = Counter(twin.prompt.benchmark for twin in done)
    made = Counter(twin.prompt.benchmark for twin in done if twin.text)
    reasons = Counter(twin.reason for twin in done if not twin.text)
    if as_json:
        counts = {name: {"prompts": of[name], "twins": made[name]} for name in of}
        print_json({"file": str(out), "benchmarks": counts, "refused": dict(sorted(reasons.items()))})
    else:
        for name in of:
            click.echo(f"{name}: twins of {made[name]:,} of {of[name]:,} prompts")
        for reason, count in sorted(reasons.items()):
            click.echo(f"  refused {count:,}: {reason}")
    if reasons:
        raise click.exceptions.Exit(SHORT)
