"""`factory evaluate`: how good models are, by tasks of held-out questions."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from factory import cli_options as options
from factory import signals
from factory.cli_options import SHORT, complain, plain, print_json

if TYPE_CHECKING:
    from factory.evaluation.plan import Plan
    from factory.progress import Progress

EXAMPLES = """\b
An evaluation.yaml:
  name: held-out
  models:
    before: {use: vllm, model: out/sft, license: apache-2.0}
    after: {use: vllm, model: out/dpo, license: apache-2.0}
  tasks:
    - use: accuracy
      questions: {source: out/heldout}
      judge: [{use: math_answer}]
\b
Examples:
  factory evaluate evaluation.yaml -o out/evaluation
  factory evaluate evaluation.yaml -o out/first-100 --set tasks.0.count=100 --json
"""


@click.command(epilog=EXAMPLES)
@click.argument("evaluation", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The folder of the report.")
@options.changes
@options.answers
@options.budget
@click.option("--fresh", is_flag=True, help="Make the folder anew; paid answers are kept.")
@click.option("--retry", is_flag=True, help="Ask again what got no answer, and make the folder anew.")
@options.as_json
@options.quiet
def evaluate(
    evaluation: Path,
    out: Path,
    changes: Sequence[str],
    answers: Path | None,
    budget: str | None,
    fresh: bool,
    retry: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure models by the tasks of the file EVALUATION, and write a report.

    The same command goes on where an interrupted one stopped, does nothing where the folder is complete, and pays for
    no answer or judgement twice. Ends with 3 where nothing of a model could be judged.
    """
    from factory.evaluation.plan import load

    plan = load(evaluation, changes)
    result = _evaluated(plan, out, answers, budget, fresh=fresh, retry=retry, quiet=quiet)
    if as_json:
        print_json(result)
    else:
        from factory.evaluation.report import lines

        for line in lines(result, plan.suite):
            click.echo(plain(line))
        click.echo(str(out))
    unjudged = [
        f"{name}: nothing of {model} could be judged"
        for name, task in plan.suite.named.items()
        for model in task.unjudged(result["tasks"][name])
    ]
    for sentence in unjudged:
        complain(sentence)
    if unjudged:
        raise click.exceptions.Exit(SHORT)


def _evaluated(
    plan: "Plan", out: Path, answers: Path | None, budget: str | None, *, fresh: bool, retry: bool, quiet: bool
) -> dict[str, Any]:
    """Run it, showing how far it is."""
    from factory import columns
    from factory.display import ProgressLine
    from factory.evaluation import evaluation
    from factory.spending import Budget

    columns.leave_pandas_out()

    def show_and_stop(now: "Progress") -> None:
        line.show(now)
        safe()

    amount = Budget.parse(budget) if budget is not None else None
    tell = lambda sentence: None if quiet else complain(plain(sentence))  # noqa: E731
    how = evaluation.Options(answers, amount, fresh=fresh, retry=retry, tell=tell)
    with ProgressLine(sys.stderr, quiet=quiet) as line, signals.between_items(complain) as safe:
        return evaluation.evaluate(plan, out, progress=show_and_stop, options=how)


def checked(evaluation: Path, changes: Sequence[str], *, shipped: bool) -> str:
    """What `factory check` says of an evaluation that is good; no model is asked.

    Args:
        evaluation: the file.
        changes: `key.path=value`.
        shipped: whether it comes with the factory, so that it may need what is not installed here.

    Raises:
        RecipeError: it is wrong.
        DependencyError: a library is missing.
    """
    from factory.evaluation.plan import load

    plan = load(evaluation, changes)
    if not shipped:
        from factory.evaluation.evaluation import need

        need(plan)
    models, tasks = ", ".join(plan.suite.evaluate), ", ".join(plan.suite.named)
    return f"{evaluation}: good; {models} by {tasks}"
