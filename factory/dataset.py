"""The dataset folder: its manifest, and reading its rows back.

The manifest is written last, by atomic rename: a folder that has one is complete. It holds nothing of the clock or
the machine, so that the same recipe gives the same bytes; times are in `timing.json` beside it.
"""

import platform
import shutil
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
from factory.shards import RUN, Written
from factory.spending import ModelUse

if TYPE_CHECKING:
    from factory.recipe import Recipe

MANIFEST = "manifest.json"
WRITTEN = ("README.md", "LICENSE", "NOTICE", "recipe.yaml", "timing.json", "report.html")
"""The files of a finished folder beside its manifest and its folders of rows."""
PACKAGE = "post-training-factory"
_LIBRARIES = ("numpy", "pyarrow", "pydantic", "sympy")


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
    groups: dict[str, int]
    """Kept rows by family, or by generator where rows name no family."""
    group_drops: dict[str, dict[str, int]]
    """Dropped rows by group, then by `stage: reason`."""
    languages: dict[str, int]
    licences: dict[str, int]
    sources: dict[str, int]
    models: dict[str, ModelUse] = {}
    """The models that were asked, by their names in the recipe."""
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
        for batch in _batches(folder / file.file):
            yield from columns.rows(batch)


def read_rejects(folder: Path) -> Iterator[Reject]:
    """Every dropped row, in order, with where and why.

    Raises:
        DatasetError: the folder is no complete dataset.
    """
    for file in read_manifest(folder).rejects:
        for batch in _batches(folder / file.file):
            fates = zip(batch["stage"].to_pylist(), batch["reason"].to_pylist(), strict=True)
            for (stage, reason), row in zip(fates, columns.rows(batch), strict=True):
                yield Reject(stage, reason, row)


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


def begin(out: Path, recipe: "Recipe") -> Manifest | None:
    """Make sure that the folder is this recipe's; its manifest where nothing is left to do.

    Raises:
        DatasetError: it holds another recipe's run, another version's, other files, or damaged shards.
    """
    mine = {"package": _version(PACKAGE), "digest": recipe.digest, "settings": recipe.settings}
    if (out / MANIFEST).exists():
        manifest = read_manifest(out)
        theirs = {"package": manifest.versions[PACKAGE], "digest": manifest.digest, "settings": manifest.settings}
        _same(out, theirs, mine)
        for file in (*manifest.shards, *manifest.rejects):
            if not file.whole(out):
                raise DatasetError(f"{out / file.file} is damaged or gone; delete {out} and run the same command again")
        return manifest
    run = out / "state" / RUN
    if run.is_file():
        _same(out, orjson.loads(run.read_bytes()), mine)
        return None
    strangers = sorted(path.name for path in out.iterdir() if path.name not in (durable.LOCK, "state"))
    if strangers:
        some = ", ".join(strangers[:3]) + (", ..." if len(strangers) > 3 else "")
        raise DatasetError(f"{out} holds other files ({some}); choose an empty folder or a new one")
    durable.write(run, orjson.dumps(mine))
    return None


def clear(out: Path) -> None:
    """Remove what a run wrote into the folder; anything else in it stays. A folder that is no dataset is left alone."""
    if not (out / MANIFEST).exists() and not (out / "state" / RUN).is_file():
        return
    (out / MANIFEST).unlink(missing_ok=True)  # first, so that half a dataset is never called complete
    for name in WRITTEN:
        (out / name).unlink(missing_ok=True)
    for folder in ("data", "rejects", "state"):  # the state last: until then the folder is known as a run's
        shutil.rmtree(out / folder, ignore_errors=True)


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
        versions={"python": platform.python_version()} | {name: _version(name) for name in (PACKAGE, *_LIBRARIES)},
        seed=recipe.seed,
        kind=made.kind,
        rows_asked=asked,
        rows_made=counts.made,
        rows_kept=counts.kept,
        dropped=_sorted(counts.dropped),
        shortfalls=(*shortfalls, *made.shortfalls),
        shards=tuple(file for file in made.files if file.file.startswith("data/")),
        rejects=tuple(file for file in made.files if file.file.startswith("rejects/")),
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
        origins=licences.origins,
    )


def write_manifest(out: Path, manifest: Manifest) -> None:
    """Declare the folder complete."""
    text = orjson.dumps(manifest.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    durable.write(out / MANIFEST, text)


def _same(out: Path, theirs: dict[str, Any], mine: dict[str, Any]) -> None:
    """Refuse a folder whose run is not this one."""
    if theirs["digest"] == mine["digest"] and theirs["package"] == mine["package"]:
        return
    if theirs["digest"] != mine["digest"]:
        found = list(_differences(theirs["settings"], mine["settings"]))[:3]
        changed = "rows made from other data: the families or prompts of its components have changed since"
        what = f"another recipe's rows: {'; '.join(found)}" if found else changed
    else:
        what = f"rows made by version {theirs['package']}, and this is {mine['package']}"
    raise DatasetError(f"{out} holds {what}; choose another folder, or remake this one with --fresh")


def _differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Where two settings differ: key path and both values, shortened."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from _differences(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differences(one, other, f"{path}.{index}")
    elif old != new:
        yield f"{path} is {_short(old)} there and {_short(new)} here"


def _short(value: Any) -> str:
    text = "absent" if value is None else orjson.dumps(value).decode()
    return text if len(text) <= 60 else text[:57] + "..."


def _sorted(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items()) if count}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches()
    except (OSError, pa.ArrowInvalid) as error:
        raise DatasetError(f"{path} can't be read: {error}; make the dataset again in another folder") from error


def _rows_at(path: Path, places: list[int]) -> list[Row | Pair]:
    """The rows at these places of one file."""
    found: list[Row | Pair] = []
    start = 0
    for batch in _batches(path):
        inside = [place - start for place in places if start <= place < start + batch.num_rows]
        start += batch.num_rows
        if inside:
            found += columns.rows(batch.take(pa.array(inside)))
    return found
