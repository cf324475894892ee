"""Questions and answers from topics alone, title first: topic, short titles, a question from a title, its answer.

Each step is small enough for a small or a *base* model: a list of titles is easy to keep varied, and a question that
only has to unfold a title rarely strays. Prompts show examples of the type and language that is asked, at first those
that ship (or a recipe's own), from the third round on also accepted rows. A title or question too near to an earlier
one is refused before anything more is paid for it, by character n-grams, which see Japanese (`factory.similar`).

A row (`ja`, `list`, 節約, title 電気代を減らす方法):

    user:       冬の電気代を減らすために、今日からできることを5つ挙げてください。
    assistant:  1. 窓に断熱シートを貼り、厚手のカーテンを床まで下ろす。……

Source: Self-Instruct, https://arxiv.org/abs/2212.10560; titles before questions for a small base model, as PLaMo-13B's
data for PLaMo-100B: https://tech.preferred.jp/ja/blog/plamo-100b-post-training/. What it leaves out: Self-Instruct's
several instances per instruction, and its choice of output before input for classification; the examples, whose labels
vary, stand against one label for all.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from math import ceil
from pathlib import Path
from typing import Annotated, ClassVar, NamedTuple

from pydantic import Field

from factory import licence, topics
from factory.component import Generator, Item, ModelName, Run
from factory.engine import ModelSettings
from factory.errors import FactoryError
from factory.instruct import examples, others
from factory.instruct.author import GIVEN, Attempt, Author, Draw, Step, Style, prompt
from factory.instruct.examples import Example, Examples, Language, QuestionType
from factory.instruct.others import Others
from factory.instruct.plan import Key, Plan, Slot
from factory.instruct.pool import Pool, Shape
from factory.row import Message, Row, Verdict
from factory.topics import Topic

JUDGE = "self_instruct"
PASSED = (Verdict(JUDGE, True),)
TAIL = 16
"""Rounds beyond those that the slots fill: the last rows are asked for in small portions."""

Weight = Annotated[float, Field(gt=0)]


class State(NamedTuple):
    """What the items of a run share."""

    pool: Pool
    plan: Plan


class SelfInstruct(Generator):
    """Writes titles, questions and answers on topics; the pool of examples grows round by round."""

    replays: ClassVar[bool] = True

    model: ModelName
    """The model that writes titles and questions."""
    answer_model: ModelName | None = None
    """The model that answers; the same one where nothing is said."""
    style: Style = "chat"
    """`chat` for instruct models; `base` shows examples as a text to go on with, for models without a chat template."""
    answer_style: Style | None = None
    """The style for the model that answers; that of `style` where nothing is said."""
    languages: dict[Language, Weight] = Field(default={"ja": 1.0, "en": 1.0}, min_length=1)
    """The share of each language."""
    types: dict[QuestionType, Weight] = Field(
        default={"open": 2.0, "list": 1.0, "classification": 1.0, "passage": 1.0}, min_length=1
    )
    """The share of each type of question; `passage` brings a text to work on."""
    topics: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)
    """Globs over topics: `俳句`, `Science`, `Science/Physics`."""
    seeds: str = ""
    """A dataset made by this generator, or a JSONL file with `title` and `question`, beside the recipe; its topics and
    examples stand in for the shipped ones."""
    titles: Annotated[int, Field(ge=1, le=20)] = 4
    """Titles asked for at once; as many rows at most come of one item."""
    few_shot: Annotated[int, Field(ge=0, le=12)] = 4
    """Examples in a prompt."""
    near: Annotated[float, Field(gt=0, le=1)] = 0.7
    """Titles and questions that share this much of their character n-grams with an earlier one are refused."""
    others: tuple[str, ...] = ()
    """Dataset folders, beside the recipe; questions near to a first user turn there are refused too."""
    tries: Annotated[float, Field(ge=1, le=100)] = 4.0
    """Titles that may be asked for, as a multiple of `count`."""
    round_size: Annotated[int, Field(ge=1, le=10_000)] = 256
    """Items in a round, whose rows are examples from two rounds later on; at least as many as are in flight at once."""
    title_draw: Draw = Draw(temperature=1.0, max_tokens=256)
    """How titles are drawn."""
    question_draw: Draw = Draw(temperature=0.8, max_tokens=512)
    """How questions are drawn."""
    answer_draw: Draw = Draw(temperature=0.6, max_tokens=1024)
    """How answers are drawn."""
    license: str = ""
    """The licence of the rows, where it is to be another than the models' come to and asks for as much."""

    def check(self) -> list[str]:
        """Globs that match nothing, seeds and prompt files that are not there or broken, an unknown licence."""
        try:
            if self.license:
                licence.check(self.license)
            if self.others and self.near < others.LEAST:
                return [f"near: {self.near} is below {others.LEAST}, the least that `others` can be searched by"]
            for path in self.others:
                others.digest(self.beside(path))
            for language in self.languages:
                for step, style in self._styles.items():
                    if lacking := prompt(step, style, language).lacking(GIVEN[step]):
                        return [lacking]
            return self._topicless()
        except FactoryError as error:
            return [str(error)]

    def check_models(self, models: Mapping[str, ModelSettings]) -> list[str]:
        """A licence that promises more than the models' allow."""
        try:
            licence.agreed(
                (models[name].license for name in (self.model, self.answer_model or self.model)), self.license
            )
        except FactoryError as error:
            return [str(error)]
        return []

    def _topicless(self) -> list[str]:
        found = [topic for topics_of in self._topics.values() for topic in topics_of]
        for glob in self.topics:
            if not any(topic.matches(glob) for topic in found):
                return [f"topics: {glob!r} matches no topic in {', '.join(self.languages)}; see templates/topics"]
        return [
            f"topics: {', '.join(self.topics)} matches no topic in {language!r}, which `languages` asks for"
            for language, of_language in self._topics.items()
            if not of_language
        ]

    def fingerprint(self) -> str:
        """A hash of prompts, topics and examples."""
        digests = [
            prompt(step, style, language).digest
            for language in sorted(self.languages)
            for step, style in self._styles.items()
        ]
        for language in sorted(self.languages):
            paths = (topics.path_of(language), examples.path_of(language))
            digests += [sha256(path.read_bytes()).hexdigest() for path in paths]
        if self.seeds:
            digests.append(examples.digest(self.beside(self.seeds)))
        digests += [others.digest(self.beside(path)) for path in self.others]
        return sha256("".join(digests).encode()).hexdigest()

    def items(self, run: Run) -> Iterator[Item]:
        """Whole rounds, more than will be needed: how many of a round's items work is settled when it begins."""
        return (Item(str(place), self.titles, place) for place in range(self._places))

    async def rows(self, item: Item, run: Run) -> Sequence[Row]:
        """What comes of one item; everything that is refused on the way is a row with its reason."""
        place: int = item.payload
        state = run.shared(lambda: State(Pool(self._shape, self._examples, self._known()), self._plan(run)))
        try:
            return await self._made(place, state, run)
        finally:
            state.pool.left(place)

    async def _made(self, place: int, state: State, run: Run) -> list[Row]:
        pool = state.pool
        number = await pool.number(place)
        rows = []
        if number is not None:
            slot = state.plan.slot(place, number, place // self.round_size)
            attempts = await self._author(run).attempts(slot, pool, run)
            await pool.rows_turn.reached(place)
            good = [one for one in attempts if not one.fault]
            spare = set(good[pool.take_rows(slot, _shown(good, slot)) :])
            rows = [self._row(one, slot, run) for one in attempts if one not in spare]
        if place == self._places - 1:
            await pool.rows_turn.reached(place)
            if pool.kept < self.count:
                run.short("self_instruct", self.count, pool.kept)
        return rows

    @cached_property
    def _styles(self) -> dict[Step, Style]:
        return {"title": self.style, "question": self.style, "answer": self.answer_style or self.style}

    @cached_property
    def _shape(self) -> Shape:
        return Shape(self.count, self.titles, self.round_size, ceil(self.count * self.tries / self.titles), self.near)

    @cached_property
    def _places(self) -> int:
        """How many items there are, in whole rounds."""
        return (ceil(self._shape.most_slots / self.round_size) + TAIL) * self.round_size

    @cached_property
    def _examples(self) -> Examples:
        return {**examples.shipped(), **(examples.brought(self.beside(self.seeds)) if self.seeds else {})}

    @cached_property
    def _topics(self) -> dict[Language, tuple[Topic, ...]]:
        """The topics that the settings ask for, those of the seeds where they name any."""
        found: dict[Language, tuple[Topic, ...]] = {}
        for language in self.languages:
            own = examples.topics_of(examples.brought(self.beside(self.seeds)), language) if self.seeds else []
            known = tuple(Topic("", "", name) for name in own) or topics.tree(language)
            found[language] = tuple(topics.matching(known, self.topics))
        return found

    def _known(self) -> Others | None:
        return Others([self.beside(path) for path in self.others], self.near) if self.others else None

    def _plan(self, run: Run) -> Plan:
        def shuffled(key: Key, cycle: int) -> list[Topic]:
            order = list(self._topics[key[0]])
            run.random("self_instruct", "topics", *key, cycle).shuffle(order)
            return order

        shares = {(spoken, kind): a * b for spoken, a in self.languages.items() for kind, b in self.types.items()}
        return Plan(shares, shuffled)

    def _author(self, run: Run) -> Author:
        models: dict[Step, str] = {
            "title": self.model,
            "question": self.model,
            "answer": self.answer_model or self.model,
        }
        draws: dict[Step, Draw] = {
            "title": self.title_draw,
            "question": self.question_draw,
            "answer": self.answer_draw,
        }
        askers = {step: run.engine(name) for step, name in models.items()}
        return Author(askers, self._styles, draws, self.titles, self.few_shot)

    def _license(self, run: Run) -> str:
        names = (self.model, self.answer_model or self.model)
        return licence.agreed((run.engine(name).license for name in names), self.license)

    def _row(self, one: Attempt, slot: Slot, run: Run) -> Row:
        """A row, or what is left of one: the question where it got so far, else the title."""
        labels = dict.fromkeys(run.engine(name).label for name in (self.model, self.answer_model or self.model))
        turns = [Message("user", one.question or one.title)]
        if one.answer:
            turns.append(Message("assistant", one.answer))
        meta = {
            "language": slot.language,
            "area": slot.topic.area,
            "field": slot.topic.field,
            "topic": slot.topic.name,
            "type": slot.type,
            "title": one.title,
            "round": slot.round,
            "prompts": [prompt(step, style, slot.language).id for step, style in self._styles.items()],
        }
        verdicts = (Verdict(JUDGE, False, 0.0, one.fault, one.note),) if one.fault else PASSED
        source = f"seeds {Path(self.seeds).name}" if self.seeds else f"templates/topics/{slot.language}"
        return Row(tuple(turns), self._license(run), source, "self_instruct", " + ".join(labels), meta, verdicts)


def _shown(good: Sequence[Attempt], slot: Slot) -> list[Example]:
    """The new rows as examples for later prompts: each with its own title first, then those thought of with it."""
    titles = [one.title for one in good]
    return [
        Example(slot.topic.name, (one.title, *(other for other in titles if other != one.title)), *one[1:3])
        for one in good
    ]
