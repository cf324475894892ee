"""Changes of a recipe as written: what flags set (`--set key.path=value`), and what it is filled up with."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from factory import strict_yaml
from factory.document import Document, Steps
from factory.errors import RecipeError


class Given(NamedTuple):
    """What a recipe that lacks it is filled up with, and from where."""

    values: Mapping[str, JsonValue]
    origin: str
    folder: Path = Path()
    """Where the paths in it begin."""

    def into(self, document: Document) -> Document:
        """The document with what it lacked."""
        for key, value in self.values.items():
            if isinstance(document.data, dict) and key not in document.data:
                document = document.replaced((key,), Document(self.origin, value), self.origin)
        return document


def name_of(folder: Path) -> str:
    """A name for a recipe that has none, from its dataset's folder."""
    return re.sub(r"[^a-z0-9._-]+", "-", folder.absolute().name.lower()).strip("-.")[:96] or "gated"


def overridden(document: Document, override: str) -> Document:
    """The document with a change.

    Raises:
        RecipeError: the change names no place, or its value is not strict YAML.
    """
    dotted, equals, text = override.partition("=")
    origin = f"--set {dotted}"
    if not equals or not dotted:
        raise RecipeError(f"--set {override}: write key=value, such as generate.0.count=100")
    steps = _steps(document, dotted.split("."), origin)
    value = strict_yaml.parse(text, origin)
    return document.replaced(steps, value, origin)


def _steps(document: Document, keys: Sequence[str], origin: str) -> Steps:
    """The path that the keys name; all but the last must exist, and the last where it is a place in a list."""
    steps: Steps = ()
    value = document.data
    for index, key in enumerate(keys):
        last = index == len(keys) - 1
        if isinstance(value, list):
            if not (key.isascii() and key.isdigit() and int(key) < len(value)):
                raise RecipeError(_absent(document, steps, key, map(str, range(len(value))), origin))
            steps = (*steps, int(key))
        elif isinstance(value, dict) and (last or key in value):
            steps = (*steps, key)
        else:
            raise RecipeError(_absent(document, steps, key, value if isinstance(value, dict) else (), origin))
        value = None if last else value[steps[-1]]
    return steps


def _absent(document: Document, steps: Steps, key: str, known: Iterable[str], origin: str) -> str:
    there = ".".join(map(str, steps)) or document.name
    names = ", ".join(known)
    return f"{origin}: {there} has no {key!r}; " + (f"there are: {names}" if names else "it holds no settings")
