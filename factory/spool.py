"""Many texts in a temporary file, read by their place: what would not fit into memory as Python strings.

A million conversations of 400 Japanese characters are 0.9 GB as strings, and are needed a few at a time.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, SupportsIndex, overload

import numpy as np
import numpy.typing as npt

from factory import durable

_WRITE = 1 << 22


class Spool(Sequence[str]):
    """Texts in the order in which they were added. Use as a context; the file has no name and is gone with it."""

    def __init__(self, folder: Path) -> None:
        """Begin without any, in a file system that has room."""
        self._folder = folder
        with durable.disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by `__exit__`
        self._lengths: list[npt.NDArray[np.int64]] = []
        self._ends = np.zeros(0, np.int64)
        self._waiting = bytearray()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the file."""
        self._file.close()

    def add(self, texts: Sequence[str]) -> None:
        """Add texts; a half surrogate pair stays as it is."""
        raw = [text.encode("utf-8", "surrogatepass") for text in texts]
        self._lengths.append(np.fromiter(map(len, raw), np.int64, len(raw)))
        self._waiting += b"".join(raw)
        if len(self._waiting) >= _WRITE:
            self._flush()

    def close(self) -> None:
        """No further text will come: from now on they can be read."""
        self._flush()
        self._ends = np.concatenate([np.zeros(1, np.int64), *self._lengths]).cumsum()
        self._lengths = []

    def __len__(self) -> int:
        """How many."""
        return max(0, len(self._ends) - 1)

    @overload
    def __getitem__(self, place: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: SupportsIndex | slice) -> str | Sequence[str]:
        """The text at a place, or those of a slice."""
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        at = place.__index__()
        if not 0 <= at < len(self):
            raise IndexError(at)
        start = int(self._ends[at])
        raw = os.pread(self._file.fileno(), int(self._ends[at + 1]) - start, start)
        return raw.decode("utf-8", "surrogatepass")

    def _flush(self) -> None:
        with durable.disk_errors(self._folder):
            view = memoryview(self._waiting)
            while view:
                view = view[self._file.write(view) :]
        self._waiting = bytearray()


class Chosen(Sequence[str]):
    """Some texts of a sequence, in another order; none is read before it is asked for."""

    def __init__(self, texts: Sequence[str], places: npt.NDArray[np.int64]) -> None:
        """The texts at these places."""
        self._texts, self._places = texts, places

    def __len__(self) -> int:
        """How many."""
        return len(self._places)

    @overload
    def __getitem__(self, place: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: SupportsIndex | slice) -> str | Sequence[str]:
        """The text at a place, or those of a slice."""
        if isinstance(place, slice):
            return [self._texts[int(at)] for at in self._places[place]]
        return self._texts[int(self._places[place.__index__()])]
