"""The report of an evaluation: tables for people, in Markdown and on a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from factory.markdown import number, text

CONVENTION = (
    "Accuracy counts right answers among all questions. `undecided` are answers the judge could not tell (none stated, "
    "or not readable), `unanswered` those that never came (cut off, empty, refused); neither is called wrong, and `of "
    "judged` is the share without them. Intervals are of 95 %: Wilson's where each question is asked once, else a "
    "bootstrap over questions."
)


def markdown(result: Mapping[str, Any]) -> str:
    """README.md of the folder; text of models, files and rows is escaped."""
    lines = [f"# {text(result['name'])}", ""]
    if result["description"]:
        lines += [text(result["description"]), ""]
    lines += ["| model | what it is |", "|---|---|"]
    lines += [f"| {text(name)} | {text(facts['model'])} |" for name, facts in result["models"].items()]
    for name, task in result["tasks"].items():
        lines += ["", f"## {text(name)}", ""]
        for block in _blocks(task):
            lines += [*block, ""]
    version = result["versions"]["post-training-factory"]
    lines += ["", f"Made by `factory evaluate` {text(version)}, digest `{result['digest'][:16]}`."]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """The main figures, for a terminal."""
    for name, task in result["tasks"].items():
        yield f"{name}: {number(task['questions'])} questions"
        width = max(map(len, task["models"]), default=0)
        for model, facts in task["models"].items():
            yield f"  {model:{width}}  {percent(facts['accuracy'])} {interval(facts['interval'])}{_apart(facts)}"
        for one in task["differences"]:
            yield f"  {_difference(one)}"


def _apart(facts: Mapping[str, Any]) -> str:
    """What is neither right nor wrong, in words."""
    kinds = (f"{sum(facts.get(kind, {}).values()):,} {kind}" for kind in ("undecided", "unanswered") if facts.get(kind))
    return "".join(f", {kind}" for kind in kinds)


def _blocks(task: Mapping[str, Any]) -> Iterator[list[str]]:
    yield [f"{number(task['questions'])} questions, {number(task['samples'])} answers to each." + _left_out(task)]
    yield [CONVENTION]
    yield _accuracies(task["models"])
    kinds = dict.fromkeys(kind for facts in task["models"].values() for kind in facts.get("by", {}))
    for kind in kinds:
        yield _by(kind, task["models"])
    if task["differences"]:
        yield ["Differences, on the same questions:"]
        yield [f"- {text(_difference(one))}" for one in task["differences"]]


def _accuracies(models: Mapping[str, Any]) -> list[str]:
    ks = dict.fromkeys(k for facts in models.values() for k in facts.get("pass_at", {}))
    head = ["model", "accuracy", "95 % interval", "right", "wrong", "undecided", "unanswered", "of judged"]
    rows = []
    for model, facts in models.items():
        if facts["accuracy"] is None:
            rows.append([model, "-"])
            continue
        rows.append([
            model, percent(facts["accuracy"]), interval(facts["interval"]), number(facts["right"]),
            number(facts["wrong"]), _counts(facts["undecided"]), _counts(facts["unanswered"]),
            percent(facts["of_judged"]), *(percent(facts["pass_at"][k]["share"]) for k in ks),
        ])  # fmt: skip
    return table([*head, *(f"pass@{k}" for k in ks)], rows)


def _by(kind: str, models: Mapping[str, Any]) -> list[str]:
    values = dict.fromkeys(value for facts in models.values() for value in facts.get("by", {}).get(kind, {}))
    rows = []
    for value in values:
        some = [facts["by"][kind][value] for facts in models.values()]
        cells = [f"{percent(one['accuracy'])} {interval(one['interval'])}" for one in some]
        rows.append([value, number(some[0]["questions"]), *cells])
    return table([kind, "questions", *models], rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of Markdown, every cell escaped."""
    cells = [list(head), *([*row, *[""] * (len(head) - len(row))] for row in rows)]
    lines = [f"| {' | '.join(map(text, row))} |" for row in cells]
    return [lines[0], "|" + "---|" * len(head), *lines[1:]]


def _left_out(task: Mapping[str, Any]) -> str:
    return f" Left out: {_counts(task['left_out'])}." if task["left_out"] else ""


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {why}" for why, n in counts.items()) or "0"


def _difference(one: Mapping[str, Any]) -> str:
    first, second = one["models"]
    points, ends = 100 * one["difference"], [100 * end for end in one["interval"]]
    said = f"{first} is {points:+.1f} points from {second} ({ends[0]:+.1f} to {ends[1]:+.1f}); better on "
    said += f"{one['better']:,} questions, worse on {one['worse']:,}"
    return said + (f"; McNemar p = {one['p']:.3g}" if "p" in one else "")


def percent(share: float | None) -> str:
    """A share in per cent."""
    return "-" if share is None else f"{100 * share:.1f} %"


def interval(ends: Sequence[float] | None) -> str:
    """The ends of an interval of shares."""
    return "-" if ends is None else f"({100 * ends[0]:.1f} to {100 * ends[1]:.1f})"
