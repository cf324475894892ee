"""References: a value that is `$name` stands for a setting, a stage's folder or what a round carries.

Only a whole value is one, never a part of a text, so that no templating language is needed. A text that begins with a
dollar sign is written with two of them.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from factory.document import Steps

SIGN = "$"
_NAME = re.compile(r"\$([a-z][a-z0-9_-]{0,40}(?:/[a-z0-9][a-z0-9_-]{0,40}){0,2})\Z")


class Output(NamedTuple):
    """The folder of a stage, as a value."""

    stage: str
    """Its id: `sft`, or `rounds/2/dpo`."""


class BadReference(Exception):
    """A reference to nothing; the message is the sentence."""


Lookup = Callable[[str], Any]
"""From a name to what it stands for: plain values in which `Output`s stand for folders."""


def name_of(text: str) -> str:
    """The name that a text refers to; empty where it is a text.

    Raises:
        BadReference: it begins with one dollar sign and is no name.
    """
    if not text.startswith(SIGN) or text.startswith(2 * SIGN):
        return ""
    if not (found := _NAME.match(text)):
        shown = text if len(text) <= 40 else text[:37] + "..."
        raise BadReference(f"{shown!r} is no reference such as $sft; write $$ for a text that begins with $")
    return found[1]


def resolved(value: Any, lookup: Lookup) -> Any:
    """The value with everything that it refers to filled in.

    Raises:
        BadReference: it refers to nothing.
    """
    if isinstance(value, dict):
        return {key: resolved(one, lookup) for key, one in value.items()}
    if isinstance(value, list):
        return [resolved(one, lookup) for one in value]
    if not isinstance(value, str):
        return value
    if name := name_of(value):
        return lookup(name)
    return value.removeprefix(SIGN) if value.startswith(2 * SIGN) else value


def outputs(value: Any) -> Iterator[str]:
    """The stages whose folders are in a resolved value, in their order."""
    if isinstance(value, Output):
        yield value.stage
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from outputs(one)


def filled(value: Any, folder: Callable[[str], str]) -> Any:
    """A resolved value with each stage's folder, or anything else, in its place."""
    if isinstance(value, Output):
        return folder(value.stage)
    if isinstance(value, dict):
        return {key: filled(one, folder) for key, one in value.items()}
    return [filled(one, folder) for one in value] if isinstance(value, list) else value


def places(value: Any, steps: Steps = ()) -> Iterator[Steps]:
    """Where in a value the dollar signs stand."""
    if isinstance(value, str):
        if value.startswith(SIGN):
            yield steps
    elif isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(one, (*steps, key))


def within(value: Any, steps: Steps) -> Any:
    """What stands at a place in a value."""
    for step in steps:
        value = value[step]
    return value
