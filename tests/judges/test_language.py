"""Answers in a wrong language and Chinese in Japanese ones are dropped; what has no language passes."""

import asyncio
from importlib.util import find_spec

import pytest
from pydantic import ValidationError

from factory.component import Run
from factory.row import Message, Pair, Row
from judges.language import LanguageJudge

JA = "空が青いのは、光が散らばるからです。"
EN = "The sky is blue because the light is scattered in the air."
ZH = "天空是蓝色的，因为光被散射了。"


def row(answer, question="空はなぜ青い？"):
    return Row((Message("user", question), Message("assistant", answer)), "mit", "test", "test")


def judged(judge, *rows):
    return asyncio.run(judge.judge(rows, Run(seed=0)))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (JA, ""),
        (EN, ""),
        (ZH, "other_language"),
        ("Le ciel est bleu parce que la lumière est diffusée dans une couche de gaz.", "other_language"),
        ("Небо голубое из-за рассеяния света.", "other_language"),
        (JA + "因为蓝光的波长较短。", "chinese_leak"),
        ("- Port\n- Madeira\n- Marsala\n- Sherry\n- Vermouth\n- Vinsanto\n- Tokaji\n- Rivesaltes", ""),
        ("f(2) = 5 × 2^3 = 53", ""),
        ("```python\nprint(1)\n```", ""),
        ("42", ""),
        ("東京都千代田区霞が関", ""),
    ],
)
def test_an_answer_gets_its_verdict(answer, reason):
    (verdict,) = judged(LanguageJudge(), row(answer))
    assert (verdict.judge, verdict.passed, verdict.reason) == ("language", not reason, reason)


def test_only_the_languages_of_the_recipe_pass():
    assert [one.passed for one in judged(LanguageJudge(languages=("ja",)), row(JA), row(EN))] == [True, False]
    assert [one.passed for one in judged(LanguageJudge(languages=("en",)), row(JA), row(EN))] == [False, True]


def test_an_answer_may_have_to_be_in_the_language_of_the_question():
    judge = LanguageJudge(as_asked=True)
    found = judged(judge, row(JA), row(EN), row(EN, "「空は青い」を英語にして"), row(EN, "Why is the sky blue?"))
    assert [one.reason for one in found] == ["", "not_as_asked", "", ""]


def test_chinese_that_the_prompt_has_is_no_leak_and_the_rule_can_be_off():
    leak = row(JA + "我们在这里。")
    assert judged(LanguageJudge(), leak)[0].note == "们这 / 我们在这里。"
    assert judged(LanguageJudge(), row(JA + "我们在这里。", "我们在这里とは？"))[0].passed
    assert judged(LanguageJudge(chinese=False), leak)[0].passed


def test_every_answer_counts_and_of_a_pair_the_chosen_ones():
    turns = (Message("user", "?"), Message("assistant", JA), Message("user", "?"), Message("assistant", ZH))
    assert judged(LanguageJudge(), Row(turns, "mit", "t", "t"))[0].reason == "other_language"
    pair = Pair(turns[:1], (Message("assistant", JA),), (Message("assistant", ZH),), "mit", "t", "t")
    assert judged(LanguageJudge(), pair)[0].passed is True


def test_rows_keep_their_order_and_the_score_is_the_share_of_japanese():
    found = judged(LanguageJudge(), row(EN), row(ZH), row(JA), Row((Message("user", JA),), "mit", "t", "t"))
    assert [one.passed for one in found] == [True, False, True, True]
    assert [one.score for one in found] == [0.0, 1.0, 1.0, None]
    assert judged(LanguageJudge()) == []


def test_kanji_alone_are_left_to_the_library_where_it_is_asked_for():
    if find_spec("py3langid") is None:
        assert "pip install" in LanguageJudge(identify="py3langid").check()[0]
        pytest.skip("py3langid is not installed")
    judge = LanguageJudge(identify="py3langid")
    assert judge.check() == []
    chinese = "北京是中華人民共和国首都全国政治中心文化中心国際交往中心科技創新中心"
    assert judged(LanguageJudge(), row(chinese))[0].passed is True
    assert [one.passed for one in judged(judge, row(chinese), row(JA))] == [False, True]


def test_settings_are_checked():
    with pytest.raises(ValidationError):
        LanguageJudge(languages=())
    with pytest.raises(ValidationError):
        LanguageJudge(least_kanji=0)
