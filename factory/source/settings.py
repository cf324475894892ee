"""What a recipe says of one source: which data, under which licence, how it is read and which of it is taken."""

from pathlib import PurePath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from factory.source.formats import Brings

Text = Annotated[str, Field(min_length=1, max_length=1_000)]
Scalar = str | int | float | bool


def portable(source: str) -> str:
    """A source as a dataset says it: of a path that only this machine has, the name alone."""
    return PurePath(source).name if PurePath(source).is_absolute() else source


Location = Annotated[Text, PlainSerializer(portable, when_used="json")]
"""A path from the recipe's folder on, or a Hub id; what it holds is told by a fingerprint, not by where it lies."""


class Source(BaseModel):
    """One source of rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Location
    """The data: a .jsonl, .json or .parquet file (.gz, .zst) or a folder, from the recipe's folder on, or a Hub id."""
    name: str = ""
    """What rows call the source; its Hub id, file or folder name where nothing is said."""
    revision: str = "main"
    """Of a Hub id: a branch, a tag or, so that the rows never change, a commit."""
    config: str = ""
    """The configuration, where the card names several."""
    split: Text = "train"
    """The split."""
    files: tuple[Text, ...] = ()
    """Globs over the names of the files, instead of a configuration and a split."""
    license: str = ""
    """The Hub id of the data's licence; that of its card where nothing is said. A row's own licence comes before it."""
    model: str = ""
    """The model that wrote the texts, where one did and the rows don't say it."""
    format: str = ""
    """The format, as messages, alpaca or hh_rlhf's implicit_preference; known by the columns where nothing is said."""
    columns: dict[str, Text] = {}
    """Part to column where no format fits: messages, prompt and response, or chosen and rejected; also license, id"""
    bring: Brings | None = None
    """What rows are made: conversations, pairs or prompts; what the format is where nothing is said."""
    where: dict[str, Scalar] = {}
    """Column to value: only records that have it are taken."""
    keep: tuple[Text, ...] = ()
    """Columns that rows keep in their meta, beside category and language."""
