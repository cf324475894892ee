"""Values of a row are found by the names of columns, and told as text."""

from factory.viewing.query import Column
from factory.viewing.web import cells

ROW = {
    "id": "a",
    "meta": {"family": "f", "a.b": {"c": 1}, "parameters": {"n": 2}},
    "verdicts": [{"judge": "j.1", "passed": None, "score": 0.5}, {"judge": "j.1", "passed": True, "score": 1.0}],
    "_place": 3,
}


def test_a_value_is_found_by_its_dotted_name() -> None:
    names = (
        "id",
        "meta.family",
        "meta.a.b.c",
        "meta.parameters.n",
        "verdicts.j.1.score",
        "meta.nothing",
        "verdicts.x.y",
    )
    assert [cells.value_at(ROW, name) for name in names] == ["a", "f", 1, 2, 1.0, None, None]


def test_facts_are_all_that_is_no_text_and_no_verdict() -> None:
    told = {fact.name: fact.text for fact in cells.facts(ROW, {})}
    assert told == {"id": "a", "meta.family": "f", "meta.a.b.c": "1", "meta.parameters.n": "2"}


def test_values_are_told_as_they_are() -> None:
    assert [cells.told(value) for value in (None, True, 1.0, 0.1234567, 7, "x", [1])] == [
        "",
        "true",
        "1",
        "0.123457",
        "7",
        "x",
        "[\n  1\n]",
    ]


def test_a_list_shows_the_last_question_and_its_answer() -> None:
    turns = [
        {"role": role, "content": str(place)}
        for place, role in enumerate(("system", "user", "assistant", "user", "assistant"))
    ]
    assert cells.asks_and_answers(turns) == ("3", "4")
    assert cells.asks_and_answers(turns[:2]) == ("1", "")
    assert cells.asks_and_answers([]) == ("", "")


def test_sampled_texts_are_turns() -> None:
    columns = [Column("prompt", "messages"), Column("text", "text")]
    found = cells.conversations({"prompt": [{"role": "user", "content": "q"}], "text": "a"}, columns)
    assert [turn["content"] for turns in found.values() for turn in turns] == ["q", "a"]
