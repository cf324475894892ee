"""Asks a model which of two answers is better, in both orders; what it says of one order only is a tie.

Of a pair the chosen side is held against the rejected one: it passes where it wins in both orders. Of several answers
to one prompt (`compare`) each meets every other, or `opponents` of them, and its score is the share of its games that
it won, a tie being half a win. Answers stand between fences that their authors can't know, and questions with a known
verdict are asked in between.

Reasons: none where the chosen side won in both orders; `rejected_better`; `tie`, where the model said so twice; where
it disagreed with itself `first_twice`, `second_twice` (the same place won), `first_once`, `second_once` (once, and once
a tie); `addresses_judge` with `injection: reject`. Unjudged: `unreadable`, `no_answer`, `alone` (of candidates), or why
the model gave none. The score of a pair is 1, 0 or -1. Counts: `judged`, `failed`, `samples`, `both_orders`, the
outcomes of these (`first_better`, `second_better` and the reasons above), `addresses_judge`, `canaries`,
`canaries_missed`, `canaries_failed`.

Source: MT-Bench, https://arxiv.org/abs/2306.05685, for question, marks and the rule that only what is preferred in both
orders wins (section 3.4); both orders and ties as half a win also Rakuda, https://yuzuai.jp/blog/rakuda. What it leaves
out: Rakuda's strengths after Bradley and Terry, which order answers that all meet each other as their wins do.
"""

from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from typing import Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from factory.component import Judge, ModelName, Run
from factory.engine import Sampling
from factory.errors import FactoryError, JudgeError
from factory.instruct.author import together
from factory.judging import canary
from factory.judging.both_orders import GIVEN, Played, Questions
from factory.judging.conversation import BETWEEN
from factory.judging.failures import Failures
from factory.judging.fence import addresses_judge
from factory.judging.game import Game, Turns, fixtures, game
from factory.judging.rubric import LANGUAGES, Language, rubrics
from factory.prompts import Prompt, path_of
from factory.row import Pair, Row, Verdict

NAME = "pairwise"
SCORES = {"first_better": 1.0, "second_better": -1.0}
"""Of a game's outcomes for the side that is named first; any other is a tie."""


class NotAPair(JudgeError):
    """A single answer was given to a judge that compares two."""

    exit_code: ClassVar[int] = 2


REFUSED = "addresses_judge"
FLAGGED = "speaks to the judge: {}"


class Pairwise(Judge):
    """Compares two answers, asking in both orders."""

    model: ModelName
    """The model that judges."""
    rubric: Annotated[str, Field(min_length=1)] = "mt_bench"
    """The question: a name in templates/prompts/pairwise (`mt_bench`, `instruction_following`) or a path to one's own
    `.j2` file."""
    language: Literal["auto", "ja", "en"] = "auto"
    """The language of the question; `auto`: that of the row."""
    reference: str = ""
    """The key of meta that holds a correct answer, which is shown where a row has it."""
    ties: Literal["drop", "keep"] = "drop"
    """What becomes of pairs that are a tie or on which the judge disagrees with itself."""
    opponents: PositiveInt | None = None
    """How many others each of several answers meets; all where nothing is said."""
    samples: PositiveInt = 1
    """How often each order is asked; the most common verdict counts."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    """0 gives the likeliest verdict; more than one sample needs more."""
    max_tokens: PositiveInt = 1024
    """The longest verdict with its reasons."""
    json_schema: bool = True
    """Whether JSON is asked for, and held to where the engine can; off for models that think aloud first."""
    canary_every: NonNegativeInt = 50
    """One pair in so many brings a question with a known verdict; 0 for none."""
    injection: Literal["flag", "reject"] = "flag"
    """What becomes of rows that speak to the judge: they are counted, or are bad and not asked about."""
    max_failed: Annotated[float, Field(ge=0, le=1)] = 0.2
    """The share of verdicts that may fail before the run stops; looked at from the fiftieth on."""
    keep_words: bool = False
    """Whether the model's words stay with the row, whose licence its terms then touch."""

    @property
    def keeps_text(self) -> bool:  # type: ignore[override]  # elsewhere of the class, here a setting says it
        """What `keep_words` says."""
        return self.keep_words

    @cached_property
    def _rubrics(self) -> dict[Language, Prompt]:
        return {language: rubric.prompt for language, rubric in rubrics(self.rubric, self.beside(""), NAME).items()}

    @cached_property
    def _questions(self) -> Questions:
        known = self._rubrics
        spoken = {language: known.get(language) or next(iter(known.values())) for language in LANGUAGES}
        sampling = Sampling(self.max_tokens, self.temperature)
        return Questions(
            NAME, self.model, spoken, self.language, self.reference, sampling, self.samples, self.json_schema,
            self.canary_every,
        )  # fmt: skip

    def check(self) -> list[str]:
        """A rubric or canaries that are not there or broken, and samples that would all be the same."""
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
        return [said for prompt in known.values() if (said := prompt.lacking(GIVEN) or _unshown(prompt))]

    def fingerprint(self) -> str:
        """A hash of the rubric's files and the canaries'."""
        digests = [prompt.digest for _, prompt in sorted(self._rubrics.items())]
        if self.canary_every:
            digests += [sha256(canary.path_of(language).read_bytes()).hexdigest() for language in LANGUAGES]
        return sha256("".join(digests).encode()).hexdigest()

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per pair: does the chosen side win?

        Raises:
            NotAPair: a row is one conversation.
            TooManyFailed: the model gives no verdict on too many pairs.
        """
        for row in rows:
            if not isinstance(row, Pair):
                raise NotAPair(
                    f"{NAME} compares two answers, and row {row.id[:8]} is one: give it pairs, or name it under "
                    "`score` of a generator that samples several answers"
                )
        pairs = [row for row in rows if isinstance(row, Pair)]
        flags = [self._flag((*pair.prompt, *pair.chosen, *pair.rejected), run) for pair in pairs]
        games = [
            game(pair.prompt + pair.chosen, pair.prompt + pair.rejected, pair.meta)
            for pair, flag in zip(pairs, flags, strict=True)
            if not self._barred(flag)
        ]
        came = iter(await self._played(games, run))
        said = [_refused(flag) if self._barred(flag) else self._verdict(next(came), flag) for flag in flags]
        return [self._counted(verdict, run) for verdict in said]

    async def compare(self, candidates: Sequence[Row], run: Run) -> list[Verdict]:
        """One verdict per answer: the share of its games that it won. Equal answers are one and share its verdict.

        Raises:
            TooManyFailed: the model gives no verdict on too many games.
        """
        sides = {row.id: row for row in candidates}
        flags = {id: self._flag(row.messages, run) for id, row in sides.items()}
        names = sorted(id for id, flag in flags.items() if not self._barred(flag))
        met = fixtures(names, self.opponents, run.random(NAME, "opponents", *names))
        met = [(min(both), max(both)) for both in met]
        played = await self._played(
            [game(sides[names[one]].messages, sides[names[other]].messages, candidates[0].meta) for one, other in met],
            run,
        )
        games: dict[str, list[tuple[float, Played]]] = {id: [] for id in names}
        for (one, other), came in zip(met, played, strict=True):
            score = SCORES.get(came.outcome or "", 0.0)
            games[names[one]].append((score, came))
            games[names[other]].append((-score, came))
        verdicts = {
            id: self._rated(games[id], flag, len(candidates) > 1) if id in games else _refused(flag)
            for id, flag in flags.items()
        }
        return [self._counted(verdicts[row.id], run) for row in candidates]

    async def _played(self, games: Sequence[Game], run: Run) -> list[Played]:
        """What comes of games that are all asked about at once."""
        questions = self._questions
        played = await together(questions.played(one, run) for one in games)
        failures = run.shared(lambda: Failures(NAME, self.max_failed))
        for one in played:
            failures.add(one.reason)
        return played

    def _flag(self, turns: Turns, run: Run) -> str:
        """The words that speak to the judge, which are counted; empty where there are none."""
        flag = next((words for words in (addresses_judge(content) for _, content in turns) if words), "")
        run.count(NAME, REFUSED, int(bool(flag)))
        return flag

    def _barred(self, flag: str) -> bool:
        return bool(flag) and self.injection == "reject"

    def _verdict(self, played: Played, flag: str) -> Verdict:
        """What a game says of a pair whose chosen side is the first."""
        outcome = played.outcome
        if outcome is None:
            return Verdict(NAME, None, None, played.reason, played.words)
        score = SCORES.get(outcome, 0.0)
        passed = score > 0 or (score == 0 and self.ties == "keep")
        reason = {"first_better": "", "second_better": "rejected_better"}.get(outcome, outcome)
        return Verdict(NAME, passed, score, reason, self._note(flag, played))

    def _rated(self, games: Sequence[tuple[float, Played]], flag: str, several: bool) -> Verdict:
        """What the games of one answer come to; of equal answers alone a tie."""
        scores = [score for score, came in games if came.outcome is not None]
        if not games:
            return Verdict(NAME, True, 0.5) if several else Verdict(NAME, None, None, "alone")
        if not scores:
            return Verdict(NAME, None, None, games[0][1].reason, games[0][1].words)
        share = sum((score + 1) / 2 for score in scores) / len(scores)
        return Verdict(NAME, True, share, "", self._note(flag, *(came for _, came in games)))

    def _note(self, flag: str, *played: Played) -> str:
        """The model's words where they are kept, else the row's own that speak to it."""
        if self.keep_words:
            return BETWEEN.join(one.words for one in played)
        return FLAGGED.format(flag) if flag else ""

    def _counted(self, verdict: Verdict, run: Run) -> Verdict:
        run.count(NAME, "judged")
        run.count(NAME, "failed", int(verdict.passed is None))
        return verdict


def _refused(flag: str) -> Verdict:
    return Verdict(NAME, False, None, REFUSED, FLAGGED.format(flag))


def _unshown(prompt: Prompt) -> str:
    """The sentence on a rubric that leaves out an answer; empty where it shows both."""
    missing = [name for name in ("answer_a", "answer_b") if name not in prompt.variables]
    return f"{path_of(prompt.name)}: shows no {missing[0]}; use {{{{ {missing[0]} }}}} in it" if missing else ""
