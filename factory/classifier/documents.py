"""The texts of a file or folder: text per line, JSON per line, Parquet, or the folder of a dataset."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from factory.errors import DatasetError
from factory.row import Row

_RIGHT = "give .txt (a text per line), .jsonl or .parquet with `text` or `messages`, or the folder of a dataset"


class Document(NamedTuple):
    """One text and what it is known by."""

    id: str
    """Its own id, or its place in the file."""
    text: str


def documents(path: Path) -> list[Document]:
    """The documents in order; of conversations the assistant's words.

    Raises:
        DatasetError: the file can't be read, or a record has no text.
    """
    try:
        found = [Document(*pair) for pair in _read(path)]
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} can't be read: {error}; {_RIGHT}") from error
    if not found:
        raise DatasetError(f"{path} holds no document; {_RIGHT}")
    return found


def digest(found: list[Document]) -> str:
    """SHA-256 over the texts, the same whatever file they came in."""
    total = sha256()
    for document in found:
        total.update(sha256(document.text.encode("utf-8", "surrogatepass")).digest())
    return total.hexdigest()


def assistant_text(turns: Any) -> str:
    """The assistant's words of a conversation as it stands in JSON; empty where there are none."""
    said = [turn for turn in turns if isinstance(turn, Mapping)] if isinstance(turns, list) else []
    return "\n".join(str(turn.get("content", "")) for turn in said if turn.get("role") == "assistant")


def _read(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_dir():
        yield from _of_dataset(path)
    elif path.suffix == ".parquet":
        yield from _of_parquet(path)
    elif path.suffix in (".jsonl", ".txt"):
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield (str(number), line.rstrip("\n")) if path.suffix == ".txt" else _of_json(path, number, line)
    else:
        raise DatasetError(f"{path}: not a kind of file that is read; {_RIGHT}")


def _of_dataset(path: Path) -> Iterator[tuple[str, str]]:
    from factory import dataset

    for row in dataset.read(path):
        turns = row.messages if isinstance(row, Row) else row.chosen
        yield row.id, "\n".join(turn.content for turn in turns if turn.role == "assistant")


def _of_parquet(path: Path) -> Iterator[tuple[str, str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches():
                for record in batch.to_pylist():
                    number += 1
                    yield _of_record(path, number, record)
    except pa.ArrowException as error:
        raise DatasetError(f"{path} can't be read: {error}; {_RIGHT}") from error


def _of_json(path: Path, number: int, line: str) -> tuple[str, str]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path}:{number}: not JSON ({error}); write one object per line") from error
    return _of_record(path, number, record)


def _of_record(path: Path, number: int, record: Any) -> tuple[str, str]:
    if isinstance(record, Mapping):
        text = record.get("text")
        text = text if isinstance(text, str) else assistant_text(record.get("messages"))
        if text:
            return str(record.get("id") or number), text
    raise DatasetError(f"{path}:{number}: no `text` and no answer in `messages`; {_RIGHT}")
