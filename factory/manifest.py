"""The manifest of a dataset: what a run did.

It is written last, by atomic rename: a folder that has one is complete. It holds nothing of the clock or the machine,
so that the same recipe gives the same bytes; times are in `timing.json` beside it.
"""

import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from factory import columns, durable, prompts
from factory.component import Shortfall, nested
from factory.errors import DatasetError
from factory.licence.gate import AUTO
from factory.licence.plan import Origin, computed, plan
from factory.parquet import File
from factory.preferences.figures import Preferences
from factory.shards import RUN, Written
from factory.spending import ModelUse
from factory.text_lengths import Lengths
from factory.versions import PACKAGE as PACKAGE
from factory.versions import version_of as version_of

if TYPE_CHECKING:
    from factory.recipe import Recipe

MANIFEST = "manifest.json"
_LIBRARIES = ("numpy", "pyarrow", "pydantic", "sympy")


class Searched(BaseModel):
    """A benchmark that was looked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompts: int
    """How many of its prompts were."""
    rows: dict[str, int]
    """Rows that hold one of them, kept or dropped, by kind: exact, near, numbers_changed, partial, translated,
    template."""


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
    originals: tuple[File, ...] = ()
    """What translated rows were translated from, where a generator was asked to keep it."""
    texts: tuple[File, ...] = ()
    """The rows as plain text, where a generator was asked for it."""
    samples: tuple[File, ...] = ()
    """Sampled answers, with what became of each."""
    groups: dict[str, int]
    """Kept rows by family, or by generator where rows name no family."""
    group_drops: dict[str, dict[str, int]]
    """Dropped rows by group, then by `stage: reason`."""
    lengths: dict[str, Lengths] = {}
    """Characters of the texts, by role in conversations, by side in pairs."""
    languages: dict[str, int]
    licences: dict[str, int]
    sources: dict[str, int]
    models: dict[str, ModelUse] = {}
    """The models that were asked, by their names in the recipe."""
    benchmarks: dict[str, Searched] = {}
    """The benchmarks that were looked for."""
    prompts: dict[str, str] = {}
    """The prompt files of the components, with their SHA-256."""
    tallies: dict[str, dict[str, int]] = {}
    """What components counted, by their names: judged, failed, canaries ..."""
    preferences: Preferences | None = None
    """What there is to know of pairs, sampled answers and the judges that scored them."""
    origins: tuple[Origin, ...] = ()
    """The sources and models that the recipe names, and under what they are."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.rows_made != self.rows_kept + sum(self.dropped.values()):
            raise ValueError(f"{self.rows_made} rows made are not {self.rows_kept} kept and {self.dropped} dropped")
        if self.rows_kept != sum(shard.rows for shard in self.shards):
            raise ValueError(f"{self.rows_kept} rows kept are not those of the shards")
        return self


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
        prompts=_prompts(recipe),
        tallies=by_name(counts.tallies),
        origins=licences.origins,
    )


def _searched(recipe: "Recipe", hits: dict[str, int]) -> dict[str, Searched]:
    if recipe.leaks is None:
        return {}
    rows = by_name(hits)
    prompts = recipe.leaks.benchmarks.counts
    return {name: Searched(prompts=prompts[name], rows=rows.get(name, {})) for name in sorted(prompts)}


def _prompts(recipe: "Recipe") -> dict[str, str]:
    parts = (*recipe.generate, *recipe.judge)
    names = {part.name for part in parts} | {inner.name for part in parts for _, inner in nested(part.component)}
    return prompts.shipped(names)


def by_name(counts: dict[str, int]) -> dict[str, dict[str, int]]:
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
