"""The judges of one answer's shape: length, repetition, truncation, refusal, politeness."""

import asyncio

import pytest
from pydantic import ValidationError

from factory.component import Run
from factory.row import Message, Pair, Row
from judges.length import Length
from judges.politeness import Politeness
from judges.refusal import Refusal
from judges.repetition import RepetitionJudge
from judges.truncation import Truncation

GOOD = "空が青いのは、太陽の光が空気の分子に当たって散らばるからです。波長の短い光ほど強く散らばります。"
LOOP = GOOD + "そして、" * 40
CUT = GOOD + "夕方になると、"
REFUSED = "申し訳ありませんが、そのご質問にはお答えできません。"
MIXED = "空は青いです。海も青いのである。山は緑だ。川が流れています。"
JUDGES = [
    (Length(), "", "answer_empty"),
    (RepetitionJudge(), LOOP, "period"),
    (Truncation(), CUT, "wants_more"),
    (Refusal(), REFUSED, "refusal"),
    (Politeness(), MIXED, "mixed"),
]


def row(answer, question="なぜ？", **meta):
    return Row((Message("user", question), Message("assistant", answer)), "mit", "test", "test", meta=meta)


def judged(judge, *rows):
    return asyncio.run(judge.judge(rows, Run(seed=0)))


@pytest.mark.parametrize(("judge", "bad", "reason"), JUDGES)
def test_a_bad_answer_is_dropped_with_its_reason_and_good_ones_beside_it_are_not(judge, bad, reason):
    found = judged(judge, row(GOOD), row(bad), row(GOOD))
    assert [(one.passed, one.reason) for one in found] == [(True, ""), (False, reason), (True, "")]
    assert {one.judge for one in found} == {type(judge).__module__.partition(".")[2]}
    assert judged(judge) == []


@pytest.mark.parametrize(("judge", "bad", "reason"), JUDGES)
def test_an_earlier_answer_counts_the_users_turn_and_the_rejected_side_don_t(judge, bad, reason):
    turns = (Message("user", "なぜ？"), Message("assistant", bad), Message("user", "?"), Message("assistant", GOOD))
    assert judged(judge, Row(turns, "mit", "t", "t"))[0].reason == reason
    assert judged(judge, row(GOOD, bad or "なぜ？"))[0].passed is True
    sides = (Message("assistant", GOOD),), (Message("assistant", bad),)
    assert judged(judge, Pair(turns[:1], *sides, "mit", "t", "t"))[0].passed is True
    assert judged(judge, Pair(turns[:1], *reversed(sides), "mit", "t", "t"))[0].reason == reason


@pytest.mark.parametrize("judge", [RepetitionJudge(), Truncation(), Refusal(), Politeness()])
def test_a_row_without_an_answer_passes_without_a_score(judge):
    (verdict,) = judged(judge, Row((Message("user", LOOP),), "mit", "t", "t"))
    assert (verdict.passed, verdict.score) == (True, None)


@pytest.mark.parametrize(
    ("settings", "answer", "question", "reason"),
    [
        ({}, " \n", "?", "answer_empty"),
        ({}, "はい", " ", "question_empty"),
        ({"least_answer": 3}, "はい", "?", "answer_short"),
        ({"most_answer": 3}, "はいはい", "?", "answer_long"),
        ({"least_question": 2}, "はい", "?", "question_short"),
        ({"most_question": 2}, "はい", "なぜ？", "question_long"),
        ({"least_answer": 2, "most_answer": 2, "least_question": 1}, " はい\n", "?", ""),
    ],
)
def test_lengths_have_limits_at_both_ends(settings, answer, question, reason):
    (verdict,) = judged(Length(**settings), row(answer, question))
    assert (verdict.passed, verdict.reason) == (not reason, reason)
    assert verdict.score == len(answer.strip())


def test_a_row_without_an_answer_has_no_length():
    (verdict,) = judged(Length(), Row((Message("user", "?"),), "mit", "t", "t"))
    assert (verdict.passed, verdict.score, verdict.reason) == (False, None, "no_answer")


def test_limits_that_nothing_meets_are_said():
    assert "no row would pass" in Length(least_answer=5, most_answer=4).check()[0]
    assert Length().check() == []
    with pytest.raises(ValidationError):
        Length(most_answer=0)


def test_the_limits_of_repetition_are_settings():
    more = (
        "夕方になると光は空気の中をより長く進み、青い光は途中で散らばってしまうので、赤い光が多く目に届きます。"
        "これが夕焼けで、空気が澄んだ日ほど鮮やかに見えると言われています。"
    )
    twice = row((GOOD + more) * 2)
    assert judged(RepetitionJudge(), twice)[0].passed is True
    assert judged(RepetitionJudge(max_copied=0.3), twice)[0].reason == "grams"
    assert judged(RepetitionJudge(turns="questions"), row(GOOD, LOOP))[0].reason == "period"
    assert judged(RepetitionJudge(), row("はい"))[0].score is None
    assert judged(RepetitionJudge(), row(LOOP))[0].score > 0.5


def test_the_generators_word_that_an_answer_was_cut_comes_first():
    assert judged(Truncation(), row(GOOD, finish_reason="length"))[0].reason == "limit"
    assert judged(Truncation(), row(GOOD, finish_reason="stop"))[0].passed is True
    assert judged(Truncation(), row(CUT))[0].note.endswith("夕方になると、")


def test_the_limits_of_politeness_are_settings():
    once = row(GOOD + "空は青いのである。")
    assert judged(Politeness(), once)[0].passed is True
    assert judged(Politeness(least_sentences=1), once)[0].reason == "mixed"
    assert judged(Politeness(least_share=0.5), row(MIXED + "見ます。"))[0].passed is True
    assert judged(Politeness(), row(MIXED))[0].score == 0.5


def test_the_words_of_a_refusal_stand_in_the_note():
    assert judged(Refusal(), row(REFUSED))[0].note.startswith("申し訳ありません")
    assert judged(Refusal(), row("断るときは「申し訳ありませんが、参加できません」と言います。"))[0].passed is True
