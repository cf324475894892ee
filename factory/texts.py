"""The rows as plain text, as a further configuration of the dataset: for pretraining, which knows no turns.

`texts/train-*.parquet` has a row for each row of `data/`, in the same order, with its turns in the one column `text`
that pretraining and TRL's language modelling read; its id, licence, source and meta stand beside it. Written where a
generator says `plain_text: true`, from the kept rows alone, when they are all there.

Source: https://huggingface.co/docs/trl/dataset_formats (standard language modelling: a column `text`)
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from factory import columns, dataset
from factory.manifest import Manifest
from factory.parquet import File, Growing
from factory.row import Pair, Row

if TYPE_CHECKING:
    from factory.recipe import Recipe

SCHEMA = pa.schema([(name, pa.string()) for name in ("id", "text", "license", "source", "meta")])
"""The schema of `texts/*.parquet`."""

BETWEEN = "\n\n"
"""What stands between two turns."""


def written(recipe: "Recipe", out: Path, manifest: Manifest) -> tuple[File, ...]:
    """The files of texts, shard by shard; none where no generator asks for them."""
    if not any(getattr(part.component, "plain_text", False) for part in recipe.generate):
        return ()
    files = []
    for number, shard in enumerate(manifest.shards):
        growing = Growing(out, f"texts/train-{number:05d}.parquet")
        for batch in dataset.batches(out / shard.file):
            growing.add(of_rows(batch))
        files.append(growing.finish(SCHEMA))
    return tuple(files)


def of_rows(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch of `SCHEMA` from one of kept rows."""
    texts = pa.array(list(map(text, columns.rows(batch))), pa.string())
    kept = {name: batch[name] for name in SCHEMA.names if name != "text"}
    return pa.RecordBatch.from_arrays([texts if name == "text" else kept[name] for name in SCHEMA.names], schema=SCHEMA)


def text(row: Row | Pair) -> str:
    """The turns of a row without their roles; of a pair, with the chosen answer."""
    turns = row.messages if isinstance(row, Row) else (*row.prompt, *row.chosen)
    return BETWEEN.join(turn.content for turn in turns)
