"""What a dataset folder holds at a moment: the tables of a finished one, or what a run under way has finished so far.

A run writes whole shards, and the record of a shard after its files (`factory.shards`): what has a record stays as it
is. Of the shard that it is at, a slow run shows what there is (`factory.tail`). Nothing is touched. A run that decides
on its rows when all are made keeps them in `state/staged` until then: these are shown meanwhile, and what becomes of
them is seen when it has ended.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson

from factory import columns, tail
from factory.manifest import MANIFEST, Manifest, read_manifest
from factory.parquet import File
from factory.shards import RUN, STAGED, recorded
from factory.viewing.query import Progress

Table = Literal["rows", "rejects", "samples", "originals"]
FOLDERS: Mapping[Table, str] = {"rows": "data", "rejects": "rejects", "samples": "samples", "originals": "originals"}
"""Where the files of each table are."""


class Contents(NamedTuple):
    """What is in the folder."""

    name: str
    kind: columns.Kind
    digest: str
    manifest: Manifest | None
    """None while the run is under way."""
    root: Path
    """Where the files begin."""
    tables: Mapping[Table, tuple[File, ...]]
    """Those that there are; `rows` always."""
    progress: Progress | None
    """Of a run under way."""


def look(folder: Path) -> Contents:
    """What a folder holds now.

    Raises:
        DatasetError: it is no dataset and no run under way, or damaged.
    """
    begun = None if (folder / MANIFEST).exists() else _begun(folder)
    if begun is not None:
        return _under_way(folder, begun)
    manifest = read_manifest(folder)
    files = (*manifest.shards, *manifest.rejects, *manifest.samples, *manifest.originals)
    return Contents(manifest.name, manifest.kind, manifest.digest, manifest, folder, _tables(files), None)


def finished(contents: Contents) -> Iterator[tuple[Table, tuple[File, ...]]]:
    """The files of each table that stay as they are while the run goes on."""
    for table, files in contents.tables.items():
        yield table, tuple(file for file in files if not file.file.startswith("state/"))


def _begun(folder: Path) -> dict[str, Any] | None:
    """What a run wrote down when it began; None where there is none, or it has just ended."""
    try:
        begun = orjson.loads((folder / "state" / RUN).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return begun if isinstance(begun, dict) and isinstance(begun.get("settings"), dict) else None


def _under_way(folder: Path, begun: Mapping[str, Any]) -> Contents:
    staged = folder / "state" / STAGED
    root = staged if staged.is_dir() else folder
    files: list[File] = []
    kind: columns.Kind = "rows"
    made, dropped = 0, Counter[str]()
    shards = 0
    for shard in recorded(root):
        shards += 1
        files += shard.files
        counts = shard.restored()
        made += counts.made
        dropped.update(counts.dropped)
        kind = shard.kind if counts.made else kind
    unfinished = tail.seen(root, shards)
    files += unfinished.files
    made += unfinished.made
    dropped.update(unfinished.dropped)
    settings = begun["settings"]
    progress = Progress(_asked(settings), made, made - dropped.total(), dict(sorted(dropped.items())))
    name = str(settings.get("name") or folder.absolute().name)
    return Contents(name, kind, str(begun.get("digest", "")), None, root, _tables(files), progress)


def _asked(settings: Mapping[str, Any]) -> int | None:
    """The rows that a recipe's settings ask for; None where an entry of `generate` names no count."""
    parts = settings.get("generate")
    counts = [part.get("count") for part in parts] if isinstance(parts, list) else [None]
    known = [count for count in counts if isinstance(count, int)]
    return sum(known) if len(known) == len(counts) else None


def _tables(files: Iterable[File]) -> dict[Table, tuple[File, ...]]:
    found: dict[Table, list[File]] = {"rows": []}
    for file in files:
        for table, folder in FOLDERS.items():
            if file.file.startswith(f"{folder}/") or f"-{table}-" in file.file:
                found.setdefault(table, []).append(file)
    return {table: tuple(found[table]) for table in FOLDERS if table in found}
