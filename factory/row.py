"""Rows and pairs: the data and its identity. No I/O.

A `Row` is one SFT example, a `Pair` one preference example; both keep the field names that the Hub and
TRL use (`messages`; `prompt`, `chosen`, `rejected`), so any trainer reads them without a mapping.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple


class Message(NamedTuple):
    """One turn of a conversation."""

    role: str
    content: str


class Verdict(NamedTuple):
    """What one judge says of one row. Unjudged (`None`) is never False and never 0."""

    judge: str
    passed: bool | None
    score: float | None = None
    reason: str = ""
    """A short slug from the judge's closed set, empty when passed: it is counted."""
    note: str = ""
    """The judge's own words."""


def called(name: str, number: int) -> str:
    """What the how manieth judge of a name is called: the second one has a number."""
    return name if number == 1 else f"{name} {number}"


def turns_in(value: Any) -> tuple[Message, ...]:
    """The turns in a list of mappings with `role` and `content`, as meta holds them; none where it is anything else."""
    if not isinstance(value, list | tuple):
        return ()
    turns: list[Message] = []
    for one in value:
        if not isinstance(one, (dict, Mapping)):
            return ()
        role, content = one.get("role"), one.get("content")
        if not (isinstance(role, str) and isinstance(content, str)):
            return ()
        turns.append(Message(role, content))
    return tuple(turns)


def content_id(messages: Iterable[Message]) -> str:
    """128 bits in hex that depend on roles and contents alone."""
    text = "\x1e".join([f"{role}\x1f{content}" for role, content in messages])
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


NOTHING: Mapping[str, Any] = {}


class Row(NamedTuple):
    """One SFT example. A named tuple, as the other nouns here: rows are made by the million."""

    messages: tuple[Message, ...]
    license: str
    source: str
    generator: str
    model: str = ""
    meta: Mapping[str, Any] = NOTHING
    verdicts: tuple[Verdict, ...] = ()

    @property
    def id(self) -> str:
        """Hash of the content."""
        return content_id(self.messages)

    @property
    def prompt(self) -> tuple[Message, ...]:
        """The turns before the last answer: what duplicates are judged by."""
        return self.messages[:-1]


class Pair(NamedTuple):
    """One preference example."""

    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    license: str
    source: str
    generator: str
    model: str = ""
    meta: Mapping[str, Any] = NOTHING
    verdicts: tuple[Verdict, ...] = ()

    @property
    def id(self) -> str:
        """Hash of the content."""
        return content_id((*self.prompt, *self.chosen, *self.rejected))
