"""Asks a model for a score on a rubric: 1 to 10 as MT-Bench does, points that are added up, or an order of answers.

The last answer of a row, of a pair that of the chosen side, is shown with its prompt between fences that nobody who
wrote them could know; the score is on the rubric's own scale, read from JSON or from whatever the model writes. Several
samples are averaged, and so are several models (`jury`). Questions with a known verdict are asked in between.

With `mode: best_of_list` all answers to one prompt are shown in one question, in an order that is drawn, and put in
order by the model; a score is how many others an answer is put before. It works where answers are compared, under
`score` of a generator that samples several.

Reasons: `below_threshold`; `addresses_judge` with `injection: reject`. Unjudged: `unreadable`, `no_answer`,
`no_reference`, `alone` and `too_many` (of lists), or why there is no answer, such as `truncated`. Counts: `judged`,
`failed` (no score), `samples`, `samples_failed`, `addresses_judge`, `canaries`, `canaries_missed`, `canaries_failed`,
`jury_pairs` and `jury_agree` (two models, on one row: a point apart, or on the same side of the threshold).

Source: MT-Bench, https://arxiv.org/abs/2306.05685; a jury of models, https://arxiv.org/abs/2404.18796. What it leaves
out: G-Eval's weighting of scores by their probabilities, which few engines give.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Annotated, ClassVar, Literal

from pydantic import Field, FiniteFloat, NonNegativeInt, PositiveInt

from factory.component import Judge, ModelName, Run
from factory.engine import Sampling
from factory.errors import FactoryError, JudgeError
from factory.instruct.author import together
from factory.judging import canary
from factory.judging.addressing import addresses_judge
from factory.judging.conversation import Language
from factory.judging.failures import Failures
from factory.judging.grading import LABELS, Examiners, Grade, Question, question_of
from factory.judging.rubric import LANGUAGES, Rubric, rubrics
from factory.row import Message, Pair, Row, Verdict, content_id

NAME = "llm"
REFUSED = "addresses_judge"
FLAGGED = "speaks to the judge: {}"
NOT_ASKED = frozenset({"alone"})
"""Reasons for no score that are no failure of the model's."""


class NotCompared(JudgeError):
    """Rows were given one by one to a judge that orders answers to one prompt."""

    exit_code: ClassVar[int] = 2


class Llm(Judge):
    """Scores answers by what a model says of them."""

    model: ModelName
    """The model that judges."""
    jury: tuple[ModelName, ...] = ()
    """Further models that judge every row; the score is the mean."""
    rubric: Annotated[str, Field(min_length=1)] = ""
    """What is asked: a name in templates/prompts/llm (`mt_bench`, `japanese`, `additive`) or a path to one's own `.j2`
    file; empty: `mt_bench`, and `best_of_list` for lists."""
    mode: Literal["absolute", "best_of_list"] = "absolute"
    """Each answer for itself, or all answers to one prompt in one question."""
    language: Literal["auto", "ja", "en"] = "auto"
    """The language of the rubric; `auto`: that of the row."""
    reference: str = ""
    """The key of meta that holds a reference answer; rows without one are not judged."""
    threshold: FiniteFloat | None = None
    """The least score that passes; without it all pass that have a score."""
    samples: PositiveInt = 1
    """How often each model is asked about a row; the mean counts, failures left out."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    """0 gives the likeliest verdict; more than one sample needs more."""
    max_tokens: PositiveInt = 1024
    """The longest verdict with its reasons; a longer one has failed."""
    json_schema: bool = True
    """Whether JSON is asked for, and held to where the engine can; off for models that think aloud first."""
    canary_every: NonNegativeInt = 50
    """One row in so many brings a question with a known verdict; 0 for none."""
    injection: Literal["flag", "reject"] = "flag"
    """What becomes of rows that speak to the judge: they are counted, or are bad and not asked about."""
    max_failed: Annotated[float, Field(ge=0, le=1)] = 0.2
    """The share of rows that may have no score before the run stops; looked at from the fiftieth on."""
    keep_words: bool = False
    """Whether the models' words stay with the row, whose licence their terms then touch."""

    @property
    def keeps_text(self) -> bool:  # type: ignore[override]  # elsewhere of the class, here a setting says it
        """What `keep_words` says."""
        return self.keep_words

    @cached_property
    def _rubrics(self) -> dict[Language, Rubric]:
        name = self.rubric or ("best_of_list" if self.mode == "best_of_list" else "mt_bench")
        return rubrics(name, self.beside(""))

    @cached_property
    def _examiners(self) -> Examiners:
        known = self._rubrics
        spoken = {language: known.get(language) or next(iter(known.values())) for language in LANGUAGES}
        sampling = Sampling(self.max_tokens, self.temperature)
        return Examiners(
            NAME, (self.model, *self.jury), spoken, sampling, self.samples, self.json_schema, self.canary_every,
            self.threshold,
        )  # fmt: skip

    def check(self) -> list[str]:
        """A rubric that is not there, broken or of another mode, and settings that contradict each other."""
        try:
            known = self._rubrics
            for language in LANGUAGES if self.canary_every else ():
                canary.canaries(language)
        except FactoryError as error:
            return [str(error)]
        if self.language != "auto" and self.language not in known:
            return [f"language: the rubric {self.rubric!r} is not in {self.language}; it is in: {', '.join(known)}"]
        if self.samples > 1 and not self.temperature:
            return [f"samples: {self.samples} at temperature 0 are the same answer; set temperature, such as 0.7"]
        if len({self.model, *self.jury}) <= len(self.jury):
            return ["jury: names a model twice; its members are others than `model`, each once"]
        said = dict.fromkeys(rubric.complaint() or self._mismatch(rubric) for rubric in known.values())
        return [complaint for complaint in said if complaint]

    def _mismatch(self, rubric: Rubric) -> str:
        """What of the settings doesn't go with a rubric."""
        if rubric.lists != (self.mode == "best_of_list"):
            what, mode = (
                ("orders several answers", "best_of_list") if rubric.lists else ("scores one answer", "absolute")
            )
            return f"rubric: {self.rubric!r} {what}; set mode: {mode}"
        if self.reference and "reference" not in rubric.prompt.variables:
            return f"reference: the rubric {self.rubric!r} shows none; use {{{{ reference }}}} in it"
        if self.threshold is None:
            return ""
        if rubric.lists:
            return "threshold: an order of answers has no scale; take the best ones by the generator's rule"
        if not rubric.low <= self.threshold <= rubric.high:
            return f"threshold: {self.threshold:g} is not on the rubric's scale, {rubric.low:g} to {rubric.high:g}"
        return ""

    def fingerprint(self) -> str:
        """A hash of the rubric's files and the canaries'."""
        digests = [rubric.prompt.digest for _, rubric in sorted(self._rubrics.items())]
        if self.canary_every:
            digests += [sha256(canary.path_of(language).read_bytes()).hexdigest() for language in LANGUAGES]
        return sha256("".join(digests).encode()).hexdigest()

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row, all asked at once.

        Raises:
            NotCompared: it orders lists.
            TooManyFailed: the models give no score for too many rows.
        """
        if self.mode == "best_of_list" and rows:
            raise NotCompared(
                f"{NAME} with mode: best_of_list puts several answers to one prompt in order, and a row is a single "
                "one: name it under `score` of a generator that samples several answers, or set mode: absolute"
            )
        verdicts = await together(self._single(row, run) for row in rows)
        return [self._counted(verdict, run) for verdict in verdicts]

    async def compare(self, candidates: Sequence[Row], run: Run) -> list[Verdict]:
        """One verdict per answer to one prompt; equal answers are shown once and share it.

        Raises:
            TooManyFailed: the models give no score for too many rows.
        """
        if self.mode == "absolute":
            return await self.judge(candidates, run)
        distinct = {row.id: row for row in candidates}
        asked = {id: question_of(row, self.language, self.reference) for id, row in distinct.items()}
        verdicts = {id: self._failed(one, "") for id, one in asked.items() if isinstance(one, str)}
        questions = {id: one for id, one in asked.items() if isinstance(one, Question)}
        flags = {id: self._flag(one, run) for id, one in questions.items()}
        if self.injection == "reject":
            for id in [id for id, words in flags.items() if words]:
                verdicts[id] = _refused(flags[id])
                del questions[id]
        verdicts |= await self._listed(questions, flags, run)
        return [self._counted(verdicts[row.id], run) for row in candidates]

    async def _listed(
        self, questions: Mapping[str, Question], flags: Mapping[str, str], run: Run
    ) -> dict[str, Verdict]:
        """A verdict for each answer of one list."""
        if not 1 < len(questions) <= len(LABELS):
            reason = "too_many" if len(questions) > 1 else "alone"
            return {id: self._failed(reason, "") for id in questions}
        ids = sorted(questions)
        first = questions[ids[0]]
        key = content_id(Message("candidate", id) for id in ids)
        answers = tuple(questions[id].answers[0] for id in ids)
        grade = await self._examiners.grade(first._replace(key=key, answers=answers), run)
        return {id: self._verdict(grade, place, flags[id]) for place, id in enumerate(ids)}

    async def _single(self, row: Row | Pair, run: Run) -> Verdict:
        question = question_of(row, self.language, self.reference)
        if isinstance(question, str):
            return self._failed(question, "")
        flag = self._flag(question, run)
        if flag and self.injection == "reject":
            return _refused(flag)
        return self._verdict(await self._examiners.grade(question, run), 0, flag)

    def _flag(self, question: Question, run: Run) -> str:
        """The words of a row that speak to the judge, which are counted; empty where there are none."""
        texts = (*(content for _, content in question.prompt), *question.answers, question.reference)
        flag = next((words for words in map(addresses_judge, texts) if words), "")
        run.count(NAME, REFUSED, int(bool(flag)))
        return flag

    def _verdict(self, grade: Grade, place: int, flag: str) -> Verdict:
        if not grade.scores:
            return self._failed(grade.reason, grade.words)
        score = grade.scores[place]
        passed = self.threshold is None or score >= self.threshold
        note = grade.words if self.keep_words else FLAGGED.format(flag) if flag else ""
        return Verdict(NAME, passed, score, "" if passed else "below_threshold", note)

    def _failed(self, reason: str, words: str) -> Verdict:
        return Verdict(NAME, None, None, reason, words)

    def _counted(self, verdict: Verdict, run: Run) -> Verdict:
        """Count a verdict, and stop a run in which most fail."""
        run.count(NAME, "judged")
        failed = verdict.reason if verdict.passed is None else ""
        if failed:
            run.count(NAME, "failed")
        if failed not in NOT_ASKED and verdict.reason != REFUSED:
            run.shared(lambda: Failures(NAME, self.max_failed)).add(failed, verdict.note if failed else "")
        return verdict


def _refused(flag: str) -> Verdict:
    return Verdict(NAME, False, None, REFUSED, FLAGGED.format(flag))
