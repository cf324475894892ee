"""`croissant.json` of a dataset: its files with their hashes and its columns, for tools that read Croissant.

It is made when the dataset is published, from the manifest alone, since it says where the dataset is. The Hub makes one
of its own for each dataset, which knows neither the hashes of the files nor that the data is synthetic.

Source: MLCommons, "Croissant Format Specification" 1.0, docs.mlcommons.org/croissant; "Croissant RAI" 1.0.
"""

from typing import Any

import orjson
import pyarrow as pa

from factory.dataset_info import CONFIGS, files_of, hub_licence, schema_of
from factory.licence import notice
from factory.manifest import Manifest

PATH = "croissant.json"
_VERSION = "http://mlcommons.org/croissant/1.0"
_TERMS = (
    "citeAs", "column", "equivalentProperty", "examples", "extract", "field", "fileProperty", "fileObject", "fileSet",
    "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references",
    "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    **{term: f"cr:{term}" for term in _TERMS},
}
_TYPES = {"string": "sc:Text", "bool": "sc:Boolean", "double": "sc:Float"}


def croissant(manifest: Manifest, url: str) -> bytes:
    """The file.

    Args:
        manifest: of the dataset.
        url: where people find the dataset.
    """
    configs = [(name, folder) for name, folder in CONFIGS if files_of(manifest, name)]
    uses = [str(part["use"]) for kind in ("generate", "judge") for part in manifest.settings.get(kind, ())]
    facts = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [_VERSION, "http://mlcommons.org/croissant/RAI/1.0"],
        "name": manifest.name,
        "description": manifest.description or manifest.name,
        "url": url,
        "license": _licences(manifest, url),
        "inLanguage": list(manifest.languages),
        "keywords": ["synthetic", "post-training-factory"],
        "isLiveDataset": False,
        "rai:dataCollection": f"Made by machine: {', '.join(uses)}; recipe digest {manifest.digest}",
        "rai:hasSyntheticData": True,
        "distribution": [part for name, folder in configs for part in _files(manifest, name, folder)],
        "recordSet": [_records(manifest, name) for name, _ in configs],
    }
    return orjson.dumps(
        {key: value for key, value in facts.items() if value != []},
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    )


def _licences(manifest: Manifest, url: str) -> list[str]:
    """Where they are said; in LICENSE where the Hub knows none of them."""
    tables, said = notice.of_settings(manifest.settings), hub_licence(manifest)["license"]
    names = said if isinstance(said, list) else [said]
    return [f"{url}/blob/main/LICENSE" if name == "other" else tables.licence(name).url for name in names]


def _files(manifest: Manifest, config: str, folder: str) -> list[dict[str, Any]]:
    """Each file with its hash, and all of a configuration as one."""
    kind = "application/x-parquet"
    found: list[dict[str, Any]] = [
        {
            "@type": "cr:FileObject",
            "@id": one.file,
            "name": one.file,
            "contentUrl": one.file,
            "contentSize": f"{one.bytes} B",
            "encodingFormat": kind,
            "sha256": one.sha256,
        }
        for one in files_of(manifest, config)
    ]
    every = {"@type": "cr:FileSet", "@id": f"{config}-files", "name": f"{config}-files", "encodingFormat": kind}
    return [*found, every | {"includes": f"{folder}/train-*.parquet"}]


def _records(manifest: Manifest, config: str) -> dict[str, Any]:
    files = files_of(manifest, config)
    rows = sum(one.rows for one in files)
    schema = schema_of(manifest, config)
    return {
        "@type": "cr:RecordSet",
        "@id": config,
        "name": config,
        "description": f"{rows} rows in {len(files)} files, split train",
        "key": {"@id": f"{config}/id"},
        "field": [_field(config, field.name, field.name, field.type) for field in schema],
    }


def _field(parent: str, column: str, path: str, kind: pa.DataType) -> dict[str, Any]:
    """One column; of a list of structs, their fields inside it."""
    config = parent.partition("/")[0]
    name = path.rpartition(".")[2]
    found: dict[str, Any] = {"@type": "cr:Field", "@id": f"{parent}/{name}", "name": f"{parent}/{name}"}
    source: dict[str, Any] = {"fileSet": {"@id": f"{config}-files"}, "extract": {"column": column}}
    if pa.types.is_list(kind):
        found |= {"repeated": True}
        kind = kind.value_type
    if pa.types.is_struct(kind):
        inner = [_field(f"{parent}/{name}", column, f"{path}.{field.name}", field.type) for field in kind]
        return found | {"subField": inner}
    if path != column:
        source["transform"] = {"jsonPath": name}
    return found | {"dataType": _TYPES[str(kind)], "source": source}
