"""What a recipe says of duplicates, of rows cut from one template, and of benchmark leaks.

Near duplicates are not looked for unless asked: rows of template math that differ in their numbers only share nine
tenths of their characters and are no duplicates. Where they are looked for, rows that have an answer are duplicates
only if answer and numbers are the same.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from factory.near.keys import Key


class NearDuplicates(BaseModel):
    """Which rows are too much alike; the better one stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    near: Annotated[float, Field(ge=0.5, lt=1)] = 0.8
    """The Jaccard similarity of character n-grams from which on two rows are duplicates, 0.5 to below 1."""
    key: Key = "user"
    """What is compared: the first message of the user, all of the user's, or all turns but the system's."""


class Decontaminate(BaseModel):
    """Which benchmarks rows may not hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    benchmarks: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    """Names or globs of the registry, such as mt_bench or j*, or gsm8k:train for a training set."""
    files: tuple[Annotated[str, Field(min_length=1, max_length=1_000)], ...] = ()
    """Benchmarks of your own: .jsonl or .parquet files, paths that begin at the recipe's folder."""
    folder: str = ""
    """A folder that holds the files of known benchmarks, so that none is fetched; begins at the recipe's folder."""
    action: Literal["reject", "report"] = "reject"
    """Whether a row that copies a benchmark is dropped, or kept and counted; what is less sure is always kept."""


Duplicates = Literal["exact", "off"] | NearDuplicates
