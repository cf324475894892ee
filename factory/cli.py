"""The command line. Results go to stdout, progress and complaints to stderr.

Exit codes: 0 done, 1 a bug (with its traceback), 2 the user's to fix, 3 done but short of the rows asked, 4 licence
or login refused, 5 a model says never, 75 interrupted and safe to run again, 130 and 143 on a signal, 141 when nobody
reads the output.
Whatever a command needs is imported inside it, so that `factory --help` is quick.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import click

from factory import (
    cli_answers,
    cli_classifier,
    cli_compare,
    cli_decontaminate,
    cli_evaluate,
    cli_gate,
    cli_generate,
    cli_judge_eval,
    cli_licence,
    cli_merge,
    cli_new_model,
    cli_publish,
    cli_report,
    cli_review,
    cli_run,
    cli_train,
    cli_twins,
    cli_view,
    cli_why,
    signals,
)
from factory import cli_options as options
from factory.cli_options import complain, load, plain, print_json
from factory.errors import DependencyError, FactoryError, RecipeError

INTERRUPTED = 130
NOBODY_READS = 141
LISTED = ("generators", "judges", "trainers", "engines", "tasks", "families")
"""What `factory list` knows."""


class Refusal(click.ClickException):
    """One line on stderr and the error's own exit code."""

    def __init__(self, error: FactoryError) -> None:
        """Keep the code of the error."""
        super().__init__(" ".join(str(error).split()))
        setattr(self, "exit_code", error.exit_code)  # noqa: B010 - click declares it on the class

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        click.echo(click.style(plain(self.message), fg="red"), file=file, err=file is None)


class Commands(click.Group):
    """Turns what a command raises into what a shell understands."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            with signals.at_once():
                result = super().invoke(ctx)
                sys.stdout.flush()
                return result
        except FactoryError as error:
            raise Refusal(error) from error
        except signals.Stopped as stopped:
            complain("stopped; what is finished is kept, and the same command goes on from there")
            raise click.exceptions.Exit(stopped.exit_code) from None
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The interpreter flushes stdout once more at its end, which must not fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(NOBODY_READS) from None


EXAMPLES = """\b
Examples:
  factory preview recipes/math.yaml
  factory generate recipes/math.yaml -o out/math -n 1000
  factory show out/math
"""


@click.group(
    cls=Commands,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="post-training-factory", prog_name="factory")
def main() -> None:
    """Make post-training data for language models, in Japanese and English, and prove that it is good."""


for command in (
    cli_generate.generate,
    cli_generate.preview,
    cli_generate.retry,
    cli_gate.gate,
    cli_why.why,
    cli_answers.answers,
    cli_classifier.classifier,
    cli_compare.compare,
    cli_decontaminate.leaks,
    cli_evaluate.evaluate,
    cli_judge_eval.judge_eval,
    cli_licence.licence,
    cli_merge.merge,
    cli_new_model.new_model,
    cli_publish.publish,
    cli_review.review,
    cli_report.report,
    cli_run.run,
    cli_train.train,
    cli_twins.twins,
    cli_view.view,
):
    main.add_command(command)


@main.command()
@click.argument("recipes", nargs=-1, type=click.Path(path_type=Path))
@options.changes
@click.option("--prove/--no-prove", default=None, help="Prove the components' own data too, such as math families.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that prove; the default is one per core.")
@click.pass_context
def check(
    ctx: click.Context, recipes: Sequence[Path], changes: Sequence[str], prove: bool | None, workers: int | None
) -> None:
    """Validate each of RECIPES, every setting of it, and make nothing.

    Without any, the recipes that ship and every component are checked, and what the components ship with is proved:
    each math family is cross-checked with SymPy.
    """
    from factory.doctor import cores
    from factory.evaluation.plan import is_evaluation
    from factory.merging.recipe import is_merge
    from factory.pipelines.recipe import is_pipeline
    from factory.recipe import rows_asked
    from factory.training.new_model import is_new_model
    from factory.training.recipe import is_training

    errors: list[FactoryError] = []
    shipped = not recipes
    prove = shipped if prove is None else prove
    recipes = recipes or _shipped(errors)
    for path in recipes:
        try:
            if is_training(path):
                click.echo(cli_train.checked(path, changes, shipped=shipped))
                continue
            if is_pipeline(path):
                click.echo(cli_run.checked(path, changes, ctx, shipped=shipped))
                continue
            if is_new_model(path):
                click.echo(cli_new_model.checked(path, changes))
                continue
            if is_merge(path):
                click.echo(cli_merge.checked(path, changes))
                continue
            if is_evaluation(path):
                click.echo(cli_evaluate.checked(path, changes, shipped=shipped))
                continue
            plan = load(path, changes)
        except FactoryError as error:
            errors.append(error)
            Refusal(error).show()
            continue
        parts = ", ".join(part.name for part in (*plan.generate, *plan.judge))
        components = [part.component for part in (*plan.generate, *plan.judge)] if prove else []
        faults = [RecipeError(fault) for component in components for fault in component.prove(workers or cores())]
        errors += faults
        lacking = [
            DependencyError(f"{path}: models.{name}: {sentence}")
            for name, model in plan.engines.items()
            if (sentence := model.missing())
        ]
        errors += [] if shipped else lacking  # what ships is for many machines
        for fault in (*faults, *lacking):
            Refusal(fault).show()
        if not faults:
            click.echo(f"{path}: good; {rows_asked(plan):,} rows from {parts} under {plan.license}")
    if errors:
        raise click.exceptions.Exit(max(error.exit_code for error in errors))


@main.command(name="list")
@click.argument("kinds", nargs=-1, type=click.Choice(LISTED))
@click.option("-v", "--verbose", is_flag=True, help="Show every setting: its type, its default and what it does.")
def list_(kinds: Sequence[str], verbose: bool) -> None:
    """List the components that a recipe can use, or the families of math problems."""
    from factory import listing, registry

    lines = listing.lines([kind for kind in registry.KINDS if not kinds or kind in kinds], verbose)
    if "families" in kinds:
        lines += listing.families()
    click.echo("\n".join(lines))


@main.command()
@click.argument("folder", metavar="DATASET", type=click.Path(path_type=Path))
@click.option("-n", "--rows", type=click.IntRange(min=0), default=3, show_default=True, help="How many sample rows.")
@click.option("--rejects", is_flag=True, help="Show one dropped row for each reason instead of kept ones.")
@options.as_json
def show(folder: Path, rows: int, rejects: bool, as_json: bool) -> None:
    """Say what is in a finished DATASET folder, with a few of its rows."""
    from rich.console import Console

    from factory import dataset
    from factory.display import print_rejects, print_rows, record, summary
    from factory.display_preferences import report
    from factory.manifest import read_manifest

    manifest = read_manifest(folder)
    samples = dataset.sample(folder, rows) if rows and not rejects else []
    dropped = dataset.reject_samples(folder) if rejects else {}
    if as_json:
        facts = {"manifest": manifest.model_dump(mode="json"), "rows": [record(row) for row in samples]}
        if rejects:
            facts["rejects"] = {fate: record(reject.row) for fate, reject in dropped.items()}
        print_json(facts)
        return
    click.echo("\n".join(summary(manifest) + (report(manifest.preferences) if manifest.preferences else [])))
    console = Console(highlight=False, markup=False)
    print_rows(console, samples)
    print_rejects(console, dropped, manifest.dropped)
    if rejects and not dropped:
        click.echo("no row was dropped")


@main.command()
def schema() -> None:
    """Print the JSON Schema of recipe files, for editors.

    Write it to recipe.schema.json and begin a recipe with `# yaml-language-server: $schema=recipe.schema.json`.
    """
    from factory.recipe_schema import json_schema

    print_json(json_schema())


@main.command()
@options.as_json
def doctor(as_json: bool) -> None:
    """Say what this machine has and lacks: versions, optional libraries, cores, disk."""
    from factory.doctor import as_json as values
    from factory.doctor import examine

    findings = examine(Path.cwd())
    if as_json:
        print_json(values(findings))
    else:
        signs = {True: "ok", False: "!!", None: "--"}
        width = max(len(finding.what) for finding in findings)
        for finding in findings:
            line = f"{signs[finding.ok]} {finding.what:{width}}  {finding.value}"
            click.echo(f"{line}; {finding.advice}" if finding.advice else line)
    if any(finding.ok is False for finding in findings):
        raise click.exceptions.Exit(2)


def _shipped(errors: list[FactoryError]) -> list[Path]:
    """The recipes that ship; errors of components are shown and added to `errors`."""
    from importlib.resources import files

    from factory import registry

    for kind in registry.KINDS:
        for name in registry.names(kind):
            try:
                registry.find(kind, name)
            except FactoryError as error:
                errors.append(error)
                Refusal(error).show()
    folder = Path(str(files("recipes")))
    here = Path.cwd()
    shipped = sorted(path for part in ("*", "train/*", "merge/*", "evaluate/*") for path in folder.glob(f"{part}.yaml"))
    return [path.relative_to(here) if path.is_relative_to(here) else path for path in shipped]


if __name__ == "__main__":
    main()
