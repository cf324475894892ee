"""Which of two models answers better, as a judge sees it: Rakuda, for one, whose 40 questions are asked in both orders.

Every two models meet on every question, or all others one (`against`). A judge of pairs is asked in both orders, and
what it says of one order only is a tie; one of single answers prefers the higher score. Which model is named first
changes no question and no figure but its sign. Source: MT-Bench's pairwise comparison,
https://arxiv.org/abs/2306.05685, section 3.4; Rakuda, https://yuzuai.jp/blog/rakuda. What it leaves out: strengths
after Bradley and Terry, which order models that all meet each other as their win rates do.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from factory.component import Item, Run
from factory.evaluation import games
from factory.evaluation.conversing import Conversing
from factory.evaluation.games import Game, Result
from factory.evaluation.tables import met
from factory.evaluation.task import EVALUATION, UNANSWERED, Rows, about, told_of
from factory.instruct.author import together
from factory.judge_eval.judging import preferred
from factory.judging.choice import Choice
from factory.part import judge_of
from factory.row import Pair, Row, Verdict

RESULTS: Mapping[Choice | None, Result] = {"A": "win", "B": "loss", "tie": "tie", None: "undecided"}
SAME = "same_answer"
"""Why a game is a tie that nobody was asked about."""


class Compare(Conversing):
    """Wins, losses and ties between models."""

    compares: ClassVar[bool] = True

    by: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = ("category", "language")
    """What of the questions figures are told apart by."""
    against: str = ""
    """The model that all others meet; every two meet where nothing is said."""

    def of_model(self, model: str) -> Iterator[Item]:
        """The conversations alone, so that a model has all its turns while it is loaded."""
        for place in range(len(self.read)):
            yield Item(f"{model}/{place}", 0, (model, place))

    def between(self, models: Sequence[str]) -> Iterator[Item]:
        """One item for each question and two models."""
        for one, other in met(models, self.against):
            for place in range(len(self.read)):
                yield Item(f"{one}/{other}/{place}", 1, (one, other, place))

    async def rows(self, item: Item, run: Run) -> Sequence[Pair]:
        """One game: both conversations, and what the judge says of them; no row where one is only to be held."""
        *names, place = item.payload
        if len(names) == 1:
            await self.conversation(names[0], place, run)
            return []
        one, other = names
        sides = await together(self.conversation(model, place, run) for model in (one, other))
        first, second = (rows[-1] for rows in sides)
        result, reason, counts, verdicts = await self._judged(sides, run)
        question = self.read[place]
        opening = len(question.opening()) + 1
        facts = {"model": one, "against": other, "question": place, "result": result, "reason": reason}
        meta = {**_meta(first), EVALUATION: facts | {"counts": dict(sorted(counts.items()))}}
        turns = (first.messages[:opening], first.messages[opening:], second.messages[opening:])
        return [Pair(*turns, "unknown", EVALUATION, EVALUATION, f"{first.model} + {second.model}", meta, verdicts)]

    async def _judged(
        self, sides: Sequence[Sequence[Row]], run: Run
    ) -> tuple[Result, str, Counter[str], tuple[Verdict, ...]]:
        """The result, its reason, what the judge counted, and its verdicts on both sides."""
        said = [next((row.verdicts[0] for row in rows if row.verdicts), None) for rows in sides]
        missing = [(rows[0], verdict) for rows, verdict in zip(sides, said, strict=True) if verdict is not None]
        if missing:
            why = ", ".join(f"{about(row)['model']}: {verdict.reason}" for row, verdict in missing)
            return UNANSWERED, why, Counter(), tuple(verdict for _, verdict in missing)
        first, second = (rows[-1] for rows in sides)
        if first.messages == second.messages:
            return "tie", SAME, Counter(), ()
        references = [row.meta["reference"] for row in sides[0] if row.meta.get("reference")]
        meta = {**_meta(first), **({"reference": "\n\n".join(references)} if references else {})}
        part, mine = self.examiner(meta, replace(run, tallies=Counter()))
        answers = [row._replace(meta=meta) for row in (first, second)]
        verdicts = await told_of(len(answers), part, judge_of(part).compare(answers, mine))
        run.tallies.update(mine.tallies)
        counts = Counter({what.rpartition(": ")[2]: n for what, n in mine.tallies.items()})
        choice, _, reason = preferred(verdicts)
        return RESULTS[choice], reason, counts, tuple(verdicts)

    def figures(self, rows: Rows, models: Sequence[str]) -> dict[str, Any]:
        """Win rates, intervals, groups, and the judge's lean to a place."""
        played = []
        for row in rows:
            facts = about(row)
            names = facts["model"], facts["against"], facts["question"]
            played.append(Game(*names, facts["result"], facts["reason"], facts["counts"]))
        metas = [question.meta for question in self.read]
        return self.asked_facts() | games.games(played, models, metas, self.by)

    def unjudged(self, figures: Mapping[str, Any]) -> Sequence[str]:
        """The models of which nothing could be judged."""
        return [model for model, facts in figures["models"].items() if facts["win_rate"] is None]

    def told(self, figures: Mapping[str, Any]) -> Iterator[list[str]]:
        """A table of models, one of pairs, one of each kind of group, and the position bias."""
        return games.told(figures)

    def lines(self, figures: Mapping[str, Any]) -> Iterator[str]:
        """A line per pair, and the position bias."""
        return games.lines(figures)


def _meta(row: Row) -> dict[str, Any]:
    """What the question says of itself."""
    return {name: value for name, value in row.meta.items() if name not in (EVALUATION, "reference")}
