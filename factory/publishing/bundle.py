"""What of a finished folder is published, whole and allowed: its files as the manifest says them.

Of a dataset: rows, originals, texts, card, LICENSE, NOTICE, recipe.yaml and manifest.json. Dropped rows, sampled
answers and report.html, which shows dropped rows, only where they are asked for. Never `timing.json`, which is about
the machine, nor `state/`, nor anything that the manifest doesn't name. Of a model: what training.json, merge.json or
model.json names.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from factory import durable
from factory.errors import DatasetError, LicenceError
from factory.licence import explain, notice
from factory.licence.book import Book, book
from factory.licence.derived import misnamed
from factory.licence.policy import findings, refused
from factory.manifest import MANIFEST, read_manifest
from factory.merging import card as merge_card
from factory.merging import manifest as merges
from factory.merging.weights import INDEX
from factory.publishing import new_model_page
from factory.publishing.target import Kind, Target
from factory.training import adapters, finished, new_model

CARD = "README.md"
_BESIDE_ROWS = (CARD, "LICENSE", "NOTICE", "recipe.yaml", MANIFEST)
_REPORT = "report.html"
SMALL = 10_000_000
"""Up to so many bytes a file may be a plain one on the Hub, known by git's hash."""


class Identity(NamedTuple):
    """By what a file is known there."""

    bytes: int
    sha256: str
    git: str = ""
    """The hash of git's blob; of small files only: the large ones are known by their SHA-256."""


class Wanted(NamedTuple):
    """A file that is to be there."""

    content: Path | bytes
    identity: Identity


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is published of a folder."""

    kind: Kind
    name: str
    folder: Path
    files: dict[str, Wanted]
    """By their paths in the repository, sorted; the card too."""
    rows: tuple[str, ...] = ()
    """Those with rows, which are Parquet."""
    rows_folders: tuple[str, ...] = ()
    """Folders that are all ours: a reader takes every file in them for rows."""


def read(folder: Path, *, rejects: bool = False) -> Bundle:
    """What is published of a finished dataset, training or merge, or of a new model.

    Args:
        folder: of the dataset or model.
        rejects: whether dropped rows, sampled answers and the report go too.

    Raises:
        DatasetError: it is none, not finished, or a file isn't as its manifest says.
        LicenceError: its licence lets nobody pass it on.
    """
    if (folder / finished.TRAINING).is_file():
        return _training(folder)
    if (folder / merges.MANIFEST).is_file():
        return _merge(folder)
    if (folder / new_model.MODEL).is_file():
        return _new(folder)
    manifest = read_manifest(folder)
    policies = explain.of_dataset(manifest).policies
    faults = policies.get(str(manifest.settings.get("policy")), policies["open"])
    if faults:
        raise LicenceError(f"{folder} may not be published: {'; '.join(faults[:3])}; gate it again without those rows")
    rows = [*manifest.shards, *manifest.originals, *manifest.texts]
    rows += (*manifest.rejects, *manifest.samples) if rejects else ()
    extra = (_REPORT,) if rejects and (folder / _REPORT).is_file() else ()
    files = {one.file: _checked(folder, one.file, one.bytes, one.sha256) for one in rows}
    files |= {name: _found(folder, name) for name in (*_BESIDE_ROWS, *extra)}
    folders = tuple(sorted({one.file.partition("/")[0] for one in (*rows, *manifest.shards)} | {"data"}))
    names = tuple(one.file for one in rows)
    return Bundle("dataset", manifest.name, folder, dict(sorted(files.items())), names, folders)


def kind_of(folder: Path) -> Kind:
    """What is in the folder, by the manifest that it has."""
    manifests = (finished.TRAINING, merges.MANIFEST, new_model.MODEL)
    return "model" if any((folder / name).is_file() for name in manifests) else "dataset"


def check_name(bundle: Bundle, target: Target) -> None:
    """Refuse a model whose licence asks for another name than its repository has.

    Raises:
        LicenceError: it does.
    """
    if bundle.kind != "model":
        return
    if (bundle.folder / finished.TRAINING).is_file():
        tables, ids = book(), frozenset(finished.read(bundle.folder).licenses)
    elif made := new_model.read(bundle.folder):
        tables, ids = book(), frozenset({made.license})
    else:
        merged = merges.read_manifest(bundle.folder)
        tables = notice.of_settings(merged.settings if merged else {})
        ids = tables.ids(merged.computed_license if merged else "")
    if fault := misnamed(tables, ids, target.name):
        right = fault.rpartition(" ")[2]
        raise LicenceError(f"{target.repo}: {fault.partition(';')[0]}; publish it as {target.namespace}/{right}")


def identity(content: Path | bytes) -> Identity:
    """By what a file is known there."""
    if isinstance(content, bytes):
        return Identity(len(content), hashlib.sha256(content).hexdigest(), git_hash(content))
    size = content.stat().st_size
    return identity(content.read_bytes()) if size <= SMALL else Identity(size, durable.sha256(content))


def git_hash(content: bytes) -> str:
    """The name that git gives to these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _training(folder: Path) -> Bundle:
    done = finished.read(folder)
    _allowed(folder, book(), done.licenses)
    files = {one.file: _checked(folder, one.file, one.bytes, one.sha256) for one in done.files}
    beside = [CARD, "recipe.yaml", finished.TRAINING]
    beside += sorted(f"{adapters.ADAPTER}/{path.name}" for path in (folder / adapters.ADAPTER).glob("adapter_*"))
    files |= {name: _found(folder, name) for name in beside}
    return Bundle("model", done.name, folder, dict(sorted(files.items())))


def _merge(folder: Path) -> Bundle:
    merged = merges.read_manifest(folder)
    if merged is None:
        raise DatasetError(f"{folder} has no {merges.MANIFEST}; run the same merge again")
    tables = notice.of_settings(merged.settings)
    _allowed(folder, tables, tables.ids(merged.computed_license))
    files = {one.file: _checked(folder, one.file, one.bytes, one.sha256) for one in merged.files}
    names = [CARD, "LICENSE", merge_card.RECIPE, merges.MANIFEST, *merged.carried]
    names += [INDEX] if len(merged.files) > 1 else []
    files |= {name: _found(folder, name) for name in names}
    return Bundle("model", merged.name, folder, dict(sorted(files.items())))


def _new(folder: Path) -> Bundle:
    made = new_model.read(folder)
    if made is None:
        raise DatasetError(f"{folder} has no {new_model.MODEL}; make the model again")
    _allowed(folder, book(), (made.license,))
    files = {one.file: _checked(folder, one.file, one.bytes, one.sha256) for one in made.files}
    files |= {name: Wanted(content, identity(content)) for name, content in new_model_page.pages(made).items()}
    files[new_model.MODEL] = _found(folder, new_model.MODEL)
    return Bundle("model", made.name, folder, dict(sorted(files.items())))


def _allowed(folder: Path, tables: Book, ids: Iterable[str]) -> None:
    """Refuse a model under licences that forbid to pass it on, or that nobody knows."""
    if faults := refused("research", findings(tables, frozenset(ids))):
        raise LicenceError(f"{folder} may not be published: {faults[0].code}: {faults[0].culprit}: {faults[0].why}")


def _checked(folder: Path, name: str, size: int, sha256: str) -> Wanted:
    """A file as its manifest says it is."""
    if not durable.whole(_inside(folder, name), size, sha256):
        raise DatasetError(f"{folder / name} is damaged or gone; make {folder} again")
    return Wanted(
        folder / name, Identity(size, sha256, git_hash((folder / name).read_bytes()) if size <= SMALL else "")
    )


def _found(folder: Path, name: str) -> Wanted:
    try:
        path = _inside(folder, name)
        return Wanted(path, identity(path))
    except OSError as error:
        raise DatasetError(f"{folder / name} can't be read: {error.strerror or error}; make {folder} again") from error


def _inside(folder: Path, name: str) -> Path:
    """The path, which a manifest may not lead out of the folder."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()) or "\\" in name or not name.isprintable():
        raise DatasetError(f"{name!r} is not in {folder}; its manifest was changed: make {folder} again")
    return path
