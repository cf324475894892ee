"""The folder of a merged model while it is made: whose it is, whether anything is left to do, and how it is emptied."""

import re
import shutil
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import orjson

from factory import durable
from factory.differences import differences
from factory.errors import DatasetError
from factory.merging.card import NOTICES_OF, RECIPE
from factory.merging.manifest import MANIFEST, Manifest, read_manifest
from factory.merging.parents import CARRIED
from factory.merging.weights import INDEX
from factory.versions import PACKAGE

STATE = ".merge"
"""The folder of what is finished while a merge runs: hidden, so that no one takes it for a part of the model."""
_RUN = "run.json"
_WRITTEN = (
    durable.LOCK,
    STATE,
    MANIFEST,
    INDEX,
    RECIPE,
    NOTICES_OF,
    "README.md",
    "LICENSE",
    "additional_chat_templates",
)
_WEIGHTS = re.compile(r"model(-\d+-of-\d+)?\.safetensors\Z")


def begin(out: Path, mine: dict[str, Any], *, fresh: bool) -> Manifest | None:
    """Make sure that the folder is this merge's; its manifest where nothing is left to do.

    Args:
        out: the folder, which this process has locked.
        mine: what tells this merge from another one: package, digest, settings.
        fresh: remove what a merge wrote into it.

    Raises:
        DatasetError: it holds another merge, other files, or damaged weights.
    """
    run = out / STATE / _RUN
    begun = (out / MANIFEST).exists() or run.is_file()
    if fresh or not begun:
        _refuse_others(out, merged=begun)
    if fresh:
        _clear(out)
    if (manifest := read_manifest(out)) is not None:
        contents = {parent.name: parent.content for parent in manifest.parents}
        settings = {**manifest.settings, "contents": contents}
        _same(out, {"package": manifest.versions[PACKAGE], "digest": manifest.digest, "settings": settings}, mine)
        for file in manifest.files:
            if not file.whole(out):
                raise DatasetError(f"{out / file.file} is damaged or gone; make the model anew with --fresh")
        return manifest
    if run.is_file():
        _same(out, orjson.loads(run.read_bytes()), mine)
    else:
        durable.write(run, orjson.dumps(mine))
    return None


def _refuse_others(out: Path, *, merged: bool) -> None:
    """Refuse a folder with files that no merge wrote, before anything is removed."""
    names = (path.name for path in out.iterdir())
    if others := sorted(name for name in names if name not in (durable.LOCK, STATE) and not (merged and _ours(name))):
        some = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        raise DatasetError(f"{out} holds other files ({some}); choose an empty folder or a new one")


def _ours(name: str) -> bool:
    if name.endswith(durable.TEMPORARY):
        name = name.removeprefix(".").removesuffix(durable.TEMPORARY)
    return name in _WRITTEN or bool(_WEIGHTS.match(name)) or any(fnmatchcase(name, one) for one in CARRIED)


def _clear(out: Path) -> None:
    (out / MANIFEST).unlink(missing_ok=True)  # first, so that half a model is never called complete
    for path in out.iterdir():
        if path.name == durable.LOCK:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _same(out: Path, theirs: dict[str, Any], mine: dict[str, Any]) -> None:
    """Refuse a folder whose merge is not this one."""
    if theirs == mine:
        return
    found = "; ".join(list(differences(theirs["settings"], mine["settings"]))[:3])
    what = f"another merge: {found}" if found else f"a merge made by version {theirs['package']}"
    raise DatasetError(f"{out} holds {what}; choose another folder, or remake this one with --fresh")
