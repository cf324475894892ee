"""What the Hub and `datasets` read of a dataset: the front matter of its card, with its features and its sizes.

Source: huggingface/hub-docs, `datasetcard.md`; `datasets.Features.to_yaml_list` for how features are written.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory import columns, texts
from factory.errors import DatasetError
from factory.licence import notice
from factory.manifest import Manifest
from factory.parquet import File

CONFIGS = (("default", "data"), ("original", "originals"), ("text", "texts"))
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-[A-Za-z0-9-]{1,40})?", re.ASCII)
"""What the Hub takes for a language is an ISO 639 code in small letters; rows of others also say `English`."""
_TAG = re.compile(r"[a-z0-9_-]{1,40}")
_HUB_ID = re.compile(r"([A-Za-z0-9][\w.-]{0,95}/[\w.-]{1,96})(?:@[^/]*)?", re.ASCII)
_SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
    (10**10, "1B<n<10B"),
    (10**11, "10B<n<100B"),
    (10**12, "100B<n<1T"),
)


def unpacked(out: Path, manifest: Manifest) -> dict[str, int]:
    """The bytes of the rows of each file as Parquet writes them, without compression; from the files' ends alone.

    Raises:
        DatasetError: one can't be read.
    """
    found = {}
    for one in (*manifest.shards, *manifest.originals, *manifest.texts):
        try:
            ends = pq.read_metadata(out / one.file)
        except (OSError, pa.ArrowInvalid) as error:
            raise DatasetError(f"{out / one.file} can't be read: {error}; make the dataset again") from error
        found[one.file] = sum(ends.row_group(place).total_byte_size for place in range(ends.num_row_groups))
    return found


def front_matter(manifest: Manifest, unpacked: Mapping[str, int]) -> dict[str, Any]:
    """What the Hub reads of a card.

    Args:
        manifest: of the dataset.
        unpacked: the bytes of its files without compression.
    """
    task = "sft" if manifest.kind == "rows" else "dpo"
    uses = sorted({str(part["use"]) for part in manifest.settings["generate"]})
    found = _hub_ids(manifest, "source")
    facts: dict[str, Any] = {
        "pretty_name": manifest.name,
        **hub_licence(manifest),
        "language": sorted({one[1] for one in map(_LANGUAGE.fullmatch, manifest.languages) if one}),
        "tags": ["synthetic", "factory", "post-training-factory", task, *filter(_TAG.fullmatch, uses)],
        "annotations_creators": ["machine-generated"],
        "language_creators": [*(["found"] if _named(manifest, "source") else []), "machine-generated"],
        "source_datasets": found or ([] if _named(manifest, "source") else ["original"]),
        "base_model": _hub_ids(manifest, "model"),
        "task_categories": ["text-generation"],
        "size_categories": [size_category(manifest.rows_kept)],
        "configs": [_config(*one) for one in CONFIGS if files_of(manifest, one[0])],
        "dataset_info": [_info(manifest, name, unpacked) for name, _ in CONFIGS if files_of(manifest, name)],
    }
    return {key: value for key, value in facts.items() if value}


def _config(name: str, folder: str) -> dict[str, Any]:
    return {"config_name": name, "data_files": [{"split": "train", "path": f"{folder}/train-*.parquet"}]}


def hub_licence(manifest: Manifest) -> dict[str, Any]:
    """What the Hub is told: an id, the ids where each row has one of several, or `other` with a name and LICENSE."""
    tables = notice.of_settings(manifest.settings)
    if manifest.license != "other" and tables.licence(manifest.license).hub:
        return {"license": manifest.license}
    ids = sorted(notice.ids_of(manifest))
    if len(ids) > 1 and all(tables.licence(name).hub for name in ids) and ids == sorted(manifest.licences):
        return {"license": ids}
    name = manifest.license if manifest.license != "other" else "-and-".join(ids)
    return {"license": "other", "license_name": name or "other", "license_link": "LICENSE"}


def size_category(rows: int) -> str:
    """The Hub's name for that many rows."""
    return next((name for limit, name in _SIZES if rows < limit), "n>1T")


def files_of(manifest: Manifest, config: str) -> tuple[File, ...]:
    """The files with the rows of a configuration."""
    return {"original": manifest.originals, "text": manifest.texts}.get(config, manifest.shards)


def schema_of(manifest: Manifest, config: str) -> pa.Schema:
    """The columns of a configuration."""
    return texts.SCHEMA if config == "text" else columns.KEPT[manifest.kind]


def features(schema: pa.Schema | pa.StructType) -> list[dict[str, Any]]:
    """The columns as `datasets` writes them in YAML."""
    return [{"name": field.name, **_feature(field.type)} for field in schema]


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        inner = kind.value_type
        return {"list": features(inner) if pa.types.is_struct(inner) else str(inner)}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind))}


def _info(manifest: Manifest, config: str, unpacked: Mapping[str, int]) -> dict[str, Any]:
    """One entry of `dataset_info`; without the bytes that nobody knows."""
    files = files_of(manifest, config)
    size = sum(unpacked.get(one.file, 0) for one in files)
    split = {"name": "train", "num_bytes": size, "num_examples": sum(one.rows for one in files)}
    return {
        "config_name": config,
        "features": features(schema_of(manifest, config)),
        "splits": [split],
        "download_size": sum(one.bytes for one in files),
        "dataset_size": size,
    }


def _named(manifest: Manifest, role: str) -> list[str]:
    """Those of others: what is in `templates/` was written here."""
    return [one.name for one in manifest.origins if one.role == role and not one.name.startswith("templates/")]


def _hub_ids(manifest: Manifest, role: str) -> list[str]:
    """Those sources or models that are on the Hub, without their revisions."""
    known = (_HUB_ID.fullmatch(name) for name in _named(manifest, role))
    return sorted({one[1] for one in known if one})
