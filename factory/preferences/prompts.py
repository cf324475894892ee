"""Prompts to answer, from any source of rows: all turns up to the user's last one.

A dataset of prompts suffices. Of conversations the answer behind the last question is cut off, and earlier ones stay,
as context; of pairs the chosen side is read so; with `bring: prompts` it is the first question alone. What the rows say
of themselves stays in meta, the gold answer of a problem (`keep: [answer]`) among it.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from factory import licence
from factory.component import Item
from factory.component import Source as Work
from factory.errors import DatasetError, RecipeError
from factory.language import language
from factory.row import Message, Pair, Row, Verdict, content_id
from factory.source import blocks, sources
from factory.source.settings import Source

READ = "read"
"""The stage at which records are refused that can't be read."""
WRITTEN = frozenset({
    "score", "scores", "score_chosen", "score_rejected", "margin", "sample", "sample_chosen", "sample_rejected",
    "samples", "prompt_id", "iteration", "policy", "reference",
})  # fmt: skip
"""What is said of answers, so that it does not stay when others are sampled for the prompt."""


class Prompt(NamedTuple):
    """Something to answer."""

    id: str
    """`content_id` of the turns."""
    messages: tuple[Message, ...]
    answer: tuple[Message, ...]
    """What stands behind the last question in the source; empty where nothing does."""
    license: str
    source: str
    model: str
    """Who wrote what the source holds, as far as it says."""
    meta: Mapping[str, Any]
    """What the source says, and `prompt_id` and `language`."""
    refused: tuple[Verdict, ...] = ()
    """Why the record can't be used, or should not be."""

    def license_with(self, outputs: str) -> str:
        """The licence of a row of this prompt and the outputs of a model; `unknown` where the prompt's own is."""
        return licence.with_outputs(self.license, outputs)


class Prompts(NamedTuple):
    """A source of prompts that can be read."""

    opened: sources.Opened

    @property
    def digest(self) -> str:
        """What the prompts depend on: the commit or the hashes of the files, and the card's licence."""
        return self.opened.digest

    def taken(self, count: int | None) -> int:
        """How many records will be; of a Hub id with a `count`, that, since nothing is fetched to know better."""
        if count is not None and self.opened.listing.revision:
            return count
        return min(count or self.opened.count, self.opened.count)

    def work(self) -> Work:
        """The source, for the licences."""
        model = self.opened.settings.model
        return Work(self.opened.label, self.opened.licenses, (model,) if model else ())

    def items(self, count: int | None) -> Iterator[Item]:
        """One prompt each, in the order of the source."""
        opened = self.opened
        found = (row for block in blocks.blocks(opened.chunks(), opened.reading) for row in blocks.rows_of(block))
        for number, row in enumerate(islice(found, count)):
            prompt = prompt_of(row)
            yield Item(f"{number}/{prompt.id}", 1, prompt)

    def faults(self) -> list[str]:
        """Why it can't be read, in one sentence; of the Hub nothing is fetched to know."""
        try:
            settings = self.opened.settings
            if not self.opened.listing.revision or settings.format or settings.columns:
                self.opened.reading  # noqa: B018
        except (DatasetError, RecipeError) as error:
            return [str(error)]
        return []


def read(settings: Source, path: Path, who: str) -> Prompts:
    """The source; `path` is its `source` from the recipe's folder on.

    Raises:
        DatasetError: it can't be read, or has no such files.
        DependencyError: it is on the Hub and the Hub's library is missing.
    """
    return Prompts(sources.opened(settings, path, who))


def faults(settings: Source, path: Path, who: str) -> list[str]:
    """Why a source can't be read, in one sentence."""
    try:
        return read(settings, path, who).faults()
    except (DatasetError, RecipeError) as error:
        return [str(error)]


def prompt_of(row: Row | Pair) -> Prompt:
    """The prompt of a row, with what refuses it where it has none."""
    turns = row.messages if isinstance(row, Row) else (*row.prompt, *row.chosen)
    end = max((place for place, turn in enumerate(turns) if turn.role == "user"), default=-1) + 1
    refused = tuple(said for said in row.verdicts if said.judge == READ and said.passed is False)
    if not end and not refused:
        refused = (Verdict(READ, False, None, "no_prompt", "\n".join(turn.content for turn in turns)[:10_000]),)
    messages = tuple(turns[:end])
    name = content_id(messages)
    meta = {key: value for key, value in row.meta.items() if key not in WRITTEN}
    if messages:
        spoken = language("\n".join(turn.content for turn in messages if turn.role == "user"))
        meta |= {"prompt_id": name, "language": spoken}
    return Prompt(name, messages, tuple(turns[end:]), row.license, row.source, row.model, meta, refused)
