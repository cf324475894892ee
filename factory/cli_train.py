"""`factory train`: a model from a training recipe."""

from collections.abc import Sequence
from pathlib import Path

import click

from factory import cli_options as options
from factory.cli_options import complain, print_json
from factory.errors import FactoryError
from factory.training.launch import CONFIGURATIONS
from factory.training.processes import first

EXAMPLES = """\b
Examples:
  factory train recipes/train/sft.yaml -o out/sft
  factory train recipes/train/dpo.yaml -o out/dpo --set args.beta=0.05
  factory train recipes/train/sft.yaml -o out/sft --launch-command fsdp2 --processes 8
"""


_LAUNCH = "--launch-command"


class _Train(click.Command):
    """Takes the word after `--launch-command` for its value only where it is one: else it is the recipe."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write the value that is meant where none is said."""
        following = [*args[1:], ""]
        bare = [one == _LAUNCH and after not in CONFIGURATIONS for one, after in zip(args, following, strict=True)]
        said = [f"{one}={CONFIGURATIONS[0]}" if alone else one for one, alone in zip(args, bare, strict=True)]
        return super().parse_args(ctx, said)


@click.command(cls=_Train, epilog=EXAMPLES)
@options.recipe
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The model's folder.")
@options.changes
@click.option(
    _LAUNCH,
    "launch",
    type=click.Choice(CONFIGURATIONS),
    help="Print the command for many devices, ddp where nothing is said, and train nothing.",
)
@click.option("--processes", type=click.IntRange(min=1), default=8, show_default=True, help="Devices in all, for that.")
@click.option("--machines", type=click.IntRange(min=1), default=1, show_default=True, help="Machines, for that.")
@options.as_json
@options.quiet
def train(
    recipe: Path,
    out: Path,
    changes: Sequence[str],
    launch: str | None,
    processes: int,
    machines: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train the model that RECIPE describes.

    The same command goes on where an interrupted one stopped, and does nothing where the folder is complete. Data whose
    licence, benchmarks or completeness is in doubt is refused before any model is loaded.
    """
    from factory.training import recipe as recipes

    if launch is not None:
        from factory.training.launch import command

        recipes.load(recipe, changes)
        click.echo(command(launch, recipe, out, changes, processes, machines))
        return
    try:
        _trained(recipe, out, changes, as_json=as_json, quiet=quiet)
    except FactoryError as error:
        if first():
            raise
        raise click.exceptions.Exit(error.exit_code) from None  # the first process says it


def _trained(recipe: Path, out: Path, changes: Sequence[str], *, as_json: bool, quiet: bool) -> None:
    from factory.training import recipe as recipes
    from factory.training import training

    plan = recipes.load(recipe, changes)
    say = complain if first() and not quiet else _nothing
    done = training.train(plan, out, say)
    if done is None:
        return
    if as_json:
        print_json(done.model_dump(mode="json"))
        return
    for stage in done.stages:
        loss = stage.metrics.get("mean_loss")
        said = f"; mean loss {loss:.4f}" if loss is not None else ""
        click.echo(f"{stage.name}: {stage.rows['trained']:,} rows, {stage.steps:,} steps{said}")
    click.echo(str(out))


def checked(recipe: Path, changes: Sequence[str], *, shipped: bool) -> str:
    """What `factory check` says of a training recipe that is good.

    Args:
        recipe: the file.
        changes: `key.path=value`.
        shipped: whether it comes with the factory, so that what it needs may lie elsewhere.

    Raises:
        FactoryError: it is wrong.
    """
    from factory.errors import DependencyError
    from factory.training import recipe as recipes
    from factory.training import training

    plan = recipes.load(recipe, changes)
    try:
        training.check(plan)
    except DependencyError:
        if not shipped:
            raise
        return f"{recipe}: good, but for `args`, which TRL would have to check; it is not installed"
    if not shipped:
        training.admitted(plan)
    return f"{recipe}: good; {plan.use} makes {plan.settings.name}"


def _nothing(sentence: str) -> None:
    """Say nothing."""
