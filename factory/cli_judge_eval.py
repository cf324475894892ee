"""`factory judge-eval`: how good a judge is, measured on pairs that people have compared."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from factory import cli_options as options
from factory.cli_options import SHORT, complain, plain, print_json

if TYPE_CHECKING:
    from factory.judge_eval.figures import Judged
    from factory.judge_eval.judge_file import Loaded
    from factory.judge_eval.pairs import Pairs

ANSWERS = "answers.sqlite"
STEPS = 20
"""How often progress is told."""

EXAMPLES = """\b
A judge.yaml:
  models:
    m: {use: vllm, model: Qwen/Qwen3-4B-Instruct-2507, license: apache-2.0}
  judge:
    - {use: pairwise, model: m}
\b
Examples:
  factory judge-eval judge.yaml --on lmsys/mt_bench_human_judgments -n 300
  factory judge-eval judge.yaml --on LLMBar/Dataset --json
  factory judge-eval judge.yaml --on out/my-pairs --budget 2M
"""


@click.command(name="judge-eval", epilog=EXAMPLES)
@click.argument("judge", type=click.Path(path_type=Path))
@click.option("--on", "pairs", metavar="PAIRS", required=True, help="Pairs that people compared: file, folder, Hub id.")
@click.option("--split", metavar="NAME", default="", help="The split of PAIRS; the default is human, train or test.")
@click.option("-n", "--pairs", "most", type=click.IntRange(min=1), help="Take a sample of so many pairs.")
@options.changes
@click.option(
    "--answers",
    type=click.Path(path_type=Path, dir_okay=False),
    default=ANSWERS,
    show_default=True,
    help="Where paid answers are stored, for a judge that asks models.",
)
@options.budget
@options.as_json
@options.quiet
def judge_eval(
    judge: Path,
    pairs: str,
    split: str,
    most: int | None,
    changes: Sequence[str],
    answers: Path,
    budget: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure the judge of the file JUDGE against what people said of pairs of answers.

    Tells how often it agrees with them, how far it leans to a place or to the longer answer, and how often it fails.
    PAIRS may be MT-Bench's or arena's human judgements, PandaLM's test set, LLMBar, hh-rlhf, any dataset with chosen
    and rejected answers, or one made here. No answer is paid twice.
    """
    from factory.judge_eval import judge_file
    from factory.judge_eval.pairs import read
    from factory.judge_eval.report import facts, lines

    loaded = judge_file.load(judge, tuple(changes))
    found = read(pairs, split=split, most=most)
    judged, paid = _judged(loaded, found, answers, budget, quiet=quiet)
    values = facts(loaded.name, found, judged) | paid
    if as_json:
        print_json(values)
    for line in () if as_json else lines(values):
        click.echo(plain(line))
    if all(one.verdict is None for one in judged):
        complain("the judge gave no verdict on any pair")
        raise click.exceptions.Exit(SHORT)


def _judged(
    loaded: "Loaded", found: "Pairs", answers: Path, budget: str | None, *, quiet: bool
) -> "tuple[list[Judged], dict[str, object]]":
    """What the judge says of the pairs, and what it asked to say so."""
    from factory import turns
    from factory.judge_eval.judging import judge_all
    from factory.models import Models
    from factory.pipeline import need_libraries
    from factory.spending import Budget

    need_libraries(loaded.recipe)
    limit = Budget.parse(budget) if budget else None
    taking, tell = turns.of(loaded.recipe), lambda sentence: None if quiet else complain(plain(sentence))
    asked_of = Models(loaded.engines, run=loaded.recipe.digest, answers=answers, budget=limit, turns=taking, tell=tell)
    with asked_of as models:
        judged = judge_all(loaded.judge, found.pairs, models, _teller(len(found.pairs), quiet=quiet))
        asked = {name: usage.facts() for name, usage in models.usage.items()}
        for remark in models.remarks:
            complain(plain(remark))
    names = {name: settings.label for name, settings in loaded.engines.items()}
    return judged, {"settings": loaded.recipe.settings["judge"][0], "models": names, "asked": asked}


def _teller(total: int, *, quiet: bool) -> Callable[[int], None]:
    """Says on stderr how far it is, a few times."""
    step = max(1, total // STEPS)

    def tell(done: int) -> None:
        if not quiet and done % step == 0 and done < total:
            complain(f"{done:,} of {total:,} pairs judged")

    return tell
