"""Some records of one file as they were read, packed so that they travel to a worker process and are unpacked there.

The process that reads the files only cuts them up: parsing JSON and building objects is the workers' part.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

Places = npt.NDArray[np.int64]

CUT = b"\xff"
"""Begins a line that was too long and of which only the head is here; no JSON begins with it."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records with their places in the source, counted from 0."""

    numbers: Places
    data: tuple[bytes, ...] | pa.RecordBatch
    """Lines of JSON, or columns."""

    def __len__(self) -> int:
        """How many records."""
        return len(self.numbers)

    def take(self, places: Places) -> "Chunk":
        """The records at these places of the chunk, in the order of the places."""
        if isinstance(self.data, tuple):
            return Chunk(self.numbers[places], tuple([self.data[place] for place in places]))
        return Chunk(self.numbers[places], self.data.take(pa.array(places)))

    def records(self) -> Iterator[tuple[int, Any]]:
        """Each record with its place: a dict, or the line as it was where it is no JSON object."""
        if not isinstance(self.data, tuple):
            yield from zip(self.numbers.tolist(), plain_records(self.data), strict=True)
            return
        for number, line in zip(self.numbers.tolist(), self.data, strict=True):
            yield number, parsed(line)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with no more than its own part of the columns."""
        if isinstance(self.data, tuple):
            return Chunk, (self.numbers, self.data)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.data.schema) as stream:
            stream.write_batch(self.data)
        return _unpacked, (self.numbers, sink.getvalue().to_pybytes())


def _unpacked(numbers: Places, stream: bytes) -> Chunk:
    return Chunk(numbers, pa.ipc.open_stream(stream).read_next_batch())


def parsed(line: bytes) -> Any:
    """The dict of a line, or the line itself where it holds something else."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return line
    return record if isinstance(record, dict) else line


def plain_records(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The records of a batch as dicts: three times as fast as Arrow's own `to_pylist` where they hold lists."""
    names = batch.schema.names
    values = [plain(column) for column in batch.columns]
    return [dict(zip(names, record, strict=True)) for record in zip(*values, strict=True)]


def plain(array: pa.Array) -> list[Any]:
    """The values of an array as Python's own; text that is not UTF-8 is mended with U+FFFD."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return plain(array.dictionary_decode())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        offsets = array.offsets.to_pylist()
        inner = plain(array.values[offsets[0] : offsets[-1]]) if offsets else []
        found: list[Any] = [inner[start - offsets[0] : end - offsets[0]] for start, end in pairwise(offsets)]
        return _with_nulls(array, found)
    if pa.types.is_struct(kind):
        fields = [plain(array.field(place)) for place in range(kind.num_fields)]
        names = [field.name for field in kind]
        records: list[Any] = [dict(zip(names, values, strict=True)) for values in zip(*fields, strict=True)]
        return _with_nulls(array, records or [{}] * len(array))
    try:
        values: list[Any] = array.to_pylist()
    except UnicodeDecodeError:
        raw = array.cast(pa.large_binary() if pa.types.is_large_string(kind) else pa.binary()).to_pylist()
        return [value if value is None else value.decode("utf-8", "replace") for value in raw]
    return values


def _with_nulls(array: pa.Array, values: list[Any]) -> list[Any]:
    if not array.null_count:
        return values
    valid = array.is_valid().to_pylist()
    return [value if there else None for value, there in zip(values, valid, strict=True)]
