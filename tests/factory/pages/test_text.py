"""Text from rows becomes blocks, code and formulas, and never a tag or a character that it hides."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.pages.environment import environment
from factory.pages.formula import formula
from factory.pages.text import MOST, rendered
from factory.pages.unseen import leaf, plain

OURS = re.compile(
    r'<(?:/?(?:p|code|pre|strong|span|div)|math display="(?:inline|block)" alttext="[^"<>]*"|/math|/?m[a-z]+|'
    r'(?:p|span|code|div) class="[a-z0-9 -]+"|pre tabindex="0"|m[a-z]+(?: [a-z]+="[A-Za-z0-9 .+-]*")+)>'
)


def tags(markup: str) -> list[str]:
    return re.findall(r"<[^>]*>?", markup)


def test_code_formulas_and_lists_are_told_apart() -> None:
    made = rendered("Let $x^2 = 4$.\n\n```py\nx = '<b>'\n```\n- one\n  - `two`\n\n**so**")
    assert "<math" in made
    assert '<span class="label">py</span><code>x = &#39;&lt;b&gt;&#39;</code>' in made
    assert 'depth-1"><span class="bullet">-</span><span><code>two</code>' in made
    assert "<strong>so</strong>" in made


def test_prices_are_no_formula() -> None:
    assert rendered("It costs $5 and then $6, or $ 7 $.") == "<p>It costs $5 and then $6, or $ 7 $.</p>"


def test_a_displayed_formula_may_have_lines_that_look_like_a_list() -> None:
    made = rendered("So\n\\[\n- 3x = 5\n\\]\nand $$x$$")
    assert made.count('<math display="block"') == 2
    assert "bullet" not in made


@pytest.mark.parametrize(
    "tex",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\def\a{\b\b}\def\b{\c\c}\a",
        r"\newcommand{\x}{<script>}\x",
        r"\style{color:red}{x}",
        r"\nosuchcommand x",
        r"\frac{",
        "{" * 30 + "x" + "}" * 30,
        "x" * 2_001,
        r"\begin{matrix}" * 30,
        r"\frac" * 300,
    ],
)
def test_tex_that_is_not_to_be_set_stays_as_it_was_written(tex: str) -> None:
    assert formula(tex, display=False) is None
    assert rendered(f"${tex}$", most=5_000).find("<math") < 0


def test_html_in_a_formula_is_text() -> None:
    made = rendered(r"$\text{<script>alert(1)</script>}$ $\color{red\" onload=alert(1)}x$ $\hskip{99em}x$")
    assert made.count("<math") == 3
    assert all(OURS.fullmatch(tag) for tag in tags(made)), made
    assert "<mtext>&lt;script&gt;" in made
    assert "onload" not in re.sub(r'alttext="[^"]*"', "", made)
    assert re.search(r"<mspace[^>]*99", made) is None or "99em" in made


@given(st.text(alphabet=st.sampled_from("$\\`*~-#<>\"'&;{}[]()\n \tabx1_^.|\u202e\u200b\x00/=:"), max_size=200))
def test_no_text_makes_a_tag_that_is_not_ours(text: str) -> None:
    made = rendered(text)
    assert [tag for tag in tags(made) if not OURS.fullmatch(tag)] == []


@given(st.text(max_size=100))
def test_a_text_without_marks_is_shown_whole(text: str) -> None:
    kept = re.sub(r"[`$*\\~\-#+•・0-9\s]", "x", plain(text)) or "x"
    assert html.unescape(re.sub(r"<[^>]*>", "", rendered(kept))) == kept


def test_what_is_not_seen_is_named() -> None:
    assert plain("a\u202eb\x1b[2J\ud800") == "a⟨U+202E⟩b⟨U+001B⟩[2J⟨U+D800⟩"
    assert leaf("a\u200b<") == 'a<span class="unseen">U+200B</span>&lt;'
    assert plain("👨\u200d👩 葛\U000e0100 é\t\n") == "👨\u200d👩 葛\U000e0100 é\t\n"


def test_a_long_text_says_how_much_more_there_is() -> None:
    assert rendered("x" * (MOST + 1_234)).endswith('<p class="cut">… +1,234</p>')


def test_a_template_escapes_and_names_what_it_is_given() -> None:
    page = environment().from_string('<i title="{{ name }}">{{ name }}</i>{{ name | exact }}{{ 1200 | number }}')
    said = page.render(name='"><script>\u202e{{ 7 * 7 }}')
    assert said == (
        '<i title="&#34;&gt;&lt;script&gt;⟨U+202E⟩{{ 7 * 7 }}">&#34;&gt;&lt;script&gt;⟨U+202E⟩{{ 7 * 7 }}</i>'
        "&#34;&gt;&lt;script&gt;\u202e{{ 7 * 7 }}1,200"
    )
