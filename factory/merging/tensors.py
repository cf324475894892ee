"""One tensor of all the models, block by block: what methods reckon with.

A block is read from each file into memory of its own and let go, so that what is held at a time is some blocks per
thread, whatever the size of the models. Blocks are reckoned in threads; what they come to is put together in their
order, so that the number of threads can't show in the result.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from math import ceil
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

from factory.errors import DatasetError
from factory.merging.floats import FORMATS, Floats, Raw, decoded
from factory.merging.schedule import Schedule
from factory.merging.weights import Stored

T = TypeVar("T")

BLOCK = 1 << 18
"""Elements of a block: 1 MiB as float32. Sums and random numbers go by blocks: another size gives other bytes."""

Bits = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.int64]


class Files:
    """The weight files of all models, opened when they are first read. Use as a context."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._open: dict[Path, int] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        """Nothing to do."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        for handle in self._open.values():
            os.close(handle)

    def read(self, stored: Stored, begin: int, count: int) -> Raw:
        """Some elements of a tensor as the file holds them.

        Raises:
            DatasetError: the file can't be read, or has become shorter.
        """
        raw = np.empty(count, FORMATS[stored.tag].raw)
        self.fill(raw.view(np.uint8).data, stored.path, stored.offset + begin * raw.itemsize)
        return raw

    def fill(self, target: memoryview, path: Path, offset: int) -> None:
        """Bytes of a file from a place on.

        Raises:
            DatasetError: the file can't be read, or has become shorter.
        """
        try:
            handle = self._handle(path)
            while target.nbytes:
                got = os.preadv(handle, [target], offset)
                if not got:
                    raise DatasetError(f"{path} has become shorter while it was read; fetch the model again")
                target, offset = target[got:], offset + got
        except OSError as error:
            raise DatasetError(f"{path} can't be read: {error.strerror or error}") from error

    def _handle(self, path: Path) -> int:
        with self._lock:
            if path not in self._open:
                self._open[path] = os.open(path, os.O_RDONLY)
            return self._open[path]


class Tensor:
    """One tensor of all the models."""

    def __init__(
        self,
        name: str,
        stored: Sequence[Stored],
        *,
        depth: float,
        weights: Sequence[Schedule],
        streams: Sequence[str],
        files: Files,
        pool: ThreadPoolExecutor,
    ) -> None:
        """Read nothing yet.

        Args:
            name: its name.
            stored: where it lies in each model, the base first where there is one.
            depth: how deep it lies, 0 to 1.
            weights: those of the models.
            streams: names the random numbers of each model.
            files: what reads.
            pool: the threads in which blocks are reckoned.
        """
        self.name, self.size = name, stored[0].size
        self.weights = [self._at(weight, name, depth) for weight in weights]
        self._stored, self._depth, self._streams, self._files, self._pool = stored, depth, streams, files, pool

    @property
    def models(self) -> range:
        """The models by their places."""
        return range(len(self._stored))

    def at(self, schedule: Schedule) -> float:
        """A parameter's number for this tensor."""
        return self._at(schedule, self.name, self._depth)

    def length(self, block: int) -> int:
        """How many elements a block has."""
        return min(BLOCK, self.size - block * BLOCK)

    def block(self, model: int, block: int) -> Floats:
        """A block of one model, an array of its own."""
        stored = self._stored[model]
        return decoded(stored.tag, self._files.read(stored, block * BLOCK, self.length(block)))

    def random(self, model: int, block: int) -> Bits:
        """Whole numbers below 2**32, one per element: always the same for this seed, model, tensor and block."""
        key = sha256(f"{self._streams[model]}/{self.name}/{block}".encode()).digest()
        count = self.length(block)
        raw = np.random.SFC64(int.from_bytes(key)).random_raw((count + 1) // 2)
        return raw.astype("<u8", copy=False).view(np.uint32)[:count]

    def each(self, function: Callable[[int], T]) -> list[T]:
        """What a function says of every block, in their order."""
        blocks = ceil(self.size / BLOCK)
        if blocks == 1:
            return [function(0)]
        return list(self._pool.map(function, range(blocks)))

    def counted(self, values: Callable[[int], Bits], below: int) -> Counts:
        """How often each whole number below a bound comes up among the values of all blocks."""
        counts, lock = np.zeros(below, np.int64), Lock()

        def add(block: int) -> None:
            found = np.bincount(values(block), minlength=below)
            with lock:  # in any order: whole numbers add up to the same
                np.add(counts, found, out=counts)

        self.each(add)
        return counts

    @staticmethod
    def _at(schedule: Schedule, name: str, depth: float) -> float:
        number = schedule.at(name, depth)
        if number is None:  # `agreement.covered` has refused such a schedule
            raise LookupError(f"no parameter for {name}")
        return number
