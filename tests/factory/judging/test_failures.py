"""A judge that mostly fails stops the run, one that fails now and then does not."""

import pytest

from factory.judging.failures import Failures, TooManyFailed


def test_more_than_the_share_of_fifty_stops_the_run_with_the_commonest_reason():
    failures = Failures("llm", 0.2)
    for number in range(49):
        failures.add("truncated" if number < 8 else "unreadable" if number < 11 else "", f"I\x1b[2J think\n{number}")
    with pytest.raises(
        TooManyFailed,
        match=r"no verdict on 11 of 50 rows .* mostly `truncated` .8, such as 'I.x1b.2J think 0'.: raise max_tokens",
    ) as told:
        failures.add()
    assert told.value.exit_code == 2
    assert "\n" not in str(told.value)


def test_fewer_rows_or_a_smaller_share_go_on():
    failures = Failures("llm", 0.2)
    for _ in range(49):
        failures.add("empty")
    failures = Failures("llm", 0.2)
    for number in range(1_000):
        failures.add("empty" if number % 5 == 4 else "")
    for _ in range(1_000):
        Failures("llm", 1.0).add("empty")
