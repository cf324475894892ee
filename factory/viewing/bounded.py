"""What was worked out and may be needed again, up to so many bytes: what was not asked for longest goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """What says how large it is."""

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""


T = TypeVar("T", bound=Sized)
_ENTRY = 200
"""Bytes that an entry takes beside its own."""


class Bounded(Generic[T]):
    """Values by their keys; several threads may ask at once, and then the same may be made twice."""

    def __init__(self, most: int) -> None:
        """Without any, and never more than `most` bytes."""
        self._most = most
        self._bytes = 0
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Hashable) -> T | None:
        """The value of a key; None where it is not kept, or no more."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: Hashable, value: T) -> T:
        """Keep a value; it is given back."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = value
                self._bytes += value.nbytes + _ENTRY
            while self._bytes > self._most and self._kept:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes + _ENTRY
        return value

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key: the one that is kept, or a new one."""
        found = self.find(key)
        return self.keep(key, make()) if found is None else found

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0
