"""merge.json: what a merge did, written last, so that a folder that has one is complete.

It holds nothing of the clock or the machine, so that the same recipe gives the same bytes.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from factory import durable
from factory.errors import DatasetError

MANIFEST = "merge.json"


class WeightFile(BaseModel):
    """One file of weights, finished."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    bytes: int
    sha256: str
    tensors: dict[str, int]
    """How many, by how they were merged."""

    def whole(self, out: Path) -> bool:
        """Whether the file is there as it was written."""
        return durable.whole(out / self.file, self.bytes, self.sha256)


class Origin(BaseModel):
    """One of the models."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """In the recipe."""
    model: str
    """Its folder or id, with the revision that the recipe says."""
    commit: str
    """Of a model of the Hub."""
    content: str
    """The commit, or a digest of the folder."""
    license: str


class Manifest(BaseModel):
    """What a merge did."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: str
    description: str
    license: str
    computed_license: str
    """All that holds: one licence id, or several with ` AND `."""
    duties: tuple[str, ...]
    digest: str
    """Of the settings and of what the models hold."""
    settings: dict[str, Any]
    """The recipe, defaults filled in."""
    parents: tuple[Origin, ...]
    """The base first, where there is one."""
    parameters: int
    """How many weights there are."""
    tensors: dict[str, int]
    """How many, by how they were merged: spherical, linear, added, elected, copied."""
    dtypes: tuple[str, ...]
    """The types of the weights."""
    files: tuple[WeightFile, ...]
    carried: tuple[str, ...]
    """The files that are those of one of the models."""
    remarks: tuple[str, ...]
    """What differs between the models and was not refused."""
    versions: dict[str, str]


def read_manifest(folder: Path) -> Manifest | None:
    """That of a finished merge; None where there is none.

    Raises:
        DatasetError: it is damaged.
    """
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise DatasetError(
            f"{folder / MANIFEST} is damaged or of another version; make the model anew with --fresh"
        ) from error
