import time

import pytest

from factory.reporting.instructions import Asked, what, wheel


@pytest.mark.parametrize(
    ("text", "verb", "object"),
    [
        ("方程式 $-7x + 9 = -3x - 7$ を解きなさい。", "解く", "方程式"),
        ("次の計算をしなさい。", "する", "計算"),
        ("旬の野菜の選び方を教えてください", "教える", "選び方"),
        ("雨の日の通勤について説明してください。", "説明する", "通勤"),
        ("次の文を英語に訳してください", "訳す", "文"),
        ("りんごが3個、みかんが2個あります。合計を求めよ。", "求める", "合計"),
        ("Solve the equation $x = 2$.", "solve", "equation"),
        ("Please write a short poem about cats.", "write", "poem"),
        ("It is raining. List three things to do.", "list", "things"),
        ("Could you explain the theory of plates?", "explain", "theory"),
    ],
)
def test_verb_and_object_of_an_instruction(text: str, verb: str, object: str) -> None:
    assert what(text) == Asked(verb, object)


@pytest.mark.parametrize(
    "text",
    ["What is the capital of France?", "りんごを何個買いましたか。", "", "…", "花子は本を読みました。おもしろかった？"],
)
def test_a_question_without_such_a_verb_has_none(text: str) -> None:
    assert what(text) is None


def test_what_is_not_found_is_counted() -> None:
    found = wheel(["Write a poem.", "Write a story.", "Write a poem.", "Who are you?"])
    assert (found.found, found.looked, found.other) == (3, 4, 0)
    assert found.verbs == [("write", 3, [("poem", 2), ("story", 1)])]


def test_rare_verbs_are_counted_together() -> None:
    verbs = [
        "add",
        "adapt",
        "analyze",
        "apply",
        "arrange",
        "build",
        "calculate",
        "choose",
        "classify",
        "compare",
        "compute",
        "count",
        "create",
        "draw",
        "edit",
    ]
    found = wheel(f"{verb.capitalize()} the bread." for verb in verbs)
    assert (len(found.verbs), found.other) == (14, 1)


@pytest.mark.parametrize(
    "text", ["漢を" * 5_000, "あ" * 9_000, "$" * 9_000, "漢字" * 4_000 + "を", "write " * 4_000, "a-" * 9_000]
)
def test_a_hostile_text_costs_little(text: str) -> None:
    start = time.process_time()
    for _ in range(20):
        what(text)
    assert time.process_time() - start < 5
