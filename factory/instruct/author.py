"""One slot's work: titles, their questions, their answers, each step asked of a model and read."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from factory import prompts
from factory.asking import Asker
from factory.component import Run
from factory.engine import Completion, Outcome, Request, Sampling
from factory.instruct import reading
from factory.instruct.examples import Language
from factory.instruct.plan import Slot
from factory.instruct.pool import Pool
from factory.instruct.reading import Read
from factory.prompts import Prompt
from factory.similar import Match

Style = Literal["chat", "base"]
Step = Literal["title", "question", "answer"]
T = TypeVar("T")

GIVEN: Mapping[Step, tuple[str, ...]] = {
    "title": ("area", "field", "topic", "type", "examples", "known", "count"),
    "question": ("area", "field", "topic", "type", "examples", "title"),
    "answer": ("area", "field", "topic", "type", "examples", "question"),
}
"""What the prompts of each step are filled in with."""

STOPS: Mapping[Step, tuple[str, ...]] = {
    "title": ("\n\n", "\n#"),
    "question": ("\n\n", "\n###"),
    "answer": ("\n###",),
}
"""Where a base model is stopped, which goes on with the next example; the examples hold no blank line."""


class Draw(BaseModel):
    """How the text of one step is drawn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: Annotated[float, Field(ge=0, le=2)]
    """0 gives the likeliest text; titles need more than answers."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.95
    """The share of probability that tokens are drawn from."""
    max_tokens: PositiveInt
    """A text that is longer is dropped."""


class Attempt(NamedTuple):
    """How far a slot got with one title."""

    title: str
    question: str = ""
    answer: str = ""
    fault: str = ""
    """Why it got no further, as a slug; empty where it became a row."""
    note: str = ""
    """The raw text, or what it was too near to."""


class Author(NamedTuple):
    """Who writes, and how."""

    models: Mapping[Step, Asker]
    styles: Mapping[Step, Style]
    draws: Mapping[Step, Draw]
    titles: int
    """How many titles are asked for."""
    few_shot: int
    """How many examples a prompt shows."""

    async def attempts(self, slot: Slot, pool: Pool, run: Run) -> list[Attempt]:
        """What comes of a slot; its turn is passed on as soon as a step has decided, and the next step is asked."""
        read = await self._titles(slot, pool, run)
        await pool.titles_turn.reached(slot.place)
        found = [_decided(Attempt(title), "title", fault, title, pool.take_title, slot) for title, fault in read]
        pool.titles_turn.passed(slot.place)
        asked = await together(self._question(one, slot, pool, run) for one in found)
        await pool.questions_turn.reached(slot.place)
        found = [
            one if one.fault else _decided(one, "question", fault, raw, pool.take_question, slot)
            for one, fault, raw in asked
        ]
        pool.questions_turn.passed(slot.place)
        return await together(self._answer(one, slot, pool, run) for one in found)

    async def _titles(self, slot: Slot, pool: Pool, run: Run) -> list[Read]:
        continued = self.styles["title"] == "base"
        outcome = await self._outcome("title", "", slot, pool, run, known=pool.known(slot), count=self.titles)
        if isinstance(outcome, Completion):
            return reading.titles(outcome.text, slot.language, self.titles, continued=continued)
        whole = outcome.text.rpartition("\n")[0]
        if outcome.reason == "truncated" and whole.strip():  # of a list that is cut, only the last line is
            return reading.titles(whole, slot.language, self.titles, continued=continued)
        return [Read(outcome.text, outcome.reason)]

    async def _question(self, one: Attempt, slot: Slot, pool: Pool, run: Run) -> tuple[Attempt, str, str]:
        """The attempt with its question, the fault of it, and the raw text."""
        if one.fault:
            return one, "", ""
        outcome = await self._outcome("question", one.title, slot, pool, run, title=one.title)
        if not isinstance(outcome, Completion):
            return one._replace(question=outcome.text), outcome.reason, outcome.text
        text, fault = reading.question(outcome.text, one.title, slot.type, slot.language)
        return one._replace(question=text), fault, outcome.text

    async def _answer(self, one: Attempt, slot: Slot, pool: Pool, run: Run) -> Attempt:
        if one.fault:
            return one
        outcome = await self._outcome("answer", one.title, slot, pool, run, question=one.question)
        if not isinstance(outcome, Completion):
            return one._replace(answer=outcome.text, fault=f"answer_{outcome.reason}", note=outcome.note)
        text, fault = reading.answer(outcome.text, one.question, slot.language)
        return one._replace(answer=text, fault=fault, note=outcome.text if fault else "")

    async def _outcome(self, step: Step, about: str, slot: Slot, pool: Pool, run: Run, **values: Any) -> Outcome:
        """What the model says to the prompt of a step."""
        rng = run.random("self_instruct", step, slot.number, about)
        style, draw = self.styles[step], self.draws[step]
        shown = pool.shown(slot, self.few_shot, rng, step)
        text = prompt(step, style, slot.language).request_text(
            area=slot.topic.area,
            field=slot.topic.field,
            topic=slot.topic.name,
            type=slot.type,
            examples=shown,
            **values,
        )
        sampling = Sampling(
            draw.max_tokens, draw.temperature, draw.top_p, stop=STOPS[step] if style == "base" else (),
            seed=rng.getrandbits(31),
        )  # fmt: skip
        (outcome,) = await self.models[step].complete(Request(text, sampling))
        return outcome


def prompt(step: Step, style: Style, language: Language) -> Prompt:
    """The prompt file of a step."""
    return prompts.load(f"self_instruct/{step}.{style}.{language}")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in order; where one fails the others are stopped, so that nothing is asked for a lost item."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _decided(one: Attempt, step: Step, fault: str, raw: str, take: Any, slot: Slot) -> Attempt:
    """The attempt with what its new text came to: faulty by itself, too near to another, or taken into the pool."""
    if fault:
        return one._replace(fault=f"{step}_{fault}", note=raw)
    near: Match | None = take(slot, getattr(one, step))
    if near is None:
        return one
    return one._replace(fault=f"{step}_near_duplicate", note=f"{near.similarity:.2f} to: {near.text}")
