import struct

import numpy as np
import pytest

from factory import dedup
from factory.errors import DatasetError
from factory.near import shingle, sketches
from factory.near.sketches import Sketches

TEXTS = ["What is the best way to bake bread?", "Ｗhat is the best way to bake breads?", "山の名前を教えて", "a", ""]


def theirs(text, seed):
    datasketch = pytest.importorskip("datasketch")
    sketch = datasketch.MinHash(num_perm=128, seed=seed, hashfunc=int)
    sketch.update_batch(shingle.raw_hashes(dedup.fold(text)))
    return sketch


@pytest.mark.parametrize("seed", [1, 77])
def test_our_sketches_are_those_of_datasketch(seed):
    ours = sketches.sketched(TEXTS, seed)
    for row, text in zip(ours.signatures, TEXTS, strict=True):
        assert row.tolist() == theirs(text, seed).hashvalues.tolist()


def test_datasketch_reads_what_we_write():
    datasketch = pytest.importorskip("datasketch")
    ours = sketches.sketched(TEXTS)
    for sketch, text in zip(sketches.exported(ours), TEXTS, strict=True):
        assert datasketch.LeanMinHash.deserialize(sketch, byteorder="<").jaccard(theirs(text, 1)) == 1


@pytest.mark.parametrize("order", ["<", "@"])
def test_we_read_what_datasketch_writes(order):
    datasketch = pytest.importorskip("datasketch")
    written = []
    for text in TEXTS:
        lean = datasketch.LeanMinHash(theirs(text, 5))
        buffer = bytearray(lean.bytesize(order))
        lean.serialize(buffer, order)
        written.append(bytes(buffer))
    ours = sketches.sketched(TEXTS, 5)
    read = sketches.imported(written)
    assert read.seed == 5
    np.testing.assert_array_equal(read.signatures, ours.signatures)


def test_written_and_read_is_the_same():
    ours = sketches.sketched(TEXTS, 3)
    read = sketches.imported(sketches.exported(ours))
    assert read.seed == 3
    np.testing.assert_array_equal(read.signatures, ours.signatures)


ONE = sketches.exported(Sketches(1, np.zeros((1, 4), np.uint32)))[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([b"short"], "not a LeanMinHash"),
        ([struct.pack("<qi4I", 1, 4, 0, 0, 0, 0)], "isn't of scheme 'affine32'"),
        ([ONE[:-1]], "cut or damaged"),
        ([struct.pack("<qiB", 1, -(2**31), 1)], "cut or damaged"),
        ([ONE, sketches.exported(Sketches(2, np.zeros((1, 4), np.uint32)))[0]], "2 kinds"),
    ],
)
def test_what_is_no_sketch_or_of_another_kind_is_refused(given, said):
    with pytest.raises(DatasetError, match=said):
        sketches.imported(given)


def test_no_sketches_are_none():
    assert sketches.imported([]).signatures.shape == (0, 128)
