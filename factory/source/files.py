"""Files of records: JSON lines, plain or packed with gzip or zstd, arrays of JSON, and Parquet, read as a stream.

Nothing is unpacked without a bound: a line, a file and the ratio of a packed file to what comes out of it have a limit,
and a Parquet file says in its footer how large it is before anything of it is read.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from factory.errors import DatasetError
from factory.source.chunk import CUT, Chunk

ROWS = 1_000
"""Records per chunk."""
MOST_LINE = 4 << 20
"""The longest line of JSON."""
MOST_ARRAY = 512 << 20
"""The largest file that is one JSON array: it is read at once."""
MOST_RATIO = 200
"""How many times its size a packed file may grow: text grows 5 to 20 times, and a bomb 1,000 times or more."""
SMALL = 256 << 20
"""What unpacks to no more than this is never refused for its ratio."""
MOST_BATCH = 512 << 20
"""The largest chunk: a dictionary in a Parquet file repeats a text at no cost to the file."""

MOST_COLUMNS = 10_000
MOST_DEPTH = 40
_JSON = (".jsonl", ".ndjson", ".json")
_PACKED = {".gz": "gzip", ".zst": "zstd"}
SUFFIXES = (".parquet", *_JSON, *(suffix + packed for packed in _PACKED for suffix in _JSON))
"""The ends of the names of files that can be read; in the order of preference."""
HEAD = 100
"""How many records of a file are looked at to know its columns."""


class Head(NamedTuple):
    """What the first records of a file show."""

    columns: tuple[str, ...]
    chunk: Chunk


def suffix_of(name: str) -> str:
    """The end of a name that says how the file is read; empty where it can't be."""
    lower = name.lower()
    return next((suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if lower.endswith(suffix)), "")


def kind_of(name: str) -> str:
    """Whether a file is `parquet` or `json`."""
    return "parquet" if suffix_of(name) == ".parquet" else "json"


def chunks(path: Path, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
    """The records of a file in order, of Parquet the columns alone; places are counted from 0.

    Raises:
        DatasetError: it can't be read, or unpacks to more than it may.
    """
    try:
        yield from _parquet(path, columns) if kind_of(path.name) == "parquet" else _json(path)
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        why = getattr(error, "strerror", None) or " ".join(str(error).split())[:200]
        raise DatasetError(f"source {path} can't be read: {why}") from error


def head(path: Path) -> Head:
    """The columns and the first records of a file.

    Raises:
        DatasetError: it can't be read, or holds no record.
    """
    first = next(chunks(path), None)
    if first is None:
        raise DatasetError(f"source {path} holds no records")
    some = first.take(np.arange(min(HEAD, len(first))))
    if isinstance(some.data, pa.RecordBatch):
        return Head(tuple(some.data.schema.names), some)
    names = dict.fromkeys(key for _, record in some.records() if isinstance(record, dict) for key in record)
    return Head(tuple(names), some)


def digest(path: Path) -> str:
    """SHA-256 of a file; remembered, since recipes ask several times.

    Raises:
        DatasetError: it can't be read.
    """
    try:
        state = path.stat()
        return _digest(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise DatasetError(f"source {path} can't be read: {error.strerror}") from error


@cache
def _digest(path: Path, changed: int, size: int) -> str:
    hashed = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hashed.update(block)
    return hashed.hexdigest()


def _json(path: Path) -> Iterator[Chunk]:
    packed = _PACKED.get(path.suffix.lower(), "")
    size = path.stat().st_size
    start, unpacked, lines = 0, 0, list[bytes]()
    with path.open("rb") as raw, _unpacking(raw, packed) as file:
        for line in _array(path, file) if _is_array(file) else _lines(file):
            unpacked += len(line)
            if packed and unpacked > max(SMALL, MOST_RATIO * size):
                raise DatasetError(
                    f"source {path} unpacks to more than {MOST_RATIO} times its size; unpack it yourself if it is right"
                )
            if not line.isspace():
                lines.append(line)
            if len(lines) == ROWS:
                yield Chunk(np.arange(start, start + ROWS), tuple(lines))
                start, lines = start + ROWS, []
    if lines:
        yield Chunk(np.arange(start, start + len(lines)), tuple(lines))


def _unpacking(raw: IO[bytes], packed: str) -> io.BufferedReader:
    stream = pa.CompressedInputStream(raw, packed) if packed else raw
    return io.BufferedReader(stream, 1 << 20)  # type: ignore[arg-type]  # Arrow's streams read as raw files do


def _lines(file: io.BufferedReader) -> Iterator[bytes]:
    """Each line; of one that is too long its head, and then empty pieces for the rest, which the caller counts."""
    while line := file.readline(MOST_LINE + 1):
        if len(line) <= MOST_LINE:
            yield line
            continue
        yield CUT + line[:MOST_LINE]
        while line and not line.endswith(b"\n"):
            line = file.readline(MOST_LINE)
            yield b" " * len(line)


def _is_array(file: io.BufferedReader) -> bool:
    """Whether the first character that is no space opens an array."""
    return file.peek(1)[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def _array(path: Path, file: io.BufferedReader) -> Iterator[bytes]:
    data = file.read(MOST_ARRAY + 1)
    if len(data) > MOST_ARRAY:
        raise DatasetError(f"source {path} is one JSON array of more than {MOST_ARRAY >> 20} MiB; write JSON lines")
    try:
        records = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        if len(data.splitlines()) > 1 and data.lstrip().split(b"\n", 1)[0].rstrip().endswith(b"]"):
            yield from data.splitlines()  # lines that are arrays: each of them is refused
            return
        raise DatasetError(f"source {path} is no JSON array: {error}") from error
    for record in records:
        line = orjson.dumps(record)
        yield line if len(line) <= MOST_LINE else CUT + line[:MOST_LINE]


def _parquet(path: Path, columns: Sequence[str] | None) -> Iterator[Chunk]:
    with closing(pq.ParquetFile(path)) as file:
        refuse_bomb(path, file.metadata)
        names = [name for name in file.schema_arrow.names if columns is None or name in columns]
        if not names:
            there = ", ".join(file.schema_arrow.names)
            raise DatasetError(f"source {path} has none of the columns {', '.join(columns or ())}; it has: {there}")
        start = 0
        for batch in file.iter_batches(batch_size=ROWS, columns=names):
            if batch.nbytes > MOST_BATCH:
                raise DatasetError(
                    f"source {path}: {ROWS} rows take {batch.nbytes >> 20} MiB; split or drop the largest"
                )
            yield Chunk(np.arange(start, start + batch.num_rows), batch)
            start += batch.num_rows


def refuse_bomb(path: Path, footer: pq.FileMetaData) -> None:
    """Refuse a Parquet file that unpacks to much more than its size, before anything of it is unpacked.

    Raises:
        DatasetError: it does.
    """
    size = path.stat().st_size
    columns = footer.num_columns
    if columns > MOST_COLUMNS or any(footer.schema.column(n).path.count(".") > MOST_DEPTH for n in range(columns)):
        raise DatasetError(f"source {path} has {columns:,} columns, or they are nested more than {MOST_DEPTH} deep")
    unpacked = sum(footer.row_group(place).total_byte_size for place in range(footer.num_row_groups))
    if unpacked > max(SMALL, MOST_RATIO * size) or footer.num_rows > max(SMALL, MOST_RATIO * size):
        raise DatasetError(
            f"source {path} has {size:,} bytes and would unpack to {unpacked:,} in {footer.num_rows:,} rows; "
            f"write it again without compression if it is right"
        )


def rows_of(path: Path) -> int:
    """How many records a file holds: a Parquet file says it, others are read.

    Raises:
        DatasetError: it can't be read.
    """
    return _rows(path, digest(path))


@cache
def _rows(path: Path, content: str) -> int:
    if kind_of(path.name) == "parquet":
        try:
            with closing(pq.ParquetFile(path)) as file:
                return int(file.metadata.num_rows)
        except (OSError, pa.ArrowInvalid) as error:
            raise DatasetError(f"source {path} can't be read: {' '.join(str(error).split())[:200]}") from error
    return sum(map(len, chunks(path)))
