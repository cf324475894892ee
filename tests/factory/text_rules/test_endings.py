"""Cut texts and mixed styles are told by their endings."""

import pytest

from factory.text_rules.politeness import style
from factory.text_rules.truncation import cut

WHOLE = "空が青いのは、太陽の光が空気の分子に当たって散らばるからです。"


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        (WHOLE + "\ufffd", "character"),
        (WHOLE + "\n```python\nx = 1", "code"),
        ("Then \\[ x = 1", "formula"),
        ("\\begin{align} x \\begin{cases} 1 \\end{cases}", "formula"),
        (WHOLE + "夕方になると、", "wants_more"),
        (WHOLE + "夕方になると太陽の光は空気の中をより長い距離にわたって", "sentence"),
        (WHOLE + "夕方になると太陽の光は空気の中をより長い距離を通ることで", "wants_more"),
        ("It scatters. In the evening the light of the sun has to travel a longer way through the", "wants_more"),
    ],
)
def test_a_cut_text_shows_its_sign(text, sign):
    assert cut(text) == sign


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        "東京",
        "",
        "次の三つです。\n- 赤\n- 青\n- 夕方の空の色として知られている橙色とその周りの色",
        "```python\nx = 1\n```",
        "Dear Sir,\nI can't come.\n\nSincerely,",
        "It scatters. In the evening the light travels farther before it comes to the eyes of those who look",
        WHOLE + "（終わり）",
        "楽しかったです。また遊びに行きたいと思っているので、そのときはよろしくお願いします😊",
    ],
)
def test_a_whole_text_shows_none(text):
    assert cut(text) == ""


def test_which_last_sentences_count_is_said():
    english = "It scatters. In the evening the light travels farther before it comes to the eyes of those who look"
    japanese = WHOLE + "夕方になると太陽の光は空気の中をより長い距離にわたって"
    assert cut(english, "all") == "sentence"
    assert cut(japanese, "none") == ""


def test_sentences_are_counted_by_style():
    found = style("空は青いです。海も青いのである。山は緑だ。見てください。川が流れています。")
    assert (found.polite, found.plain) == (2, 2)
    assert found.minority == 0.5


@pytest.mark.parametrize(
    "text",
    [
        "「行くのだ。帰るのだ。」と彼は言いました。そして帰りました。",
        "次の通りです。\n- 赤である。\n- 青である。\n以上です。",
        "答えです。\n```\n# 足すのだ。引くのだ。\n```\nどうぞ。",
    ],
)
def test_quotations_lists_and_code_have_no_style(text):
    assert style(text).plain == 0


def test_a_text_without_japanese_sentences_has_no_style():
    assert style("It is blue.").minority is None
    assert style("東京").minority is None


@pytest.mark.parametrize("piece", ["「", "（", "だ。", " ", "\n \n", "\\begin{", "すa", "1.", '"す'])
def test_hostile_texts_take_no_long_time(piece):
    style("だった。" + piece * 100_000)
    cut(piece * 100_000)
