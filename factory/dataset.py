"""The dataset folder: its manifest, and reading its rows back.

The manifest is written last, by atomic rename: a folder that has one is complete. It holds nothing of the clock or
the machine, so that the same recipe gives the same bytes; times are in `timing.json` beside it.
"""

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from factory import columns, durable
from factory.component import Shortfall
from factory.errors import DatasetError
from factory.licence.gate import AUTO
from factory.licence.plan import Origin, computed, plan
from factory.parquet import File
from factory.row import Pair, Row
from factory.sample import Sample
from factory.shards import RUN, Written
from factory.spending import ModelUse

if TYPE_CHECKING:
    from factory.recipe import Recipe

MANIFEST = "manifest.json"
PACKAGE = "post-training-factory"
_LIBRARIES = ("numpy", "pyarrow", "pydantic", "sympy")


class Searched(BaseModel):
    """A benchmark that was looked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompts: int
    """How many of its prompts were."""
    rows: dict[str, int]
    """Rows that hold one of them, kept or dropped, by kind: exact, near, numbers_changed, partial, translated."""


class Manifest(BaseModel):
    """What a run did."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: str
    description: str
    license: str
    """The Hub id of the whole: what the recipe says, or what the rows come to."""
    computed_license: str = ""
    """What the rows come to: the join of theirs, one id or several with ` AND `."""
    digest: str
    """Of the recipe."""
    settings: dict[str, Any]
    """The recipe, defaults filled in."""
    versions: dict[str, str]
    seed: int
    kind: columns.Kind
    rows_asked: int
    rows_made: int
    rows_kept: int
    dropped: dict[str, int]
    """By `stage: reason`."""
    shortfalls: tuple[Shortfall, ...]
    shards: tuple[File, ...]
    rejects: tuple[File, ...]
    samples: tuple[File, ...] = ()
    """Sampled answers, with what became of each."""
    groups: dict[str, int]
    """Kept rows by family, or by generator where rows name no family."""
    group_drops: dict[str, dict[str, int]]
    """Dropped rows by group, then by `stage: reason`."""
    languages: dict[str, int]
    licences: dict[str, int]
    sources: dict[str, int]
    models: dict[str, ModelUse] = {}
    """The models that were asked, by their names in the recipe."""
    benchmarks: dict[str, Searched] = {}
    """The benchmarks that were looked for."""
    tallies: dict[str, dict[str, int]] = {}
    """What components counted, by their names: judged, failed, canaries ..."""
    origins: tuple[Origin, ...] = ()
    """The sources and models that the recipe names, and under what they are."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.rows_made != self.rows_kept + sum(self.dropped.values()):
            raise ValueError(f"{self.rows_made} rows made are not {self.rows_kept} kept and {self.dropped} dropped")
        if self.rows_kept != sum(shard.rows for shard in self.shards):
            raise ValueError(f"{self.rows_kept} rows kept are not those of the shards")
        return self


class Reject(NamedTuple):
    """A row that was dropped, and why."""

    stage: str
    reason: str
    row: Row | Pair


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a complete dataset.

    Raises:
        DatasetError: the folder has none, so it is not a dataset or not finished; or it is damaged.
    """
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        begun = (folder / "state" / RUN).is_file()
        advice = "its run is not finished: run the same command again" if begun else "give the folder of a dataset"
        raise DatasetError(f"{folder} has no {MANIFEST}; {advice}") from error
    except OSError as error:
        raise DatasetError(f"{path} can't be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "counts"
        raise DatasetError(f"{path} is damaged or of another version: {place}: {first['msg']}") from error


def read(folder: Path) -> Iterator[Row | Pair]:
    """Every kept row, in order, a row group at a time.

    Raises:
        DatasetError: the folder is no complete dataset.
    """
    for file in read_manifest(folder).shards:
        for batch in batches(folder / file.file):
            yield from columns.rows(batch)


def read_rejects(folder: Path) -> Iterator[Reject]:
    """Every dropped row, in order, with where and why.

    Raises:
        DatasetError: the folder is no complete dataset.
    """
    for file in read_manifest(folder).rejects:
        for batch in batches(folder / file.file):
            fates = zip(batch["stage"].to_pylist(), batch["reason"].to_pylist(), strict=True)
            for (stage, reason), row in zip(fates, columns.rows(batch), strict=True):
                yield Reject(stage, reason, row)


def read_samples(folder: Path) -> Iterator[Sample]:
    """Every sampled answer, in order; none where nothing was sampled.

    Raises:
        DatasetError: the folder is no complete dataset.
    """
    for file in read_manifest(folder).samples:
        for batch in batches(folder / file.file):
            yield from columns.samples(batch)


def reject_samples(folder: Path) -> dict[str, Reject]:
    """One dropped row for each `stage: reason`, the first; by its name, sorted.

    Raises:
        DatasetError: the folder is no complete dataset.
    """
    manifest = read_manifest(folder)
    found: dict[str, Reject] = {}
    for file in manifest.rejects:
        for batch in batches(folder / file.file):
            fates = zip(batch["stage"].to_pylist(), batch["reason"].to_pylist(), strict=True)
            for place, (stage, reason) in enumerate(fates):
                if f"{stage}: {reason}" not in found:
                    (row,) = columns.rows(batch.slice(place, 1))
                    found[f"{stage}: {reason}"] = Reject(stage, reason, row)
        if found.keys() >= manifest.dropped.keys():
            break
    return dict(sorted(found.items()))


def sample(folder: Path, n: int) -> list[Row | Pair]:
    """`n` rows spread evenly over the dataset, or all where it has fewer.

    Raises:
        DatasetError: the folder is no complete dataset.
    """
    return sample_of(folder, read_manifest(folder), n)


def sample_of(folder: Path, manifest: Manifest, n: int) -> list[Row | Pair]:
    """`sample`, for a folder whose manifest is at hand."""
    total = manifest.rows_kept
    places = [place * total // n for place in range(min(n, total))] if n <= total else list(range(total))
    found: list[Row | Pair] = []
    start = 0
    for file in manifest.shards:
        inside = [place - start for place in places if start <= place < start + file.rows]
        start += file.rows
        if inside:
            found += _rows_at(folder / file.file, inside)
    return found


def manifest_of(recipe: "Recipe", made: Written, asked: int, shortfalls: list[Shortfall]) -> Manifest:
    """What the run did, from what it counted."""
    counts = made.counts
    licences = plan(recipe)
    hub_id, joined = computed(licences, _sorted(counts.licences))
    return Manifest(
        name=recipe.name,
        description=recipe.description,
        license=hub_id if recipe.license == AUTO else recipe.license,
        computed_license=joined,
        digest=recipe.digest,
        settings=recipe.settings,
        versions={"python": platform.python_version()} | {name: version_of(name) for name in (PACKAGE, *_LIBRARIES)},
        seed=recipe.seed,
        kind=made.kind,
        rows_asked=asked,
        rows_made=counts.made,
        rows_kept=counts.kept,
        dropped=_sorted(counts.dropped),
        shortfalls=(*shortfalls, *made.shortfalls),
        shards=tuple(file for file in made.files if file.file.startswith("data/")),
        rejects=tuple(file for file in made.files if file.file.startswith("rejects/")),
        samples=tuple(file for file in made.files if file.file.startswith("samples/")),
        groups=_sorted(counts.groups),
        group_drops={group: _sorted(fates) for group, fates in sorted(counts.drops.items())},
        languages=_sorted(counts.languages),
        licences=_sorted(counts.licences),
        sources=_sorted(counts.sources),
        models={
            name: ModelUse(
                model=model.label,
                license=model.license,
                answers=counts.answers[name],
                prompt_tokens=counts.prompt_tokens[name],
                completion_tokens=counts.completion_tokens[name],
            )
            for name, model in recipe.engines.items()
        },
        benchmarks=_searched(recipe, counts.benchmarks),
        tallies=_by_name(counts.tallies),
        origins=licences.origins,
    )


def _searched(recipe: "Recipe", hits: dict[str, int]) -> dict[str, Searched]:
    if recipe.leaks is None:
        return {}
    rows = _by_name(hits)
    prompts = recipe.leaks.benchmarks.counts
    return {name: Searched(prompts=prompts[name], rows=rows.get(name, {})) for name in sorted(prompts)}


def _by_name(counts: dict[str, int]) -> dict[str, dict[str, int]]:
    """Counts by `name: what` as counts by name, then by what."""
    found: dict[str, dict[str, int]] = {}
    for both, count in _sorted(counts).items():
        name, _, what = both.rpartition(": ")
        found.setdefault(name, {})[what] = count
    return found


def write_manifest(out: Path, manifest: Manifest) -> None:
    """Declare the folder complete."""
    text = orjson.dumps(manifest.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    durable.write(out / MANIFEST, text)


def _sorted(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items()) if count}


def version_of(package: str) -> str:
    """The version of an installed package, in words where it is not."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file, as columns.

    Raises:
        DatasetError: it can't be read.
    """
    try:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches()
    except (OSError, pa.ArrowInvalid) as error:
        raise DatasetError(f"{path} can't be read: {error}; make the dataset again in another folder") from error


def _rows_at(path: Path, places: list[int]) -> list[Row | Pair]:
    """The rows at these places of one file."""
    found: list[Row | Pair] = []
    start = 0
    for batch in batches(path):
        inside = [place - start for place in places if start <= place < start + batch.num_rows]
        start += batch.num_rows
        if inside:
            found += columns.rows(batch.take(pa.array(inside)))
    return found
