"""Asks a model which of two answers is better, in both orders; what it says of one order only is a tie.

Of a pair the chosen side is held against the rejected one: it passes where it wins in both orders. Of several answers
to one prompt (`compare`) each meets every other, or `opponents` of them, and its score is the share of its games that
it won, a tie being half a win. Answers stand between fences that their authors can't know, and questions with a known
verdict are asked in between.

Reasons: none where the chosen side won in both orders; `rejected_better`; `tie`, where the model said so twice; where
it disagreed with itself `first_twice`, `second_twice` (the same place won), `first_once`, `second_once` (once, and once
a tie); `addresses_judge` with `injection: reject`. Unjudged: `unreadable`, `no_answer`, `alone` (of candidates), or why
the model gave none. The score of a pair is 1, 0 or -1. Counts: `judged` (the model was asked), `failed` (of these, no
verdict), `alone` and `no_answer` (it was not), `samples`, `both_orders`, the outcomes of these (`first_better`,
`second_better` and the reasons above), `addresses_judge` (of several answers to one prompt the prompt counts once),
`canaries`, `canaries_missed`, `canaries_failed`.

Source: MT-Bench, https://arxiv.org/abs/2306.05685, for question, marks and the rule that only what is preferred in both
orders wins (section 3.4); both orders and ties as half a win also Rakuda, https://yuzuai.jp/blog/rakuda. What it leaves
out: Rakuda's strengths after Bradley and Terry, which order answers that all meet each other as their wins do.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import ClassVar, Literal

from pydantic import PositiveInt

from factory.component import Run
from factory.errors import JudgeError
from factory.instruct.author import together
from factory.judging.asked import AskedModel
from factory.judging.both_orders import GIVEN, Played, Questions
from factory.judging.failures import Failures
from factory.judging.game import Game, Turns, fixtures, game
from factory.prompts import Prompt, path_of
from factory.row import Pair, Row, Verdict

NAME = "pairwise"
SCORES = {"first_better": 1.0, "second_better": -1.0}
"""Of a game's outcomes for the side that is named first; any other is a tie."""


_SINGLE = (
    f"{NAME} compares two answers, and {{}}: give it pairs, or name it under `score` of a generator that samples "
    "several answers"
)


class NotAPair(JudgeError):
    """A single answer was given to a judge that compares two."""

    exit_code: ClassVar[int] = 2


class Pairwise(AskedModel):
    """Compares two answers, asking in both orders."""

    name: ClassVar[str] = NAME

    reference: str = ""
    """The key of meta that holds a correct answer, which is shown where a row has it."""
    ties: Literal["drop", "keep"] = "drop"
    """What becomes of pairs that are a tie or on which the judge disagrees with itself."""
    opponents: PositiveInt | None = None
    """How many others each of several answers meets; all where nothing is said."""
    samples: PositiveInt = 1
    """How often each order is asked; the most common verdict counts."""

    @cached_property
    def _questions(self) -> Questions:
        spoken = {language: rubric.prompt for language, rubric in self.spoken.items()}
        return Questions(
            NAME, self.model, spoken, self.language, self.reference, self.sampling, self.samples, self.json_schema,
            self.canary_every,
        )  # fmt: skip

    def check(self) -> list[str]:
        """Also a rubric that leaves out an answer."""
        if faults := super().check():
            return faults
        prompts = [rubric.prompt for rubric in self.written.values()]
        return [said for prompt in prompts if (said := prompt.lacking(GIVEN) or _unshown(prompt))]

    def misplaced(self, *, pairs: bool | None) -> str:
        """It can say nothing of conversations."""
        return "" if pairs is not False else _SINGLE.format("the rows are conversations")

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per pair: does the chosen side win?

        Raises:
            NotAPair: a row is one conversation.
            TooManyFailed: the model gives no verdict on too many pairs.
        """
        for row in rows:
            if not isinstance(row, Pair):
                raise NotAPair(_SINGLE.format(f"row {row.id[:8]} is one"))
        pairs = [row for row in rows if isinstance(row, Pair)]
        flags = [self.flag(_contents(pair.prompt), _contents(pair.chosen + pair.rejected), run) for pair in pairs]
        games = [
            game(pair.prompt + pair.chosen, pair.prompt + pair.rejected, pair.meta)
            for pair, flag in zip(pairs, flags, strict=True)
            if not self.barred(flag)
        ]
        came = iter(await self._played(games, run))
        return [
            self.counted(self.refused(flag), False, run) if self.barred(flag) else self._verdict(next(came), flag, run)
            for flag in flags
        ]

    async def compare(self, candidates: Sequence[Row], run: Run) -> list[Verdict]:
        """One verdict per answer: the share of its games that it won. Equal answers are one and share its verdict.

        Raises:
            TooManyFailed: the model gives no verdict on too many games.
        """
        sides = {row.id: row for row in candidates}
        flags = self.flags({id: row.messages for id, row in sides.items()}, (), run)
        names = sorted(id for id, flag in flags.items() if not self.barred(flag))
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
        several = sum(row.id in games for row in candidates) > 1
        verdicts = {
            id: self._rated(games[id], flag, several) if id in games else self.refused(flag)
            for id, flag in flags.items()
        }
        asked = {id for id, mine in games.items() if any(came.asked for _, came in mine)}
        return [self.counted(verdicts[row.id], row.id in asked, run) for row in candidates]

    async def _played(self, games: Sequence[Game], run: Run) -> list[Played]:
        """What comes of games that are all asked about at once."""
        questions = self._questions
        played = await together(questions.played(one, run) for one in games)
        failures = run.shared(lambda: Failures(NAME, self.max_failed))
        for one in played:
            failures.add(one.reason)
        return played

    def _verdict(self, played: Played, flag: str, run: Run) -> Verdict:
        """What a game says of a pair whose chosen side is the first; counted."""
        outcome, note = played.outcome, self.note(flag, [played.words])
        if outcome is None:
            return self.counted(Verdict(NAME, None, None, played.reason, note), played.asked, run)
        score = SCORES.get(outcome, 0.0)
        passed = score > 0 or (score == 0 and self.ties == "keep")
        reason = {"first_better": "", "second_better": "rejected_better"}.get(outcome, outcome)
        return self.counted(Verdict(NAME, passed, score, reason, note), played.asked, run)

    def _rated(self, games: Sequence[tuple[float, Played]], flag: str, several: bool) -> Verdict:
        """What the games of one answer come to; of equal answers alone a tie."""
        scores = [score for score, came in games if came.outcome is not None]
        if not games:
            return Verdict(NAME, True, 0.5) if several else Verdict(NAME, None, None, "alone")
        if not scores:
            return Verdict(NAME, None, None, games[0][1].reason, self.note(flag, [games[0][1].words]))
        share = sum((score + 1) / 2 for score in scores) / len(scores)
        return Verdict(NAME, True, share, "", self.note(flag, [came.words for _, came in games]))


def _contents(turns: Turns) -> Iterator[str]:
    return (content for _, content in turns)


def _unshown(prompt: Prompt) -> str:
    """The sentence on a rubric that leaves out an answer; empty where it shows both."""
    missing = [name for name in ("answer_a", "answer_b") if name not in prompt.variables]
    return f"{path_of(prompt.name)}: shows no {missing[0]}; use {{{{ {missing[0]} }}}} in it" if missing else ""
