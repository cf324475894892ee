"""Which rows bring a question with a known verdict depends on their ids alone."""

from collections import Counter

from factory.judging import canary
from factory.row import Message, content_id

IDS = [content_id([Message("user", str(number))]) for number in range(4_000)]


def test_one_row_in_so_many_brings_one_whatever_stands_beside_it():
    chosen = [canary.chosen(row, 20, "en") for row in IDS]
    assert chosen == [canary.chosen(row, 20, "en") for row in IDS]
    assert 120 < sum(one is not None for one in chosen) < 280
    assert all(canary.chosen(row, 1, "ja") for row in IDS)
    assert not any(canary.chosen(row, 0, "ja") for row in IDS)


def test_all_questions_come_with_either_answer():
    seen = Counter(canary.chosen(row, 7, "ja") for row in IDS)
    del seen[None]
    assert len(seen) == 2 * len(canary.canaries("ja"))


def test_good_and_bad_answers_differ_and_some_bad_ones_speak_to_the_judge():
    from factory.judging.addressing import addresses_judge

    for language in ("ja", "en"):
        known = canary.canaries(language)
        assert all(one.good != one.bad for one in known)
        assert not any(addresses_judge(one.good) for one in known)
        assert any(addresses_judge(one.bad) for one in known)
