"""The merge: everything is checked, then file after file is merged, and `merge.json` is written last.

A finished weight file stays when the merge is killed, and the same command goes on after it.
"""

import json
import platform
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from factory import durable
from factory.doctor import cores
from factory.errors import DatasetError
from factory.merging import agreement, card, folder, licence, parents, shards
from factory.merging.floats import FORMATS, TAGS
from factory.merging.manifest import MANIFEST, Manifest, Origin, WeightFile
from factory.merging.methods import Blocks
from factory.merging.parents import Parent
from factory.merging.recipe import MergeRecipe
from factory.merging.schedule import Layers
from factory.merging.tensors import Files, Tensor
from factory.merging.weights import INDEX, Stored
from factory.versions import PACKAGE, version_of

MOST_WORKERS = 8

Tell = Callable[[int, int], None]
"""Is told how many bytes of weights are written, and of how many."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is known before anything is merged."""

    recipe: MergeRecipe
    parents: Sequence[Parent]
    tensors: Sequence[dict[str, Stored]]
    """Of each model, in the recipe's order."""
    shards: Sequence[shards.Shard]
    remarks: Sequence[str]
    terms: licence.Terms

    @property
    def carrier(self) -> int:
        """The place of the model whose config is carried."""
        return self.recipe.order.index(self.recipe.carrier)

    @property
    def run(self) -> dict[str, Any]:
        """What tells this merge from another one."""
        contents = {parent.name: parent.content for parent in self.parents}
        settings = {**self.recipe.settings, "contents": contents}
        return {"package": version_of(PACKAGE), "digest": _digest(settings), "settings": settings}


def merge(
    recipe: MergeRecipe, out: Path, *, workers: int | None = None, fresh: bool = False, tell: Tell = lambda *_: None
) -> Manifest:
    """The merged model in the folder `out`; where it is there already, nothing is done.

    Args:
        recipe: what is merged and how.
        out: the folder, new, empty, or that of the same merge.
        workers: threads; one per core, eight at most, where none are said. The bytes don't depend on it.
        fresh: remake a folder that holds a merge.
        tell: is told how far it is.

    Raises:
        RecipeError: the models can't be merged.
        LicenceError: their licences don't let it be.
        DatasetError: the folder holds something else, or the disk is full.
    """
    terms = licence.terms(recipe)
    found = parents.found(recipe)
    tensors, remarks = agreement.check(recipe, found)
    place = recipe.order.index(recipe.carrier)
    tag = TAGS.get(recipe.head.dtype, "")
    laid = shards.laid_out(tensors[place], tag, max(1, int(recipe.head.max_shard_gb * 1e9)))
    plan = _Plan(recipe, found, tensors, laid, remarks, terms)
    for parent in found:
        if out.exists() and parent.folder.resolve() == out.resolve():
            raise DatasetError(f"{out} is the folder of the model {parent.name}; choose another one")
    with durable.disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    with durable.locked(out):
        manifest = folder.begin(out, plan.run, fresh=fresh)
        if manifest is None:
            manifest = _made(plan, out, min(cores(), MOST_WORKERS) if workers is None else workers, tell)
        shutil.rmtree(out / folder.STATE, ignore_errors=True)
    return manifest


def _made(plan: _Plan, out: Path, workers: int, tell: Tell) -> Manifest:
    total = sum(one.nbytes for shard in plan.shards for one in shard.tensors)
    done = 0

    def wrote(nbytes: int) -> None:
        nonlocal done
        done += nbytes
        tell(done, total)

    finished: list[WeightFile] = []
    with Files() as files, ThreadPoolExecutor(workers) as pool:
        begin = _beginner(plan, files, pool)
        for shard in plan.shards:
            written = _finished(out, shard)
            if written is None:
                written = shards.write(out, shard, begin, files, wrote)
                durable.write(out / folder.STATE / f"{shard.file}.json", orjson.dumps(written.model_dump(mode="json")))
                shards.publish(out, shard)
            else:
                wrote(sum(one.nbytes for one in shard.tensors))
            finished.append(written)
    if len(plan.shards) > 1:
        durable.write(out / INDEX, shards.index(plan.shards))
    dtype = plan.recipe.head.dtype if plan.recipe.head.dtype != "keep" else ""
    carried = card.carry(out, plan.parents[plan.carrier], plan.parents, dtype)
    manifest = _manifest(plan, finished, carried)
    card.write(out, plan.recipe, manifest, plan.terms.text)
    facts = orjson.dumps(manifest.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    durable.write(out / MANIFEST, facts)
    return manifest


def _beginner(plan: _Plan, files: Files, pool: ThreadPoolExecutor) -> shards.Begin:
    recipe, carrier = plan.recipe, plan.tensors[plan.carrier]
    layers = Layers.of(carrier)
    streams = [f"{recipe.head.seed}/{name}" for name in recipe.order]

    def begin(name: str) -> tuple[Tensor, Blocks] | Stored:
        if carrier[name].tag not in FORMATS:
            return carrier[name]
        tensor = Tensor(
            name,
            [own[name] for own in plan.tensors],
            depth=layers.depth(name),
            weights=recipe.weights,
            streams=streams,
            files=files,
            pool=pool,
        )
        return tensor, recipe.method.begin(tensor)

    return begin


def _finished(out: Path, shard: shards.Shard) -> WeightFile | None:
    """What an earlier run wrote of it; None where it is not finished, or not whole."""
    try:
        written = WeightFile.model_validate_json((out / folder.STATE / f"{shard.file}.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return written if written.file == shard.file and written.whole(out) else None


def _manifest(plan: _Plan, files: Sequence[WeightFile], carried: Sequence[str]) -> Manifest:
    how: dict[str, int] = {}
    for file in files:
        for word, count in file.tensors.items():
            how[word] = how.get(word, 0) + count
    weights = [one for shard in plan.shards for one in shard.tensors if one.tag in FORMATS]
    head, run, terms = plan.recipe.head, plan.run, plan.terms
    return Manifest(
        name=head.name,
        description=head.description,
        license=terms.license,
        computed_license=terms.computed,
        duties=terms.duties,
        digest=run["digest"],
        settings=plan.recipe.settings,
        parents=tuple(
            Origin(
                name=one.name, model=one.label, commit=one.commit, content=one.content, license=terms.parents[one.name]
            )
            for one in plan.parents
        ),
        parameters=sum(one.nbytes // FORMATS[one.tag].raw.itemsize for one in weights),
        tensors=dict(sorted(how.items())),
        dtypes=tuple(sorted({FORMATS[one.tag].name for one in weights})),
        files=tuple(files),
        carried=tuple(carried),
        remarks=tuple(plan.remarks),
        versions={"python": platform.python_version(), PACKAGE: version_of(PACKAGE), "numpy": version_of("numpy")},
    )


def _digest(settings: dict[str, Any]) -> str:
    text = json.dumps(settings, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()
