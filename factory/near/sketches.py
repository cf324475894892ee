"""Signatures exchanged with datasketch 2: its scheme `affine32`, in the byte format of its `LeanMinHash`.

datasketch isn't needed for it. Texts sketched here equal those that datasketch makes of `shingle.raw_hashes` with
`hashfunc=int`. Sketches that others made by another hash can be compared with each other (`bands.candidates`), never
with ours, and never exactly: the n-grams aren't in them.

Source: ekzhu/datasketch 2.0.0, `minhash.py` and `lean_minhash.py`.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from factory.errors import DatasetError
from factory.near import fold, signature
from factory.near.arrays import Signatures
from factory.near.constants import BINS
from factory.near.kernels import kernel

AFFINE32 = 1
"""datasketch's code of the scheme."""
_HEADER = struct.Struct("<qiB")
_ALIGNED = 16
"""The header's bytes where datasketch wrote in its default, native order."""


class Sketches(NamedTuple):
    """Signatures of one seed."""

    seed: int
    signatures: Signatures


def sketched(texts: Sequence[str], seed: int = 1) -> Sketches:
    """The `affine32` signatures of texts, folded, by 5-grams."""
    compute = kernel(len(texts))
    parts = [np.empty((0, BINS), dtype=np.uint32)]
    factors, offsets = signature.permutations(seed, BINS)
    parts += [compute.affine(block.codes, block.starts, factors, offsets) for block in fold.blocks(texts, compute)]
    return Sketches(seed, np.concatenate(parts))


def exported(sketches: Sketches) -> list[bytes]:
    """Each sketch as `LeanMinHash.deserialize(..., byteorder="<")` reads it."""
    header = _HEADER.pack(sketches.seed, -sketches.signatures.shape[1], AFFINE32)
    return [header + row.astype("<u4").tobytes() for row in sketches.signatures]


def imported(sketches: Sequence[bytes]) -> Sketches:
    """What `LeanMinHash.serialize` wrote, little-endian, in its default order or with `byteorder="<"`.

    Raises:
        DatasetError: one isn't a sketch of scheme `affine32`, or they differ in seed or size.
    """
    rows, kinds = [], set()
    for place, sketch in enumerate(sketches):
        if len(sketch) < _HEADER.size:
            raise DatasetError(f"sketch {place} has {len(sketch)} bytes: not a LeanMinHash of datasketch 2")
        seed, count, scheme = _HEADER.unpack_from(sketch)
        if count >= 0 or scheme != AFFINE32:
            raise DatasetError(f"sketch {place} isn't of scheme 'affine32': make it again with datasketch 2's default")
        begin = len(sketch) + 4 * count
        if begin not in (_HEADER.size, _ALIGNED):
            raise DatasetError(f"sketch {place} has {len(sketch)} bytes for {-count} values: it is cut or damaged")
        kinds.add((seed, -count))
        rows.append(np.frombuffer(sketch, dtype="<u4", offset=begin))
    if len(kinds) > 1:
        raise DatasetError(
            f"sketches of {len(kinds)} kinds (seed, values): {sorted(kinds)[:5]}; only one can be compared"
        )
    seed, count = kinds.pop() if kinds else (1, BINS)
    return Sketches(seed, np.array(rows, dtype=np.uint32).reshape(len(rows), count))
