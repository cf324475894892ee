"""A source made ready: its files found, its licence settled, its format recognised, its records counted and read.

Everything that can be said before the first row is said here, in one sentence.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from factory.errors import DatasetError, RecipeError
from factory.settings import nearest
from factory.source import files, hub, listing
from factory.source.card import front_matter, hub_id, settled
from factory.source.chunk import Chunk, parsed, plain_records
from factory.source.formats import FORMATS, PARTS, TAGS, Format, mapped, recognised
from factory.source.listing import Listing
from factory.source.rows import OWN, Reading, columns_read
from factory.source.settings import Source

_GROUPED = "oasst_messages"
"""The format of which many records are one tree."""
MOST_OF_A_TREE = 10_000
MOST_LICENCES = 1_000
MOST_READY = 100


class Tree(NamedTuple):
    """The rows of one tree, which come one after another."""

    name: Any
    number: int
    rows: list[Any]


@dataclass(frozen=True)
class Opened:
    """A source that can be read."""

    settings: Source
    listing: Listing
    names: tuple[str, ...]
    """Its files."""
    card: Mapping[str, Any]
    generator: str

    @cached_property
    def head(self) -> files.Head:
        """The columns and the first records."""
        return files.head(self.listing.fetch(self.names[0]))

    @cached_property
    def digest(self) -> str:
        """What the records depend on: the commit, or the files' hashes; and what the card says."""
        commit = self.listing.revision
        parts = [commit] if commit else [files.digest(self.listing.fetch(name)) for name in self.names]
        told = [*self.names, *parts, self.card.get("license")]
        return sha256(orjson.dumps(told, default=str, option=orjson.OPT_NON_STR_KEYS)).hexdigest()

    @cached_property
    def label(self) -> str:
        """What rows say where they are from."""
        return f"{self.settings.name or self.listing.name}@{self.listing.revision or self.digest[:12]}"

    @cached_property
    def licenses(self) -> tuple[str, ...]:
        """What its rows are under; of a Hub id what is said of the whole, since nothing is fetched to know better.

        Raises:
            RecipeError: nobody says it.
        """
        if self.listing.revision:
            return (settled(self.settings.license, self.card, self.place, per_row=True),)
        column = self.reading.columns.get("license")
        if column is None:
            return (self.reading.license,)
        found: dict[str, None] = {}
        for name in self.names:
            for chunk in files.chunks(self.listing.fetch(name), [column]):
                values = (record.get(column) for _, record in chunk.records() if isinstance(record, dict))
                found |= dict.fromkeys(hub_id(one) if isinstance(one, str) and one else "" for one in values)
        return tuple(sorted(name or self.reading.license for name in list(found)[:MOST_LICENCES]))

    @cached_property
    def reading(self) -> Reading:
        """How records become rows.

        Raises:
            RecipeError: the licence is not known, or the format or a column is not there.
        """
        columns, settings = self.head.columns, self.settings
        for part, column in settings.columns.items():
            if column not in columns:
                raise RecipeError(f"{self.place}: columns.{part}: {self._no_column(column)}")
        tags = {tag: next((name for name in usual if name in columns), "") for tag, usual in TAGS.items()}
        chosen = {tag: name for tag, name in tags.items() if name} | dict(settings.columns)
        name, form = self._format()
        license = settled(settings.license, self.card, self.place, per_row="license" in chosen)
        brings = settings.bring or form.brings
        if brings == "pairs" and not form.pairs:
            raise RecipeError(f"{self.place}: bring: the format {name or 'of columns'} holds no pairs")
        for part in (*settings.where, *settings.keep):
            if part not in columns:
                raise RecipeError(f"{self.place}: {self._no_column(part)}")
        return Reading(
            name,
            chosen,
            brings,
            self.label,
            license,
            settings.model,
            settings.keep,
            self.generator,
            own=set(columns) >= OWN,
        )

    @property
    def place(self) -> str:
        """The source in a sentence."""
        return f"source {self.settings.source}"

    def _no_column(self, name: str) -> str:
        return (
            f"there is no column {name!r}; {nearest(name, self.head.columns)}there are: {', '.join(self.head.columns)}"
        )

    def _format(self) -> tuple[str, Format]:
        """The name and the columns of the format."""
        settings, there = self.settings, self.head.columns
        unknown = sorted(set(settings.columns) - {*PARTS, *TAGS})
        if unknown:
            known = ", ".join((*PARTS, *TAGS))
            raise RecipeError(f"{self.place}: columns: there is no part {unknown[0]!r}; there are: {known}")
        if settings.format and settings.format not in FORMATS:
            near = nearest(settings.format, FORMATS)
            raise RecipeError(
                f"{self.place}: format: there is no {settings.format!r}; {near}there are: {', '.join(FORMATS)}"
            )
        name = settings.format
        form = FORMATS[name] if name else mapped(settings.columns)
        if form is None:
            name = recognised(there)
            form = FORMATS.get(name)
        if form is None:
            raise RecipeError(
                f"{self.place}: its columns ({', '.join(there[:20])}) are of no known format; say `format`, or "
                f"`columns` as {{messages: ...}}, {{prompt: ..., response: ...}} or {{chosen: ..., rejected: ...}}"
            )
        for part, column in form.needs.items():
            if settings.columns.get(part, column) not in there:
                raise RecipeError(
                    f"{self.place}: {name or 'columns'}: {part}: {self._no_column(settings.columns.get(part, column))}"
                )
        return name, form

    @cached_property
    def count(self) -> int:
        """How many records there are, of those asked for.

        Raises:
            DatasetError: a file can't be read.
        """
        if self.settings.where or self.reading.format == _GROUPED:
            return sum(map(len, self.chunks()))
        return sum(files.rows_of(self.listing.fetch(name)) for name in self.names)

    def chunks(self) -> Iterator[Chunk]:
        """The records in order, of those asked for.

        Raises:
            DatasetError: a file can't be read.
        """
        found = self._all()
        if self.settings.where:
            found = (chunk.take(_matching(chunk, self.settings.where)) for chunk in found)
        return _trees(found) if self.reading.format == _GROUPED else found

    def _all(self) -> Iterator[Chunk]:
        start = 0
        wanted = sorted(columns_read(self.reading) | set(self.settings.where))
        if self.reading.format.startswith("oasst"):
            wanted = []
        for name in self.names:
            end = start
            for chunk in files.chunks(self.listing.fetch(name), wanted or None):
                end = start + int(chunk.numbers[-1]) + 1 if len(chunk) else end
                yield Chunk(chunk.numbers + start, chunk.data)
            start = end


def opened(settings: Source, path: Path, generator: str) -> Opened:
    """The source; `path` is its `source` from the recipe's folder on.

    Raises:
        DatasetError: it can't be read, or has no such files.
        DependencyError: it is on the Hub and the Hub's library is missing.
    """
    source = settings.source
    if urlsplit(source).scheme and "://" in source:
        raise DatasetError(f"source {source[:200]}: addresses are not read; download the file, or give a Hub id")
    if path.exists() or not hub.REPOSITORY.match(source) or files.suffix_of(source):
        found = listing.local(path)
    else:
        found = hub.listing(source, settings.revision)
    card = front_matter(found.card, f"source {source}: {listing.README}")
    names = listing.data_files(found, card, config=settings.config, split=settings.split, globs=settings.files)
    state = () if found.revision else tuple(_state(found.fetch(name)) for name in names)
    plain = Source(**{field: getattr(settings, field) for field in Source.model_fields})
    key = (plain.model_dump_json(), generator, found.revision, found.card, state)
    if key not in _READY:
        if len(_READY) >= MOST_READY:
            _READY.clear()
        _READY[key] = Opened(plain, found, names, card, generator)
    return _READY[key]


_READY: dict[tuple[Any, ...], Opened] = {}
"""Sources that are ready: recipes ask several times, and what was found out of the files is not found out again."""


def _state(path: Path) -> tuple[str, int, int]:
    try:
        state = path.stat()
    except OSError as error:
        raise DatasetError(f"source {path} can't be read: {error.strerror}") from error
    return str(path), state.st_mtime_ns, state.st_size


def _matching(chunk: Chunk, where: Mapping[str, Any]) -> Any:
    """The places of the records that have these values; what can't be read stays, so that it is counted."""
    if isinstance(chunk.data, pa.RecordBatch):
        mask = np.ones(len(chunk), np.bool_)
        for name, value in where.items():
            mask &= _equal(chunk.data, name, value)
        return np.flatnonzero(mask)
    found = []
    for place, line in enumerate(chunk.data):
        record = parsed(line)
        if not isinstance(record, dict) or all(_same(record.get(name), value) for name, value in where.items()):
            found.append(place)
    return np.array(found, np.int64)


def _equal(batch: pa.RecordBatch, name: str, value: Any) -> Any:
    if name not in batch.schema.names:
        return np.zeros(batch.num_rows, np.bool_)
    try:
        found = pc.equal(batch.column(name), pa.scalar(value))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return np.array([_same(one[name], value) for one in plain_records(batch.select([name]))], np.bool_)
    return pc.fill_null(found, False).to_numpy(zero_copy_only=False)


def _same(found: Any, value: Any) -> bool:
    return found == value and isinstance(found, bool) == isinstance(value, bool)


def _trees(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Records of single messages put together, those of one tree following each other, as records of trees."""
    tree: Tree | None = None
    done: list[tuple[int, bytes]] = []
    for number, record in (entry for chunk in chunks for entry in chunk.records()):
        if not isinstance(record, dict):
            done.append((number, record))
            continue
        name = record.get("message_tree_id")
        if tree is None or name != tree.name or len(tree.rows) >= MOST_OF_A_TREE:
            if tree is not None:
                done.append(_grown(tree))
            tree = Tree(name, number, [])
        tree.rows.append(record)
        if len(done) >= files.ROWS:
            yield _chunk(done)
            done = []
    if tree is not None:
        done.append(_grown(tree))
    if done:
        yield _chunk(done)


def _grown(tree: Tree) -> tuple[int, bytes]:
    record = {**tree.rows[0], "tree": tree.rows}
    return tree.number, orjson.dumps(record, default=str, option=orjson.OPT_NON_STR_KEYS)


def _chunk(entries: list[tuple[int, bytes]]) -> Chunk:
    return Chunk(np.array([number for number, _ in entries]), tuple(line for _, line in entries))
