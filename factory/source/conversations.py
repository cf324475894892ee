"""Conversations from elsewhere: a dataset folder made here, a JSONL file, a Parquet file; read as a stream.

A row has `messages` (a list of `{role, content}`), and may have `id` and `license`; other columns are not read. What is
read is untrusted: its size is bounded, and its text is never more than text.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from factory.errors import DatasetError
from factory.manifest import MANIFEST, read_manifest
from factory.row import Message, content_id
from factory.source import files
from factory.source.chunk import CUT
from factory.source.turns import MOST_CHARACTERS, MOST_TURNS

ROLES = ("system", "user", "assistant")
MOST_BYTES = files.MOST_LINE
"""The longest line of a JSONL file."""

_COLUMNS = ("messages", "id", "license")


class Conversation(NamedTuple):
    """One row of a source."""

    id: str
    messages: tuple[Message, ...]
    license: str
    """The Hub id; empty where the row says none."""


class Facts(NamedTuple):
    """What is known of a whole source."""

    digest: str
    """SHA-256: of the file, or of the dataset's manifest, which holds those of its files."""
    rows: int
    licenses: dict[str, int]
    """Rows by licence; the empty one where they say none."""


def conversations(path: Path) -> Iterator[Conversation]:
    """The rows of a dataset folder, a `.jsonl` file or a `.parquet` file, in order.

    Raises:
        DatasetError: there is no such source, or a row is not a conversation; with its place.
    """
    for place, row in _rows(path):
        yield _conversation(place, row)


def facts(path: Path) -> Facts:
    """What is known of a source after reading it once; remembered, since recipes ask several times.

    Raises:
        DatasetError: there is no such source, or a row is not a conversation.
    """
    try:
        state = (path / MANIFEST if path.is_dir() else path).stat()
    except OSError as error:
        raise DatasetError(f"source {path} can't be read: {error.strerror}") from error
    return _facts(path, state.st_mtime_ns, state.st_size)


@cache
def _facts(path: Path, changed: int, size: int) -> Facts:
    if path.is_dir():
        manifest = read_manifest(path)
        if manifest.kind != "rows":
            raise DatasetError(f"source {path} holds preference pairs; give one whose rows have `messages`")
        digest = sha256((path / MANIFEST).read_bytes()).hexdigest()
        return Facts(digest, manifest.rows_kept, dict(manifest.licences))
    licenses = Counter(row.license for row in conversations(path))
    return Facts(files.digest(path), licenses.total(), dict(licenses))


def _rows(path: Path) -> Iterator[tuple[str, Any]]:
    """Each row as plain values, and where it stands."""
    if path.is_dir():
        for file in read_manifest(path).shards:
            yield from _records(path / file.file)
    elif files.suffix_of(path.name):
        yield from _records(path)
    else:
        raise DatasetError(f"source {path}: give the folder of a dataset made here, a .jsonl file or a .parquet file")


def _records(path: Path) -> Iterator[tuple[str, Any]]:
    parquet = files.kind_of(path.name) == "parquet"
    if parquet and "messages" not in (there := files.head(path).columns):
        raise DatasetError(f"source {path} has no column `messages`; it has: {', '.join(there)}")
    for chunk in files.chunks(path, _COLUMNS):
        for number, record in chunk.records():
            place = f"{path}: row {number + 1}" if parquet else f"{path}:{number + 1}"
            if isinstance(record, bytes):
                if record.startswith(CUT):
                    raise DatasetError(f"{place}: the line is longer than {MOST_BYTES >> 20} MiB; split or drop it")
                try:
                    record = orjson.loads(record)
                except orjson.JSONDecodeError as error:
                    raise DatasetError(f"{place}: is not JSON: {error}; write one object per line") from error
            yield place, record


def _conversation(place: str, row: Any) -> Conversation:
    found = row.get("messages") if isinstance(row, dict) else None
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_TURNS:
        raise DatasetError(f"{place}: needs `messages`, a list of 1 to {MOST_TURNS} turns with `role` and `content`")
    messages = tuple(_message(place, turn) for turn in found)
    if sum(len(message.content) for message in messages) > MOST_CHARACTERS:
        raise DatasetError(f"{place}: the conversation has more than {MOST_CHARACTERS:,} characters; split or drop it")
    license = row.get("license") or ""
    name = row.get("id") or content_id(messages)
    if not isinstance(license, str) or not isinstance(name, str | int):
        raise DatasetError(f"{place}: `id` and `license` must be text")
    return Conversation(str(name), messages, license)


def _message(place: str, turn: Any) -> Message:
    match turn:
        case {"role": str(role), "content": str(content)} if role in ROLES:
            return Message(role, content.encode("utf-8", "replace").decode().replace("\0", "\ufffd"))
    raise DatasetError(f"{place}: a turn needs a `role` ({', '.join(ROLES)}) and its `content` as text")
