"""The rows of an index on disk: segments that never change, and a manifest that names them.

A segment is an Arrow file, read through a memory map: per row its id, its folded text (what similarity is computed
from), its answer, its length and its signature, about 1.4 KB for 437 characters. It is whole before the manifest names
it, and what the manifest doesn't name isn't there: a killed run leaves the index as its last commit left it.
"""

import json
import mmap
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from factory import durable
from factory.errors import DatasetError
from factory.near import fold, shingle, signature
from factory.near.arrays import Places, Signatures
from factory.near.constants import BINS

MANIFEST = "index.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MADE_BY: Mapping[str, Any] = {
    "format": 1,
    "scheme": "oph",
    "seed": signature.OPH_SEED,
    "slots": BINS,
    "gram": shingle.GRAM,
    "fold": fold.VERSION,
}
"""What signatures must have in common to be compared."""

_MAPPED: Mapping[str, Any] = (
    {"flags": mmap.MAP_SHARED | mmap.MAP_POPULATE, "prot": mmap.PROT_READ}
    if sys.platform == "linux"
    else {"access": mmap.ACCESS_READ}
)
"""On Linux all pages at once, at 40 ms a gigabyte; one by one, as rows are looked at, each can take as many µs."""
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.large_binary()),
        ("answer", pa.string()),
        ("length", pa.int64()),
        ("signature", pa.binary(4 * BINS)),
    ]
)


@dataclass(slots=True)
class Rows:
    """Rows of an index that came together, in memory: those that no segment holds yet."""

    dataset: str = ""
    ids: list[str] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    answers: list[str | None] = field(default_factory=list)
    lengths: Places = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    signatures: Signatures = field(default_factory=lambda: np.empty((0, BINS), dtype=np.uint32))

    def __len__(self) -> int:
        """How many there are."""
        return len(self.ids)

    def add(
        self,
        ids: Sequence[str],
        texts: Sequence[bytes],
        answers: Sequence[str | None],
        lengths: Places,
        signs: Signatures,
    ) -> None:
        """Append rows; the arrays have room to spare, so that rows can come one by one."""
        begin, end = len(self.ids), len(self.ids) + len(ids)
        if end > len(self.lengths):
            room = max(1024, 2 * end)
            self.lengths = np.concatenate([self.lengths, np.empty(room - len(self.lengths), dtype=np.int64)])
            self.signatures = np.concatenate(
                [self.signatures, np.empty((room - len(self.signatures), BINS), dtype=np.uint32)]
            )
        self.lengths[begin:end], self.signatures[begin:end] = lengths, signs
        self.ids += ids
        self.texts += texts
        self.answers += answers

    def id(self, place: int) -> str:
        """The id of a row."""
        return self.ids[place]

    def text(self, place: int) -> bytes:
        """The folded text of a row, in UTF-8."""
        return self.texts[place]

    def answer(self, place: int) -> str | None:
        """The answer of a row."""
        return self.answers[place]

    def write(self, path: Path) -> None:
        """Make them a segment: whole, or not there."""
        count = len(self)
        flat = self.signatures[:count].astype("<u4").tobytes()
        signs = pa.FixedSizeBinaryArray.from_buffers(pa.binary(4 * BINS), count, [None, pa.py_buffer(flat)])
        columns = [
            pa.array(self.ids, pa.string()),
            pa.array(self.texts, pa.large_binary()),
            pa.array(self.answers, pa.string()),
            pa.array(self.lengths[:count]),
            signs,
        ]
        with durable.disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with pa.OSFile(str(durable.temporary(path)), "wb") as file, pa.ipc.new_file(file, _SCHEMA) as writer:
                writer.write_batch(pa.record_batch(columns, schema=_SCHEMA))
            durable.publish(path)


class Segment:
    """A segment on disk, through a memory map."""

    def __init__(self, path: Path, size: int, dataset: str) -> None:
        """Open it.

        Raises:
            DatasetError: it is missing, cut or not a segment.
        """
        self.dataset = dataset
        try:
            if path.stat().st_size != size:
                raise DatasetError(
                    f"{path} has {path.stat().st_size} bytes, {MANIFEST} says {size}; make the index again"
                )
            with path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, **_MAPPED)
            batch = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(mapped))).get_batch(0)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise DatasetError(
                f"{path} can't be read as a segment of an index: {error}; make the index again"
            ) from error
        if batch.schema != _SCHEMA:
            raise DatasetError(f"{path} isn't a segment of an index; make the index again")
        self._ids, self._texts, self._answers = batch.column("id"), batch.column("text"), batch.column("answer")
        self.lengths: Places = batch.column("length").to_numpy()
        flat = batch.column("signature").buffers()[1]
        self.signatures: Signatures = np.frombuffer(flat, dtype="<u4", count=len(batch.column("id")) * BINS).reshape(
            -1, BINS
        )

    def __len__(self) -> int:
        """How many rows it has."""
        return len(self._ids)

    def id(self, place: int) -> str:
        """The id of a row."""
        return str(self._ids[place].as_py())

    def text(self, place: int) -> bytes:
        """The folded text of a row, in UTF-8."""
        return bytes(self._texts[place].as_py())

    def answer(self, place: int) -> str | None:
        """The answer of a row."""
        answer: str | None = self._answers[place].as_py()
        return answer


def manifest(folder: Path, key: str) -> dict[str, Any]:
    """What the folder holds; a new one where it holds nothing.

    Raises:
        DatasetError: it was made by other rules, so that its signatures can't be compared with ours.
    """
    path = folder / MANIFEST
    mine = {**MADE_BY, "key": key}
    if not path.exists():
        return {**mine, "segments": []}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        segments = [
            {
                "name": str(one["name"]),
                "dataset": str(one["dataset"]),
                "rows": int(one["rows"]),
                "bytes": int(one["bytes"]),
            }
            for one in told["segments"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path} can't be read as an index of near duplicates: {error}") from error
    for name, value in mine.items():
        if told.get(name) != value:
            raise DatasetError(
                f"{path} was made with {name} {told.get(name)!r}, this index needs {value!r}: "
                "signatures of two kinds can't be compared; use another folder"
            )
    if any(not NAME.fullmatch(str(one["name"])) for one in segments):
        raise DatasetError(f"{path} names a segment outside its folder")
    return {**mine, "segments": segments}


def path_of(folder: Path, name: str) -> Path:
    """Where a segment lies."""
    return folder / f"segment-{name}.arrow"
