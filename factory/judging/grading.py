"""Asking models for scores: one answer on a rubric's scale, or several answers to one prompt put in order.

Every judge model is asked `samples` times; a row's score is the mean over the models of each one's mean. What failed is
left out of it, and only where all failed there is no score. But means over different models can't be held against each
other, one of them being more severe: answers to one prompt are scored by those models that scored all of them.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Literal, NamedTuple

from factory.component import Run
from factory.engine import Outcome, Request, Sampling, Unanswered
from factory.instruct.author import together
from factory.judging import canary
from factory.judging.conversation import BETWEEN, Language, language_in, told
from factory.judging.fence import fence
from factory.judging.ranking import points, ranking
from factory.judging.rating import rating
from factory.judging.rubric import Rubric, closed
from factory.row import Message, Pair, Row, content_id, turns_in

LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
UNREADABLE = "unreadable"
INCOMPLETE = "jury_incomplete"
"""Why there is no score that is comparable with the others', and what questions that a model failed on count under."""


class Question(NamedTuple):
    """What is asked about: a prompt, and an answer or several."""

    key: str
    """In hex, from which fences, orders and canaries are drawn."""
    prompt: tuple[Message, ...]
    answers: tuple[str, ...]
    reference: str
    language: Language


class Grade(NamedTuple):
    """What came of a question: a score for each of its answers."""

    scores: tuple[float, ...] = ()
    """Empty where there are none."""
    reason: str = ""
    """Why there are none."""
    words: str = ""
    """What the models wrote."""


class Examiners(NamedTuple):
    """Who is asked, and how."""

    judge: str
    models: tuple[str, ...]
    rubrics: Mapping[Language, Rubric]
    sampling: Sampling
    samples: int
    json_schema: bool
    canary_every: int
    threshold: float | None

    async def grade(self, question: Question, run: Run) -> tuple[Grade, ...]:
        """What each model says of a question's answers; counted, and with the canary that goes with it."""
        asked = [self._asked(question, model, run) for model in self.models]
        every = 0 if self.rubrics[question.language].needs_reference else self.canary_every
        watched = canary.chosen(question.key, every, question.language)
        if watched is not None:
            asked += [self._canary(question, watched, model, run) for model in self.models]
        grades = tuple((await together(asked))[: len(self.models)])
        scored = [grade for grade in grades if grade.scores]
        if len(grades) > 1:
            for model, grade in zip(self.models, grades, strict=True):
                run.count(self.judge, f"failed by {model}", int(not grade.scores))
            run.count(self.judge, INCOMPLETE, int(0 < len(scored) < len(grades)))
        for one, other in combinations(scored, 2):
            run.count(self.judge, "jury_pairs")
            run.count(self.judge, "jury_agree", int(self._agree(one.scores, other.scores)))
        return grades

    def _agree(self, one: Sequence[float], other: Sequence[float]) -> bool:
        """Whether two models say the same: the same best answer, the same side of the threshold, or a point apart."""
        if len(one) > 1:
            return one.index(max(one)) == other.index(max(other))
        if self.threshold is not None:
            return (one[0] >= self.threshold) == (other[0] >= self.threshold)
        return abs(one[0] - other[0]) <= 1

    async def _asked(self, question: Question, model: str, run: Run, *, count: bool = True) -> Grade:
        """The mean of what one model says."""
        rubric = self.rubrics[question.language]
        orders = self._orders(question, run)
        requests = [self._request(rubric, question, order, run) for order in orders]
        engine = run.engine(model)
        outcomes = [one for group in await together(map(engine.complete, requests)) for one in group]
        if len(question.answers) > 1:
            grades = [_ordered(outcome, order) for outcome, order in zip(outcomes, orders, strict=True)]
        else:
            grades = [_rated(outcome, rubric) for outcome in outcomes]
        scored = [grade for grade in grades if grade.scores]
        if count:
            run.count(self.judge, "samples", len(grades))
            run.count(self.judge, "samples_failed", len(grades) - len(scored))
        words = BETWEEN.join(grade.words for grade in grades)
        return (
            Grade(_means([grade.scores for grade in scored]), "", words) if scored else grades[0]._replace(words=words)
        )

    def _orders(self, question: Question, run: Run) -> list[list[int]]:
        """How the answers are shown, in each request; each sample of a list has an order of its own."""
        places = list(range(len(question.answers)))
        if len(places) == 1:
            return [places]
        orders = []
        for sample in range(self.samples):
            run.random(self.judge, "order", question.key, sample).shuffle(places)
            orders.append(list(places))
        return orders

    def _request(self, rubric: Rubric, question: Question, order: Sequence[int], run: Run) -> Request:
        alone = len(question.answers) == 1
        shown = {"answer": question.answers[0]} if alone else {}
        shown |= {} if alone else {f"answer_{LABELS[at]}": question.answers[place] for at, place in enumerate(order)}
        texts = {"prompt": told(question.prompt, question.language), "reference": question.reference} | shown
        fenced = fence(
            {name: text for name, text in texts.items() if text}, run.random("fence", self.judge, question.key)
        )
        values: dict[str, Any] = {name: fenced.texts.get(name, "") for name in ("prompt", "reference", "answer")}
        values["candidates"] = [{"label": LABELS[at], "text": fenced.texts.get(f"answer_{LABELS[at]}", "")} for at in
                                range(0 if alone else len(order))]  # fmt: skip
        as_json = self.json_schema and "as_json" in rubric.prompt.variables
        turns = sum(message.role == "user" for message in question.prompt)
        prompt = rubric.text({**values, "turns": turns, "nonce": fenced.nonce, "as_json": as_json})
        schema = (rubric.schema() if alone else _order_schema(len(order))) if as_json else None
        sampling = self.sampling
        if sampling.temperature:
            draw = run.random(self.judge, "seed", question.key, *order)
            sampling = sampling._replace(seed=draw.getrandbits(31))
        return Request(prompt, sampling, self.samples if alone else 1, schema)

    async def _canary(self, question: Question, watched: tuple[canary.Canary, bool], model: str, run: Run) -> Grade:
        """Ask what has a known verdict, with the fence of the question that it goes with."""
        known, good = watched
        rubric = self.rubrics[question.language]
        answers = (known.good, known.bad) if rubric.lists else (known.good if good else known.bad,)
        prompt = (Message("user", known.prompt),)
        key = content_id((*prompt, Message("canary", question.key)))
        grade = await self._asked(Question(key, prompt, answers, "", question.language), model, run, count=False)
        run.count(self.judge, "canaries")
        middle = (rubric.low + rubric.high) / 2
        if not grade.scores:
            run.count(self.judge, "canaries_failed")
        elif rubric.lists:
            run.count(self.judge, "canaries_missed", int(grade.scores[0] <= grade.scores[1]))
        else:
            missed = grade.scores[0] <= middle if good else grade.scores[0] >= middle
            run.count(self.judge, "canaries_missed", int(missed))
        return grade


def averaged(grades: Sequence[Grade]) -> Grade:
    """The mean over the models that gave scores."""
    scored = [grade.scores for grade in grades if grade.scores]
    words = BETWEEN.join(grade.words for grade in grades if grade.words)
    return Grade(_means(scored), "", words) if scored else Grade((), grades[0].reason, words)


def comparable(answers: Sequence[Sequence[Grade]]) -> list[Grade]:
    """One grade for each of several answers, the means being over the same models.

    These are the models that scored all answers that got any score. Where there is no such model, only what all models
    scored is comparable.

    Args:
        answers: of each answer what each model said.
    """
    scored = [grades for grades in answers if any(grade.scores for grade in grades)]
    whole = [all(one.scores for one in of_model) for of_model in zip(*scored, strict=True)]
    found = []
    for grades in answers:
        mean = averaged(grades)
        if mean.scores:
            counting = [one.scores for one, all_of in zip(grades, whole, strict=True) if all_of or not any(whole)]
            mean = mean._replace(scores=_means(counting)) if all(counting) else Grade((), INCOMPLETE, mean.words)
        found.append(mean)
    return found


def question_of(row: Row | Pair, language: Literal["auto", "ja", "en"], reference: str) -> Question | str:
    """What is asked about a row, on its last answer, of a pair on the chosen one; or why nothing can be.

    Args:
        row: the row.
        language: of the rubric; `auto` for that of the row.
        reference: the key of meta that holds the reference answer, a text or a list of turns; empty for none.
    """
    turns = row.messages if isinstance(row, Row) else row.prompt + row.chosen
    last = next((place for place in reversed(range(len(turns))) if turns[place].role == "assistant"), None)
    if last is None or not turns[last].content.strip():
        return "no_answer"
    prompt = turns[:last]
    spoken = language_in(row.meta, prompt) if language == "auto" else language
    known = row.meta.get(reference) if reference else ""
    if isinstance(known, list | tuple):
        known = told(turns_in(known), spoken)
    if isinstance(known, bool) or not isinstance(known, str | int | float) or (reference and known == ""):
        return "no_reference"
    return Question(row.id, prompt, (turns[last].content,), str(known), spoken)


def _rated(outcome: Outcome, rubric: Rubric) -> Grade:
    text, reason = _words(outcome)
    if text is None:
        return Grade((), reason, _shown(outcome))
    score = rating(text, rubric.low, rubric.high)
    return Grade((), reason or UNREADABLE, text) if score is None else Grade((score,), "", text)


def _ordered(outcome: Outcome, order: Sequence[int]) -> Grade:
    """The points of each answer, in the order of the answers and not in that in which they were shown."""
    labels = LABELS[: len(order)]
    text, reason = _words(outcome)
    found = ranking(text, labels) if text is not None else None
    if found is None:
        return Grade((), reason or UNREADABLE, _shown(outcome))
    put = points(found, labels)
    return Grade(tuple(put[labels[order.index(place)]] for place in range(len(order))), "", text or "")


def _words(outcome: Outcome) -> tuple[str | None, str]:
    """What can be read of an outcome, and why there is no answer.

    What is no JSON though JSON was asked is still all that the judge said: it is read as text.
    """
    if not isinstance(outcome, Unanswered):
        return outcome.text, ""
    return (outcome.text or None) if outcome.reason == "schema" else None, outcome.reason


def _shown(outcome: Outcome) -> str:
    if not isinstance(outcome, Unanswered):
        return outcome.text
    return "\n".join(text for text in (outcome.note, outcome.text) if text)


def _means(columns: Sequence[Sequence[float]]) -> tuple[float, ...]:
    return tuple(sum(column) / len(column) for column in zip(*columns, strict=True))


def _order_schema(size: int) -> dict[str, Any]:
    order = {"type": "array", "items": {"enum": list(LABELS[:size])}, "minItems": size, "maxItems": size}
    return closed({"reason": {"type": "string"}, "ranking": order})
