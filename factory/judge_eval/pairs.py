"""PAIRS of `factory judge-eval`: a file, a folder or a dataset of the Hub, as pairs that people have compared."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from random import Random
from typing import Any, NamedTuple

from factory.errors import DatasetError
from factory.judge_eval.labelled import FORMATS, Labelled, checked, grouped, recognised
from factory.row import Pair
from factory.source import files, formats, hub, listing, rows
from factory.source.card import UNKNOWN, front_matter
from factory.source.chunk import Chunk
from factory.source.turns import Unreadable

SPLITS = ("human", "train", "test")
"""Which split is read where none is named: the first of these that is there."""
LLMBAR_FILE = "dataset.json"
"""The file of each of LLMBar's folders that holds its pairs; results of judges lie beside it."""
NOT_OBJECTS = "not_json"


class Pairs(NamedTuple):
    """What PAIRS hold."""

    place: str
    """The name of the data, with its commit where it is on the Hub."""
    format: str
    pairs: list[Labelled]
    left_out: Counter[str]
    """Records that hold no pair with a verdict, by reason."""


def read(source: str, *, split: str = "", most: int | None = None) -> Pairs:
    """The pairs of a source; where there are more than `most`, a sample of them that is always the same.

    Raises:
        DatasetError: it can't be read, or is of no known format.
        DependencyError: it is on the Hub and the Hub's library is missing.
    """
    found, names = _opened(source, split)
    name = _format(source, found, names)
    left_out: Counter[str] = Counter()
    pairs: list[Labelled] = []
    for file in names:
        reading = _labelled if name in FORMATS else _preferences
        pairs += reading(name, found, file, len(names) > 1, left_out)
    pairs = grouped(pairs)
    if not pairs:
        why = ", ".join(f"{n:,} {reason}" for reason, n in left_out.most_common(5)) or "it is empty"
        raise DatasetError(f"PAIRS {source}: no record holds two answers and a verdict ({why})")
    if most is not None and most < len(pairs):
        kept = sorted(Random(f"judge-eval/{len(pairs)}").sample(range(len(pairs)), most))
        pairs = [pairs[place] for place in kept]
    return Pairs(f"{found.name}{f'@{found.revision[:12]}' if found.revision else ''}", name, pairs, left_out)


def _opened(source: str, split: str) -> tuple[listing.Listing, tuple[str, ...]]:
    """The source and the names of its files."""
    path = Path(source)
    if path.exists() or not hub.REPOSITORY.match(source) or files.suffix_of(source):
        found = listing.local(path)
    else:
        found = hub.listing(source, "main")
    llmbar = tuple(name for name in found.names if PurePosixPath(name).name == LLMBAR_FILE)
    if llmbar and not split:
        return found, llmbar
    card = front_matter(found.card, f"PAIRS {source}: {listing.README}")
    refused: DatasetError | None = None
    for one in (split,) if split else SPLITS:
        try:
            return found, listing.data_files(found, card, config="", split=one, globs=())
        except DatasetError as error:
            refused = refused or error
    if refused is None:
        raise DatasetError(f"PAIRS {source}: holds no files")
    raise DatasetError(str(refused).replace("set `split` or `files`", "say --split, or give one file")) from refused


def _format(source: str, found: listing.Listing, names: tuple[str, ...]) -> str:
    """The name of the format, by the columns of the first file."""
    columns = files.head(found.fetch(names[0])).columns
    if (own := recognised(columns)) is not None:
        return own
    name = formats.recognised(columns)
    if name and formats.FORMATS[name].pairs:
        return name
    raise DatasetError(
        f"PAIRS {source}: its columns ({', '.join(columns[:20]) or 'none'}) are of no format with two answers and a "
        "verdict; there are: conversation_a, conversation_b, winner (MT-Bench); instruction, response1, response2, "
        "annotator1..3 (PandaLM); input, output_1, output_2, label (LLMBar); chosen, rejected, with or without prompt"
    )


def _labelled(
    name: str, found: listing.Listing, file: str, several: bool, left_out: Counter[str]
) -> Iterator[Labelled]:
    """The pairs of a file in a format of `labelled`."""
    form = next(form for known, form in FORMATS.items() if known == name)
    for _, record in _records(found.fetch(file), sorted(form.needs | form.may)):
        try:
            if not isinstance(record, dict):
                raise Unreadable(NOT_OBJECTS)
            if not form.needs <= record.keys():
                raise Unreadable("missing")
            pair = form.read(record)
        except Unreadable as refused:
            left_out[str(refused)] += 1
            continue
        subset = (("file", str(PurePosixPath(file).parent)),) if several else ()
        yield pair._replace(groups=(*pair.groups, *subset))


def _preferences(
    name: str, found: listing.Listing, file: str, several: bool, left_out: Counter[str]
) -> Iterator[Labelled]:
    """The pairs of a file whose better answer is its `chosen` one, with their sides mixed."""
    path = found.fetch(file)
    columns = files.head(path).columns
    tags = {tag: next((one for one in usual if one in columns), "") for tag, usual in formats.TAGS.items()}
    chosen = {tag: column for tag, column in tags.items() if column}
    own = set(columns) >= rows.OWN
    reading = rows.Reading(name, chosen, "pairs", found.name, UNKNOWN, "", (), "judge-eval", own=own)
    read = rows.columns_read(reading)
    chunks = files.chunks(path, sorted(read)) if not name.startswith("oasst") else files.chunks(path)
    for chunk in chunks:
        for row in (row for group in rows.rows(chunk, reading) for row in group):
            try:
                yield _mixed(row, file if several else "")
            except Unreadable as refused:
                left_out[str(refused)] += 1


def _mixed(row: Any, file: str) -> Labelled:
    """A pair with the better answer at a place that its texts decide, so that no judge can lean on the place."""
    faults = [verdict.reason for verdict in row.verdicts if verdict.judge == rows.JUDGE]
    if faults or not isinstance(row, Pair):
        raise Unreadable(faults[0] if faults else "missing")
    first = Random(f"judge-eval/side/{row.id}").random() < 0.5
    sides = (row.chosen, row.rejected) if first else (row.rejected, row.chosen)
    groups = tuple((kind, str(row.meta[kind])[:80]) for kind in ("category", "language") if row.meta.get(kind))
    groups += (("file", str(PurePosixPath(file).parent)),) if file else ()
    return checked(row.prompt, *sides)._replace(labels=("A" if first else "B",), groups=groups, meta=_meta(row.meta))


def _meta(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What a judge may need of it, such as a reference answer; not where the record stood."""
    return {name: value for name, value in meta.items() if name not in ("row", "format")}


def _records(path: Path, columns: list[str]) -> Iterator[tuple[int, Any]]:
    there = files.head(path).columns
    chunks: Iterator[Chunk] = files.chunks(path, [name for name in columns if name in there])
    for chunk in chunks:
        yield from chunk.records()
