"""Asking a model which of two answers is better: a question for each order, and the canaries in between."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

from factory.component import Run
from factory.engine import Outcome as Answer
from factory.engine import Request, Sampling, Unanswered
from factory.instruct.author import together
from factory.judging import canary, position
from factory.judging.choice import Choice, choice
from factory.judging.conversation import BETWEEN as BETWEEN
from factory.judging.conversation import Language, language_in
from factory.judging.conversation import told as told
from factory.judging.fence import fence
from factory.judging.game import Game
from factory.judging.position import Outcome
from factory.prompts import Prompt
from factory.row import content_id

GIVEN = ("prompt", "answer_a", "answer_b", "reference", "nonce", "as_json")
"""What a rubric is filled in with."""
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"reasoning": {"type": "string"}, "winner": {"enum": ["A", "B", "tie"]}},
    "required": ["reasoning", "winner"],
    "additionalProperties": False,
}
UNREADABLE = "unreadable"


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
    asked: bool = True
    """Whether the model was asked at all."""


class Questions(NamedTuple):
    """How games are put to a model."""

    judge: str
    model: str
    rubrics: Mapping[Language, Prompt]
    """The question in each language."""
    language: Literal["auto", "ja", "en"]
    reference: str
    """The key of meta that holds a correct answer."""
    sampling: Sampling
    samples: int
    as_json: bool
    canary_every: int

    async def played(self, game: Game, run: Run) -> Played:
        """What comes of a game that is asked about in both orders; counted, and with the canary that goes with it.

        Equal answers are a tie that nobody is asked about.
        """
        if game.first == game.second:
            return Played("tie", asked=False)
        if not told(game.first, "en").strip() or not told(game.second, "en").strip():
            return Played(None, "no_answer", asked=False)
        language = language_in(game.meta, game.prompt) if self.language == "auto" else self.language
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
        wrong = said.choice != ("A" if good_first else "B")
        run.count(self.judge, "canaries_failed", int(said.choice is None))
        run.count(self.judge, "canaries_missed", int(said.choice is not None and wrong))
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
        asked = self.rubrics[language].request_text(**values, nonce=fenced.nonce, as_json=self.as_json)
        sampling = self.sampling
        if sampling.temperature:
            draw = run.random(self.judge, "seed", game.key, content_id(game.first))
            sampling = sampling._replace(seed=draw.getrandbits(31))
        return Request(asked, sampling, self.samples, SCHEMA if self.as_json else None)


def _read(answer: Answer) -> Said:
    """What one sample chooses; of JSON, its `winner` whatever its reasons say.

    What is no JSON though JSON was asked is still all that the judge said: it is read as text.
    """
    if isinstance(answer, Unanswered) and (answer.reason != "schema" or not answer.text):
        return Said(None, answer.reason, "\n".join(text for text in (answer.note, answer.text) if text))
    reason = answer.reason if isinstance(answer, Unanswered) else UNREADABLE
    try:
        value = orjson.loads(answer.text)
    except orjson.JSONDecodeError:
        value = None
    winner = value.get("winner") if isinstance(value, dict) else None
    found = choice(winner if isinstance(winner, str) else answer.text)
    return Said(found, "" if found else reason, answer.text)
