"""What share of each benchmark a dataset holds: any dataset, whatever its columns, before or after it is trained on.

All texts of a record are looked at, in whatever column. Columns that a dataset of ours keeps beside its rows are not:
what a gate noted of a leak would be one again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from factory.decontaminate.benchmarks import Benchmarks
from factory.decontaminate.hits import Hit
from factory.decontaminate.scan import scan_texts
from factory.dedup import TURN_ENDS
from factory.source import files, hub, listing
from factory.source.listing import Listing

EXAMPLES = 3
"""Hits told per benchmark."""
ROWS = 10_000
"""Records looked through at once."""
MOST_DEPTH = 20
_BESIDE = frozenset({"id", "meta", "verdicts", "license", "source", "generator", "model"})


class Example(NamedTuple):
    """One row and what it holds."""

    place: str
    hit: Hit


class Share(NamedTuple):
    """What a dataset holds of one benchmark."""

    benchmark: str
    prompts: int
    held: int
    """Prompts that some row holds, in whatever way."""
    copied: int
    """Prompts that some row holds beyond doubt."""
    rows: int
    kinds: dict[str, int]
    """Rows by kind."""
    examples: tuple[Example, ...]


class Report(NamedTuple):
    """What a dataset holds of all of them."""

    rows: int
    flagged: int
    rejected: int
    """Rows that the gate would drop."""
    shares: tuple[Share, ...]

    def plain(self) -> dict[str, Any]:
        """The report as JSON values."""
        shares = [
            share._asdict()
            | {
                "share": share.held / share.prompts,
                "examples": [{"place": place, **hit._asdict()} for place, hit in share.examples],
            }
            for share in self.shares
        ]
        return {**self._asdict(), "shares": shares}


def report(source: str, benchmarks: Benchmarks) -> Report:
    """What a dataset holds: a folder, a Parquet or JSON lines file, or a dataset of the Hub (`owner/name[@revision]`).

    Raises:
        DatasetError: it can't be read.
    """
    counting = _Counting(benchmarks)
    places, texts = list[str](), list[str]()
    for place, text in _texts(source):
        places.append(place)
        texts.append(text)
        if len(texts) == ROWS:
            counting.add(places, scan_texts(texts, benchmarks))
            places, texts = [], []
    counting.add(places, scan_texts(texts, benchmarks))
    return counting.report()


class _Counting:
    """Counts hits."""

    def __init__(self, benchmarks: Benchmarks) -> None:
        self.prompts = benchmarks.counts
        self.rows = self.flagged = self.rejected = 0
        self.held: defaultdict[str, set[str]] = defaultdict(set)
        self.copied: defaultdict[str, set[str]] = defaultdict(set)
        self.kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.examples: defaultdict[str, list[Example]] = defaultdict(list)

    def add(self, places: list[str], hits: list[Hit | None]) -> None:
        self.rows += len(hits)
        for place, hit in zip(places, hits, strict=True):
            if hit is None:
                continue
            self.flagged += 1
            self.rejected += hit.certain
            self.kinds[hit.benchmark][hit.kind] += 1
            self.copied[hit.benchmark] |= {hit.prompt} if hit.certain else set()
            if hit.kind != "template":
                for benchmark, prompt in ((hit.benchmark, hit.prompt), *hit.others):
                    self.held[benchmark].add(prompt)
            if len(self.examples[hit.benchmark]) < EXAMPLES:
                self.examples[hit.benchmark].append(Example(place, hit))

    def report(self) -> Report:
        shares = tuple(
            Share(
                name, count, len(self.held[name]), len(self.copied[name]), self.kinds[name].total(),
                dict(sorted(self.kinds[name].items())), tuple(self.examples[name]),
            )
            for name, count in self.prompts.items()
        )  # fmt: skip
        return Report(self.rows, self.flagged, self.rejected, shares)


def _texts(source: str) -> Iterator[tuple[str, str]]:
    found = _listing(source)
    for name in found.names:
        if not files.suffix_of(name):
            continue
        for chunk in files.chunks(found.fetch(name)):
            for number, record in chunk.records():
                inside = record if isinstance(record, dict) else {"": record.decode("utf-8", "replace")}
                parts = [text for key, value in inside.items() if key not in _BESIDE for text in _strings(value, 0)]
                yield f"{name}: row {number + 1}", TURN_ENDS.join(parts)


def _listing(source: str) -> Listing:
    repository, _, revision = source.partition("@")
    if not Path(source).exists() and hub.REPOSITORY.match(repository):
        return hub.listing(repository, revision or "main")
    return listing.local(Path(source))


def _strings(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < MOST_DEPTH and isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner, depth + 1)
    elif depth < MOST_DEPTH and isinstance(value, list):
        for inner in value:
            yield from _strings(inner, depth + 1)
