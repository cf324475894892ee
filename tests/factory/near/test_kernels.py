"""The kernels give the same bits as each other, as plain Python, and as they did before."""

import hashlib

import numpy as np
import pytest

from factory import dedup
from factory.near import fold, kernels, shingle, signature, verify
from factory.near.constants import BINS, EMPTY

GOLDEN = "e116a6f3ce0d01ac7090f48225d2333f"
TEXTS = ["", "a", "abcd", "abcde", "abcdef", "ありがとう", "ＡＢＣ　ｄｅｆ", "e\u0301tude", "x" * 300, "\ud800 half"]


def gram_sets(text, size):
    return {shingle.finalized(value) for value in shingle.raw_hashes(dedup.fold(text), size)}


def plain_signature(text):
    """The scheme `oph`, written down as its description says."""
    slots = [EMPTY] * BINS
    for value in gram_sets(text, shingle.GRAM):
        slots[value >> 25] = min(slots[value >> 25], value)
    result = []
    for slot, value in enumerate(slots):
        walk = [slots[source] for source in signature.sources()[:, slot]]
        ahead = [slots[(slot + step) % BINS] for step in range(1, BINS)]
        result.append(value if value != EMPTY else next(one for one in (*walk, *ahead) if one != EMPTY))
    return result


def test_signatures_are_those_of_plain_python(compute, corpus):
    texts = TEXTS + corpus(60)
    codes, starts = fold.folded(texts, compute)
    assert signature.of_codes(codes, starts, compute).tolist() == list(map(plain_signature, texts))


def test_affine_signatures_are_the_least_images_of_all_grams(compute):
    factors, offsets = signature.permutations(1, BINS)
    codes, starts = fold.folded(TEXTS, compute)
    expected = [
        [
            min((value * int(a) + int(b)) % 2**32 for value in gram_sets(text, 5))
            for a, b in zip(factors, offsets, strict=True)
        ]
        for text in TEXTS
    ]
    assert compute.affine(codes, starts, factors, offsets).tolist() == expected


@pytest.mark.parametrize("size", [shingle.GRAM, shingle.LONG_GRAM])
def test_overlap_is_that_of_sets(compute, corpus, size):
    texts = TEXTS + corpus(100, 60)
    codes, starts = fold.folded(texts, compute)
    left = np.repeat(np.arange(len(texts)), 3)
    right = (left * 7 + np.tile([0, 1, 5], len(texts))) % len(texts)
    shared, union = compute.overlap(codes, starts, left, right, size)
    sets = [gram_sets(text, size) for text in texts]
    assert shared.tolist() == [len(sets[a] & sets[b]) for a, b in zip(left, right, strict=True)]
    assert union.tolist() == [len(sets[a] | sets[b]) for a, b in zip(left, right, strict=True)]


def test_rows_that_come_one_by_one_are_signed_as_all_are(compute, corpus):
    texts = [*TEXTS, "e\u0301tude \u2460 \u1100\u1161", *corpus(60)]
    codes, starts = fold.folded(texts, compute)
    signs = signature.of_codes(codes, starts, compute)
    together = signature.signed(texts, 21, 6, compute)
    alone = [signature.signed([text], 21, 6, compute) for text in texts]
    for one, other in zip(together, (codes, starts, signs, compute.bucket_keys(signs, 21, 6)), strict=True):
        np.testing.assert_array_equal(one, other)
    for part in (0, 2, 3):
        np.testing.assert_array_equal(np.concatenate([one[part] for one in alone]), together[part])


def test_bits_are_what_they_were(compute, corpus):
    """Stored signatures depend on them: where this fails, give `segments.MADE_BY` a new format."""
    codes, starts = fold.folded(TEXTS + corpus(200), compute)
    signs = signature.of_codes(codes, starts, compute)
    keys = compute.bucket_keys(signs, 21, 6)
    digest = hashlib.sha256(signs.astype("<u4").tobytes() + keys.astype("<u4").tobytes())
    assert digest.hexdigest()[:32] == GOLDEN


def test_numba_and_numpy_agree_on_every_function(corpus):
    pytest.importorskip("numba")
    results = []
    texts = TEXTS + corpus(300)
    for name in ("numpy", "numba"):
        one = kernels.named(name)
        codes, starts = fold.folded(texts, one)
        signs = signature.of_codes(codes, starts, one)
        left, right = np.arange(150), np.arange(150, 300)
        lengths = starts[1:] - starts[:-1]
        mine, theirs = (signs[:150], lengths[:150]), (signs[150:], lengths[150:])
        worth = one.plausible(mine, left, theirs, right - 150, verify.least(0.3))
        results.append([codes, starts, signs, one.band_keys(signs, 20, 6), one.agreement(signs, left, right), worth])
        results[-1] += one.signed(*fold.points(texts), fold.table(), signature.sources(), 21, 6)
    for mine, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(mine, theirs)
        assert mine.dtype == theirs.dtype


def test_numba_is_loaded_for_many_rows_alone(monkeypatch):
    monkeypatch.delitem(__import__("sys").modules, "factory.near.kernel_numba", raising=False)
    assert not kernels.is_numba(kernels.kernel(kernels.MANY_ROWS - 1))
    with pytest.raises(LookupError, match="'numpy' and 'numba'"):
        kernels.named("rust")
