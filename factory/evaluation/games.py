"""Games between models: wins, losses and ties by pair and by model, the judge's lean to a place; and how that is told.

A tie is half a win for each. A game that could not be judged, or in which a side gave no answer, is nobody's: it is
counted and left out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from factory.evaluation.groups import groups
from factory.evaluation.statistics import of_share, rounded
from factory.evaluation.tables import OF_SHARES, apart, asked, by_kind, counted, percent, percents, table
from factory.judge_eval.report import in_both_orders
from factory.markdown import number, text

Result = Literal["win", "loss", "tie", "undecided", "unanswered"]
WORTH: Mapping[str, float] = {"win": 1.0, "tie": 0.5, "loss": 0.0}
TURNED: Mapping[str, Result] = {"win": "loss", "loss": "win"}
CONVENTION = (
    "A win counts 1, a tie half. The judge is asked in both orders where it compares, and what it says of one order "
    "only is a tie. `undecided` games are those that it gave no verdict on, `unanswered` those in which a side gave "
    f"no answer; both are left out of the win rate. {OF_SHARES}"
)


class Game(NamedTuple):
    """One question that two models answered."""

    first: str
    second: str
    question: int
    result: Result
    """Of the first."""
    reason: str
    """Why there is none; of a tie, what made it one."""
    counts: Mapping[str, int]
    """What the judge counted."""

    def seen_by(self, model: str) -> Result:
        """The result as one of the two sees it."""
        return self.result if model == self.first else TURNED.get(self.result, self.result)


def games(
    played: Sequence[Game], models: Sequence[str], metas: Sequence[Mapping[str, Any]], by: Sequence[str]
) -> dict[str, Any]:
    """The figures of models that met."""
    parts = groups(metas, by)
    found = {}
    for model in models:
        mine = [one for one in played if model in (one.first, one.second)]
        asked: dict[int, list[Game]] = {}
        for one in mine:
            asked.setdefault(one.question, []).append(one)
        parted = {
            kind: {
                value: _rate([one for place in places for one in asked.get(place, ())], model)
                for value, places in values.items()
            }
            for kind, values in parts.items()
        }
        found[model] = _of(mine, model) | {"by": parted}
    pairs: dict[tuple[str, str], list[Game]] = {}
    for one in played:
        pairs.setdefault((one.first, one.second), []).append(one)
    told_of = [{"models": list(pair), **_of(mine, pair[0])} for pair, mine in pairs.items()]
    counts: Counter[str] = Counter()
    for one in played:
        counts.update(one.counts)
    return {"models": found, "pairs": told_of, "position": _place(counts)}


def _of(played: Sequence[Game], model: str) -> dict[str, Any]:
    results = Counter(one.seen_by(model) for one in played)
    left = {
        kind: dict(sorted(Counter(one.reason for one in played if one.result == kind).items()))
        for kind in ("undecided", "unanswered")
    }
    return {"games": len(played), **{name: results[name] for name in ("win", "loss", "tie")}, **left} | _rate(
        played, model
    )


def _rate(played: Sequence[Game], model: str) -> dict[str, Any]:
    """The share of wins, ties as half; a question's games count as one, since they are not independent."""
    worth: dict[int, list[float]] = {}
    for one in played:
        if one.result in WORTH:
            worth.setdefault(one.question, []).append(WORTH[one.seen_by(model)])
    values = [sum(said) / len(said) for _, said in sorted(worth.items())]
    if not values:
        return {"questions": 0, "win_rate": None, "interval": None}
    interval = of_share(values, f"win_rate/{len(values)}")
    return {"questions": len(values), "win_rate": rounded(sum(values) / len(values)), "interval": interval}


def _place(counts: Mapping[str, int]) -> dict[str, Any] | None:
    found = in_both_orders(counts)
    if found is None:
        return None
    interval = found["interval"]
    return found | {
        "consistent": rounded(found["consistent"]),
        "interval": interval and [rounded(end) for end in interval],
        "bias": rounded(found["bias"]),
    }


def told(figures: Mapping[str, Any]) -> Iterator[list[str]]:
    """The figures as blocks of Markdown."""
    models = figures["models"]
    yield [f"{text(asked(figures))}."]
    yield [CONVENTION]
    head = ["win rate", "95 % interval", "wins", "losses", "ties", "undecided", "unanswered"]
    yield table(["model", *head], [[model, *_cells(facts)] for model, facts in models.items()])
    if len(figures["pairs"]) > 1:
        rows = [[" against ".join(one["models"]), *_cells(one)] for one in figures["pairs"]]
        yield table(["pair", *head], rows)
    yield from by_kind(models, _cell)
    if figures["position"]:
        yield [text(_position(figures["position"]))]


def lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """The main figures, for a terminal."""
    yield asked(figures)
    for one in figures["pairs"]:
        results = f"{one['win']:,} wins, {one['loss']:,} losses, {one['tie']:,} ties"
        rate = f"{percent(one['win_rate'])} {percents(one['interval'])}".strip()
        yield f"  {' against '.join(one['models'])}: {rate}, {results}{apart(one)}"
    if figures["position"]:
        yield f"  {_position(figures['position'])}"


def _cells(facts: Mapping[str, Any]) -> list[str]:
    results = [number(facts[name]) for name in ("win", "loss", "tie")]
    left = [counted(facts["undecided"]), counted(facts["unanswered"])]
    return [percent(facts["win_rate"]), percents(facts["interval"]), *results, *left]


def _cell(one: Mapping[str, Any]) -> str:
    return f"{percent(one['win_rate'])} {percents(one['interval'])}"


def _position(found: Mapping[str, Any]) -> str:
    return (
        f"position: the judge says the same in both orders in {percent(found['consistent'])} of {found['pairs']:,} "
        f"games; bias {found['bias']:+.3f} (+1: always the first, -1: always the second)"
    )
