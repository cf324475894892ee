"""Several sources as one, in given proportions: what a stage of supervised fine-tuning is trained on.

Sources are those of `dataset`, each with its weight; without weights they come by size, and a `temperature` above 1
evens them out (`p_i ~ n_i^(1/T)`). Shares are whole numbers that add up, `cap` and `caps` bound what comes of one
source, language or category, and the order is random and the same for the same seed. Two mixes in one recipe are two
stages, one behind the other; `stage` names them in each row.

A row:

    user:       スキーとスノーボードはどちらが簡単ですか？
    assistant:  一般的にはスキーの方が始めやすいと言われています。……

with `source: dolly_ja@3f2a...` and `meta: {row: 17, format: dolly, stage: general}`.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Annotated, ClassVar

from pydantic import Field, PositiveInt

from factory.component import Generator, Item, Run
from factory.component import Source as Work
from factory.errors import DatasetError, RecipeError
from factory.row import Pair, Row
from factory.source import blocks, mixture, sources
from factory.source.chunk import Places
from factory.source.settings import Source

CAPPED = ("language", "category")


class Ingredient(Source):
    """One source of a mix."""

    weight: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """Its weight; its size where nothing is said."""
    cap: PositiveInt | None = None
    """The most rows of it."""


class Mix(Generator):
    """Takes rows from several sources in given proportions."""

    in_processes: ClassVar[bool] = True

    count: PositiveInt | None = None  # type: ignore[assignment]  # `asked` knows it where nothing is said
    """How many records to take, at most; as many as the proportions allow where nothing is said."""
    datasets: Annotated[tuple[Ingredient, ...], Field(min_length=1)]
    """The sources, with the settings that `dataset` has, each with `weight` and `cap`."""
    temperature: Annotated[float, Field(gt=0, le=1_000)] = 1.0
    """1 keeps to the weights or sizes; above, they are evened out."""
    caps: dict[str, dict[str, PositiveInt]] = Field(default={})
    """The most rows of a language or category: `language: {en: 5000}`; `*` is each that is not named."""
    stage: str = ""
    """What rows call this mix in their meta."""

    def check(self) -> list[str]:
        """Sources that `dataset` would refuse, weights that only some have, pairs among conversations."""
        if len({one.weight is None for one in self.datasets}) > 1:
            return ["datasets: some have a `weight` and some have none; give it to all, or to none to go by size"]
        if unknown := sorted(set(self.caps) - set(CAPPED)):
            return [f"caps: {unknown[0]!r} can't be capped; there are: {', '.join(CAPPED)}"]
        try:
            brings = {part.source.reading.brings == "pairs": part.source.place for part in self._parts()}
        except (DatasetError, RecipeError) as error:
            return [str(error)]
        if len(brings) > 1:
            return [f"{brings[True]} brings pairs and {brings[False]} doesn't; set `bring` of one of them"]
        return []

    def fingerprint(self) -> str:
        """The commits or the hashes of the files, and the cards' licences."""
        return " ".join(part.source.digest for part in self._parts())

    def sources(self) -> Sequence[Work]:
        """The sources, each under its licence."""
        return [
            Work(part.source.label, part.source.licenses, (one.model,) if one.model else ())
            for one, part in zip(self.datasets, self._parts(), strict=True)
        ]

    def brings_pairs(self) -> bool | None:
        """What the records of all sources are read as."""
        return any(part.source.reading.brings == "pairs" for part in self._parts())

    def asked(self) -> int:
        """The records that will be taken."""
        if self.count is None and self.caps:
            return sum(map(len, self._chosen(Run(0))))
        parts = self._parts()
        return sum(mixture.shares(self.count, mixture.weights(parts, self.temperature), [one.size for one in parts]))

    def items(self, run: Run) -> Iterator[Item]:
        """Blocks of records of all sources."""
        parts, places = self._parts(), self._chosen(run)
        taken = sum(map(len, places))
        if self.count is not None and taken < self.count:
            run.short("mix", self.count, taken)
        found = mixture.mixed(parts, places, lambda window: run.random("mix", "order", window))
        for number, block in enumerate(found):
            yield Item(str(number), block.size, self._staged(block))

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        """The rows of one block."""
        return blocks.rows_of(item.payload)

    def _parts(self) -> list[mixture.Part]:
        return [
            mixture.Part(sources.opened(one, self.beside(one.source), "mix"), one.weight, one.cap)
            for one in self.datasets
        ]

    def _chosen(self, run: Run) -> list[Places]:
        def random(number: int) -> Random:
            return run.random("mix", "sample", number)

        return mixture.chosen(self._parts(), self.count, self.temperature, self.caps, random)

    def _staged(self, block: blocks.Block) -> blocks.Block:
        if not self.stage:
            return block
        pieces = [piece._replace(reading=piece.reading._replace(meta={"stage": self.stage})) for piece in block.pieces]
        return block._replace(pieces=tuple(pieces))
