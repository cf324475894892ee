from pathlib import Path

import pytest

from factory.errors import RecipeError
from factory.translation.glossary import Glossary, read

TERMS = {
    "machine learning": "機械学習",
    "learning": ["学習", "習得"],
    "Tokyo Tower": "東京タワー",
    "AI": "人工知能",
    "C++": "C++",
}


def found(text: str) -> list[str]:
    return [term.source for term in Glossary(TERMS).inside(text)]


def test_terms_are_found_as_whole_words_the_longest_first() -> None:
    assert found("Machine learning is not learning.") == ["machine learning", "learning"]
    assert found("relearning, learnings") == []
    assert found("A C++ course on AI, not MAIN or AID") == ["C++", "AI"]


def test_a_term_with_capitals_is_found_only_as_it_is() -> None:
    assert found("LEARNING at Tokyo Tower") == ["learning", "Tokyo Tower"]
    assert found("a tokyo tower of ai") == []


def test_terms_of_languages_without_spaces_are_found_anywhere() -> None:
    terms = Glossary({"東京": "Tokyo", "東京タワー": "Tokyo Tower"})
    assert [term.source for term in terms.inside("私は東京タワーのある東京に住む")] == ["東京タワー", "東京"]


def test_any_of_several_translations_will_do_in_any_width() -> None:
    glossary = Glossary({"learning": ["学習", "習得"], "AI": "AI"})
    assert glossary.missing("AI learning", "ＡＩの習得") == []
    assert [term.source for term in glossary.missing("AI learning", "人工知能を学ぶ")] == ["AI", "learning"]
    assert glossary.terms[0].target == "学習"


def test_many_terms_are_found_in_a_long_text() -> None:
    many = Glossary({f"term number {n}": f"用語{n}" for n in range(5_000)})
    assert [term.source for term in many.inside("term " * 20_000 + "term number 4321")] == ["term number 4321"]


def test_a_file_holds_terms(tmp_path: Path) -> None:
    path = tmp_path / "g.yaml"
    path.write_text("Kyoto: 京都\nknife: [包丁, ナイフ]\n")
    assert read(path) == {"Kyoto": "京都", "knife": ("包丁", "ナイフ")}


@pytest.mark.parametrize("text", ["- Kyoto\n", "Kyoto: 3\n", "Kyoto: []\n", "'': x\n", "Kyoto: {ja: 京都}\n"])
def test_a_file_of_something_else_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "g.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError) as caught:
        read(path)
    assert "term: translation" in str(caught.value)
    assert "\n" not in str(caught.value)
