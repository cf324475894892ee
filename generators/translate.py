"""Datasets in another language: instructions, conversations and preference pairs, translated by a model and checked.

Any source that `dataset` reads will do: the Hub, Parquet, JSON lines, its formats or columns. A row is translated turn
by turn, each with the turns before it and their translations, long turns piece by piece; of a pair both answers with
one terminology. Code is copied and never sent, formulas, links and placeholders stand as marks and come back exactly.
Each answer is checked (`factory.translation.checks`), and asked for again with the fault named; a row of which a piece
stays bad is refused with the reason, each attempt and the last reply. A task that lives of its language, such as
spelling or rhymes, is dropped as `untranslatable_...`, or kept as it is (`untranslatable: keep`).

A row (`databricks-dolly-15k`, asked in English):

    user:       湿度が高いと、なぜ実際より暑く感じるのですか。
    assistant:  汗が蒸発しにくくなり、体から熱が逃げないからです。
    meta:       {language: ja, source_language: en, parents: [8f1c...], source_messages: [{role: user, content: Why ...
                attempts: 1, faults: [], ...}

Source: PLaMo-100B's and Swallow's instruction data were made so, https://tech.preferred.jp/ja/blog/plamo-100b-post-training
and https://huggingface.co/datasets/tokyotech-llm/lmsys-chat-1m-synth; code copied and spans marked as in NeMo Curator's
translation, a checklist and the error named as in FastAPI's documentation. What it leaves out: a second opinion, which
is a judge's (`translation`, or `llm` with its rubric `translation`); translating back; parts of a row that change with
the culture, such as names and currencies.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from pydantic import PositiveInt

from factory.component import Generator, Item, Run
from factory.component import Source as Work
from factory.engine import ModelSettings
from factory.preferences import prompts as reading
from factory.preferences.prompts import READ, Prompts
from factory.preferences.settings import no_template
from factory.row import Pair, Row
from factory.source import blocks
from factory.source.settings import Source
from factory.translation.rows import NAME, Kept, Renderer
from factory.translation.settings import Translation
from factory.translation.translator import Translator


class Translate(Translation, Generator):
    """Translates rows that exist."""

    count: PositiveInt | None = None  # type: ignore[assignment]  # `asked` knows it where nothing is said
    """How many rows to take, at most; all where nothing is said."""
    dataset: Source
    """What is translated, with the settings that `dataset` has: {source: rows.jsonl, license: apache-2.0}."""
    untranslatable: Kept = "drop"
    """What becomes of a row whose matter is its language: `drop`, with the reason; `keep`, as it is."""

    originals: bool = False
    """Whether the rows as they were are a second configuration of the dataset, `original`, so that it is parallel."""

    @property
    def _source(self) -> Prompts:
        return reading.read(self.dataset, self.beside(self.dataset.source), NAME)

    def check(self) -> list[str]:
        """A source that can't be read, languages that are not known, prompts and glossaries that are broken."""
        faults = list(self.translation_faults(self.beside("")))
        return faults + reading.faults(self.dataset, self.beside(self.dataset.source), NAME)

    def check_models(self, models: Mapping[str, ModelSettings]) -> list[str]:
        """A model without a chat template that would be asked in a chat."""
        return no_template(models, self.model) if self.worded(self.beside("")).prompt.turns[0].role else []

    def fingerprint(self) -> str:
        """The commit or the hashes of the source's files, and those of prompt, examples and glossary."""
        return f"{self._source.digest} {self.data_digest(self.beside(''))}"

    def sources(self) -> Sequence[Work]:
        """What is translated."""
        return (self._source.work(),)

    def asked(self) -> int:
        """One row of each."""
        return self._source.taken(self.count)

    def items(self, run: Run) -> Iterator[Item]:
        """The rows of the source, in their order."""
        opened = self._source.opened
        found = (row for block in blocks.blocks(opened.chunks(), opened.reading) for row in blocks.rows_of(block))
        for number, row in enumerate(islice(found, self.count)):
            yield Item(f"{number}/{row.id}", 1, row)

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        """The row in the other language, or refused with the reason."""
        row: Row | Pair = item.payload
        if any(said.judge == READ and said.passed is False for said in row.verdicts):
            return [row]
        renderer = run.shared(lambda: Renderer(Translator(self, self.beside("")), self.untranslatable))
        return [await renderer.row(row, run)]
