"""The files beside the weights: what a model carries over, its licence, and the card; all from what the merge did."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import orjson

from factory import durable, markdown
from factory.errors import DatasetError
from factory.licence.book import book
from factory.licence.notice import NO_ADVICE
from factory.merging.manifest import Manifest
from factory.merging.methods import Method
from factory.merging.parents import CARRIED, NOTICES, Parent
from factory.merging.recipe import MergeRecipe
from factory.merging.weights import INDEX

NOTICES_OF = "licences"
"""The folder of the models' own notices."""
RECIPE = "merge.yaml"
_MOST_BYTES = 500_000_000
_MOST_NOTICE_BYTES = 1_000_000


def carried(parent: Parent) -> Iterator[Path]:
    """The files that go over from a model, by their places in its folder, sorted."""
    for path in sorted((*parent.folder.glob("*"), *parent.folder.glob("additional_chat_templates/*"))):
        place = path.relative_to(parent.folder)
        if place.name != INDEX and path.is_file() and _matches(place.as_posix(), CARRIED):
            yield place


def notices(parent: Parent) -> Iterator[Path]:
    """The notices in a model's folder, by name, sorted."""
    for path in sorted(parent.folder.iterdir()):
        if path.is_file() and _matches(path.name, NOTICES) and path.stat().st_size <= _MOST_NOTICE_BYTES:
            yield Path(path.name)


def carry(out: Path, carrier: Parent, parents: Sequence[Parent], dtype: str) -> list[str]:
    """Copy what goes over, and every model's notices; which files those are.

    Args:
        out: the folder.
        carrier: the model whose config and tokenizer the result has.
        parents: all models.
        dtype: the type of the weights, where it is another than the model's.

    Raises:
        DatasetError: a file is too large, or can't be read or written.
    """
    files = {place.as_posix(): carrier.folder / place for place in carried(carrier)}
    for parent in parents:
        files |= {f"{NOTICES_OF}/{parent.name}/{place}": parent.folder / place for place in notices(parent)}
    for name, path in files.items():
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise DatasetError(f"{path} is larger than {_MOST_BYTES:,} bytes; that is no {path.name}")
            content = path.read_bytes()
        except OSError as error:
            raise DatasetError(f"{path} can't be read: {error.strerror or error}") from error
        durable.write(out / name, _retyped(carrier.config, dtype) if name == "config.json" and dtype else content)
    return sorted(files)


def write(out: Path, recipe: MergeRecipe, manifest: Manifest, license: str) -> None:
    """Write the card, LICENSE and the recipe."""
    durable.write(out / "README.md", render(manifest, recipe.method).encode("utf-8", "replace"))
    durable.write(out / "LICENSE", license.encode("utf-8", "replace"))
    durable.write(out / RECIPE, markdown.yaml(manifest.settings).encode("utf-8", "replace"))


def render(manifest: Manifest, method: Method) -> str:
    """The card: YAML front matter for the Hub, then the page."""
    return markdown.template("merge.md.j2").render(
        m=manifest,
        front_matter=markdown.yaml(front_matter(manifest)),
        title=type(method).title,
        source=type(method).source,
        settings=markdown.yaml(manifest.settings).rstrip(),
        weights={name: one.get("weight") for name, one in manifest.settings["models"].items()},
        no_advice=NO_ADVICE,
    )


def front_matter(manifest: Manifest) -> dict[str, Any]:
    """What the Hub reads of a card."""
    facts: dict[str, Any] = {"license": manifest.license}
    tables = book()
    if manifest.license == "other" or not tables.licence(manifest.license).hub:
        name = manifest.computed_license.lower().replace(" ", "-")
        facts = {"license": "other", "license_name": name, "license_link": "LICENSE"}
    hub = [parent.model.partition("@")[0] for parent in manifest.parents if parent.commit]
    facts |= {"library_name": "transformers", "pipeline_tag": "text-generation"}
    facts |= {"base_model": hub, "base_model_relation": "merge"} if hub else {}
    return facts | {"tags": ["merge", "post-training-factory", manifest.settings["method"]]}


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _retyped(config: Mapping[str, Any], dtype: str) -> bytes:
    """The config with another type of weights, wherever it says one."""

    def changed(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            key: dtype if key in ("dtype", "torch_dtype") and isinstance(inner, str) else changed(inner)
            for key, inner in value.items()
        }

    return orjson.dumps(changed(dict(config)), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
