"""The models of a merge: folders as they are, models of the Hub as its cache has them; only safetensors are fetched."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import orjson

from factory.errors import DependencyError, RecipeError
from factory.merging.recipe import Merged, MergeRecipe, at
from factory.merging.weights import Stored, stored
from factory.model_folder import content
from factory.source.settings import portable

CARRIED = (
    "config.json",
    "generation_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "*.model",
    "*.tiktoken",
    "chat_template*",
    "additional_chat_templates/*.jinja",
    "*processor_config.json",
    "*.py",
)
"""The files that go from a model to the merged one, beside its weights; code too, which is not run."""
NOTICES = ("LICENSE*", "LICENCE*", "NOTICE*", "USE_POLICY*", "COPYING*")
"""The files that licences ask to keep."""

_FETCHED = [*CARRIED, *NOTICES, "*.safetensors", "*.safetensors.index.json", "adapter_config.json"]
_HUB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}\Z")
_MOST_CONFIG_BYTES = 10_000_000
_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Parent:
    """One model, found."""

    name: str
    """In the recipe."""
    label: str
    """The folder or id, with the revision, as the recipe says it."""
    folder: Path
    commit: str
    """Of a model of the Hub."""
    config: Mapping[str, Any]
    tensors: Mapping[str, Stored]

    @property
    def content(self) -> str:
        """What tells it from another one: the commit, or a digest of the folder."""
        return self.commit or content(str(self.folder))


def found(recipe: MergeRecipe) -> list[Parent]:
    """The models in the recipe's order.

    Raises:
        RecipeError: one is not there, is no model in safetensors, or is damaged; with the place.
        DependencyError: a model of the Hub needs its library.
    """
    return [_parent(recipe, name) for name in recipe.order]


def _parent(recipe: MergeRecipe, name: str) -> Parent:
    one = recipe.models[name]
    try:
        folder, commit = _folder(one, located(recipe, name))
        tensors = stored(folder)  # first: what it says of adapters and pickles tells more than a config that lacks
        config = read_json(folder / "config.json")
        if "quantization_config" in config:
            raise RecipeError(f"{folder} is quantized; merge the models as they were before, then quantize the result")
    except RecipeError as error:
        raise recipe.wrong(str(error), *at(recipe, name)) from error
    named = portable(one.model)
    label = f"{named}@{one.revision}" if one.revision else named
    return Parent(name, label, folder, commit, config, tensors)


def read_json(path: Path) -> dict[str, Any]:
    """An object in a small file of a model.

    Raises:
        RecipeError: there is none.
    """
    try:
        if path.stat().st_size > _MOST_CONFIG_BYTES:
            raise RecipeError(f"{path} is larger than {_MOST_CONFIG_BYTES:,} bytes")
        value = orjson.loads(path.read_bytes())
    except OSError as error:
        raise RecipeError(f"{path} can't be read: {error.strerror or error}; it belongs to a model's folder") from error
    except ValueError as error:
        raise RecipeError(f"{path} is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise RecipeError(f"{path} holds no JSON object")
    return value


def located(recipe: MergeRecipe, name: str) -> Path:
    """Where a model's folder would be, were it one.

    Raises:
        RecipeError: it begins with a `~` of nobody.
    """
    try:
        return recipe.folder / Path(recipe.models[name].model).expanduser()
    except RuntimeError as error:
        raise recipe.wrong(f"{recipe.models[name].model!r}: there is no such user", *at(recipe, name)) from error


def _folder(one: Merged, folder: Path) -> tuple[Path, str]:
    """Where a model's files are, and its commit where it is one of the Hub."""
    if folder.is_dir():
        if one.revision:
            raise RecipeError(f"{one.model} is a folder, which has no revisions; remove `revision`")
        return folder, ""
    if folder.exists():
        raise RecipeError(f"{folder} is a file; give the folder of a model")
    if not _HUB_ID.match(one.model):
        raise RecipeError(f"{folder} is no folder, and {one.model!r} no id of the Hub (owner/name)")
    return _fetched(one.model, one.revision or "main", folder)


def _fetched(model: str, revision: str, looked: Path) -> tuple[Path, str]:
    """The snapshot of a model of the Hub; with `HF_HUB_OFFLINE=1` what the cache has."""
    try:
        import huggingface_hub as hub
        from huggingface_hub import constants
    except ModuleNotFoundError as error:
        raise DependencyError("models of the Hub need huggingface_hub; run: pip install huggingface_hub") from error
    offline = bool(constants.HF_HUB_OFFLINE)
    try:
        if not offline:
            info = hub.HfApi().model_info(model, revision=revision, timeout=_TIMEOUT_S)
            revision = info.sha or revision
            names = [file.rfilename for file in info.siblings or ()]
            if "adapter_config.json" not in names and not any(name.endswith(".safetensors") for name in names):
                raise RecipeError(f"{model} has no weights in safetensors on the Hub; convert it, or take another")
        snapshot = hub.snapshot_download(model, revision=revision, allow_patterns=_FETCHED, local_files_only=offline)
    except RecipeError:
        raise
    except Exception as error:  # its transport raises what it likes: httpx's, requests', Python's own
        _refuse(f"{model}@{revision[:12]}", looked, error)
    return Path(snapshot), Path(snapshot).name


def _refuse(what: str, looked: Path, error: Exception) -> NoReturn:
    """Say what the Hub said, in one sentence.

    Raises:
        RecipeError: always.
    """
    advice = {
        "RepositoryNotFoundError": "there is no such model, or you may not see it; see `hf auth login`",
        "GatedRepoError": "accept its terms on its page and log in with `hf auth login`",
        "RevisionNotFoundError": "it has no such revision; set `revision` to a branch, tag or commit of it",
        "LocalEntryNotFoundError": "it is not in the Hub's cache, and the Hub can't be reached",
    }
    why = next((advice[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in advice), "")
    why = why or f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    raise RecipeError(f"{looked} is no folder, and {what} can't be had from the Hub: {why}") from error
