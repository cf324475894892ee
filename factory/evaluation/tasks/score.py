"""How good answers are, as a judge scores each by itself: MT-Bench, for one, with two turns to a question.

Each turn is judged in the context of the turns before it, and the second is asked in the context of the model's own
first answer. Source: MT-Bench, https://arxiv.org/abs/2306.05685, single-answer grading. Turns with a reference can have
a judge of their own (`judge_with_reference`), as its math and coding questions do. What it leaves out: MT-Bench's
average over all judgements, which differs from the mean over questions only where turns are missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from factory.component import Item, Run
from factory.evaluation import scores
from factory.evaluation.conversing import Conversing
from factory.evaluation.scores import Scored
from factory.evaluation.task import Rows, about, judged
from factory.instruct.author import together
from factory.row import Row


class Score(Conversing):
    """Means of a judge's scores."""

    by: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = ("category", "language")
    """What of the questions figures are told apart by."""
    against: str = ""
    """The model that others are compared with; all with each other where nothing is said."""

    def of_model(self, model: str) -> Iterator[Item]:
        """One item for each question."""
        for place, question in enumerate(self.read):
            yield Item(f"{model}/{place}", len(question.turns), (model, place))

    async def rows(self, item: Item, run: Run) -> Sequence[Row]:
        """The answers to one question, turn by turn, judged."""
        model, place = item.payload
        turns = await self.conversation(model, place, run)
        found = await together(judged([row], *self.examiner(row.meta, run)) for row in turns)
        return [row for rows in found for row in rows]

    def figures(self, rows: Rows, models: Sequence[str]) -> dict[str, Any]:
        """Scores, intervals, turns, groups, and differences between models."""
        series = {model: [Scored() for _ in self.read] for model in models}
        for row in rows:
            facts = about(row)
            series[facts["model"]][facts["question"]].add(facts["turn"], row.verdicts[0])
        metas = [question.meta for question in self.read]
        return self.asked_facts() | scores.scores(series, metas, self.by, self.against)

    def unjudged(self, figures: Mapping[str, Any]) -> Sequence[str]:
        """The models of which nothing could be judged."""
        return [model for model, facts in figures["models"].items() if facts["score"] is None]

    def told(self, figures: Mapping[str, Any]) -> Iterator[list[str]]:
        """A table of models and turns, one of each kind of group, and the differences."""
        return scores.told(figures)

    def lines(self, figures: Mapping[str, Any]) -> Iterator[str]:
        """A line per model, and the differences."""
        return scores.lines(figures)
