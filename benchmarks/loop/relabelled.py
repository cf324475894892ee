"""Preference pairs whose labels are made worthless, as controls: all turned round, or each by the toss of a coin.

What a training still gains from such pairs it does not owe to their labels.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from factory.component import Generator, Item, Run
from factory.component import Source as Work
from factory.errors import DatasetError, RecipeError
from factory.row import Pair, Row
from factory.source import blocks, sources
from factory.source.settings import Source


class Relabelled(Source, Generator):
    """Takes pairs as they are, but for which side is chosen."""

    pairs: ClassVar[bool] = True

    count: int | None = None  # type: ignore[assignment]  # all
    """Of no use here."""
    labels: Literal["flipped", "shuffled"]
    """`flipped`, every pair turned round; `shuffled`, each with the chance of a half."""

    @property
    def _opened(self) -> sources.Opened:
        return sources.opened(self, self.beside(self.source), "relabelled")

    def check(self) -> list[str]:
        """Whether there are pairs."""
        try:
            brings = self._opened.reading.brings
        except (DatasetError, RecipeError) as error:
            return [str(error)]
        return [] if brings == "pairs" else [f"source: {self.source} holds no pairs"]

    def fingerprint(self) -> str:
        """The hashes of the files."""
        return self._opened.digest

    def sources(self) -> Sequence[Work]:
        """The pairs, under their licence."""
        source = self._opened
        return (Work(source.label, source.licenses),)

    def asked(self) -> int:
        """All of them."""
        return self._opened.count

    def items(self, run: Run) -> Iterator[Item]:
        """Blocks of pairs."""
        source = self._opened
        for number, block in enumerate(blocks.blocks(source.chunks(), source.reading)):
            yield Item(str(number), block.size, block)

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        """The pairs of one block."""
        return [self._turned(row, run) for row in blocks.rows_of(item.payload)]

    def _turned(self, row: Row | Pair, run: Run) -> Row | Pair:
        if not isinstance(row, Pair) or not row.chosen:
            return row
        if self.labels == "shuffled" and run.random("shuffled", row.id).random() < 0.5:
            return row
        return row._replace(chosen=row.rejected, rejected=row.chosen)
