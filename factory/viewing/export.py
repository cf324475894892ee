"""A new version of a dataset, as people decided on its rows: through the gate, like any other dataset.

Where no gate is given, what the dataset's own recipe says of its licence, duplicates, policy and licences holds on.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from factory import strict_yaml
from factory.errors import DatasetError, RecipeError
from factory.manifest import Manifest, read_manifest
from factory.overrides import Given, name_of
from factory.viewing.reviews import Reviews, beside

if TYPE_CHECKING:
    from factory.recipe import Recipe

NAME = "review"
"""The stage of rows that people rejected."""
USE = "factory.viewing.review"
"""The generator that reads the rows."""
_CARRIED = ("license", "policy", "duplicates", "licences")
"""What a new version takes from the recipe of the old one."""


def plan(
    dataset: Path, out: Path, gate: Path | None, changes: Sequence[str], *, reviews: Path | None = None, rest: str
) -> "Recipe":
    """The recipe of the new version.

    Args:
        dataset: the folder that was looked at.
        out: where the new version goes.
        gate: what rows have to pass beside.
        changes: as `--set` takes them.
        reviews: the store of decisions; that beside the folder where nothing is said.
        rest: what becomes of rows that nobody decided on, `keep` or `drop`.

    Raises:
        DatasetError: the folder is no finished dataset, or nobody decided on any of its rows.
        RecipeError: the gate makes rows of its own.
    """
    manifest = read_manifest(dataset)
    store = Reviews(path := reviews or beside(dataset), manifest.digest)
    if not store.path.is_file() or not any(store.counts().values()):
        earlier = store.elsewhere() if store.path.is_file() else 0
        only = f"; the {earlier:,} decisions in {path} are on rows of an earlier dataset" if earlier else ""
        raise DatasetError(f"nobody has decided on a row of {dataset} yet{only}; run: factory view {dataset}")
    given = Given(_values(manifest, dataset, out, path, rest), f"reviews of {dataset}")
    from factory import recipe as recipes

    if gate is not None:
        document = strict_yaml.load(gate)
        if isinstance(document.data, dict) and "generate" in document.data:
            raise RecipeError(f"{document.where('generate')}: the rows are those of {dataset}; remove `generate`")
        return recipes.load(gate, changes, given)
    with tempfile.TemporaryDirectory() as folder:
        nothing = Path(folder, "gate.yaml")
        nothing.write_text("{}\n")
        return recipes.load(nothing, changes, given, folder=Path())


def strangers(dataset: Path, reviews: Path | None = None) -> int:
    """How many decisions are on rows that the dataset does not hold; two rows of one content have one id."""
    import pyarrow.parquet as pq

    manifest = read_manifest(dataset)
    decided = {one.row_id for one in Reviews(reviews or beside(dataset), manifest.digest).all()}
    for file in manifest.shards:
        decided.difference_update(pq.read_table(dataset / file.file, columns=["id"])["id"].to_pylist())
    return len(decided)


def _values(manifest: Manifest, dataset: Path, out: Path, reviews: Path, rest: str) -> dict[str, Any]:
    entry = {"use": USE, "source": str(dataset), "reviews": os.path.relpath(reviews), "digest": manifest.digest}
    carried = {name: manifest.settings[name] for name in _CARRIED if name in manifest.settings}
    head = {"name": name_of(out), "seed": 0, "license": "auto", "description": manifest.description}
    return {**head, **carried, "generate": [{**entry, "rest": rest}]}
