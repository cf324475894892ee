"""Answers scored turn by turn by a judge model: figures against those counted by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from scripted_evaluation import lines, model, run

QUESTIONS = [
    {"question_id": 81, "category": "writing", "turns": ["Write a poem.", "Shorten it."]},
    {"question_id": 82, "category": "math", "turns": ["What is 6 times 7?", "And plus 1?"], "reference": ["42", "43"]},
    {"category": "math", "text": "一番高い山は？"},
]
JUDGE = model(
    {"when": "The number is forty-three", "say": ['{"reason": "right", "score": 10}']},
    {"when": "The number is", "say": ['{"reason": "well", "score": 6}']},
    {"when": "Rose.", "say": ["I would rather not say."]},
    {"when": "Roses", "say": ['{"reason": "nice", "score": 8}']},
    {"say": ['{"reason": "poor", "score": 2}']},
    name="judge",
)
ABLE = model(
    {"when": "Shorten", "say": ["Rose."]},
    {"when": "poem", "say": ["Roses are red."]},
    {"when": "plus 1", "say": ["The number is forty-three."]},
    {"when": "6 times", "say": ["The number is 42."]},
    name="able",
)
SILENT = model({"when": "6 times", "fail": "empty"}, {"say": ["Hm."]}, name="silent")
Written = Callable[..., Path]


def score(**settings: Any) -> dict[str, Any]:
    """The task, with a judge that is asked for scores on a scale of ten."""
    return {"use": "score", "prompts": "prompts.jsonl", "judge": [{"use": "llm", "model": "judge"}], **settings}


@pytest.fixture
def path(written: Written, tmp_path: Path) -> Path:
    lines(tmp_path / "prompts.jsonl", QUESTIONS)
    return written({"able": ABLE, "silent": SILENT, "judge": JUDGE}, score())


def test_scores_are_means_of_the_turns_that_were_judged(path: Path) -> None:
    models = run(path)["tasks"]["score"]["models"]
    able = models["able"]
    # Turn one: 8, 6, 2; turn two: no score, 10. By question: 8; (6 + 10) / 2; 2.
    assert able["turns"] == {"1": {"judged": 3, "score": pytest.approx(16 / 3)}, "2": {"judged": 1, "score": 10.0}}
    assert able["score"] == 6.0
    assert (able["judged"], able["undecided"], able["unanswered"]) == (4, {"unreadable": 1}, {})
    assert {value: one["score"] for value, one in able["by"]["category"].items()} == {"math": 5.0, "writing": 8.0}


def test_what_was_not_answered_has_no_score_and_ends_the_conversation(path: Path) -> None:
    silent = run(path)["tasks"]["score"]["models"]["silent"]
    assert silent["unanswered"] == {"empty": 1, "no_earlier_answer": 1}
    assert (silent["questions"], silent["score"], silent["judged"]) == (2, 2.0, 3)


def test_models_are_compared_on_what_was_judged_of_both(path: Path) -> None:
    (one,) = run(path)["tasks"]["score"]["differences"]
    assert (one["models"], one["questions"], one["difference"]) == (["able", "silent"], 2, 3.0)
    assert (one["better"], one["worse"]) == (1, 0)


def test_the_second_turn_is_asked_and_judged_after_the_models_own_first_answer(path: Path) -> None:
    run(path)
    rows = pq.read_table(path.parent / "out" / "answers" / "score.parquet").to_pylist()
    second = next(row for row in rows if row["about_model"] == "able" and row["about_turn"] == 2)
    assert [turn["content"] for turn in second["messages"]] == [
        "Write a poem.",
        "Roses are red.",
        "Shorten it.",
        "Rose.",
    ]


def test_turns_with_a_reference_have_a_judge_of_their_own(written: Written, tmp_path: Path) -> None:
    strict = model({"when": "42", "say": ['{"score": 9}']}, {"when": "43", "say": ['{"score": 7}']}, name="strict")
    lines(tmp_path / "prompts.jsonl", QUESTIONS)
    other = [{"use": "llm", "model": "strict", "reference": "reference"}]
    models = {"able": model(name="able"), "judge": JUDGE, "strict": strict}
    rated = run(written(models, score(judge_with_reference=other)))["tasks"]["score"]["models"]["able"]
    # The strict judge sees 42 in the reference of turn one, 43 in that of turn two (whose conversation has no 42).
    assert rated["turns"] == {"1": {"judged": 3, "score": pytest.approx(13 / 3)}, "2": {"judged": 2, "score": 4.5}}


def test_warmth_goes_by_category(written: Written, tmp_path: Path) -> None:
    lines(tmp_path / "prompts.jsonl", [{"category": "w", "text": f"poem {n}"} for n in range(30)])
    varied = model({"when": "poem", "say": ["Roses.", "Violets."]}, name="varied")
    texts = []
    for seed in (1, 2):
        out = tmp_path / f"out{seed}"
        run(written({"m": varied, "judge": JUDGE}, score(temperature_by={"w": 0.7}), seed=seed), out)
        rows = pq.read_table(out / "answers" / "score.parquet").to_pylist()
        texts.append([row["messages"][-1]["content"] for row in rows])
    assert texts[0] != texts[1]


def test_each_record_that_is_no_question_is_told(written: Written, tmp_path: Path) -> None:
    from factory.errors import RecipeError

    for record, told in (
        ({"turns": []}, "record 2: it holds no question; write `turns`"),
        ({"turns": ["a", 3]}, "record 2: a turn is no text: '3'"),
        ({"turns": ["a"], "reference": ["b", "c"]}, "record 2: `reference` has 2 answers to 1 turns"),
        ([1], "record 2: it is no JSON object"),
    ):
        lines(tmp_path / "prompts.jsonl", [{"text": "fine"}, record])
        with pytest.raises(RecipeError, match="prompts") as raised:
            run(written({"able": ABLE, "judge": JUDGE}, score()))
        assert told in str(raised.value)


def test_a_question_that_stands_there_twice_counts_once(written: Written, tmp_path: Path) -> None:
    lines(tmp_path / "prompts.jsonl", [*QUESTIONS, QUESTIONS[0], {**QUESTIONS[0], "system": "Be brief."}])
    path = written({"able": ABLE, "judge": JUDGE}, score())
    task = run(path)["tasks"]["score"]
    assert (task["questions"], task["left_out"]) == (4, {"duplicate": 1})
    assert "4 questions; left out: 1 duplicate." in (tmp_path / "out" / "README.md").read_text()
