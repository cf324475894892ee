"""Japanese texts are judged by Swallow's rules, each profile by its own limits and turns."""

import asyncio

import pytest
from pydantic import ValidationError

from factory.component import Run
from factory.row import Message, Row
from judges.japanese_rules import JapaneseRules

GOOD = "空が青いのは、太陽の光が空気の分子に当たって散らばるからです。波長の短い光ほど強く散らばるので、青く見えます。"
KANJI = "東京都千代田区霞関一丁目一番一号中央合同庁舎第六号館国土交通省航空局安全部運航安全課航空従事者試験官。" * 2
LONG = "雨が降って風が吹いて" * 40 + "います。"
SHORT = "はい。そう。です。"


def row(answer, question="なぜ？"):
    return Row((Message("user", question), Message("assistant", answer)), "mit", "test", "test")


def judged(judge, *rows):
    return asyncio.run(judge.judge(rows, Run(seed=0)))


@pytest.mark.parametrize(
    ("profile", "answer", "reason"),
    [
        ("response", GOOD, ""),
        ("response", KANJI, "hiragana"),
        ("response", LONG, "sentence_most"),
        ("response", SHORT, ""),
        ("response", "東京都", ""),
        ("response", "The sky is blue.", ""),
        ("response", "", ""),
        ("web_doc", GOOD, ""),
        ("web_doc", SHORT, "sentence_least"),
        ("web_doc", "東京都", "hiragana"),
        ("web_doc", "The sky is blue.", ""),
        ("swallow_v1", GOOD, "letters"),
        ("swallow_v1", "", "hiragana"),
        ("instruction", KANJI, ""),
    ],
)
def test_a_profile_has_its_limits(profile, answer, reason):
    question = GOOD if profile == "web_doc" else "なぜ？"
    (verdict,) = judged(
        JapaneseRules(profile=profile), row(answer, question) if profile != "swallow_v1" else one(answer)
    )
    assert (verdict.passed, verdict.reason) == (not reason, reason)


def one(text):
    return Row((Message("assistant", text),), "mit", "test", "test")


def test_instructions_are_the_users_turns():
    judge = JapaneseRules(profile="instruction")
    assert [verdict.reason for verdict in judged(judge, row(GOOD, KANJI), row(KANJI, GOOD))] == ["hiragana", ""]


def test_code_formulas_and_tables_are_left_out_of_the_ratios():
    listed = GOOD + "\n```\n" + "東京都千代田区" * 60 + "\n```\n" + "| 東京都 | 千代田区 |\n" * 40
    assert judged(JapaneseRules(), one(listed))[0].score == judged(JapaneseRules(), one(GOOD))[0].score


def test_limits_are_settings_and_null_switches_one_off():
    assert judged(JapaneseRules(limits={"katakana": 0.0}), one(GOOD))[0].passed is True
    assert judged(JapaneseRules(limits={"katakana": 0.0}), one(GOOD + "テレビ"))[0].reason == "katakana"
    assert judged(JapaneseRules(limits={"hiragana": None}), one(KANJI))[0].passed is True
    assert judged(JapaneseRules(profile="web_doc", limits={"sentence_least": 2}), one(SHORT))[0].passed is True
    assert judged(JapaneseRules(least_letters=0), one("東京都"))[0].reason == "hiragana"
    with pytest.raises(ValidationError):
        JapaneseRules(limits={"hirgana": 0.1})


def test_the_values_stand_in_the_note():
    (verdict,) = judged(JapaneseRules(limits={"top_2gram": 0.5}), one(GOOD))
    assert verdict.score == pytest.approx(0.58, abs=0.1)
    assert [part.partition("=")[0] for part in verdict.note.split()] == ["hiragana", "sentence_most", "top_2gram"]


def test_a_row_fails_by_its_worst_text_and_rows_don_t_touch_each_other():
    both = Row((Message("assistant", GOOD), Message("assistant", KANJI)), "mit", "t", "t")
    found = judged(JapaneseRules(), one(GOOD), both, one(GOOD))
    assert [verdict.passed for verdict in found] == [True, False, True]
    assert found[0] == found[2]
    assert judged(JapaneseRules()) == []
