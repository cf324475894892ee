"""Wrong solutions: what a family's mistakes make of a row, and single steps made false."""

from random import Random

import pytest

from factory.errors import RecipeError
from factory.math import check, families, render
from factory.math.families import LANGUAGES, Family
from factory.math.mistakes import STEP_KINDS, WrongWriter, corrupted, first_difference, labels, mistaken

MISTAKEN = [(name, kind) for name in families.files() for kind in families.load(name).mistakes]
ROWS = 30


def drawn(name, count=ROWS):
    keys = list(dict.fromkeys(render.drawer(name)(Random(f"mistakes/{name}").random, 8 * count, None)))[:count]
    return keys, {language: render.writer(name, language).write(keys) for language in LANGUAGES}


def the_wrong(name, language, kind, key):
    (row,) = render.writer(name, language).write([key])
    (wrong,) = mistaken(name, language, kind, [key], [row])
    return row, wrong


@pytest.mark.parametrize(("name", "kind"), MISTAKEN)
def test_a_mistake_leads_to_a_wrong_answer_and_its_first_wrong_step_is_known(name, kind):
    keys, rows = drawn(name)
    told = families.load(name).mistakes[kind].wrong_from
    for language in LANGUAGES:
        found = mistaken(name, language, kind, keys, rows[language])
        assert any(found)
        for row, wrong in zip(rows[language], found, strict=True):
            if wrong is None:
                continue
            assert wrong.answer != row.answer
            right, mine = row.solution.splitlines(), wrong.solution.splitlines()
            assert 0 <= wrong.first <= len(mine)
            if told is None:
                assert right[: wrong.first] == mine[: wrong.first]
                assert wrong.first == len(mine) or mine[wrong.first] != right[wrong.first]
            assert check.checker(name, language).why_refused(row) == ""


def test_another_way_to_the_answer_of_another_question_is_wrong_from_the_line_that_the_mistake_tells():
    row, wrong = the_wrong("crane_and_turtle", "en", "misread_question", (0, 5, 3))
    assert (row.answer, wrong.answer) == ("3 turtles", "5 turtles")
    assert labels(5, wrong.first) == [True, True, True, False, False]


def test_a_forgotten_carry_gives_a_sum_that_is_ten_too_small():
    row, wrong = the_wrong("two_digit_addition", "ja", "forgotten_carry", (0, 47, 38))
    assert (row.answer, wrong.answer, wrong.first) == ("85", "75", 1)
    assert wrong.solution.splitlines()[0] == row.solution.splitlines()[0]
    assert "$4 + 3 = 7$" in wrong.solution


def test_where_nothing_is_carried_the_mistake_is_none():
    assert the_wrong("two_digit_addition", "en", "forgotten_carry", (0, 41, 32))[1] is None


def test_a_mistake_that_happens_to_be_right_is_none():
    name = "distributing_and_collecting"
    keys, rows = drawn(name, 400)
    written = WrongWriter(families.load(name), "en", "forgotten_part").write(keys)
    same = [
        i
        for i, (row, texts) in enumerate(zip(rows["en"], written, strict=True))
        if texts and texts.answer == row.answer
    ]
    found = mistaken(name, "en", "forgotten_part", keys, rows["en"])
    assert same
    assert all(found[i] is None for i in same)


@pytest.mark.parametrize("kind", STEP_KINDS)
def test_one_line_of_a_changed_solution_is_another_and_the_answer_is_the_right_one(kind):
    _, rows = drawn("linear_equations")
    changed = [(row, corrupted("linear_equations", "ja", kind, row, Random("one"))) for row in rows["ja"]]
    assert all(wrong for _, wrong in changed)
    for row, wrong in changed:
        right, mine = row.solution.splitlines(), wrong.solution.splitlines()
        assert [i for i, (a, b) in enumerate(zip(right, mine, strict=True)) if a != b] == [wrong.first]
        assert wrong.answer == row.answer
        refused = check.checker("linear_equations", "ja").why_refused(row._replace(solution=wrong.solution))
        assert refused == "wrong_step"


def test_a_solution_without_equations_has_no_step_to_change():
    _, rows = drawn("ordering_numbers", 3)
    assert [corrupted("ordering_numbers", "en", kind, rows["en"][0], Random("none")) for kind in STEP_KINDS] == [
        None
    ] * 2


@pytest.mark.parametrize(
    ("right", "wrong", "first"),
    [("a\nb\nc", "a\nb\nc", 3), ("a\nb\nc", "a\nx\nc", 1), ("a\nb", "a\nb\nc", 2), ("a\nb\nc", "a", 1), ("a", "x", 0)],
)
def test_the_first_difference_is_a_line(right, wrong, first):
    assert first_difference(right, wrong) == first


def test_steps_are_right_up_to_the_first_wrong_one():
    assert labels(3, None) == [True, True, True]
    assert labels(3, 1) == [True, False, False]
    assert labels(2, 0) == [False, False]


def changed(**updates):
    data = families.load("two_digit_addition").model_dump()
    data["mistakes"]["forgotten_carry"] |= updates
    return Family.model_validate(data)


@pytest.mark.parametrize(
    ("updates", "message"),
    [
        ({"when": ("nothing > 9",)}, "mistakes.forgotten_carry: when: unknown name 'nothing'"),
        ({"let": {"tens": "a.__class__"}}, "mistakes.forgotten_carry.*Attribute is not allowed"),
        ({"solution": {"ja": "<<x", "en": "x"}}, "mistakes.forgotten_carry: ja: "),
    ],
)
def test_a_broken_mistake_is_refused_with_its_place(updates, message):
    with pytest.raises(RecipeError, match=message):
        WrongWriter(changed(**updates), "ja", "forgotten_carry")


def test_a_mistake_that_divides_by_nothing_is_told():
    writer = WrongWriter(changed(let={"tens": "a // (a - a)"}, when=()), "ja", "forgotten_carry")
    with pytest.raises(RecipeError, match=r"mistakes\.forgotten_carry: a row can't be written"):
        writer.write([(0, 47, 38)])


def test_the_right_rows_of_a_run_do_not_depend_on_mistakes(tmp_path):
    path = tmp_path / "family.yaml"
    path.write_text("title: x\nmistakes:\n  sign_slip:\n    let: {a: 1}\nread: y\n", encoding="utf-8")
    assert families.what_rows_depend_on(path) == b"title: x\nread: y\n"
