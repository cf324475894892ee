"""The contract of an evaluation's tasks: which calls there are, what comes of one, and what all come to.

A task is a generator whose rows are answers, so that everything that holds for the calls of a recipe holds here too:
many in flight, models that take turns, each answer stored and paid once. Unlike those of a recipe, its rows are all
kept, whatever judges say of them.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field, PositiveInt

from factory.component import Generator, Item, Part, Run
from factory.engine import ModelSettings, Outcome, Sampling, Unanswered
from factory.errors import JudgeError
from factory.part import judge_of
from factory.row import Message, Pair, Row, Verdict

EVALUATION = "evaluation"
"""The key of a row's meta that says what the row is an answer to."""
UNANSWERED: Final = "unanswered"
"""The stage at which there is no answer to judge; the reason follows."""
DUPLICATE = "duplicate"
"""Why a question is left out that stands there twice: it would count twice."""

Rows = Sequence[Row | Pair]


class Task(Generator):
    """One task of an evaluation."""

    compares: ClassVar[bool] = False
    """True where models are set against each other, so that it needs two."""

    count: PositiveInt | None = None  # type: ignore[assignment]  # of questions, where nothing is said all
    """How many questions to take, the first ones; all where nothing is said."""
    name: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9_-]{0,63})?$")] = ""
    """What the report calls it: lower-case letters, digits, `_`, `-`; the name of the task where nothing is said."""

    def asked(self) -> int:
        """As many rows as there are questions."""
        return self.questions_asked()

    def questions_asked(self) -> int:
        """How many questions there are."""
        raise NotImplementedError

    def texts(self) -> Iterator[tuple[str, str]]:
        """Each question's name and what it asks, for the search in what models were trained on."""
        return iter(())

    def of_model(self, model: str) -> Iterator[Item]:
        """What one model is asked."""
        return iter(())

    def between(self, models: Sequence[str]) -> Iterator[Item]:
        """What is asked about several models together."""
        return iter(())

    def missing(self) -> str:
        """The sentence with the pip line where a library is not installed; empty where all is there."""
        return ""

    def outside(
        self, engines: Mapping[str, ModelSettings], models: Sequence[str], folder: Path, tick: Callable[[], None]
    ) -> list[Row]:
        """What another program finds, run when the models of this one have given back their memory.

        Args:
            engines: the settings of each model.
            models: those that are evaluated.
            folder: where the program may write.
            tick: to be called every now and then; what it raises ends the program.
        """
        return []

    def figures(self, rows: Rows, models: Sequence[str]) -> dict[str, Any]:
        """What all rows of this task come to, as plain JSON values."""
        raise NotImplementedError

    def unjudged(self, figures: Mapping[str, Any]) -> Sequence[str]:
        """The models of which nothing could be judged."""
        return ()

    def told(self, figures: Mapping[str, Any]) -> Iterator[list[str]]:
        """The figures as blocks of Markdown: paragraphs, lists, tables; text from elsewhere escaped."""
        raise NotImplementedError

    def lines(self, figures: Mapping[str, Any]) -> Iterator[str]:
        """The main figures, for a terminal."""
        raise NotImplementedError


class Asking(Task):
    """A task that asks the models, and how they answer."""

    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    """Of the answers; 0 takes the likeliest token each time."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Of the answers."""
    max_tokens: PositiveInt = 2_048
    """An answer that is longer is cut off, and counts as unanswered."""

    def sampling(self, run: Run, temperature: float | None = None) -> Sampling:
        """How an answer is drawn; without a seed where nothing is drawn, so that tasks share such answers."""
        warmth = self.temperature if temperature is None else temperature
        return Sampling(self.max_tokens, warmth, self.top_p, seed=run.seed if warmth else None)


def question_row(prompt: Sequence[Message], model: str, about: Mapping[str, Any], meta: Mapping[str, Any]) -> Row:
    """A question as a row that lacks its answer.

    Args:
        prompt: what is asked.
        model: the label of the model that is.
        about: task, model, question and the like.
        meta: what the question says of itself.
    """
    return Row(tuple(prompt), "unknown", EVALUATION, EVALUATION, model, {**meta, EVALUATION: dict(about)})


def answered(row: Row, outcome: Outcome) -> Row:
    """The row with what came: the answer, or the verdict that there is none."""
    if isinstance(outcome, Unanswered):
        return unanswered(row, outcome.reason, _words(outcome))
    return row._replace(messages=(*row.messages, Message("assistant", outcome.text)))


def unanswered(row: Row, reason: str, note: str = "") -> Row:
    """The row with the verdict that there is no answer to judge."""
    return row._replace(verdicts=(Verdict(UNANSWERED, None, None, reason, note),))


def misplaced(part: Part) -> str:
    """Why a judge can't say of one answer how good it is; empty where it can."""
    said = judge_of(part).misplaced(pairs=False)
    return f"{said}; the task `compare` sets answers against each other" if said else ""


async def judged(rows: Sequence[Row], part: Part, run: Run) -> list[Row]:
    """The rows with what the judge says of those that hold an answer.

    Raises:
        JudgeError: it gives another number of verdicts than it was asked for.
    """
    asked = [row for row in rows if not row.verdicts]
    verdicts = iter(await told_of(len(asked), part, judge_of(part).judge(asked, run)) if asked else ())
    return [row if row.verdicts else row._replace(verdicts=(next(verdicts),)) for row in rows]


async def told_of(answers: int, part: Part, said: Awaitable[Sequence[Verdict]]) -> Sequence[Verdict]:
    """What a judge says of so many answers; that it could not tell, where its model gave it none.

    Raises:
        JudgeError: it gives another number of verdicts.
    """
    try:
        verdicts = await said
    except Unanswered as error:
        return [Verdict(part.name, None, None, error.reason, _words(error))] * answers
    if len(verdicts) != answers:
        raise JudgeError(f"judge {part.name!r} gave {len(verdicts)} verdicts for {answers} answers; it owes one each")
    return verdicts


def _words(missing: Unanswered) -> str:
    return "\n".join(part for part in (missing.note, missing.text) if part)


def about(row: Row | Pair) -> Mapping[str, Any]:
    """Task, model, question and the like of a row."""
    found: Mapping[str, Any] = row.meta[EVALUATION]
    return found
