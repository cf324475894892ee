"""What the result of a stage depends on: its recipe as content, local files, what earlier stages made, versions.

Where a recipe lies and where the run's folder is are no part of it, so that a pipeline that is moved is not done anew.
Of what a recipe names, whatever is a file or a folder here counts by what it holds; of a Hub id, the id and revision.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from factory import durable
from factory.document import Steps
from factory.model_folder import content
from factory.pipelines.recipe import Stage
from factory.pipelines.references import SIGN
from factory.pipelines.settings import KINDS
from factory.versions import version_of

_WORDS = ("use", "name", "description", "license", "source_name")
"""Settings that name no file, even where there is one of that name."""
_OF_ENGINES = ("model", "tokenizer", "lora")
"""Settings of engines, whose folders begin here; all other paths begin at the recipe's folder."""
_MOST_FOLDERS = 1_000


class Depends(BaseModel):
    """What a stage's result depends on; equal for results that need not be made again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    recipe: Any
    """The recipe with its changes; folders of stages stand there as they are referred to."""
    options: dict[str, Any]
    """What the stage says beside its recipe."""
    files: dict[str, str]
    """Hashes of the files and folders that the recipe names, by how it names them."""
    inputs: dict[str, str]
    """Hashes of the manifests of the stages that it takes something of."""
    versions: dict[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()


def depends(stage: Stage, inputs: Mapping[str, str]) -> Depends:
    """What a stage depends on.

    Args:
        stage: the stage.
        inputs: the hash of each stage's manifest, as far as there is one.

    Raises:
        RecipeError: its recipe can't be read.
    """
    document = stage.document.data if stage.kind != "publish" else stage.settings.publish
    return Depends(
        kind=stage.kind,
        recipe=document,
        options=_options(stage),
        files=dict(_files(document, stage.recipe.parent)) | _dataset(stage),
        inputs={name: inputs.get(name, "") for name in stage.inputs},
        versions={package: version_of(package) for package in stage.about.versions},
    )


def manifest_hash(folder: Path, stage: Stage) -> str:
    """The SHA-256 of the manifest in a stage's folder; empty where it is not complete."""
    path = folder / stage.about.manifest
    return durable.sha256(path) if stage.about.manifest and path.is_file() else ""


def _options(stage: Stage) -> dict[str, Any]:
    said = stage.settings
    dataset = f"{SIGN}{stage.dataset.stage}" if not isinstance(stage.dataset, str) else stage.dataset
    if Path(dataset).exists():
        dataset = Path(dataset).name  # what it holds is hashed; where it lies from here is no part of it
    launch = said.launch.model_dump(mode="json") if said.launch else None
    found = {"rows": stage.rows, "dataset": dataset, "license": said.license, "launch": launch}
    return {key: value for key, value in found.items() if value}


def _dataset(stage: Stage) -> dict[str, str]:
    if not isinstance(stage.dataset, str) or not stage.dataset or not Path(stage.dataset).exists():
        return {}
    return {"dataset": _content(Path(stage.dataset))}


def _files(value: Any, folder: Path, steps: Steps = ()) -> Iterator[tuple[str, str]]:
    """Each file or folder that a recipe names, with the hash of what it holds."""
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _files(one, folder, (*steps, key))
    elif isinstance(value, str) and steps and steps[-1] not in _WORDS:
        places = (folder / value, Path(value)) if steps[-1] in _OF_ENGINES else (folder / value,)
        if (path := _found(value, places)) is not None:
            yield ".".join(map(str, steps)), _content(path)


def _found(text: str, places: Iterable[Path]) -> Path | None:
    """The file that a text names, where there is one."""
    if not text or len(text) > 1_000 or text.startswith(SIGN):
        return None
    try:
        return next((path for path in places if path.exists()), None)
    except (OSError, ValueError):  # too long for a path, or holds a null character
        return None


def _content(path: Path) -> str:
    """A digest of a file, of a finished folder by its manifest, of any other folder by its files."""
    if path.is_file():
        return durable.sha256(path)
    for kind in KINDS.values():
        if kind.manifest and (path / kind.manifest).is_file():
            return durable.sha256(path / kind.manifest)
    folders = sorted(one for one in path.rglob("*") if one.is_dir() and not one.name.startswith("."))
    found = [f"{one.relative_to(path)} {content(str(one))}\n" for one in [path, *folders[:_MOST_FOLDERS]]]
    return sha256("".join(found).encode("utf-8", "surrogatepass")).hexdigest()
