"""The inner loops, in numpy or in numba: which of the two changes the time and nothing else."""

import sys
from functools import cache
from typing import Protocol, cast

from factory.near.arrays import Codes, Keys, Mask, Places, Signatures, Signed, Similarities, Starts

MANY_ROWS = 30_000
"""From so many rows on, loading numba (0.5 s, and some seconds on the first use ever) pays."""


class Kernel(Protocol):
    """What both modules have."""

    def fold(self, points: Codes, starts: Starts, table: Codes) -> tuple[Codes, Starts, Mask]:
        """Folded code points with runs of spaces made one, their rows, and which rows the table can't fold."""
        ...

    def one_permutation(self, codes: Codes, starts: Starts, sources: Codes) -> Signatures:
        """The signatures of scheme `oph`."""
        ...

    def signed(
        self, points: Codes, starts: Starts, table: Codes, sources: Codes, bands: int, rows: int
    ) -> tuple[Codes, Starts, Mask, Signatures, Codes]:
        """`fold`, then `one_permutation` and `bucket_keys` of what it gave: one call, for rows that come one by one."""
        ...

    def affine(self, codes: Codes, starts: Starts, factors: Codes, offsets: Codes) -> Signatures:
        """The signatures of scheme `affine32`."""
        ...

    def overlap(self, codes: Codes, starts: Starts, left: Places, right: Places, size: int) -> tuple[Places, Places]:
        """For pairs of rows: how many n-grams they share, and how many they have together."""
        ...

    def band_keys(self, signatures: Signatures, band: int, rows: int) -> Keys:
        """The key of one band of `rows` slots, per text."""
        ...

    def bucket_keys(self, signatures: Signatures, bands: int, rows: int) -> Codes:
        """The leading 32 bits of the keys of all bands, a row per text."""
        ...

    def agreement(self, signatures: Signatures, left: Places, right: Places) -> Places:
        """For pairs of rows: how many slots are equal."""
        ...

    def plausible(self, mine: Signed, left: Places, theirs: Signed, right: Places, least: Similarities) -> Mask:
        """Of which pairs, `mine[left[i]]` and `theirs[right[i]]`, enough slots are equal.

        `least` says how many by the length of the shorter text; its last entry holds for all longer ones.
        """
        ...


@cache
def numba_installed() -> bool:
    """Whether the extra `fast` is there."""
    from importlib.util import find_spec

    return find_spec("numba") is not None


def is_numba(compute: Kernel) -> bool:
    """Whether a kernel is the compiled one."""
    return compute is sys.modules.get("factory.near.kernel_numba")


def kernel(rows: int) -> Kernel:
    """The faster one for so many rows."""
    loaded = sys.modules.get("factory.near.kernel_numba")
    if loaded:
        return cast(Kernel, loaded)
    return named("numba" if rows >= MANY_ROWS and numba_installed() else "numpy")


def named(name: str) -> Kernel:
    """The kernel of that name.

    Raises:
        LookupError: there is none of that name.
    """
    if name == "numba":
        from factory.near import kernel_numba

        return cast(Kernel, kernel_numba)
    if name == "numpy":
        from factory.near import kernel_numpy

        return cast(Kernel, kernel_numpy)
    raise LookupError(f"no kernel {name!r}; there are 'numpy' and 'numba'")
