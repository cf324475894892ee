"""The contracts of everything that plugs in: its fields are its settings, it has one job.

A component is found by its file name (`factory.registry`); nothing else is to be edited when one is added.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, PositiveInt

from factory.row import Pair, Row, Verdict


class Component(BaseModel):
    """Frozen settings, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def check(self) -> list[str]:
        """What is wrong with these settings beyond their types, one sentence each; quick, run before every use."""
        return []

    def fingerprint(self) -> str:
        """What the rows depend on beside these settings, as a hash: the data that the component ships with."""
        return ""

    def prove(self, workers: int) -> list[str]:
        """What is wrong with the data the component ships with; thorough, run by `factory check` alone."""
        return []


class Item(NamedTuple):
    """One unit of work: of randomness, of concurrency, of resuming."""

    key: str
    """Unique within its generator, stable between runs."""
    rows: int
    """How many rows it is expected to bring; for progress only."""
    payload: Any = None
    """What the generator needs to make the rows; plain data, so that it travels to a worker process."""


class Shortfall(NamedTuple):
    """A part of the work that can't bring as many rows as were asked."""

    what: str
    asked: int
    available: int


@dataclass(slots=True)
class Run:
    """What a component may ask of the run it works in."""

    seed: int
    part: int = 0
    """The generator's place in the recipe: two entries of one generator draw from different streams."""
    shortfalls: list[Shortfall] = field(default_factory=list)

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
    """True where `rows` is bound by the CPU: its items then run in worker processes."""

    count: PositiveInt
    """How many rows to make."""

    def items(self, run: Run) -> Iterator[Item]:
        """The work list: lazy, cheap, deterministic, and the same again when a run resumes."""
        raise NotImplementedError

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        """One item's rows. A row that brings a verdict with `passed=False` goes to the rejects."""
        raise NotImplementedError


class Judge(Component):
    """Says of each row whether it is good. A filter is a judge."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row, in the same order."""
        raise NotImplementedError


class Trainer(Component):
    """Turns a dataset folder into a checkpoint folder."""

    def train(self, dataset: Path, out: Path) -> Path:
        """The folder of the checkpoint."""
        raise NotImplementedError
