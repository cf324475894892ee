"""Conversations from elsewhere: a dataset folder made here, a JSONL file, a Parquet file; read as a stream.

A row has `messages` (a list of `{role, content}`), and may have `id` and `license`; other columns are not read. What is
read is untrusted: its size is bounded, and its text is never more than text.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from factory import dataset
from factory.errors import DatasetError
from factory.row import Message, content_id

ROLES = ("system", "user", "assistant")
MOST_BYTES = 4 << 20
"""The longest line of a JSONL file."""
MOST_CHARACTERS = 1 << 20
"""The most text in one conversation."""
MOST_TURNS = 1_000

_COLUMNS = ("messages", "id", "license")
_BATCH = 256


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
        state = (path / dataset.MANIFEST if path.is_dir() else path).stat()
    except OSError as error:
        raise DatasetError(f"source {path} can't be read: {error.strerror}") from error
    return _facts(path, state.st_mtime_ns, state.st_size)


@cache
def _facts(path: Path, changed: int, size: int) -> Facts:
    if path.is_dir():
        manifest = dataset.read_manifest(path)
        if manifest.kind != "rows":
            raise DatasetError(f"source {path} holds preference pairs; give one whose rows have `messages`")
        digest = sha256((path / dataset.MANIFEST).read_bytes()).hexdigest()
        return Facts(digest, manifest.rows_kept, dict(manifest.licences))
    licenses = Counter(row.license for row in conversations(path))
    return Facts(_digest(path), licenses.total(), dict(licenses))


def _rows(path: Path) -> Iterator[tuple[str, Any]]:
    """Each row as plain values, and where it stands."""
    if path.is_dir():
        for file in dataset.read_manifest(path).shards:
            yield from _parquet(path / file.file)
    elif path.suffix == ".parquet":
        yield from _parquet(path)
    elif path.suffix in (".jsonl", ".ndjson"):
        yield from _jsonl(path)
    else:
        raise DatasetError(f"source {path}: give the folder of a dataset made here, a .jsonl file or a .parquet file")


def _jsonl(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(MOST_BYTES + 1), b""), 1):
                place = f"{path}:{number}"
                if len(line) > MOST_BYTES:
                    raise DatasetError(f"{place}: the line is longer than {MOST_BYTES >> 20} MiB; split or drop it")
                if line.strip():
                    yield place, orjson.loads(line)
    except OSError as error:
        raise DatasetError(f"source {path} can't be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise DatasetError(f"{place}: is not JSON: {error}; write one object per line") from error


def _parquet(path: Path) -> Iterator[tuple[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with closing(pq.ParquetFile(path)) as file:
            names = [name for name in _COLUMNS if name in file.schema_arrow.names]
            if "messages" not in names:
                raise DatasetError(
                    f"source {path} has no column `messages`; it has: {', '.join(file.schema_arrow.names)}"
                )
            batches = file.iter_batches(batch_size=_BATCH, columns=names)
            for number, row in enumerate(chain.from_iterable(batch.to_pylist() for batch in batches), 1):
                yield f"{path}: row {number}", row
    except (OSError, pa.ArrowInvalid) as error:
        raise DatasetError(f"source {path} can't be read: {error}") from error


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


def _digest(path: Path) -> str:
    hashed = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hashed.update(block)
    return hashed.hexdigest()
