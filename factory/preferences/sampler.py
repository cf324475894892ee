"""What generators have in common that answer prompts from a source several times and let judges score the answers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from pydantic import PositiveInt

from factory.component import Generator, Item, Run
from factory.component import Source as Work
from factory.engine import ModelSettings
from factory.preferences import prompts as reading
from factory.preferences.prompts import Prompts
from factory.preferences.settings import Policy, Scoring
from factory.source.settings import Source


class Sampler(Policy, Scoring, Generator):
    """Samples answers to prompts, and lets judges score them."""

    name: ClassVar[str] = ""
    """As rows and counts name it."""

    count: PositiveInt | None = None  # type: ignore[assignment]  # `asked` knows it where nothing is said
    """How many prompts to take, at most; all where nothing is said."""
    prompts: Source
    """Where the prompts are from, with the settings that `dataset` has: {source: prompts.jsonl, keep: [answer]}."""
    threshold: float | None = None
    """The least score of an answer that is kept or chosen."""

    @property
    def _source(self) -> Prompts:
        return reading.read(self.prompts, self.beside(self.prompts.source), self.name)

    def check(self) -> list[str]:
        """A source that can't be read, judges that do not rate."""
        faults = self.scoring_faults(self.threshold)
        return faults + reading.faults(self.prompts, self.beside(self.prompts.source), self.name)

    def check_models(self, models: Mapping[str, ModelSettings]) -> list[str]:
        """A policy without a chat template."""
        return self.no_template(models)

    def fingerprint(self) -> str:
        """The commit or the hashes of the prompts' files, and their card's licence."""
        return self._source.digest

    def sources(self) -> Sequence[Work]:
        """Where the prompts are from."""
        return (self._source.work(),)

    def asked(self) -> int:
        """One row of each prompt."""
        return self._source.taken(self.count)

    def items(self, run: Run) -> Iterator[Item]:
        """The prompts, in the order of the source."""
        return self._source.items(self.count)
