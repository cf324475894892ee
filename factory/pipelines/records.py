"""What a run keeps of each stage: what it depended on when it was begun, and what came out when it was finished.

A record is begun before the stage's command and finished after the manifest in its folder is complete, each written
whole or not at all. What a changed stage had made before lies in `.pipeline/old` until its successor is complete.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from factory import durable
from factory.differences import differences
from factory.errors import DatasetError
from factory.pipelines.depends import Depends, manifest_hash
from factory.pipelines.recipe import Stage

STATE = ".pipeline"
ANSWERS = "answers.sqlite"
_DIFFERENCE = re.compile(r"(\S*) is (.{1,200}) there and (.{1,200}) here\Z")


class Record(BaseModel):
    """One stage as it was run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str
    digest: str
    depends: Depends
    manifest: str = ""
    """The hash of its manifest; empty until it is finished."""
    finished: bool = False
    short: bool = False
    """Whether fewer rows came out than were asked."""


class Records:
    """Those of a run's folder."""

    def __init__(self, out: Path) -> None:
        """They are read as they are asked for."""
        self.out = out

    def folder(self, stage: Stage | str) -> Path:
        """Where a stage's result is."""
        return self.out / (stage if isinstance(stage, str) else stage.id)

    def read(self, stage: Stage, *, old: bool = False) -> Record | None:
        """The record of a stage, or of what it made before; None where there is none.

        Raises:
            DatasetError: it is damaged.
        """
        path = self._path(stage, old=old)
        try:
            return Record.model_validate_json(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValidationError) as error:
            raise DatasetError(f"{path} is damaged or of another version; delete it to make {stage.id} anew") from error

    def finished(self, stage: Stage) -> Record | None:
        """The record of a stage whose result is there as it was made."""
        record = self.read(stage)
        if record is None or not record.finished:
            return None
        whole = not stage.about.manifest or manifest_hash(self.folder(stage), stage) == record.manifest
        return record if whole else None

    def begin(self, stage: Stage, wanted: Depends) -> None:
        """Make the folder ready for the stage's command, and say in a record what it is begun with.

        An unfinished result of the same digest stays, so that the command goes on with it. A finished one is put away
        until its successor is complete.

        Raises:
            DatasetError: the folder holds what no run of a pipeline has made, is being written, or can't be moved.
        """
        record, folder = self.read(stage), self.folder(stage)
        filled = folder.is_dir() and any(folder.iterdir())
        if record is None and filled:
            raise DatasetError(f"{folder} holds other files, not of this pipeline; choose another folder for the run")
        if record is not None and filled and (record.finished or record.digest != wanted.digest):
            self._clear(stage, keep=record.finished)
        self._write(Record(stage=stage.id, digest=wanted.digest, depends=wanted))

    def restore(self, stage: Stage, wanted: Depends) -> bool:
        """Bring back what the stage made before, where that is what is wanted now."""
        old = self.read(stage, old=True)
        if old is None or old.digest != wanted.digest or not stage.about.manifest:
            return False
        if manifest_hash(self.folder(stage), stage) != old.manifest:
            if manifest_hash(self._old(stage), stage) != old.manifest:
                return False
            self._clear(stage, keep=False)
            with durable.disk_errors(self.folder(stage)):
                self._old(stage).rename(self.folder(stage))
        self._write(old)
        self._path(stage, old=True).unlink()
        return True

    def forget(self, stage: Stage) -> None:
        """Have the stage made anew though nothing changed; its result stays aside until that is done."""
        if self.read(stage) is not None:
            self._clear(stage, keep=True)
            self._path(stage, old=True).unlink(missing_ok=True)  # it is not to come back
            self._path(stage).unlink()

    def finish(self, stage: Stage, wanted: Depends, *, short: bool) -> Record:
        """Say that the stage is complete, and remove what it replaces."""
        manifest = manifest_hash(self.folder(stage), stage)
        record = Record(
            stage=stage.id, digest=wanted.digest, depends=wanted, manifest=manifest, finished=True, short=short
        )
        self._write(record)
        shutil.rmtree(self._old(stage), ignore_errors=True)
        self._path(stage, old=True).unlink(missing_ok=True)
        return record

    def _clear(self, stage: Stage, *, keep: bool) -> None:
        """Empty the stage's folder; what is kept is whole here or among the old results, whenever it is killed."""
        kept, folder = self._old(stage), self.folder(stage)
        if not folder.is_dir():
            return
        with durable.locked(folder):
            pass  # a command of a run that was killed may be writing still
        with durable.disk_errors(folder):
            if not keep:
                shutil.rmtree(folder)  # unfinished: its paid answers are in the store
                return
            shutil.rmtree(kept, ignore_errors=True)
            durable.write(self._path(stage, old=True), self._path(stage).read_bytes())
            kept.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(kept)

    def _write(self, record: Record) -> None:
        text = orjson.dumps(record.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        durable.write(self.out / STATE / "stages" / f"{record.stage}.json", text)

    def _path(self, stage: Stage, *, old: bool = False) -> Path:
        return self.out / STATE / ("old" if old else "stages") / f"{stage.id}.json"

    def _old(self, stage: Stage) -> Path:
        return self.out / STATE / "old" / stage.id


def changed(before: Depends, now: Depends) -> Iterator[str]:
    """Why a stage is to be done again, one reason after another."""
    if before.kind != now.kind:
        yield f"kind changed: it was {before.kind} and is {now.kind}"
        return
    for what, old, new in (("recipe", before.recipe, now.recipe), ("stage", before.options, now.options)):
        yield from (f"{what} changed: {told(one)}" for one in differences(old, new))
    for name in dict.fromkeys((*before.files, *now.files)):
        if before.files.get(name) != now.files.get(name):
            yield f"file changed: {name}"
    for name in now.inputs:
        if before.inputs.get(name) != now.inputs[name]:
            yield f"input changed: {name}"
    for name, version in now.versions.items():
        if before.versions.get(name) != version:
            yield f"version changed: {name} was {before.versions.get(name, 'no part of it')} and is {version}"


def told(difference: str) -> str:
    """A difference in the words of a change."""
    return _DIFFERENCE.sub(r"\1 was \2 and is \3", difference)
