"""The contracts of everything that plugs in: its fields are its settings, it has one job.

A component is found by its file name (`factory.registry`); nothing else is to be edited when one is added.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, PositiveInt, PrivateAttr

from factory.row import Pair, Row, Verdict, called
from factory.sample import Sample

if TYPE_CHECKING:
    from factory.asking import Asker
    from factory.engine import ModelSettings, Request, Unanswered
    from factory.models import Models
    from factory.training.job import Job
    from factory.turns import Asking

T = TypeVar("T")


class UsesModel:
    """Marks a settings field that names one of the recipe's models; the recipe refuses a name that it lacks."""


ModelName = Annotated[str, UsesModel()]
"""The type of a settings field that names one of the recipe's `models:`."""


class Component(BaseModel):
    """Frozen settings, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    asks_scores: ClassVar[bool] = False
    """True where the models that it names are asked for scores instead of text."""
    _folder: Path = PrivateAttr(default_factory=Path)

    def check(self) -> list[str]:
        """What is wrong with these settings beyond their types, one sentence each; quick, run before every use."""
        return []

    def check_models(self, models: "Mapping[str, ModelSettings]") -> list[str]:
        """What is wrong between these settings and the recipe's models, one sentence each; every name is known."""
        return []

    def place(self, folder: Path) -> None:
        """Say where the recipe lies; no row and no digest depends on it."""
        self._folder = folder
        for _, part in nested(self):
            part.component.place(folder)

    def beside(self, path: str) -> Path:
        """A path of the settings as a path from here: in a recipe, it begins at the recipe's folder."""
        return self._folder / path

    def fingerprint(self) -> str:
        """What the rows depend on beside these settings, as a hash: the data that the component ships with."""
        return ""

    def prove(self, workers: int) -> list[str]:
        """What is wrong with the data the component ships with; thorough, run by `factory check` alone."""
        return []


class Part(NamedTuple):
    """One component of a recipe and the name it is used by."""

    name: str
    component: Component


def nested(settings: BaseModel) -> Iterator[tuple[tuple[str | int, ...], Part]]:
    """The components inside settings (`factory.part.Judges`), and where; theirs as well."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        for place, one in enumerate(value if isinstance(value, tuple) else ()):
            if isinstance(one, Part):
                yield (name, place), one
                yield from (((name, place, *steps), inner) for steps, inner in nested(one.component))


def models_named(settings: BaseModel, *, inside: bool = True) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where settings name models of the recipe, and which; `inside`: also where components inside of them do."""
    for name, info in type(settings).model_fields.items():
        marked = _marked(info.annotation) or any(isinstance(mark, UsesModel) for mark in info.metadata)
        yield from _named(getattr(settings, name), marked, (name,))
    for steps, part in nested(settings) if inside else ():
        yield from (((*steps, *inner), name) for inner, name in models_named(part.component, inside=False))


def _named(value: Any, marked: bool, steps: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, BaseModel):
        yield from ((steps + inner, name) for inner, name in models_named(value))
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _named(one, marked, (*steps, key))
    elif isinstance(value, list | tuple) and not isinstance(value, Part):
        for place, one in enumerate(value):
            yield from _named(one, marked, (*steps, place))
    elif marked and isinstance(value, str):
        yield steps, value


def _marked(annotation: Any) -> bool:
    """Whether `ModelName` is anywhere in a type."""
    here = any(isinstance(mark, UsesModel) for mark in getattr(annotation, "__metadata__", ()))
    return here or any(map(_marked, get_args(annotation)))


class Item(NamedTuple):
    """One unit of work: of randomness, of concurrency, of resuming."""

    key: str
    """Unique within its generator, stable between runs."""
    rows: int
    """How many rows it is expected to bring; for progress only."""
    payload: Any = None
    """What the generator needs to make the rows; plain data, so that it travels to a worker process."""


class Source(NamedTuple):
    """A work that rows are written from."""

    name: str
    """As rows name it in `source`."""
    licenses: tuple[str, ...]
    """What its rows are under, each; empty where a row doesn't say."""
    models: tuple[str, ...] = ()
    """The ids of the models that wrote it, where models did."""


class Shortfall(NamedTuple):
    """A part of the work that can't bring as many rows as were asked."""

    what: str
    asked: int
    available: int


@dataclass(slots=True)
class Run:
    """What a component may ask of the run it works in; each item has its own."""

    seed: int
    part: int = 0
    """The generator's place in the recipe: two entries of one generator draw from different streams."""
    shortfalls: list[Shortfall] = field(default_factory=list)
    models: "Models | None" = None
    """The models of the recipe; none in worker processes."""
    state: dict[tuple[str, int], Any] = field(default_factory=dict)
    """What components share between items, by who and where they are in the recipe; the same dict for the whole run."""
    owner: tuple[str, int] = ("generate", 0)
    """Which component is at work, and its place in its list."""
    number: int = 1
    """The how manieth judge of its kind is at work."""
    used: dict[str, list[int]] = field(default_factory=dict)
    """Answers, prompt tokens and completion tokens that went into this item, by the model's name in the recipe."""
    unanswered: "list[tuple[Unanswered, Request, str]]" = field(default_factory=list)
    """What got no answer: the outcome, what was asked, and of which model."""
    tallies: Counter[str] = field(default_factory=Counter)
    """What components counted in this item, by `component: what`."""
    samples: list[Sample] = field(default_factory=list)
    """The sampled answers of this item."""
    asking: "Asking | None" = None
    """The calls of this item, where models take turns."""

    def engine(self, name: str) -> "Asker":
        """The way to ask the model of that name, which looks among the stored answers first.

        Raises:
            LookupError: the recipe has no such model, or this is a worker process.
        """
        if self.models is None:
            raise LookupError(f"no model {name!r} here: the setting that names it must have the type ModelName")
        return self.models.asker(name, self)

    def shared(self, make: Callable[[], T]) -> T:
        """What `make` gave when this component first called this: its state for the whole run."""
        if self.owner not in self.state:
            self.state[self.owner] = make()
        return cast(T, self.state[self.owner])

    def nested(self, name: str, place: int, number: int = 1) -> "Run":
        """The same run for a component inside the settings of the one at work, which has a state of its own."""
        return replace(self, owner=(f"{self.owner[0]} {self.owner[1]} {name}", place), number=number)

    def count(self, who: str, what: str, n: int = 1) -> None:
        """Count something for the report; it must depend on the item alone, so that kills change no sum."""
        self.tallies[f"{called(who, self.number)}: {what}"] += n

    def keep_sample(self, sample: Sample) -> None:
        """Keep a sampled answer beside the rows, whatever becomes of it."""
        self.samples.append(sample)

    def random(self, *key: str | int) -> Random:
        """An independent stream of random numbers for this key: the same in every process.

        Seeded by a string, never by seed + index, so that the streams of neighbouring seeds share nothing.
        """
        return Random("/".join(map(str, (self.seed, *([f"part {self.part}"] if self.part else []), *key))))

    def short(self, what: str, asked: int, available: int) -> None:
        """Record that `what` yields `available` rows of the `asked`; the summary and the exit code say so."""
        self.shortfalls.append(Shortfall(what, asked, available))


class Generator(Component):
    """Makes rows, item by item."""

    in_processes: ClassVar[bool] = False
    """True where `rows` is bound by the CPU: its items then run in worker processes, unless a judge asks a model."""
    replays: ClassVar[bool] = False
    """True where an item depends on what earlier ones left in `run.shared`: a resume runs the finished items again
    (their answers are stored) instead of skipping them."""
    pairs: ClassVar[bool] = False
    """True where `rows` brings preference pairs."""
    count: PositiveInt
    """How many rows to make."""

    @classmethod
    def of_dataset(cls, dataset: str, license: str) -> dict[str, Any] | None:
        """The settings that bring the rows of a dataset (a Hub id, or a path from here) for `factory gate`, or None.

        `license` is that of rows that don't say theirs; where it is empty, the dataset's.
        """
        return None

    def asked(self) -> int:
        """How many rows that is; what takes rows from elsewhere may need no `count` to know."""
        return self.count

    def scaled(self, rows: int) -> dict[str, Any]:
        """The settings that change where so many rows are asked for; a `RecipeError` where it can't bring so few."""
        return {"count": rows}

    def brings_pairs(self) -> bool | None:
        """Whether `rows` brings preference pairs; None where only a source that a check doesn't fetch says so."""
        return self.pairs

    def sources(self) -> Sequence[Source]:
        """What the rows are written from, beside models: their licences are checked before anything is made."""
        return ()

    def items(self, run: Run) -> Iterator[Item]:
        """The work list: lazy, cheap, deterministic, and the same again when a run resumes."""
        raise NotImplementedError

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        """One item's rows. A row that brings a verdict with `passed=False` goes to the rejects.

        Raises:
            Unanswered: a model did not answer; the item is one row of the rejects then, with what was asked.
        """
        raise NotImplementedError


class Judge(Component):
    """Says of each row whether it is good. A filter is a judge."""

    keeps_text: ClassVar[bool] = False
    """True where a model's words stay with the row (`Verdict.note`): its licence then holds for the row too."""
    rates: ClassVar[bool] = True
    """False where a higher score is no better answer, as of counted faults: it can't choose among answers."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row, in the same order."""
        raise NotImplementedError

    def misplaced(self, *, pairs: bool | None) -> str:
        """Why it can't be one of a recipe's own judges, in words; `pairs` as `Generator.brings_pairs` says it."""
        return ""

    async def compare(self, candidates: Sequence[Row], run: Run) -> list[Verdict]:
        """One verdict per answer to one prompt, in the same order; the scores need only compare with one another.

        Candidates are conversations that are equal but for their last message.
        """
        return await self.judge(candidates, run)

    async def revise(self, rows: Sequence[Row | Pair], run: Run) -> tuple[Sequence[Row | Pair], list[Verdict]]:
        """The rows as they go on, and a verdict on each, both in the same order.

        What a run calls. A judge that changes texts, such as one that masks them, gives new rows here; a dropped row
        stands in the rejects as it is given back.
        """
        return rows, await self.judge(rows, run)


class Trainer(Component):
    """Trains a model on datasets; its fields and what it shares with others are `factory.training.settings`."""

    def train(self, job: "Job") -> None:
        """Train one stage: hand the job to a trainer of TRL, and run that with `job.run`."""
        raise NotImplementedError
