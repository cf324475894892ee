"""Lines from a book of recipes: one row each, from sources whose licences the settings say."""

from collections.abc import Iterator, Sequence

from factory.component import Generator, Item, ModelName, Run, Source
from factory.licence import agreed
from factory.row import Message, Pair, Row


class Recited(Generator):
    """Recites, and may name a model that writes too."""

    source: str = "the book"
    """Where the lines are from."""
    licenses: tuple[str, ...] = ("cc-by-4.0",)
    """Of the lines, in turn."""
    writers: tuple[str, ...] = ()
    """Models that wrote the lines."""
    model: ModelName | None = None
    """Who writes too."""
    license: str = ""
    """Of the rows."""

    def sources(self) -> Sequence[Source]:
        return (Source(self.source, self.licenses, self.writers),)

    def items(self, run: Run) -> Iterator[Item]:
        for number in range(self.count):
            yield Item(f"line-{number}", 1, number)

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        turns = (Message("user", f"Recite line {item.payload}."), Message("assistant", f"Line {item.payload}: knead."))
        licence = self.licenses[item.payload % len(self.licenses)]
        engines = [run.engine(self.model)] if self.model else []
        said = agreed((licence, *(engine.license for engine in engines)), self.license)
        labels = (*self.writers, *(engine.label for engine in engines))
        return [Row(turns, said, self.source, "bakery.recited", " + ".join(labels))]
