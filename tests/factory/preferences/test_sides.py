"""What is seen of answers: Markdown, languages, refusals, the assistant's words alone."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory import columns
from factory.collapse import refuses
from factory.language import languages
from factory.preferences import sides
from factory.row import Message, Pair


def seen(text: str) -> set[str]:
    return {name for name, found in sides.formats(pa.array([text]), [text]).items() if found[0]}


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("Plain words, and a year:\n1999. It was cold.", set()),
        ("- bread\n- water", {"list"}),
        ("・パン\n・水", {"list"}),
        ("1) bread\n2) water", {"list"}),
        ("１．パン\n２．水", {"list"}),
        ("1.パン\n2.水", {"list"}),
        ("10.04.03\n3.14 is no entry", set()),
        ("- - only a dash of dialogue", set()),
        ("## Bread\nFlour.", {"heading"}),
        ("#bread is a hashtag", set()),
        ("```python\nx = 1\n```", {"code"}),
        ("これは**重要**です。", {"bold"}),
        ("You are a f****** c***, 2**3**4, ****-****", set()),
        ("| a | b |\n|---|---|\n| 1 | 2 |", {"table"}),
        ("so $x^2 = 4$.", {"latex"}),
        ("\\(x\\) and \\[y\\]", {"latex"}),
        ("It costs $5 to fix, or $6.", set()),
        ("and then we take the flour,（", {"cut"}),
        ("```python\nx =", {"code", "cut"}),
    ],
)
def test_formats_are_what_markdown_calls_so(text, formats):
    assert seen(text) == formats


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("You can bake the bread with this flour.", "en"),
        ("パンは小麦粉から作ります。", "ja"),
        ("Das ist nicht der Weg, den wir mit dem Auto fahren.", "other"),
        ("42", "none"),
        ("$x = 3$", "none"),
        ("someone@example.com", "none"),
        ("", "none"),
    ],
)
def test_languages_are_known_where_a_text_has_one(text, language):
    assert sides.spoken(pa.array([text])) == [language]


def test_mixed_texts_and_texts_without_a_language_differ_from_none():
    assert sides.differ("ja", "en")
    assert not any(sides.differ(*both) for both in (("ja", "mixed"), ("none", "en"), ("en", "en")))


@given(st.text("I'm sorry, can not unable you are that with 「」\"'`$ 申し訳ありませんできかねます", max_size=80))
def test_the_quick_looks_say_what_the_rules_say(text):
    array = pa.array([text])
    assert bool(sides.refusals(array, [text])[0]) == refuses(text)
    (quick,), (slow,) = sides.spoken(array), languages([text[: sides.READ]])
    assert quick in {slow, "en", "none"}


REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I cannot assist with this request.",
    '"Sure" is what I would say, but unfortunately I am unable to.',
    "“That” I can’t do that.",
    "As an AI, I do not have a body.",
    "申し訳ありませんが、お答えできません。",
    "AIとして、意見は持っていません。",
    "そのご質問にはお答えしかねます。",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_every_refusal_holds_one_of_the_words_that_are_looked_for_first(text):
    assert bool(sides.refusals(pa.array([text]), [text])[0]) == refuses(text)


def test_refusals_are_found_among_other_texts():
    texts = ["Bread.", *REFUSALS, "I can do that."]
    found = sides.refusals(pa.array(texts), texts)
    assert found.sum() >= 5
    assert not found[0]
    assert not found[-1]


def test_a_side_is_what_the_assistant_says_wherever_the_column_is_cut():
    turns = [Message("assistant", "a"), Message("user", "no"), Message("assistant", "b")]
    rows = [Pair((Message("user", str(n)),), tuple(turns[: n % 4]), (), "mit", "s", "g") for n in range(9)]
    column = columns.batch("pairs", rows, [()] * 9)["chosen"]
    whole = sides.said_by("assistant", column).to_pylist()
    assert whole == ["", "a", "a", "a\nb", "", "a", "a", "a\nb", ""]
    assert sides.said_by("assistant", column.slice(2, 5)).to_pylist() == whole[2:7]
    assert sides.said_by("assistant", column.slice(9)).to_pylist() == []


@pytest.mark.timeout(60)
def test_hostile_texts_take_no_long_time():
    texts = ["**" * 100_000, "$" * 200_000, "- " * 100_000, "|-" * 100_000, "you that with " * 20_000, "#\n" * 90_000]
    sides.formats(pa.array(texts), texts)
    sides.spoken(pa.array(texts))
    assert sides.formats(pa.array(texts), texts)["list"].tolist() == [False] * 6
