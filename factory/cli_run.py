"""`factory run`: a pipeline of stages, each done once, and again when something that it depends on has changed."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from factory import cli_options as options
from factory.cli_options import complain, plain, print_json

if TYPE_CHECKING:
    from factory.pipelines.plan import Decision
    from factory.pipelines.records import Records

EXAMPLES = """\b
A pipeline.yaml:
  name: two-steps
  settings: {rows: 400}
  stages:
    problems: {generate: recipes/math.yaml, rows: $rows}
    start: {model: {architecture: llama, name: tiny, license: apache-2.0}}
    sft:
      train:
        use: sft
        name: tiny-sft
        seed: 0
        model: {source: $start}
        datasets: [{source: $problems}]
        allow: [not_decontaminated]
\b
Examples:
  factory run pipeline.yaml -o out/two-steps --plan
  factory run pipeline.yaml -o out/two-steps
  factory run pipeline.yaml -o out/two-steps --set rows=800 --only problems
"""


@click.command(epilog=EXAMPLES)
@click.argument("pipeline", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), required=True, help="The run's folder, one in it a stage."
)
@click.option(
    "--set", "changes", multiple=True, metavar="NAME=VALUE", help="Change one of the pipeline's settings, as rows=100."
)
@click.option("--from", "begin", metavar="STAGE", help="Make STAGE and all that hangs on it anew.")
@click.option("--only", multiple=True, metavar="STAGE", help="Run no other stage; may be given several times.")
@click.option("--plan", is_flag=True, help="Print what would run and why, and run nothing.")
@click.option("--json", "as_json", is_flag=True, help="With --plan: print it as JSON.")
@options.quiet
@click.pass_context
def run(
    ctx: click.Context,
    pipeline: Path,
    out: Path,
    changes: Sequence[str],
    begin: str | None,
    only: Sequence[str],
    plan: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run the stages of PIPELINE: data, gates, trainings, merges, evaluations.

    A finished stage is left alone until its recipe, its inputs or a version changes; the same command goes on where an
    interrupted one stopped. Everything is checked before the first stage runs. Ends with the exit code of the stage
    that failed.
    """
    from factory.errors import RecipeError
    from factory.pipelines import plan as planning
    from factory.pipelines.recipe import load
    from factory.pipelines.records import Records
    from factory.pipelines.run import Run, StageFailed

    if as_json and not plan:
        raise RecipeError("--json is for --plan; a run's results are in the folders of its stages")
    loaded = load(pipeline, changes)
    choice = planning.chosen(loaded, begin, only)
    records = Records(out)
    decisions = planning.plan(loaded, records, choice)
    if plan:
        _show(decisions, as_json=as_json)
        return
    _check(decisions, records, _commands(ctx))
    try:
        ran = Run(loaded, out, choice, (lambda sentence: None) if quiet else _tell, quiet).run()
    except StageFailed as error:
        complain(click.style(plain(str(error)), fg="red"))
        raise click.exceptions.Exit(error.code) from None
    click.echo(plain(f"{out}: {ran} of {len(loaded.stages)} stages run"))


def checked(path: Path, changes: Sequence[str], ctx: click.Context, *, shipped: bool) -> str:
    """What `factory check` says of a pipeline that is good.

    Args:
        path: the file.
        changes: `name=value` of its settings.
        ctx: of the command, which knows all commands.
        shipped: whether it comes with the factory, so that what it needs may lie elsewhere.

    Raises:
        FactoryError: it is wrong.
    """
    from factory.pipelines import checking
    from factory.pipelines.recipe import load

    loaded = load(path, changes)
    checking.check(loaded.stages, _commands(ctx), shipped=shipped)
    return f"{path}: good; {len(loaded.stages)} stages make {loaded.head.name}"


def _check(decisions: "Sequence[Decision]", records: "Records", commands: Collection[str]) -> None:
    """Check all stages that will run, against what is there of those that won't."""
    from factory.pipelines import checking

    runs = [decision.stage for decision in decisions if decision.runs]
    made = {name for stage in runs for name in stage.inputs}.difference(stage.id for stage in runs)

    def located(name: str) -> Path:
        return records.folder(name).absolute() if name in made else checking.NOWHERE / name

    checking.check(runs, commands, located)


def _commands(ctx: click.Context) -> Collection[str]:
    group = ctx.find_root().command
    return group.commands if isinstance(group, click.Group) else ()


def _show(decisions: "Sequence[Decision]", *, as_json: bool) -> None:
    if as_json:
        print_json([one.as_json for one in decisions])
        return
    width = max(len(one.stage.id) for one in decisions)
    for one in decisions:
        sign = "run " if one.runs else "skip"
        click.echo(plain(f"{sign}  {one.stage.id:{width}}  {one.stage.kind:8}  {'; '.join(one.reasons[:3])}"))


def _tell(sentence: str) -> None:
    complain(plain(sentence))
