"""YAML for people who don't know its traps: plain data with a place for every value, and sentences for the rest.

Refused with file and line: duplicate keys, tags, keys that aren't text, merge keys, a second document, bombs
(aliases, depth, size), `010` (8 in YAML 1.1) and `1:30` (90 in YAML 1.1). `no` and `1.10` are read as YAML reads
them, and `Document.trap` explains it where text was expected. Read from the event stream in one pass, so that
nothing is built before it is counted.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml

from factory.document import Document, Steps
from factory.errors import RecipeError

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_ALIASES = 20
MAX_VALUES = 100_000
"""Counted with aliases expanded."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BOOLS = {word: value for value, words in ((True, "true yes on"), (False, "false no off")) for word in words.split()}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+(?:\.[0-9_]*)?\Z")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)\Z")
_SLIPS = (
    (re.compile(r"[ \u3000]*\t"), "holds a tab; indent with spaces"),
    (re.compile(r"[ \t]*\u3000"), "holds a full-width space (U+3000); write a plain space"),
    (re.compile(r"[\w\s.-]+："), "holds a full-width colon `：`; write `: ` (colon and space)"),
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def load(path: Path) -> Document:
    """The document in a file; with `#key.path` behind the file's name, the part of it that stands there.

    Raises:
        RecipeError: it can't be read, is not strict YAML, or has no such part.
    """
    name, sharp, keys = path.name.rpartition("#")
    if sharp and keys and not path.exists():
        return _part(load(path.with_name(name)), keys.split("."))
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except IsADirectoryError as error:
        raise RecipeError(f"{path}: is a folder; a YAML file is expected") from error
    except OSError as error:
        raise RecipeError(f"{path}: can't be read: {error.strerror or error}") from error
    if len(raw) > MAX_BYTES:
        raise RecipeError(f"{path}: is larger than {MAX_BYTES:,} bytes")
    try:
        return parse(raw.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RecipeError(f"{path}:{line}: is not UTF-8; save the file as UTF-8") from error


def _part(document: Document, keys: list[str]) -> Document:
    """What stands at a path of keys, with its places in the file."""
    steps: Steps = ()
    for key in keys:
        value = document.value(*steps)
        if isinstance(value, list) and key.isascii() and key.isdigit() and int(key) < len(value):
            steps = (*steps, int(key))
        elif isinstance(value, dict) and key in value:
            steps = (*steps, key)
        else:
            raise RecipeError(f"{document.where(*steps)}: {'.'.join((*map(str, steps), key))} is not there")
    length = len(steps)
    marks = {path[length:]: mark for path, mark in document.marks.items() if path[:length] == steps}
    written = {path[length:]: text for path, text in document.written.items() if path[:length] == steps}
    return Document(document.name, document.value(*steps), marks, written)


def first_level(path: Path) -> frozenset[str]:
    """The keys of a file's first level, which tell whose file it is; none of one that `load` refuses."""
    try:
        data = load(path).data
    except RecipeError:
        return frozenset()  # whoever loads it says what is wrong
    return frozenset(data) if isinstance(data, dict) else frozenset()


def parse(text: str, name: str) -> Document:
    """The document in a text; `name` stands for the file in messages.

    Raises:
        RecipeError: it is not strict YAML.
    """
    if len(text) > MAX_BYTES:
        raise RecipeError(f"{name}: is larger than {MAX_BYTES:,} characters")
    try:
        return _Reader(name, yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        raise RecipeError(_syntax(name, text, error)) from error
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise RecipeError(f"{name}: is not a text file that YAML allows: {reason}") from error


def scalar(text: str) -> Any:
    """What an unquoted scalar means.

    Raises:
        ValueError: YAML readers don't agree on it; the message says what to write.
    """
    if text.lower() in _BOOLS and text in (text.lower(), text.title(), text.upper()):
        return _BOOLS[text.lower()]
    if text in _NULLS:
        return None
    if text[0] not in "+-.0123456789":
        return text
    if _INT.match(text):
        return int(text.replace("_", ""))
    if _FLOAT.match(text) and math.isfinite(number := float(text.replace("_", ""))):
        return number
    if _LEADING_ZERO.match(text):
        digits = text.lstrip("+-").lstrip("0_") or "0"
        raise ValueError(f'`{text}` is read as an octal number by some; write {digits} or "{text}"')
    if _SEXAGESIMAL.match(text):
        raise ValueError(f'`{text}` is read as a number of base 60; write "{text}"')
    if _NOT_FINITE.match(text) or _FLOAT.match(text):
        raise ValueError(f"`{text}` is not a finite number")
    return text


class _Reader:
    """One pass over the events of one document."""

    def __init__(self, name: str, events: Iterator[Any]) -> None:
        self.name = name
        self.events = events
        self.marks: dict[Steps, tuple[int, int]] = {}
        self.written: dict[Steps, str] = {}
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.aliases = 0
        self.values = 0

    def document(self) -> Document:
        event = next(self.events)
        while isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            return Document(self.name, None)
        data = self.read(event, ())
        next(self.events)  # the document's end
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            self.refuse(event, "a second document begins here; a file holds one")
        return Document(self.name, data, self.marks, self.written)

    def refuse(self, event: Any, reason: str) -> NoReturn:
        raise RecipeError(f"{self.name}:{event.start_mark.line + 1}: {reason}")

    def read(self, event: Any, path: Steps) -> Any:
        """The value that begins with this event."""
        if path not in self.marks:
            self.mark(event, path)
        self.values += 1
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        if event.tag is not None:
            self.refuse(event, f"the tag {event.tag} is not allowed; write the plain value")
        if len(path) >= MAX_DEPTH and not isinstance(event, yaml.ScalarEvent):
            self.refuse(event, f"is nested deeper than {MAX_DEPTH} levels")
        before = self.values
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            value = self.text(event, path)
        elif isinstance(event, yaml.MappingStartEvent):
            value = self.mapping(path)
        else:
            value = self.sequence(path)
        if event.anchor is not None:
            self.anchors[event.anchor] = value, self.values - before + 1
        if self.values > MAX_VALUES:
            self.refuse(event, f"holds more than {MAX_VALUES:,} values")
        return value

    def mark(self, event: Any, path: Steps) -> None:
        self.marks[path] = event.start_mark.line + 1, event.start_mark.column + 1

    def alias(self, event: Any) -> Any:
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            self.refuse(event, f"has more than {MAX_ALIASES} aliases (*name)")
        if event.anchor not in self.anchors:
            self.refuse(event, f"*{event.anchor} stands for nothing that ends before it; write &{event.anchor} first")
        value, size = self.anchors[event.anchor]
        self.values += size
        if self.values > MAX_VALUES:
            self.refuse(event, f"holds more than {MAX_VALUES:,} values once *{event.anchor} is filled in")
        return value

    def text(self, event: Any, path: Steps) -> Any:
        text: str = event.value
        if not event.implicit[0]:
            if _SURROGATE.search(text):
                self.refuse(event, "holds half a character (a lone surrogate)")
            return text
        try:
            value = scalar(text)
        except ValueError as error:
            self.refuse(event, f"{_dotted(path)}{error}")
        if not isinstance(value, str):
            self.written[path] = text
        return value

    def sequence(self, path: Steps) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            values.append(self.read(event, (*path, len(values))))
        return values

    def mapping(self, path: Steps) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(event, path)
            here = (*path, key)
            if key in values:
                first = self.marks[here][0]
                self.refuse(event, f"{_dotted(here)}is written twice (first in line {first}); keep one")
            self.mark(event, here)
            values[key] = self.read(next(self.events), here)
        return values

    def key(self, event: Any, path: Steps) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
            self.refuse(event, f"{_dotted(path)}a key is plain text, not a list, a mapping, an alias or a tag")
        text: str = event.value
        if not event.implicit[0]:
            return text
        if text == "<<":
            self.refuse(event, f"{_dotted(path)}merge keys (<<) are not read; write the keys out")
        try:
            value = scalar(text)
        except ValueError as error:
            self.refuse(event, f"{_dotted(path)}the key {error}")
        if not isinstance(value, str):
            read = "nothing" if value is None else str(value).lower() if isinstance(value, bool) else "a number"
            self.refuse(event, f'{_dotted(path)}the key `{text}` is read as {read}; write "{text}"')
        return value


def _dotted(path: Steps) -> str:
    return ".".join(map(str, path)) + ": " if path else ""


def _syntax(name: str, text: str, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    number = mark.line if mark else 0
    lines = text.splitlines()
    for near in range(max(0, number - 1), min(number + 1, len(lines))):
        for slip, reason in _SLIPS:
            if slip.match(lines[near]):
                return f"{name}:{near + 1}: is not YAML: {reason}"
    reason = error.problem or error.context or "can't be read"
    if "mapping values are not allowed" in reason:
        reason = "a second `: ` in one line; quote the value, or mind the indentation"
    elif "cannot start any token" in reason:
        reason = "a value that begins with a special character (@ ` %); put it in quotes"
    return f"{name}:{min(number + 1, max(1, len(lines)))}: is not YAML: {reason}"
