"""Loops over arrays, compiled by numba where it is installed (the extra `fast`).

A kernel is a plain function over arrays of integers with a twin in numpy that gives the same bits, so nothing that is
written depends on whether numba is there. Compiled code is kept on disk where numba finds a place for it.
"""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

WORTH = 100_000
"""Elements from which loading a kernel (tenths of a second, once) is less than what it saves."""


def kernel(function: Callable[P, T], elements: int) -> Callable[P, T] | None:
    """The compiled function; None where numba is missing or the work is too small for it."""
    if elements < WORTH:
        return None
    return cast("Callable[P, T] | None", _compiled(function))


@cache
def _compiled(function: Callable[..., object]) -> Callable[..., object] | None:
    if find_spec("numba") is None:
        return None
    from numba import njit

    try:
        return cast(Callable[..., object], njit(cache=True, nogil=True)(function))
    except RuntimeError:  # no folder can be written that would keep the compiled code
        return cast(Callable[..., object], njit(nogil=True)(function))
