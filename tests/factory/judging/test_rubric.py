"""Rubrics: those that ship, and what is wrong with one's own, told before anything is asked."""

import pytest

from factory.errors import RecipeError
from factory.judging.rubric import rubrics
from factory.prompts import folder

OWN = "{# user #}\n{# scale: 1 to 7 #}\nAnswer: {{ answer }}. From {{ low }} to {{ high }}: "
SHIPPED = sorted({path.name.split(".")[0] for path in (folder() / "llm").glob("*.j2")})


@pytest.fixture
def own(tmp_path):
    def read(source):
        (tmp_path / "mine.j2").write_text(source, encoding="utf-8")
        return rubrics("mine.j2", tmp_path)["en"]

    return read


def test_those_that_ship_say_what_they_are_asked_to():
    assert {"mt_bench", "japanese", "additive", "best_of_list"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_one_that_ships_is_whole_and_shows_what_it_is_given(name, tmp_path):
    for language, rubric in rubrics(name, tmp_path).items():
        assert rubric.complaint() == ""
        assert (
            "https://" in rubric.prompt.name or "https://" in source(name, language) or "独自" in source(name, language)
        )
        candidates = [{"label": "A", "text": "<<A>>"}, {"label": "B", "text": "<<B>>"}]
        texts = {"prompt": "<<P>>", "answer": "<<A>>", "candidates": candidates, "reference": "<<R>>"}
        for as_json in (True, False):
            turns = rubric.text({**texts, "turns": 2, "nonce": "0f", "as_json": as_json})
            said = turns[-1].content
            wanted = ["<<P>>", "<<A>>", "<<R>>"] + (["<<B>>"] if rubric.lists else [])
            assert all(text in said for text in wanted)
            assert ("JSON" in said) == as_json
            assert "0f" in turns[0].content
            assert "{#" not in said
            assert "https://" not in turns[0].content
        plain = rubric.text({**texts, "reference": "", "turns": 1, "nonce": "0f", "as_json": False})
        assert "<<R>>" not in plain[-1].content
        assert plain[-1].content != said


def source(name, language):
    return (folder() / "llm" / f"{name}.{language}.j2").read_text(encoding="utf-8")


def test_ones_own_is_read_from_beside_the_recipe(own):
    rubric = own(OWN)
    assert rubric.complaint() == ""
    assert (rubric.low, rubric.high) == (1, 7)
    assert rubric.text({"answer": "{{ 7 * 7 }}", "nonce": "0", "as_json": False})[0].content == (
        "Answer: {{ 7 * 7 }}. From 1 to 7:"
    )
    assert rubric.schema()["properties"]["score"] == {"type": "integer", "enum": [1, 2, 3, 4, 5, 6, 7]}


def test_a_scale_of_fractions_is_no_list_of_numbers(own):
    rubric = own(OWN.replace("1 to 7", "0 to 1"))
    assert rubric.schema()["properties"]["score"]["enum"] == [0, 1]
    rubric = own(OWN.replace("1 to 7", "0.5 to 5"))
    assert rubric.schema()["properties"]["score"] == {"type": "number", "minimum": 0.5, "maximum": 5.0}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (OWN.replace("answer", "anser"), "has no anser to fill in; there are: answer, as_json"),
        (OWN.replace("{{ answer }}", ""), "shows no answer"),
        (OWN.replace("{# scale: 1 to 7 #}", ""), "says no scale; write a line such as {# scale: 1 to 10 #}"),
        (OWN.replace("1 to 7", "7 to 1"), "its scale is 7 to 1; the first must be the lower one"),
        (OWN + "{{ answer / 2 }}", "mine.j2: TypeError"),
        (OWN + "{{ answer.__class__.__mro__ }}", "mine.j2: access to attribute '__class__'"),
        (OWN + "{% if as_json %}{{ candidates[9].text.x }}{% endif %}", "mine.j2"),
    ],
)
def test_what_is_wrong_with_ones_own_is_one_sentence(own, source, words):
    said = own(source).complaint()
    assert words in said
    assert "mine.j2" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{# user #}\n{% if %}", r"mine\.j2:2: "),
        ("{# judge #}\nx", "'judge' is no role"),
        ("x" * 100_001, "larger than 100,000 bytes"),
    ],
)
def test_a_file_that_is_no_rubric_is_refused_with_its_line(own, source, words):
    with pytest.raises(RecipeError, match=words):
        own(source)


@pytest.mark.parametrize("name", ["mt_bnch", "../llm/mt_bench", "", "missing.j2"])
def test_a_rubric_that_is_not_there_is_told_with_those_that_are(name, tmp_path):
    with pytest.raises(RecipeError) as told:
        rubrics(name, tmp_path)
    assert "additive, best_of_list, japanese, mt_bench" in str(told.value) or "missing.j2" in str(told.value)
