"""Held-out questions with gold answers: figures against those counted by hand."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from scripted_evaluation import MATH, accuracy, lines, model, run, solver

from factory.evaluation.accuracies import Answered, Shown, shares
from factory.evaluation.accuracies import lines as lines_of

GOOD = solver({"1+1": "2", "2+2": "4", "3*3": "9"}, "good")
BAD = model(
    {"when": "1+1", "say": ["The answer is 2."]},
    {"when": "2+2", "fail": "truncated", "say": ["Let me think"]},
    {"say": ["The answer is 5."]},
    name="bad",
)
Written = Callable[..., Path]


def test_right_wrong_undecided_and_unanswered_are_told_apart(written: Written) -> None:
    task = run(written({"good": GOOD, "bad": BAD}, accuracy()))["tasks"]["accuracy"]
    good, bad = task["models"]["good"], task["models"]["bad"]
    assert task["questions"] == 4
    assert (good["right"], good["wrong"], good["undecided"], good["unanswered"]) == (3, 0, {"no_answer": 1}, {})
    assert (bad["right"], bad["wrong"], bad["undecided"], bad["unanswered"]) == (1, 2, {}, {"truncated": 1})
    assert (good["accuracy"], bad["accuracy"]) == (0.75, 0.25)
    assert (good["of_judged"], bad["of_judged"]) == (1.0, pytest.approx(1 / 3, abs=1e-6))
    assert good["interval"] == (pytest.approx(0.300642, abs=1e-6), pytest.approx(0.954413, abs=1e-6))


def test_models_are_compared_on_the_same_questions(written: Written) -> None:
    (one,) = run(written({"good": GOOD, "bad": BAD}, accuracy()))["tasks"]["accuracy"]["differences"]
    assert one["models"] == ["good", "bad"]
    assert (one["difference"], one["better"], one["worse"], one["p"]) == (0.5, 2, 0, 0.5)


def test_a_p_value_too_small_for_decimals_is_never_told_as_0() -> None:
    answered = {"a": [Answered(right=1)] * 40, "b": [Answered(wrong=Counter({"wrong": 1}))] * 40}
    figures = shares(answered, [{}] * 40, Shown((), (), ""))
    assert figures["differences"][0]["p"] == pytest.approx(2 / 2**40, rel=1e-5)
    assert "McNemar p < 0.001" in "".join(lines_of({**figures, "questions": 40, "left_out": {}}))


def test_others_are_compared_with_one_where_it_is_named(written: Written) -> None:
    models = {"good": GOOD, "bad": BAD, "third": BAD}
    found = run(written(models, accuracy(against="bad")))["tasks"]["accuracy"]["differences"]
    assert [one["models"] for one in found] == [["good", "bad"], ["third", "bad"]]


def test_figures_are_told_by_what_questions_say_of_themselves(written: Written, tmp_path: Path) -> None:
    path = written({"good": GOOD}, accuracy(by=["kind"]))
    by = run(path)["tasks"]["accuracy"]["models"]["good"]["by"]
    assert {value: (one["questions"], one["accuracy"]) for value, one in by["kind"].items()} == {
        "*": (2, 0.5),
        "+": (2, 1.0),
    }


def test_several_answers_to_a_question_are_averaged_first(written: Written) -> None:
    always, sometimes = {"when": "1+1", "say": ["The answer is 2."]}, ["The answer is 4.", "The answer is 5."]
    path = written(
        {"m": model(always, {"when": "2+2", "say": sometimes})},
        accuracy(samples=8, temperature=1.0, pass_at=[1, 8]),
    )
    result = run(path)
    facts = result["tasks"]["accuracy"]["models"]["m"]
    table = pq.read_table(path.parent / "out" / "answers" / "accuracy.parquet").to_pylist()
    right = sum(row["verdicts"][0]["passed"] is True for row in table if row["about_question"] == 1)
    assert len(table) == 32
    assert 0 < right < 8
    assert facts["right"] == 8 + right
    assert facts["accuracy"] == pytest.approx((1 + right / 8) / 4)
    assert facts["pass_at"]["1"]["share"] == pytest.approx(facts["accuracy"])
    assert facts["pass_at"]["8"]["share"] == 0.5
    assert "p" not in facts
    assert facts["interval"][0] <= facts["accuracy"] <= facts["interval"][1]


def test_questions_without_a_gold_answer_are_left_out_and_counted(written: Written, tmp_path: Path) -> None:
    path = written({"good": GOOD}, accuracy(questions={"source": "some.jsonl"}))
    lines(tmp_path / "some.jsonl", [{"prompt": "What is 1+1?", "answer": "2"}, {"prompt": "What is love?"}])
    task = run(path)["tasks"]["accuracy"]
    assert (task["questions"], task["left_out"]) == (1, {"no_gold": 1})
    assert task["models"]["good"]["accuracy"] == 1.0


def test_the_same_question_is_asked_once(written: Written, tmp_path: Path) -> None:
    path = written({"good": GOOD}, accuracy(questions={"source": "twice.jsonl"}))
    lines(tmp_path / "twice.jsonl", [{"problem": "What is 1+1?", "answer": "2"}] * 2)
    task = run(path)["tasks"]["accuracy"]
    assert (task["questions"], task["left_out"]) == (1, {"duplicate": 1})


def test_a_question_without_a_gold_answer_is_not_asked_and_never_counts(written: Written, tmp_path: Path) -> None:
    silent = model({"fail": "truncated"}, name="silent")
    path = written({"silent": silent}, accuracy(questions={"source": "some.jsonl"}))
    lines(tmp_path / "some.jsonl", [{"prompt": "What is 1+1?", "answer": "2"}, {"prompt": "What is love?"}])
    task = run(path)["tasks"]["accuracy"]
    assert (task["questions"], task["left_out"]) == (1, {"no_gold": 1})
    assert task["models"]["silent"]["unanswered"] == {"truncated": 1}


def test_an_answer_that_a_judge_gets_no_word_on_is_undecided(
    written: Written, tmp_path: Path, judge_without_words: str
) -> None:
    result = run(written({"good": GOOD}, accuracy(judge=[{"use": judge_without_words}])))
    assert result["tasks"]["accuracy"]["models"]["good"]["undecided"] == {"refused": 4}


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "What is 1+1?", "answer": "2"},
        {"problem": "What is 1+1?", "answer": "2", "solution": "one and one"},
        {"question": "What is 1+1?", "answer": "One and one.\n#### 2"},
        {"instruction": "What is 1+1?", "output": "2"},
        {"messages": [{"role": "user", "content": "What is 1+1?"}, {"role": "assistant", "content": "2"}]},
    ],
)
def test_gold_answers_are_found_in_files_as_they_usually_are(
    written: Written, tmp_path: Path, record: dict[str, Any]
) -> None:
    path = written({"good": GOOD}, accuracy(questions={"source": "one.jsonl"}))
    lines(tmp_path / "one.jsonl", [record])
    facts = run(path)["tasks"]["accuracy"]["models"]["good"]
    assert (facts["right"], facts["questions"]) == (1, 1)


def test_a_recipe_makes_the_questions_and_a_dataset_folder_holds_the_same(written: Written, tmp_path: Path) -> None:
    from factory import pipeline, recipe

    heldout = tmp_path / "heldout.yaml"
    made = {"name": "heldout", "seed": 5, "license": "apache-2.0", "generate": [{"use": "math", "count": 12}]}
    heldout.write_text(json.dumps(made))
    pipeline.generate(recipe.load(heldout), tmp_path / "data", workers=1, progress=lambda now: None)
    tasks = [accuracy(questions={"source": name}, name=name.partition(".")[0]) for name in ("heldout.yaml", "data")]
    result = run(written({"good": GOOD}, *tasks))["tasks"]
    assert result["heldout"]["questions"] == 12
    assert result["heldout"]["models"]["good"]["by"] == result["data"]["models"]["good"]["by"]
    assert "family" in result["data"]["models"]["good"]["by"]


def test_every_answer_is_kept_with_its_verdict(written: Written, tmp_path: Path) -> None:
    run(written({"good": GOOD, "bad": BAD}, accuracy()))
    table = pq.read_table(tmp_path / "out" / "answers" / "accuracy.parquet").to_pylist()
    assert [(row["about_model"], row["about_question"]) for row in table] == [
        (name, place) for name in ("good", "bad") for place in range(len(MATH))
    ]
    cut = table[5]
    assert cut["verdicts"][0]["judge"] == "unanswered"
    assert cut["verdicts"][0]["reason"] == "truncated"
    assert cut["verdicts"][0]["passed"] is None
    assert "Let me think" in cut["verdicts"][0]["note"]
