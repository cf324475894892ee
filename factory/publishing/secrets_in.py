"""Secrets in what is to be published: keys, tokens and logins by their forms, in rows and in texts.

What is found is told by its place, and never shown: this ends in logs. The forms are those of `factory.pii.secret`; a
password without a form is not found.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from factory import dataset
from factory.errors import LicenceError
from factory.pii import detect
from factory.pii.rule import Kind
from factory.publishing.bundle import Bundle

_LARGEST_TEXT = 20_000_000
_TEXTS = frozenset({".md", ".json", ".yaml", ".txt", ".jinja", ".html", ""})
_ROWS = 2_000
_KINDS: tuple[Kind, ...] = ("secret",)
_TOLD = 3
_ESCAPE = re.compile(r"\\(?:[abefnrtv0NLP]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})")
"""Of JSON and YAML: its last letter would be taken for the first of a word, so that no key begins behind it."""


class SecretFound(LicenceError):
    """There is one: nothing is published."""


def refuse(bundle: Bundle) -> None:
    """Look through the rows and the texts of what is published.

    Raises:
        SecretFound: there is a secret, at the place that is told.
        DatasetError: a file can't be read.
    """
    found: list[str] = []
    for name, place in _places(bundle):
        found.append(f"{name} ({place})" if place else name)
        if len(found) > _TOLD:
            break
    if found:
        more = " and more" if len(found) > _TOLD else ""
        raise SecretFound(
            f"a key, token or login is in {', '.join(found[:_TOLD])}{more}; nothing was sent: make it void, and take "
            f"it out with `use: pii` in a gate (factory gate {bundle.folder} -r gate.yaml -o OUT)"
        )


def _places(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """The files with a secret, and the row's id or the line."""
    for name, wanted in bundle.files.items():
        if name in bundle.rows:
            yield from ((name, f"row {one}") for one in _rows(bundle.folder / name))
        elif Path(name).suffix in _TEXTS and wanted.identity.bytes <= _LARGEST_TEXT:
            raw = wanted.content if isinstance(wanted.content, bytes) else wanted.content.read_bytes()
            text = raw.decode("utf-8", "replace")
            for place in sorted({span.start for found in detect.find([text, _opened(text)], _KINDS) for span in found}):
                yield name, f"line {text.count(chr(10), 0, place) + 1}"


def _rows(path: Path) -> Iterator[str]:
    """The ids of rows with a secret in any of their texts."""
    for batch in dataset.batches(path, rows=_ROWS):
        bad: set[int] = set()
        for column in batch.columns:
            for texts, rows in _texts(column, pa.array(range(batch.num_rows), pa.int64())):
                plain = texts.to_pylist()
                escaped = [place for place, text in enumerate(plain) if "\\" in text]
                finds = detect.find([*plain, *(_opened(plain[place]) for place in escaped)], _KINDS)
                places = [*range(len(plain)), *escaped]
                bad.update(rows[place].as_py() for place, spans in zip(places, finds, strict=True) if spans)
        ids = batch["id"] if "id" in batch.schema.names else pa.nulls(batch.num_rows)
        yield from (str(ids[row].as_py() or row) for row in sorted(bad))


def _opened(text: str) -> str:
    """The text with spaces for escapes: as long as it was."""
    return _ESCAPE.sub(lambda escape: " " * len(escape[0]), text)


def _texts(column: Any, rows: Any) -> Iterator[tuple[Any, Any]]:
    """Every array of strings in a column, with the row of each."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        yield from _texts(column.dictionary_decode(), rows)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        there = pc.and_kleene(pc.is_valid(column), pc.greater(pc.utf8_length(column), 10))
        there = pc.fill_null(there, False)
        yield column.filter(there), rows.filter(there)
    elif pa.types.is_struct(kind):
        for number, _ in enumerate(kind):
            yield from _texts(pc.struct_field(column, [number]), rows)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from _texts(pc.list_flatten(column), rows.take(pc.list_parent_indices(column)))
