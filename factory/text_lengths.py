"""How long the texts of a dataset are: how many there are, their mean and their longest, of each role or side."""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

ROWS = 10_000
"""How many rows are worth having in one batch."""
_ROLES = ("assistant", "system", "tool", "user")


class Lengths(BaseModel):
    """Of some texts, in characters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    texts: int
    characters: int
    """Of all of them."""
    longest: int

    @property
    def mean(self) -> float:
        """Of one text."""
        return self.characters / self.texts

    def with_more(self, texts: int, characters: int, longest: int) -> "Lengths":
        """These and others."""
        return Lengths(
            texts=self.texts + texts, characters=self.characters + characters, longest=max(self.longest, longest)
        )


def lengths(batches: Iterable[pa.RecordBatch], *, by_role: bool) -> dict[str, Lengths]:
    """By role in conversations, by side in pairs; sorted by name.

    Args:
        batches: the columns with turns alone, of any number of rows.
        by_role: whether a turn is known by its role, else by its column.
    """
    found: dict[str, Lengths] = {}
    for batch in batches:
        for name, sizes in _sizes(batch, by_role=by_role):
            if len(sizes):
                before = found.get(name, Lengths(texts=0, characters=0, longest=0))
                found[name] = before.with_more(len(sizes), pc.sum(sizes).as_py(), pc.max(sizes).as_py())
    return dict(sorted(found.items()))


def _sizes(batch: pa.RecordBatch, *, by_role: bool) -> Iterator[tuple[str, Any]]:
    """The length of each turn, by its role or its column."""
    for column in batch.schema.names:
        turns = pc.list_flatten(batch[column])
        sizes = pc.utf8_length(pc.struct_field(turns, "content"))
        if not by_role:
            yield column, sizes
            continue
        roles = pc.struct_field(turns, "role")
        for role in _ROLES:
            yield role, sizes.filter(pc.equal(roles, role))
        yield "other", sizes.filter(pc.invert(pc.is_in(roles, pa.array(_ROLES))))
