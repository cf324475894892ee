"""Shares of right answers: per model, by group, how far models differ on the same questions; and how that is told."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from factory.evaluation.groups import groups
from factory.evaluation.statistics import Resampled, mcnemar, pass_at, resampled, rounded
from factory.evaluation.tables import apart, counted, met, percent, percents, table
from factory.evaluation.task import UNANSWERED
from factory.judge_eval.figures import wilson
from factory.markdown import number, text
from factory.row import Verdict

CONVENTION = (
    "Accuracy counts right answers among all questions. `undecided` are answers that the judge could not tell (no "
    "result stated, or none that can be read), `unanswered` those that never came (cut off, empty, refused); neither "
    "is called wrong, and `of judged` is the share without them. Intervals are of 95 %: Wilson's where each question "
    "is asked once, else a bootstrap over questions."
)


@dataclass(slots=True)
class Answered:
    """What a model's answers to one question were."""

    right: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    """By reason."""
    undecided: Counter[str] = field(default_factory=Counter)
    """By reason; the judge could not tell."""
    unanswered: Counter[str] = field(default_factory=Counter)
    """By reason; there was none."""

    @property
    def asked(self) -> int:
        """How many answers were asked for."""
        return self.right + self.wrong.total() + self.undecided.total() + self.unanswered.total()

    @property
    def share(self) -> float:
        """Of right ones among all."""
        return self.right / self.asked

    def add(self, verdict: Verdict) -> None:
        """Count one more."""
        if verdict.passed:
            self.right += 1
        elif verdict.passed is False:
            self.wrong[verdict.reason or "wrong"] += 1
        else:
            kind = self.unanswered if verdict.judge == UNANSWERED else self.undecided
            kind[verdict.reason or "unjudged"] += 1


class Shown(NamedTuple):
    """What is told beside the accuracy."""

    by: Sequence[str]
    pass_at: Sequence[int]
    against: str


Series = Mapping[str, Sequence[Answered]]
"""By model, one for each question."""


def shares(answered: Series, metas: Sequence[Mapping[str, Any]], shown: Shown) -> dict[str, Any]:
    """The figures of models that were asked the same questions."""
    models = list(answered)
    if not metas:
        return {"models": {model: {"accuracy": None, "interval": None} for model in models}, "differences": []}
    drawn = resampled([[one.share for one in answered[model]] for model in models], f"accuracy/{len(metas)}")
    parts = groups(metas, shown.by)
    found = {}
    for place, model in enumerate(models):
        series = answered[model]
        parted = {
            kind: {value: _share([series[one] for one in places]) for value, places in values.items()}
            for kind, values in parts.items()
        }
        found[model] = _of_model(series, drawn.interval(place), shown.pass_at) | {"by": parted}
    return {"models": found, "differences": _differences(answered, drawn, shown.against)}


def _of_model(series: Sequence[Answered], interval: tuple[float, float] | None, ks: Sequence[int]) -> dict[str, Any]:
    wrong, undecided, unanswered = (
        sum((getattr(one, name) for one in series), Counter[str]()) for name in ("wrong", "undecided", "unanswered")
    )
    right = sum(one.right for one in series)
    told = right + wrong.total()
    facts = _share(series, interval) | {
        "answers": sum(one.asked for one in series),
        "right": right,
        "wrong": wrong.total(),
        "undecided": dict(sorted(undecided.items())),
        "unanswered": dict(sorted(unanswered.items())),
        "of_judged": rounded(right / told) if told else None,
    }
    if ks:
        facts["pass_at"] = {str(k): _pass_at(series, k) for k in ks}
    return facts


def _share(series: Sequence[Answered], interval: tuple[float, float] | None = None) -> dict[str, Any]:
    """The accuracy over some questions: Wilson's interval where each was asked once, else that of drawn questions."""
    mean = sum(one.share for one in series) / len(series)
    if all(one.asked == 1 for one in series):
        ends = wilson(sum(one.right for one in series), len(series))
        interval = (rounded(ends[0]), rounded(ends[1])) if ends else None
    elif interval is None:
        interval = resampled([[one.share for one in series]], f"accuracy/{len(series)}").interval(0)
    return {"questions": len(series), "accuracy": rounded(mean), "interval": interval}


def _pass_at(series: Sequence[Answered], k: int) -> dict[str, Any]:
    values = [pass_at(k, one.asked, one.right) for one in series]
    ends = resampled([values], f"pass_at/{k}/{len(values)}").interval(0)
    return {"share": rounded(sum(values) / len(values)), "interval": ends}


def _differences(answered: Series, drawn: Resampled, against: str) -> list[dict[str, Any]]:
    """How much better the first of two models is, on the same questions."""
    models = list(answered)
    found = []
    for one, other in met(models, against):
        places = models.index(one), models.index(other)
        both = list(zip(answered[one], answered[other], strict=True))
        facts: dict[str, Any] = {
            "models": [one, other],
            "difference": rounded(sum(mine.share - theirs.share for mine, theirs in both) / len(both)),
            "interval": drawn.between(*places),
            "better": sum(mine.share > theirs.share for mine, theirs in both),
            "worse": sum(mine.share < theirs.share for mine, theirs in both),
        }
        if all(mine.asked == theirs.asked == 1 for mine, theirs in both):
            facts["p"] = rounded(mcnemar(facts["better"], facts["worse"]))
        found.append(facts)
    return found


def told(figures: Mapping[str, Any]) -> Iterator[list[str]]:
    """The figures as blocks of Markdown."""
    left_out = f" Left out: {text(counted(figures['left_out']))}." if figures["left_out"] else ""
    samples = f", each answered {number(figures['samples'])} times" if figures["samples"] > 1 else ""
    yield [f"{number(figures['questions'])} questions{samples}.{left_out}"]
    yield [CONVENTION]
    yield _accuracies(figures["models"])
    for kind in dict.fromkeys(kind for facts in figures["models"].values() for kind in facts.get("by", {})):
        yield _by(kind, figures["models"])
    if figures["differences"]:
        yield ["Differences, on the same questions:"]
        yield [f"- {text(_difference(one))}" for one in figures["differences"]]


def lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """The main figures, for a terminal."""
    yield f"{number(figures['questions'])} questions"
    width = max(map(len, figures["models"]), default=0)
    for model, facts in figures["models"].items():
        yield f"  {model:{width}}  {percent(facts['accuracy']):>7} {percents(facts['interval'])}{apart(facts)}"
    yield from (f"  {_difference(one)}" for one in figures["differences"])


def _accuracies(models: Mapping[str, Any]) -> list[str]:
    ks = dict.fromkeys(k for facts in models.values() for k in facts.get("pass_at", {}))
    head = ["model", "accuracy", "95 % interval", "right", "wrong", "undecided", "unanswered", "of judged"]
    rows = []
    for model, facts in models.items():
        if facts["accuracy"] is None:
            rows.append([model, "-"])
            continue
        rows.append([
            model, percent(facts["accuracy"]), percents(facts["interval"]), number(facts["right"]),
            number(facts["wrong"]), counted(facts["undecided"]), counted(facts["unanswered"]),
            percent(facts["of_judged"]), *(percent(facts["pass_at"][k]["share"]) for k in ks),
        ])  # fmt: skip
    return table([*head, *(f"pass@{k}" for k in ks)], rows)


def _by(kind: str, models: Mapping[str, Any]) -> list[str]:
    rows = []
    for value in dict.fromkeys(value for facts in models.values() for value in facts.get("by", {}).get(kind, {})):
        some = [facts["by"][kind][value] for facts in models.values()]
        cells = [f"{percent(one['accuracy'])} {percents(one['interval'])}" for one in some]
        rows.append([value, number(some[0]["questions"]), *cells])
    return table([kind, "questions", *models], rows)


def _difference(one: Mapping[str, Any]) -> str:
    first, second = one["models"]
    ends = "" if one["interval"] is None else " ({:+.1f} to {:+.1f})".format(*(100 * end for end in one["interval"]))
    said = f"{first} is {100 * one['difference']:+.1f} points from {second}{ends}; better on "
    said += f"{one['better']:,} questions, worse on {one['worse']:,}"
    return said + (f"; McNemar p = {one['p']:.3g}" if "p" in one else "")
