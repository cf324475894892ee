"""Two texts are shown with what differs marked, whole, escaped, and in bounded work."""

import html
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.pages.changes import alike, marked, pieces


def text(markup: str) -> str:
    return html.unescape(re.sub(r"</?(?:ins|del)>", "", markup))


def test_words_are_compared_in_english_and_runs_of_a_script_in_japanese() -> None:
    assert marked("It is 12 <b>", "It was 13 <b>") == (
        "It <ins>is 12</ins> &lt;b&gt;",
        "It <del>was 13</del> &lt;b&gt;",
    )
    assert marked("太郎はりんごを買った。", "太郎はみかんを買った。") == (
        "太郎は<ins>りんご</ins>を買った。",
        "太郎は<del>みかん</del>を買った。",
    )


@given(*[st.text(alphabet="ab \nあい漢字<&", max_size=40)] * 2)
def test_no_character_is_lost(first: str, second: str) -> None:
    assert tuple(map(text, marked(first, second))) == (first, second)
    assert all(piece.first == piece.second for piece in pieces(first, second) if piece.common)
    assert 0 <= alike(first, second) <= 1


def test_equal_texts_have_no_marks_and_are_wholly_alike() -> None:
    assert marked("same <i>", "same <i>") == ("same &lt;i&gt;", "same &lt;i&gt;")
    assert alike("same", "same") == 1
    assert alike("", "") == 1
    assert alike("abc", "xyz") == 0


@pytest.mark.parametrize("letters", ["ab ", "あい ", "x\n"])
def test_long_and_wholly_different_texts_are_compared_more_coarsely(letters: str) -> None:
    draw = random.Random(0)
    first, second = ("".join(draw.choice(letters) for _ in range(30_000)) for _ in range(2))
    assert tuple(map(text, marked("same" + first, "same" + second))) == ("same" + first, "same" + second)
    assert marked("same " + first, "same " + second)[0].startswith("same ")
