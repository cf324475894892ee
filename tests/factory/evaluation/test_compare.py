"""Models that a judge sets against each other in both orders: figures against those counted by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from scripted_evaluation import lines, model, run

from factory.evaluation.games import Game, games

QUESTIONS = [
    {"category": name, "text": f"Question {name}"} for name in ("wins", "leans", "ties", "same", "silent", "odd")
]
FIRST = model(
    {"when": "same", "say": ["Equal."]},
    {"when": "silent", "fail": "filtered"},
    {"matches": "wins|leans|ties|odd", "say": ["Apples for {{last}}"]},
    name="first",
)
SECOND = model(
    {"when": "same", "say": ["Equal."]},
    {"matches": "wins|leans|ties|odd|silent", "say": ["Pears for {{last}}"]},
    name="second",
)


def order(asked: str, one: str, other: str) -> str:
    """A pattern that fits where the apples stand before the pears, or after them."""
    return f"(?s){one} for Question {asked}.*{other} for Question {asked}"


A, B, TIE = ('{"winner": "A"}', '{"winner": "B"}', '{"winner": "tie"}')
JUDGE = model(
    {"matches": order("wins", "Apples", "Pears"), "say": [A]},
    {"matches": order("wins", "Pears", "Apples"), "say": [B]},
    {"when": "Question leans", "say": [A]},
    {"when": "Question ties", "say": [TIE]},
    {"say": ["Who knows."]},
    name="judge",
)
Written = Callable[..., Path]


def compare(**settings: Any) -> dict[str, Any]:
    judge = {"use": "pairwise", "model": "judge", "max_failed": 1.0, "canary_every": 0}
    return {"use": "compare", "prompts": "prompts.jsonl", "judge": [judge], **settings}


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return lines(tmp_path / "prompts.jsonl", QUESTIONS)


@pytest.mark.usefixtures("questions")
def test_wins_losses_and_ties_are_told_apart_from_what_nobody_won(written: Written) -> None:
    task = run(written({"first": FIRST, "second": SECOND, "judge": JUDGE}, compare()))["tasks"]["compare"]
    (pair,) = task["pairs"]
    assert (pair["win"], pair["loss"], pair["tie"]) == (1, 0, 3)
    assert (pair["undecided"], pair["unanswered"]) == ({"unreadable": 1}, {"first: filtered": 1})
    assert (pair["questions"], pair["win_rate"]) == (4, 0.625)
    assert (task["models"]["first"]["win_rate"], task["models"]["second"]["win_rate"]) == (0.625, 0.375)
    assert pair["interval"] == (0.5, 0.875)


@pytest.mark.usefixtures("questions")
def test_the_judges_lean_to_a_place_is_told(written: Written) -> None:
    place = run(written({"first": FIRST, "second": SECOND, "judge": JUDGE}, compare()))["tasks"]["compare"]["position"]
    # Asked in both orders with verdicts: wins, leans, ties; "leans" prefers the first place twice.
    assert (place["pairs"], place["outcomes"]["first_twice"]) == (3, 1)
    assert place["consistent"] == pytest.approx(2 / 3, abs=1e-6)
    assert place["bias"] == pytest.approx(1 / 3, abs=1e-6)


@pytest.mark.usefixtures("questions")
def test_what_the_judge_counted_is_told(written: Written, tmp_path: Path) -> None:
    counts = run(written({"first": FIRST, "second": SECOND, "judge": JUDGE}, compare()))["counts"]["pairwise"]
    assert (counts["both_orders"], counts["first_better"], counts["first_twice"], counts["tie"]) == (3, 1, 1, 1)
    assert "1 first\\_twice" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.usefixtures("questions")
def test_which_model_is_named_first_changes_no_question_and_no_figure(written: Written, tmp_path: Path) -> None:
    models = {"first": FIRST, "second": SECOND, "judge": JUDGE}
    one = run(written(models, compare()), tmp_path / "one")
    other = run(written(models, compare(), evaluate=["second", "first"]), tmp_path / "other")
    straight, turned = (found["tasks"]["compare"]["pairs"][0] for found in (one, other))
    assert turned["models"] == ["second", "first"]
    assert turned["win_rate"] == 1 - straight["win_rate"]
    assert (turned["win"], turned["loss"], turned["tie"]) == (straight["loss"], straight["win"], straight["tie"])
    assert turned["interval"] == (1 - straight["interval"][1], 1 - straight["interval"][0])
    assert one["tasks"]["compare"]["models"] == other["tasks"]["compare"]["models"]
    assert one["tasks"]["compare"]["position"] == other["tasks"]["compare"]["position"]
    assert b'"calls": 0' in (tmp_path / "other" / "timing.json").read_bytes().partition(b'"judge"')[2]


@pytest.mark.usefixtures("questions")
def test_equal_answers_are_a_tie_that_nobody_is_asked_about(written: Written) -> None:
    path = written({"first": FIRST, "second": SECOND, "judge": JUDGE}, compare())
    run(path)
    rows = pq.read_table(path.parent / "out" / "answers" / "compare.parquet").to_pylist()
    same = next(row for row in rows if "same" in row["prompt"][-1]["content"])
    assert (same["about_result"], same["about_reason"], same["verdicts"]) == ("tie", "same_answer", [])


@pytest.mark.usefixtures("questions")
def test_all_meet_each_other_or_one_that_is_named(written: Written, tmp_path: Path) -> None:
    models = {"first": FIRST, "second": SECOND, "third": FIRST, "judge": JUDGE}
    every = run(written(models, compare()), tmp_path / "every")["tasks"]["compare"]["pairs"]
    assert [one["models"] for one in every] == [["first", "second"], ["first", "third"], ["second", "third"]]
    one = run(written(models, compare(against="second")), tmp_path / "one")["tasks"]["compare"]["pairs"]
    assert [pair["models"] for pair in one] == [["first", "second"], ["third", "second"]]


def test_a_judge_of_single_answers_prefers_the_higher_score(written: Written, tmp_path: Path) -> None:
    lines(tmp_path / "prompts.jsonl", [{"text": "Question wins"}, {"text": "Question odd"}])
    scorer = model({"when": "Apples", "say": ['{"score": 8}']}, {"say": ['{"score": 3}']}, name="judge")
    judge = [{"use": "llm", "model": "judge"}]
    task = run(written({"first": FIRST, "second": SECOND, "judge": scorer}, compare(judge=judge)))["tasks"]["compare"]
    assert (task["pairs"][0]["win"], task["pairs"][0]["win_rate"], task["position"]) == (2, 1.0, None)


def test_conversations_of_several_turns_are_compared_as_a_whole(written: Written, tmp_path: Path) -> None:
    lines(tmp_path / "prompts.jsonl", [{"turns": ["Question wins", "Question odd"]}])
    both = "(?s)Apples for Question wins.*Apples for Question odd.*Pears for Question wins.*Pears for Question odd"
    seen = model({"matches": both, "say": [A]}, {"say": [B]}, name="judge")
    task = run(written({"first": FIRST, "second": SECOND, "judge": seen}, compare()))["tasks"]["compare"]
    assert task["pairs"][0]["win"] == 1


def test_a_win_of_every_game_is_told_with_the_width_that_so_few_questions_have() -> None:
    played = [Game("a", "b", question, "win", "", {}) for question in range(3)]
    figures = games(played, ["a", "b"], [{"category": "one" if n else "two"} for n in range(3)], ["category"])
    assert figures["pairs"][0]["interval"] == (pytest.approx(0.438503), 1.0)
    assert figures["models"]["b"]["interval"] == (0.0, pytest.approx(0.561497))
    assert figures["models"]["a"]["by"]["category"]["one"]["questions"] == 2


@pytest.mark.usefixtures("questions")
def test_a_game_that_a_judge_gets_no_word_on_is_undecided(written: Written, judge_without_words: str) -> None:
    found = run(written({"first": FIRST, "second": SECOND}, compare(judge=[{"use": judge_without_words}])))
    (pair,) = found["tasks"]["compare"]["pairs"]
    assert (pair["undecided"], pair["tie"], pair["win_rate"]) == ({"refused": 4}, 1, 0.5)
