"""Under what a model made here is, as the manifest in its folder says: training.json, merge.json or model.json."""

from pathlib import Path

from factory.licence.book import AND, Book
from factory.licence.join import Ids, covers, duties, joined
from factory.merging.manifest import read_manifest
from factory.training import finished, new_model


def of_folder(folder: Path) -> str:
    """All licences that hold, joined with ` AND `; empty where the folder was not made here.

    Raises:
        DatasetError: its manifest is damaged.
    """
    if (folder / finished.TRAINING).is_file():
        return AND.join(finished.read(folder).licenses)
    if not folder.is_dir():
        return ""
    if merged := read_manifest(folder):
        return merged.computed_license
    made = new_model.read(folder)
    return made.license if made else ""


def with_declared(tables: Book, declared: str, inherited: str) -> Ids:
    """The licences of such a folder: its own, and what a recipe says besides."""
    return joined(tables, tables.ids(inherited) | (tables.ids(declared) - {"other"} if declared else frozenset()))


def promises_more(tables: Book, declared: str, inherited: str) -> str:
    """What is wrong with a licence that a recipe gives to such a folder, in words; empty where it asks for as much."""
    if declared in ("", "other") or not inherited:
        return ""
    said = [tables.licence(name) for name in tables.ids(declared)]
    short = sorted(
        name
        for name in tables.ids(inherited)
        if not any(one.id == name or covers(one, duties([tables.licence(name)])) for one in said)
    )
    if not short:
        return ""
    return f"{declared!r} promises more than {AND.join(short)}, under which its folder says it is; remove `license`"
