"""Words of a list are found in one pass, whatever their number and the width of their letters."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.errors import RecipeError
from factory.text_rules.words import LONGEST, Words, fold, read


def test_latin_words_are_found_whole_and_japanese_ones_anywhere():
    words = Words(["hell", "馬鹿", "馬鹿者"])
    assert words.found("Hello, HELL! ＨＥＬＬ この馬鹿者め。馬鹿らしい。") == ["hell", "hell", "馬鹿者", "馬鹿"]


@given(st.lists(st.text("あいう", min_size=1, max_size=5), min_size=1, max_size=12), st.text("あいうえ", max_size=40))
def test_the_longest_word_is_found_at_each_place_as_by_plain_alternatives(words, text):
    plain = "|".join(sorted(map(re.escape, set(words)), key=len, reverse=True))
    assert Words(words).found(text) == re.findall(plain, text)


def test_marks_of_regular_expressions_are_letters_here():
    assert Words([fold("(笑)"), "死ね*"]).found("（笑） 死ね 死ね*") == ["(笑)", "死ね*"]


def test_a_file_is_read_folded_without_comments(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("# a list\n\nＢＡＤ\n  ばか \nbad\n", encoding="utf-8")
    assert read(path) == ["bad", "ばか"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"# none\n", "0 words"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"a" * (LONGEST + 1), "characters"),
        (b"a\n" * 2_000_001, "MB"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(tmp_path, content, says):
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=says):
        read(path)
    with pytest.raises(RecipeError, match="can't be read"):
        read(tmp_path / "none.txt")


def test_hostile_lists_and_texts_take_no_long_time():
    Words(["a" * n + "あ" for n in range(1, LONGEST)]).found("a" * 500_000)
