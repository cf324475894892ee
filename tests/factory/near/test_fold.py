from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory import dedup
from factory.near import fold, kernels

AWKWARD = " \t\n\u3000\x1c\xa0あいうがカガﾊﾞＡ１①ﬁ½㌔日本語e\u0301ßİſ한글ᄀ\u1161\u11a8\ud800\u0345Σς\u0000"


def back(texts, compute):
    codes, starts = fold.folded(texts, compute)
    return [fold.text_of(codes[one:other]) for one, other in pairwise(starts)]


@given(st.lists(st.text(alphabet=st.one_of(st.sampled_from(AWKWARD), st.characters()), max_size=12), max_size=8))
def test_many_texts_are_folded_as_each_is_alone(texts):
    expected = list(map(dedup.fold, texts))
    assert back(texts, kernels.named("numpy")) == expected
    if kernels.numba_installed():
        assert back(texts, kernels.named("numba")) == expected


def test_code_points_between_letters_are_folded_as_python_folds_them(compute):
    table = fold.table()
    special = np.flatnonzero(table != np.arange(len(table)))
    for points in np.array_split(np.union1d(special, np.arange(0, len(table), 61)), 20):
        texts = [f"A{chr(point)}Z" for point in points.tolist()]
        assert back(texts, compute) == list(map(dedup.fold, texts))


@pytest.mark.parametrize("text", ["", " ", "  lead", "trail  ", "a  b", "　全角　空白　"])
def test_white_space_is_one_space_between_words(compute, text):
    assert back([text, "next", text], compute) == [dedup.fold(text), "next", dedup.fold(text)]


def test_blocks_hold_every_row_once_in_order(compute, monkeypatch):
    monkeypatch.setattr(fold, "BLOCK_CODES", 50)
    monkeypatch.setattr(fold, "BLOCK_ROWS", 7)
    texts = ["x" * size for size in (0, 3, 80, 0, 200, 1, 1, 40, 30, 5, 0)]
    blocks = list(fold.blocks(texts, compute))
    lengths = np.concatenate([np.diff(block.starts) for block in blocks])
    assert lengths.tolist() == list(map(len, texts))
    assert [block.first for block in blocks] == [
        0,
        *np.cumsum([len(block.starts) - 1 for block in blocks])[:-1].tolist(),
    ]
