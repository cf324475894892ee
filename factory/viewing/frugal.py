"""A process that looks at rows all day takes as little memory as it can, and gives back what it no longer needs."""

import ctypes

import pyarrow as pa

from factory import columns

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""Settings of glibc's mallopt."""
_LARGE = 256 << 10
"""Bytes from which on an array is memory of its own, so that nothing of it stays when it goes."""
_ARENAS = 2
"""Heaps, whatever the number of threads: a server has dozens that hardly work."""


def frugal() -> None:
    """Set the process up so; for processes that do nothing else, before their threads begin."""
    columns.leave_pandas_out()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # not glibc: what it has instead is left as it is
        return
    mallopt(_MMAP_THRESHOLD, _LARGE)
    mallopt(_ARENA_MAX, _ARENAS)
