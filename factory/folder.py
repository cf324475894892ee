"""The folder of a dataset while it is made: whose it is, whether anything is left to do, and how it is emptied."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from factory import durable
from factory.differences import differences
from factory.errors import DatasetError
from factory.manifest import MANIFEST, PACKAGE, Manifest, read_manifest, version_of
from factory.shards import FOLDERS, RUN

if TYPE_CHECKING:
    from factory.recipe import Recipe

WRITTEN = ("README.md", "LICENSE", "NOTICE", "recipe.yaml", "timing.json", "report.html")
"""The files of a finished folder beside its manifest and its folders of rows."""


def check_apart(out: Path, recipe: "Recipe") -> None:
    """Refuse a folder that rows are read from: `--fresh` would empty it before the first is read.

    Raises:
        DatasetError: a source of the recipe lies in it.
    """
    place = out.resolve()
    for part in recipe.generate:
        for source in _sources(part.component.model_dump()):
            if part.component.beside(source).resolve().is_relative_to(place):
                raise DatasetError(f"{out}: the rows are read from there, {source}; choose another folder for the new")


def begin(out: Path, recipe: "Recipe") -> Manifest | None:
    """Make sure that the folder is this recipe's; its manifest where nothing is left to do.

    Raises:
        DatasetError: it holds another recipe's run, another version's, other files, or damaged shards.
    """
    mine = {"package": version_of(PACKAGE), "digest": recipe.digest, "settings": recipe.settings}
    if (out / MANIFEST).exists():
        manifest = read_manifest(out)
        _same(out, _run_of(manifest), mine)
        for file in (*manifest.shards, *manifest.originals, *manifest.texts, *manifest.rejects, *manifest.samples):
            if not file.whole(out):
                raise DatasetError(f"{out / file.file} is damaged or gone; delete {out} and run the same command again")
        return manifest
    run = out / "state" / RUN
    if run.is_file():
        _same(out, orjson.loads(run.read_bytes()), mine)
        return None
    strangers = sorted(path.name for path in out.iterdir() if path.name not in (durable.LOCK, "state"))
    if strangers:
        some = ", ".join(strangers[:3]) + (", ..." if len(strangers) > 3 else "")
        raise DatasetError(f"{out} holds other files ({some}); choose an empty folder or a new one")
    durable.write(run, orjson.dumps(mine))
    return None


def clear(out: Path) -> None:
    """Remove what a run wrote into the folder; anything else in it stays. A folder that is no dataset is left alone."""
    run = out / "state" / RUN
    if not run.is_file():
        if not (out / MANIFEST).exists():
            return
        durable.write(run, orjson.dumps(_remembered(out)))  # emptied by half, it is still known as a run's
    (out / MANIFEST).unlink(missing_ok=True)  # first, so that half a dataset is never called complete
    for name in WRITTEN:
        (out / name).unlink(missing_ok=True)
    for folder in FOLDERS:
        shutil.rmtree(out / folder, ignore_errors=True)


def _remembered(out: Path) -> dict[str, Any]:
    """Whose run the finished folder is; nobody's where its manifest can't be read."""
    try:
        return _run_of(read_manifest(out))
    except DatasetError:
        return {"package": "", "digest": "", "settings": {}}


def _run_of(manifest: Manifest) -> dict[str, Any]:
    return {"package": manifest.versions[PACKAGE], "digest": manifest.digest, "settings": manifest.settings}


def _sources(settings: Any) -> Iterator[str]:
    """What settings name as a `source`, at any depth."""
    for key, value in settings.items() if isinstance(settings, dict) else ():
        if key == "source" and isinstance(value, str):
            yield value
        for inner in value if isinstance(value, list | tuple) else (value,):
            yield from _sources(inner)


def _same(out: Path, theirs: dict[str, Any], mine: dict[str, Any]) -> None:
    """Refuse a folder whose run is not this one."""
    if theirs["digest"] == mine["digest"] and theirs["package"] == mine["package"]:
        return
    if theirs["digest"] != mine["digest"]:
        found = list(differences(theirs["settings"], mine["settings"]))[:3]
        changed = "rows made from other data: the families or prompts of its components have changed since"
        what = f"another recipe's rows: {'; '.join(found)}" if found else changed
    else:
        what = f"rows made by version {theirs['package']}, and this is {mine['package']}"
    raise DatasetError(f"{out} holds {what}; choose another folder, or remake this one with --fresh")
