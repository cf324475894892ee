"""Public data as rows: a dataset of the Hub, a folder, a Parquet or JSON lines file, in the formats that are about.

Known by their columns are chat messages, ShareGPT, Alpaca, Dolly, prompt and response, preference pairs (TRL's, and
hh-rlhf's dialogues), arena battles, OpenAssistant's trees, questions and answers, prompts alone; `columns` says what no
format does. Each row says from which revision and record it is, and under which licence: that of its own column, else
the recipe's, else the card's. A record that gives no row is counted with its reason and kept among the rejects.

A row of a dataset made here stays as it is, so that a recipe of judges alone filters it.

A row (`databricks-dolly-15k`, `license: cc-by-sa-3.0`, `meta: {row: 0, format: dolly, category: closed_qa}`):

    user:       When did Virgin Australia start operating?

                Virgin Australia, the trading name of Virgin Australia Airlines Pty Ltd, is an Australian-based ...
    assistant:  Virgin Australia commenced services on 31 August 2000 as Virgin Blue, with two aircraft on ...

What it leaves out: scripts of datasets (never run), addresses (never fetched), pictures and tools in messages.
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import PositiveInt

from factory.component import Generator, Item, Run
from factory.component import Source as Work
from factory.errors import DatasetError, RecipeError
from factory.row import Pair, Row
from factory.source import blocks, sources
from factory.source.settings import Source


class Dataset(Source, Generator):
    """Reads rows that exist."""

    in_processes: ClassVar[bool] = True

    count: PositiveInt | None = None  # type: ignore[assignment]  # `asked` knows it where nothing is said
    """How many records to take, at most; all where nothing is said. A tree of messages is one record."""
    pick: Literal["first", "random"] = "first"
    """Which are taken where there are more: the first ones, or a random sample in the order of the source."""
    shuffle: bool = False
    """Whether their order is drawn anew, in windows of 20,000."""

    @property
    def _opened(self) -> sources.Opened:
        return sources.opened(self, self.beside(self.source), "dataset")

    @classmethod
    def of_dataset(cls, dataset: str, license: str) -> dict[str, Any] | None:
        """All rows of the dataset."""
        return {"source": dataset, "license": license}

    def check(self) -> list[str]:
        """A source that can't be read, of no known format or licence, or without a column that is named."""
        try:
            if not self._opened.listing.revision or self.format or self.columns:
                self._opened.reading  # noqa: B018  # of the Hub it would be fetched, which a check does not do
        except (DatasetError, RecipeError) as error:
            return [str(error)]
        return []

    def fingerprint(self) -> str:
        """The commit or the hashes of the files, and the card's licence."""
        return self._opened.digest

    def sources(self) -> Sequence[Work]:
        """The source, under its licence."""
        source = self._opened
        return (Work(source.label, source.licenses, (self.model,) if self.model else ()),)

    def brings_pairs(self) -> bool | None:
        """What the records are read as; of the Hub nothing is fetched to know it."""
        if self._opened.listing.revision and not (self.format or self.columns):
            return None
        return self._opened.reading.brings == "pairs"

    def asked(self) -> int:
        """The records that will be taken; of a Hub id with a `count`, that, since nothing is fetched to know better."""
        if self.count is not None and self._opened.listing.revision:
            return self.count
        return min(self.count or self._opened.count, self._opened.count)

    def items(self, run: Run) -> Iterator[Item]:
        """Blocks of records."""
        source = self._opened
        chunks, reading = source.chunks(), source.reading
        if self.count is not None:
            places = np.arange(self.count)
            if self.pick == "random":
                places = blocks.sample(source.count, self.count, run.random("dataset", "sample"))
            chunks = blocks.picked(chunks, places)
        if self.shuffle:
            found = blocks.shuffled(chunks, reading, lambda window: run.random("dataset", "shuffle", window))
        else:
            found = blocks.blocks(chunks, reading)
        for number, block in enumerate(found):
            yield Item(str(number), block.size, block)

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        """The rows of one block."""
        return blocks.rows_of(item.payload)
