"""Rows are judged by the list that the recipe names."""

import asyncio

import pytest

from factory.component import Run
from factory.row import Message, Row
from judges.toxic_words import ToxicWords


def row(question, answer):
    return Row((Message("user", question), Message("assistant", answer)), "mit", "test", "test")


@pytest.fixture
def judge(tmp_path):
    """A judge with a list beside its recipe."""
    (tmp_path / "words.txt").write_text("# ours\nfoo\nばか\n", encoding="utf-8")

    def made(**settings):
        component = ToxicWords(words="words.txt", **settings)
        component.place(tmp_path)
        return component

    return made


def judged(judge, *rows):
    return asyncio.run(judge.judge(rows, Run(seed=0)))


LONG = "これは普通の長い文であり、特に悪いことは何も言っていません。" * 10


def test_more_hits_than_allowed_drop_a_row(judge):
    rows = [row("?", LONG + "ばか" * n) for n in (0, 3, 4)]
    found = judged(judge(), *rows)
    assert [(one.passed, one.score, one.reason) for one in found] == [
        (True, 0.0, ""),
        (True, 3.0, ""),
        (False, 4.0, "hits"),
    ]
    assert found[2].note == "ばか"
    assert judged(judge(most_hits=0), rows[1])[0].passed is False


def test_a_text_that_is_mostly_such_words_is_dropped_and_one_hit_is_none(judge):
    assert judged(judge(), row("?", "ばか、ばか"))[0].reason == "share"
    assert judged(judge(), row("?", "ばか"))[0].passed is True


def test_which_turns_are_read_is_said(judge):
    asked = row("foo foo foo foo foo " + LONG, "いいえ")
    assert judged(judge(), asked)[0].passed is False
    assert judged(judge(turns="answers"), asked)[0].passed is True


def test_a_list_that_can_t_be_read_is_said_before_the_run(judge, tmp_path):
    assert judge().check() == []
    (tmp_path / "words.txt").unlink()
    assert "can't be read" in judge().check()[0]


def test_other_words_are_other_settings(judge, tmp_path):
    before = judge().fingerprint()
    (tmp_path / "words.txt").write_text("bar\n", encoding="utf-8")
    assert judge().fingerprint() != before
