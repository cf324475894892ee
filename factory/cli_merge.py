"""`factory merge`: one model from several, by the recipe of a merge."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from factory import cli_options as options
from factory.cli_options import complain, plain, print_json

STEPS = 20
"""How often progress is told."""

EXAMPLES = """\b
A merge.yaml:
  name: between
  method: slerp          # or linear, task_arithmetic, ties, dare_linear, dare_ties
  models:
    first: {model: out/dpo-a, license: apache-2.0}
    second: {model: org/model, revision: 1f0c9a3e, license: apache-2.0}
  parameters: {t: 0.5}   # or {t: {"*.self_attn.*": [0, 1], default: 0.5}}
\b
Examples:
  factory merge merge.yaml -o out/between
  factory merge merge.yaml -o out/other --set parameters.t=0.3 --json
"""


@click.command(epilog=EXAMPLES)
@options.recipe
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The merged model's folder.")
@options.changes
@click.option("--workers", type=click.IntRange(min=1, max=256), help="Threads; the default is one per core, 8 at most.")
@click.option("--fresh", is_flag=True, help="Make the folder anew, whatever merge it holds.")
@options.as_json
@options.quiet
def merge(
    recipe: Path, out: Path, changes: Sequence[str], workers: int | None, fresh: bool, as_json: bool, quiet: bool
) -> None:
    """Merge the models that RECIPE names into one, weight by weight and without training.

    Takes some megabytes per thread, whatever the size of the models. The same recipe gives the same bytes; the same
    command goes on where an interrupted one stopped, and does nothing where the model is there.
    """
    from factory.merging.merge import merge as merged
    from factory.merging.recipe import load

    manifest = merged(load(recipe, changes), out, workers=workers, fresh=fresh, tell=_teller(quiet=quiet))
    for remark in manifest.remarks:
        complain(plain(remark))
    if as_json:
        print_json(manifest.model_dump(mode="json"))
        return
    how = ", ".join(f"{count:,} {word}" for word, count in manifest.tensors.items())
    click.echo(plain(f"{out}: {manifest.parameters:,} weights as {', '.join(manifest.dtypes)}; tensors: {how}"))
    click.echo(plain(f"  licence {manifest.license} ({manifest.computed_license})"))
    for duty in manifest.duties:
        click.echo(plain(f"  {duty}"))


def _teller(*, quiet: bool) -> Callable[[int, int], None]:
    """Says on stderr how far it is, a few times."""
    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        step = done * STEPS // max(1, total)
        if not quiet and told < step < STEPS:
            told = step
            complain(f"{step * 100 // STEPS} % of {total / 1e9:,.1f} GB merged")

    return tell


def checked(recipe: Path, changes: Sequence[str]) -> str:
    """What `factory check` says of the recipe of a merge that is good; no model is looked at.

    Raises:
        RecipeError: it is wrong.
    """
    from factory.merging.recipe import load

    plan = load(recipe, changes)
    return f"{recipe}: good; {plan.head.method} of {' and '.join(plan.order)} makes {plan.head.name}"
