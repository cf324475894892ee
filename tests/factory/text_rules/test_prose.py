"""Code, formulas, tables and links are no prose."""

import pytest

from factory.text_rules.prose import open_fence, prose, without_code


@pytest.mark.parametrize(
    "marked",
    [
        "```python\nx = 1\n```",
        "\n~~~\nx\n~~~",
        "`x = 1`",
        "$x^2 + 1$",
        "$$\nx\n$$",
        "\\[ x \\]",
        "\\( x \\)",
        "\\begin{align} x \\end{align}",
        "https://example.com/x?y=1",
        "<b>",
        "\n| 名前 | 値 |\n|---|---|\n",
    ],
)
def test_what_is_no_prose_is_left_out(marked):
    assert prose(f"まえ {marked} あと").split() == ["まえ", "あと"]


@pytest.mark.parametrize(
    "text", ["5 < 6 で 7 > 6", "It costs $5 and then $10 more.", "a | b", "\\[ never closed", "100% です。", "", "~"]
)
def test_prose_stays(text):
    assert prose(text) == text


def test_an_open_block_of_code_goes_to_the_end():
    assert prose("まえ ```python\nx = 1\ny").strip() == "まえ"
    assert without_code("まえ ```x``` あと `y`").split() == ["まえ", "あと", "`y`"]
    assert open_fence("```x")
    assert not open_fence("```x```")


@pytest.mark.parametrize("piece", ["`", "```", "\\[", "\\(", "$", "$$a", "\\begin{", "<a", "~~~\n", "|", "https://"])
def test_hostile_texts_take_no_long_time(piece):
    prose(piece * 100_000)
