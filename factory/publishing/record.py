"""What was published last, as a file in the repository says: `.factory/publication.json`.

From it the next publish knows which files are its own to replace or to take away, and what of the card people wrote.
"""

from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from factory.publishing.bundle import Bundle, Identity
from factory.publishing.hub import Remote

PATH = ".factory/publication.json"


class File(BaseModel):
    """A file as it was published."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int
    sha256: str
    git: str = ""


class Publication(BaseModel):
    """What was published."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    kind: Literal["dataset", "model"]
    name: str
    files: dict[str, File]
    """All but the card, by their paths."""
    card: str
    """As it was made, before anything that people wrote was merged into it."""


def of(bundle: Bundle, card: str) -> Publication:
    """What is published now."""
    files = {
        name: File(**wanted.identity._asdict())
        for name, wanted in bundle.files.items()
        if name not in (PATH, "README.md")
    }
    return Publication(kind=bundle.kind, name=bundle.name, files=files, card=card)


def written(publication: Publication) -> bytes:
    """Its bytes: the same for the same publication."""
    return orjson.dumps(publication.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def parsed(text: str) -> Publication | None:
    """What the file says; None where it is not one of this version's, as if nothing had been published."""
    try:
        return Publication.model_validate_json(text)
    except ValidationError:
        return None


def same(file: File | Identity, remote: Remote) -> bool:
    """Whether the bytes there are these."""
    if remote.sha256:
        return remote.sha256 == file.sha256
    return bool(file.git) and remote.git == file.git
