"""Where a source lies, and which of its files are meant: a file, a folder, or a dataset of the Hub.

The files of a split are found as the Hub finds them: by the `configs` of the card, else by their names.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from factory.errors import DatasetError
from factory.manifest import MANIFEST, read_manifest
from factory.source.files import kind_of, suffix_of

README = "README.md"
MOST_FILES = 100_000
_HIDDEN = re.compile(
    r"(?:^|/)[._]|(?:^|/)(?:dataset_infos|dataset_dict|state|manifest|timing|package|croissant)\.json$"
)
_OTHER_SPLIT = re.compile(r"(?:^|[/._-])(?:test|dev|valid|validation|eval|evaluation)(?=[/._-])")


class Listing(NamedTuple):
    """The files of a source at one revision."""

    name: str
    revision: str
    """The commit; empty where the files' own hashes are all there is."""
    names: tuple[str, ...]
    card: str
    """The text of its README.md."""
    fetch: Callable[[str], Path]
    """Where a file lies here, once it was asked for."""


def local(path: Path) -> Listing:
    """A file or a folder; of a dataset made here the rows that were kept.

    Raises:
        DatasetError: it can't be read.
    """
    try:
        if not path.is_dir():
            path.stat()
            return Listing(path.name, "", (path.name,), _card(path.parent), lambda name: path)
        if (path / MANIFEST).is_file():
            manifest = read_manifest(path)
            shards = tuple(file.file for file in manifest.shards)
            return Listing(manifest.name, "", shards, _card(path), path.joinpath)
        found = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    except OSError as error:
        raise DatasetError(f"source {path} can't be read: {error.strerror}") from error
    return Listing(path.resolve().name, "", tuple(found[:MOST_FILES]), _card(path), path.joinpath)


def _card(folder: Path) -> str:
    path = folder / README
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(1 << 20)


def data_files(
    listing: Listing, card: Mapping[str, Any], *, config: str, split: str, globs: Sequence[str]
) -> tuple[str, ...]:
    """The names of the files that hold the split, in order.

    Raises:
        DatasetError: there are none, or several configurations and none is said.
    """
    if len(listing.names) == 1 and not globs and not suffix_of(listing.names[0]):
        raise DatasetError(f"source {listing.name}: give a folder, a Hub id, or a .jsonl, .json or .parquet file")
    readable = [name for name in listing.names if suffix_of(name) and not _HIDDEN.search(name)]
    patterns = list(globs) or _of_config(listing.name, card, config, split)
    if patterns:
        found = [name for name in readable if any(fnmatchcase(name, pattern) for pattern in patterns)]
    else:
        found = _of_split(readable, split)
    if not found:
        meant = f"files {', '.join(patterns)}" if patterns else f"split {split!r}"
        some = ", ".join(readable[:5]) or ", ".join(listing.names[:5]) or "nothing"
        raise DatasetError(f"source {listing.name} has no data for {meant}; there is: {some}; set `split` or `files`")
    if not globs and any(kind_of(name) == "parquet" for name in found):
        found = [name for name in found if kind_of(name) == "parquet"]
    return tuple(found)


def _of_split(names: list[str], split: str) -> list[str]:
    """Files whose names hold the split; the first split has all that are of no other where none names it."""
    named = re.compile(rf"(?:^|[/._-]){re.escape(split)}(?=[/._-])")
    found = [name for name in names if named.search(name)]
    if found or split != "train":
        return found
    return [name for name in names if not _OTHER_SPLIT.search(name)] or (names if len(names) == 1 else [])


def _of_config(place: str, card: Mapping[str, Any], config: str, split: str) -> list[str]:
    """The patterns of a configuration's split on the card."""
    written = card.get("configs")
    found = [one for one in written if isinstance(one, dict)] if isinstance(written, list) else []
    with_files = {str(one.get("config_name", "default")): one for one in found if one.get("data_files")}
    if not with_files:
        if config:
            raise DatasetError(f"source {place} names no configurations on its card; leave `config` out, set `files`")
        return []
    first = next((name for name, one in with_files.items() if one.get("default") is True), "default")
    name = config or (first if first in with_files or len(with_files) > 1 else next(iter(with_files)))
    if name not in with_files:
        known = ", ".join(list(with_files)[:20])
        raise DatasetError(f"source {place} has no configuration {name!r}; set `config` to one of: {known}")
    return _patterns(with_files[name]["data_files"], split)


def _patterns(entry: Any, split: str) -> list[str]:
    match entry:
        case str(pattern):
            return [pattern] if split == "train" else []
        case {"split": named, "path": path}:
            return _patterns(path, "train") if str(named) == split else []
        case list():
            return [pattern for one in entry for pattern in _patterns(one, split)]
        case dict():
            return _patterns(entry.get(split), "train")
    return []
