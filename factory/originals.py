"""The originals of translated rows, as a second configuration of the dataset: with it, it is parallel data.

`originals/train-*.parquet` has the columns of `data/`, and one row for each row that says what it was translated from,
in the same order: its turns, licence and model, with the id of the translation in `meta.translation`. Written where a
generator says `originals: true`, from the kept rows alone, when they are all there.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from factory import columns, dataset
from factory.leaks import SOURCE, SOURCE_REJECTED
from factory.manifest import Manifest
from factory.parquet import File, Growing
from factory.row import Pair, Row, turns_in

if TYPE_CHECKING:
    from factory.recipe import Recipe


def written(recipe: "Recipe", out: Path, manifest: Manifest) -> tuple[File, ...]:
    """The files of originals, shard by shard; none where no generator asks for them."""
    if not any(getattr(part.component, "originals", False) for part in recipe.generate):
        return ()
    files = []
    for number, shard in enumerate(manifest.shards):
        growing = Growing(out, f"originals/train-{number:05d}.parquet")
        for batch in dataset.batches(out / shard.file):
            found = [original(row) for row in columns.rows(batch) if turns_in(row.meta.get(SOURCE))]
            growing.add(columns.batch(manifest.kind, found, [()] * len(found)))
        files.append(growing.finish(columns.KEPT[manifest.kind]))
    return tuple(files)


def original(row: Row | Pair) -> Row | Pair:
    """What a row was translated from."""
    about = row.meta
    turns = turns_in(about[SOURCE])
    meta = {"language": about.get("source_language"), "translation": row.id}
    tags = {"license": about.get("source_license", "unknown"), "model": about.get("source_model", ""), "meta": meta}
    if isinstance(row, Row):
        return row._replace(messages=turns, verdicts=(), **tags)
    end = len(row.prompt)
    rejected = turns_in(about.get(SOURCE_REJECTED))
    return row._replace(prompt=turns[:end], chosen=turns[end:], rejected=rejected, verdicts=(), **tags)
