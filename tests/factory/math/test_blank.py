"""Blanking numbers: over arrays and one by one, the same."""

import re
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from factory.math.blank import blanked, one_by_one

PIECES = st.one_of(
    st.text(alphabet="0123456789", min_size=1, max_size=24),
    st.text(alphabet="0123456789.", min_size=1, max_size=12),
    st.text(alphabet=".,-+ $\\frac{}x^_\x1d\x1e\n", max_size=8),
    st.text(alphabet="ひらがな漢字です。、＋－１２３４５６７８９０．٣²½①", max_size=8),
    st.text(alphabet="𠮷😀𝟙𝟎\U0001f1ef\ufeff\u200b\u0301\0", max_size=4),
    st.text(max_size=6).filter(lambda text: not re.search("[\ud800-\udfff\ue000-\uf8ff]", text)),
)


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=8).map("".join))
@example("")
@example(".")
@example("1.")
@example(".1")
@example("1.2.3")
@example("1.2.3.4")
@example("1..2")
@example("1" * 17 + "." + "2")
@example("1" * 18)
@example("9" * 19)
@example("9" * 40 + " 7")
@example("0.000000000012")
@example("😀1😀2.5𠮷")
@example("１２3４")
def test_arrays_and_one_by_one_agree(text):
    assert blanked(text) == one_by_one(text)


@given(st.lists(PIECES, max_size=8).map("".join))
def test_the_numbers_are_those_of_the_text(text):
    found = re.findall(r"[0-9]+(?:\.[0-9]+)?", text)
    skeleton, numbers = blanked(text)
    assert numbers == [int(n.replace(".", "")) for n in found]
    assert not re.search("[0-9]", skeleton)
    assert re.sub("[\0\ue001-\uf8ff]", "", skeleton) == re.sub(r"[0-9]+(?:\.[0-9]+)?|\0", "", text)


@pytest.mark.parametrize(
    ("text", "skeleton", "numbers"),
    [
        ("", "", []),
        ("$3x + 12 = 0.50$", "$\0x + \0 = \ue002$", [3, 12, 50]),
        ("1.5倍の007", "\ue001倍の\0", [15, 7]),
        ("1.2.3", "\ue001.\0", [12, 3]),
        ("答えは5.", "答えは\0.", [5]),
        ("1,000", "\0,\0", [1, 0]),
        ("３個", "３個", []),
        ("123456789012345678901234567890", "\0", [123456789012345678901234567890]),
    ],
)
def test_numbers_are_blanked_with_their_decimal_places(text, skeleton, numbers):
    assert blanked(text) == (skeleton, numbers)


def test_a_number_of_any_length_is_read():
    digits = "7" * 9_001
    _, (number,) = blanked(digits)
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        assert number == int(digits)
    finally:
        sys.set_int_max_str_digits(limit)
