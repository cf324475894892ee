"""Worked examples: those that ship are as good as what is asked for, and seeds are read or refused with their place."""

import json
from itertools import combinations
from typing import get_args

import pytest

from factory.errors import DatasetError
from factory.instruct import examples, reading
from factory.instruct.examples import Language, QuestionType
from factory.similar import similarity

CASES = [(language, kind) for language in get_args(Language) for kind in get_args(QuestionType)]


@pytest.mark.parametrize(("language", "kind"), CASES)
def test_a_type_and_language_has_at_least_twelve_examples_with_several_titles(language, kind):
    found = examples.shipped()[language, kind]
    assert len(found) >= 12
    assert all(len(example.titles) >= 3 for example in found)


@pytest.mark.parametrize(("language", "kind"), CASES)
def test_every_example_that_ships_would_be_accepted_itself(language, kind):
    for one in examples.shipped()[language, kind]:
        listed = "\n".join(f"{n}. {title}" for n, title in enumerate(one.titles, 1))
        assert reading.titles(listed, language, 9) == [reading.Read(title) for title in one.titles]
        assert reading.question(one.question, one.titles[0], kind, language) == reading.Read(one.question)
        assert reading.answer(one.answer, one.question, language) == reading.Read(one.answer)


@pytest.mark.parametrize("language", get_args(Language))
def test_no_two_examples_are_near_to_each_other_and_none_holds_what_stops_a_base_model(language):
    found = [one for (spoken, _), group in examples.shipped().items() if spoken == language for one in group]
    for one, other in combinations(found, 2):
        assert similarity(one.question, other.question) < 0.7, (one.question, other.question)
    for one in found:
        assert "\n\n" not in one.question
        assert "\n\n" not in one.answer
        assert "\n###" not in one.question + one.answer


def written(tmp_path, *lines):
    path = tmp_path / "seeds.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def test_a_line_needs_a_title_and_a_question_and_its_language_is_seen(tmp_path):
    ja = {"title": "富士山の高さ", "question": "富士山の高さは何メートルですか。", "answer": "3776メートルです。"}
    en = {"title": "Capital of Peru", "question": "What is the capital of Peru?", "type": "list", "note": "not read"}
    found = examples.brought(written(tmp_path, ja, "", en))
    assert found["ja", "open"] == (("", ("富士山の高さ",), ja["question"], ja["answer"]),)
    assert found["en", "list"] == (("", ("Capital of Peru",), en["question"], ""),)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ({"title": "A"}, r"seeds\.jsonl:2: question: Field required; each needs `title` and `question`"),
        ({"title": "A", "question": ""}, r"seeds\.jsonl:2: question: String should have at least 1 character"),
        ({"title": "A", "question": "Why?", "type": "essay"}, r"seeds\.jsonl:2: type"),
        ({"title": "A", "question": "Где находится озеро Байкал?"}, r"seeds\.jsonl:2: .*say `language`: ja or en"),
        (["A"], r"seeds\.jsonl:2: the row"),
        ("{", r"seeds\.jsonl:2: is not JSON"),
    ],
)
def test_a_line_that_is_no_seed_is_refused_with_its_place(tmp_path, line, sentence):
    with pytest.raises(DatasetError, match=sentence):
        examples.brought(written(tmp_path, {"title": "A", "question": "Why is the sky blue?"}, line))


def test_no_seeds_at_all_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="holds no rows"):
        examples.brought(written(tmp_path, ""))
    with pytest.raises(DatasetError, match="can't be read"):
        examples.brought(tmp_path / "nothing.jsonl")
