import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from factory.component import Run
from factory.row import Message, Pair, Row, Verdict
from judges.math_answer import LEAST, MathAnswer, NoGold


def row(text: str, meta: dict[str, Any]) -> Row:
    return Row((Message("user", "6 × 7?"), Message("assistant", text)), "mit", "test", "test", meta=meta)


def judged(judge: MathAnswer, *rows: Row | Pair) -> list[Verdict]:
    return asyncio.run(judge.judge(rows, Run(seed=0)))


def test_a_right_answer_passes_with_the_answer_as_note() -> None:
    assert judged(MathAnswer(), row("答えは42です。", {"answer": "42"})) == [
        Verdict("math_answer", True, 1.0, "", "42")
    ]


def test_a_wrong_answer_fails() -> None:
    assert judged(MathAnswer(), row("答えは41です。", {"answer": 42})) == [
        Verdict("math_answer", False, 0.0, "wrong", "41")
    ]


@pytest.mark.parametrize(
    ("text", "meta", "reason"),
    [
        ("I went home.", {"answer": "42"}, "no_answer"),
        ("The answer is 42.", {}, "no_gold"),
        ("The answer is 42.", {"answer": None}, "no_gold"),
        ("The answer is 42.", {"answer": True}, "no_gold"),
        ("The answer is 42.", {"answer": " "}, "no_gold"),
        ("The answer is beyond our reach.", {"answer": "42"}, "unreadable"),
        ("\\boxed{" + "1+" * 200 + "1}", {"answer": "42"}, "too_long"),
    ],
)
def test_what_could_not_be_told_is_neither_right_nor_wrong(text: str, meta: dict[str, Any], reason: str) -> None:
    (verdict,) = judged(MathAnswer(), row(text, meta))
    assert (verdict.passed, verdict.score, verdict.reason) == (None, None, reason)
    assert len(verdict.note) <= 200


def test_each_row_gets_its_verdict_in_order() -> None:
    rows = [row(f"The answer is {n}.", {"answer": "2"}) for n in range(5)]
    assert [verdict.passed for verdict in judged(MathAnswer(), *rows)] == [False, False, True, False, False]


def test_the_last_message_of_the_assistant_counts() -> None:
    turns = (
        Message("assistant", "The answer is 1."),
        Message("user", "Sure?"),
        Message("assistant", "The answer is 2."),
    )
    asked = Row((*turns, Message("user", "The answer is 3.")), "mit", "test", "test", meta={"answer": "2"})
    assert judged(MathAnswer(), asked)[0].passed is True


def test_a_row_without_an_assistant_has_no_answer() -> None:
    asked = Row((Message("user", "The answer is 2."),), "mit", "test", "test", meta={"answer": "2"})
    assert judged(MathAnswer(), asked)[0].reason == "no_answer"


def test_of_a_pair_the_chosen_side_is_graded() -> None:
    sides = [(Message("assistant", f"The answer is {n}."),) for n in (2, 3)]
    pair = Pair((Message("user", "1 + 1?"),), *sides, "mit", "test", "test", meta={"answer": "2"})
    assert judged(MathAnswer(), pair)[0].passed is True


def test_the_settings_reach_the_comparison() -> None:
    percent = row("The answer is 60.", {"gold": "60%"})
    assert judged(MathAnswer(answer="gold"), percent)[0].passed is False
    assert judged(MathAnswer(answer="gold", percent="loose"), percent)[0].passed is True
    unreduced = row("The answer is 6/8.", {"answer": "3/4"})
    assert judged(MathAnswer(form="reduced"), unreduced)[0].passed is False
    assert judged(MathAnswer(decimals=2), row("Answer: 0.33", {"answer": "1/3"}))[0].passed is True


def test_of_sampled_answers_one_that_states_no_result_can_count_as_wrong() -> None:
    scorer = MathAnswer(unanswered="wrong")
    texts = ["The answer is 42.", "The answer is 41.", "Let me think.", "The answer is beyond our reach."]
    rows = [row(text, {"answer": "42"}) for text in texts]
    said = asyncio.run(scorer.compare(rows, Run(seed=0)))
    assert [(verdict.score, verdict.reason) for verdict in said] == [
        (1.0, ""),
        (0.0, "wrong"),
        (0.0, "no_answer"),
        (None, "unreadable"),
    ]
    assert [verdict.passed for verdict in said] == [True, False, False, None]
    assert asyncio.run(MathAnswer().compare(rows, Run(seed=0)))[2].score is None


def test_a_row_without_gold_or_without_an_answer_is_never_wrong() -> None:
    asked = Row((Message("user", "1 + 1?"),), "mit", "test", "test", meta={"answer": "2"})
    said = judged(MathAnswer(unanswered="wrong"), row("Let me think.", {}), asked)
    assert [(verdict.score, verdict.reason) for verdict in said] == [(None, "no_gold"), (None, "no_answer")]


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError):
        MathAnswer(tolerance=1)  # type: ignore[call-arg]


def compared(judge: MathAnswer, run: Run, number: int, **meta: Any) -> list[Verdict]:
    prompt = Message("user", f"{number} x 7?")
    samples = [Row((prompt, Message("assistant", text)), "mit", "t", "t", meta=meta) for text in ("It is 7.", "8")]
    return asyncio.run(judge.compare(samples, run))


def test_a_scorer_stops_where_no_prompt_has_the_gold_answer_that_is_named() -> None:
    run = Run(seed=0)
    for number in range(LEAST - 1):
        assert [one.reason for one in compared(MathAnswer(answer="gold"), run, number, answer="7")] == ["no_gold"] * 2
    compared(MathAnswer(answer="gold"), run, 0, answer="7")  # a prompt that was asked already
    with pytest.raises(
        NoGold, match=r"none of 50 prompts has 'gold' in its meta, which holds answer; name the key"
    ) as told:
        compared(MathAnswer(answer="gold"), run, LEAST, answer="7")
    assert told.value.exit_code == 2


def test_a_scorer_goes_on_where_one_prompt_has_a_gold_answer() -> None:
    run = Run(seed=0)
    compared(MathAnswer(), run, -1, answer="7")
    assert all(compared(MathAnswer(), run, number)[0].reason == "no_gold" for number in range(2 * LEAST))
