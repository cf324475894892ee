"""Loops over arrays, compiled by numba where it is installed (the extra `fast`).

A kernel is a plain function over arrays of integers with a twin in numpy that gives the same bits, so nothing that is
written depends on whether numba is there. Compiled code is kept on disk where numba finds a place for it.
"""

from collections import Counter
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from types import ModuleType
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

WORTH = 100_000
"""Elements from which loading a kernel (tenths of a second, once) is less than what it saves."""


SMALL = 100
"""A hundredth of that is worth a call of a kernel that is loaded."""
_seen: Counter[Callable[..., object]] = Counter()
"""Elements that each kernel was asked for, so that many small calls load it too."""


def kernel(function: Callable[P, T], elements: int) -> Callable[P, T] | None:
    """The compiled function; None where numba is missing or the work is too small for it."""
    _seen[function] += elements
    if elements < WORTH // SMALL or _seen[function] < WORTH:
        return None
    return cast("Callable[P, T] | None", _compiled(function))


@cache
def _compiled(function: Callable[..., object]) -> Callable[..., object] | None:
    return None if find_spec("numba") is None else jit(function)


def jit(function: Callable[P, T]) -> Callable[P, T]:
    """The function, compiled on its first call; kept on disk where a folder for it can be written."""
    from numba import njit

    try:
        return cast(Callable[P, T], njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba found no such folder
        return cast(Callable[P, T], njit(nogil=True)(function))


def stamp(module: ModuleType) -> str:
    """A digest of the numbers that a module's functions see.

    numba keeps compiled code until the function's own file changes, and numbers that the file imports are compiled into
    it. So a file of kernels that imports some holds this digest as `STAMP`, and changes whenever they do; a test
    compares the two.
    """
    import numpy as np

    numbers = {
        name: np.asarray(value).tolist()
        for name, value in vars(module).items()
        if isinstance(value, int | float | np.generic | np.ndarray)
    }
    return blake2b(repr(sorted(numbers.items())).encode(), digest_size=8).hexdigest()
