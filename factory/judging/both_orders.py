"""Asking a model which of two answers is better: a question for each order, and the canaries in between."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

from factory import prompts
from factory.component import Run
from factory.engine import Outcome as Answer
from factory.engine import Request, Sampling, Unanswered
from factory.instruct.author import together
from factory.judging import canary, position
from factory.judging.choice import Choice, choice
from factory.judging.fence import fence
from factory.judging.game import Game, Turns
from factory.judging.position import Outcome
from factory.language import language as language_of
from factory.prompts import Prompt

Language = Literal["ja", "en"]
GIVEN = ("prompt", "answer_a", "answer_b", "reference", "nonce", "as_json")
"""What a rubric is filled in with."""
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"reasoning": {"type": "string"}, "winner": {"enum": ["A", "B", "tie"]}},
    "required": ["reasoning", "winner"],
    "additionalProperties": False,
}
SPEAKERS: Mapping[Language, Mapping[str, str]] = {
    "ja": {"system": "システム", "user": "ユーザー", "assistant": "アシスタント"},
    "en": {"system": "System", "user": "User", "assistant": "Assistant"},
}
UNREADABLE = "unreadable"
BETWEEN = "\n\n----\n\n"
"""Between what was said of the two orders."""


class Said(NamedTuple):
    """What the model said to one question."""

    choice: Choice | None
    reason: str = ""
    """Why it chose nothing."""
    words: str = ""


class Played(NamedTuple):
    """What came of a game."""

    outcome: Outcome | None
    reason: str = ""
    """Why nothing did."""
    words: str = ""


class Questions(NamedTuple):
    """How games are put to a model."""

    judge: str
    model: str
    rubric: str
    """The file of the judge's prompts, without its language."""
    language: Literal["auto", "ja", "en"]
    reference: str
    """The key of meta that holds a correct answer."""
    sampling: Sampling
    samples: int
    as_json: bool
    canary_every: int

    def prompt(self, language: Language) -> Prompt:
        """The question in a language.

        Raises:
            RecipeError: its file is not there, or broken.
        """
        return prompts.load(f"{self.judge}/{self.rubric}.{language}")

    @property
    def languages(self) -> tuple[Language, ...]:
        """Those in which may be asked."""
        return ("ja", "en") if self.language == "auto" else (self.language,)

    async def played(self, game: Game, run: Run) -> Played:
        """What comes of a game that is asked about in both orders; counted.

        A canary that goes with it is asked as well.
        """
        language = self._language(game)
        orders = [self._asked(game, language, run), self._asked(game.turned(), language, run)]
        watched = canary.chosen(game.key, self.canary_every, language)
        if watched is not None:
            orders.append(self._canary(game, watched, language, run))
        straight, swapped, *_ = await together(orders)
        words = BETWEEN.join((straight.words, swapped.words))
        if straight.choice is None or swapped.choice is None:
            return Played(None, straight.reason or swapped.reason, words)
        outcome = position.outcome(straight.choice, swapped.choice)
        run.count(self.judge, position.BOTH_ORDERS)
        run.count(self.judge, outcome)
        return Played(outcome, "", words)

    async def _canary(self, game: Game, watched: tuple[canary.Canary, bool], language: Language, run: Run) -> Said:
        """Ask what has a known verdict, with the fence of the game that it goes with."""
        question, good_first = watched
        sides = (question.good, question.bad) if good_first else (question.bad, question.good)
        said = await self._asked(game.canary(question.prompt, *sides), language, run, count=False)
        run.count(self.judge, "canaries")
        if said.choice is None:
            run.count(self.judge, "canaries_failed")
        elif said.choice != ("A" if good_first else "B"):
            run.count(self.judge, "canaries_missed")
        return said

    async def _asked(self, game: Game, language: Language, run: Run, *, count: bool = True) -> Said:
        """What the model chooses in this order: the most common of its samples."""
        request = self._request(game, language, run)
        answers = await run.engine(self.model).complete(request)
        if count:
            run.count(self.judge, "samples", len(answers))
        said = [_read(answer) for answer in answers]
        words = BETWEEN.join(one.words for one in said)
        chosen = Counter(one.choice for one in said if one.choice is not None).most_common(2)
        if not chosen:
            return Said(None, said[0].reason, words)
        level = len(chosen) > 1 and chosen[0][1] == chosen[1][1]
        return Said("tie" if level else chosen[0][0], "", words)

    def _request(self, game: Game, language: Language, run: Run) -> Request:
        """The question, its texts between fences that depend on the game and not on the order."""
        reference = game.meta.get(self.reference) if self.reference else None
        texts = {
            "prompt": told(game.prompt, language),
            "answer_a": told(game.first, language),
            "answer_b": told(game.second, language),
            "reference": str(reference) if isinstance(reference, str | int | float) else "",
        }
        fenced = fence({name: text for name, text in texts.items() if text}, run.random("fence", self.judge, game.key))
        values = dict.fromkeys(GIVEN[:4], "") | fenced.texts
        asked = self.prompt(language).request_text(**values, nonce=fenced.nonce, as_json=self.as_json)
        return Request(asked, self.sampling, self.samples, SCHEMA if self.as_json else None)

    def _language(self, game: Game) -> Language:
        if self.language != "auto":
            return self.language
        said = game.meta.get("language")
        if said == "ja" or said == "en":
            return "ja" if said == "ja" else "en"
        asked = "\n".join(content for role, content in game.prompt if role == "user")
        return "ja" if language_of(asked) in ("ja", "mixed") else "en"


def told(turns: Turns, language: Language) -> str:
    """Turns as one text; who speaks is said where there are several."""
    if len(turns) == 1:
        return turns[0].content
    names = SPEAKERS[language]
    return "\n\n".join(f"{names.get(role, role)}: {content}" for role, content in turns)


def _read(answer: Answer) -> Said:
    """What one sample chooses; of JSON, its `winner` whatever its reasons say."""
    if isinstance(answer, Unanswered):
        return Said(None, answer.reason, answer.text or answer.note)
    try:
        value = orjson.loads(answer.text)
    except orjson.JSONDecodeError:
        value = None
    winner = value.get("winner") if isinstance(value, dict) else None
    found = choice(winner if isinstance(winner, str) else answer.text)
    return Said(found, "" if found else UNREADABLE, answer.text)
