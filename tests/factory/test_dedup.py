import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory import dedup
from factory.row import Message, Pair, Row


def row(*turns: str) -> Row:
    roles = ("user", "assistant") * len(turns)
    return Row(tuple(map(Message, roles, turns)), "mit", "generated", "test")


def key(*turns: str) -> int:
    return int(dedup.keys([row(*turns)])[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is 1+1?", "what  is\n1+1? "),
        ("1+1はいくつですか。", "1+1はいくつですか。"),
        ("カタカナ", "カタカナ"),
        ("Straße", "STRASSE"),
        ("e\u0301tude", "étude"),
        ("a\u3000b", "a b"),
    ],
)
def test_one_question_written_in_two_ways_is_one_question(one, other):
    assert key(one, "2") == key(other, "another answer")


@pytest.mark.parametrize(
    ("one", "other"),
    [("What is 1+1?", "What is 1+2?"), ("12個", "13個"), ("x is 1 1", "x is 11"), ("が", "か"), ("5 m", "5 km")],
)
def test_questions_that_differ_in_a_number_or_a_letter_are_two(one, other):
    assert key(one) != key(other)


def test_all_turns_of_the_user_count():
    assert key("a", "x", "b", "y") != key("a", "x", "c", "y")
    assert key("a", "x", "b", "y") != key("a b", "x")


def test_pairs_are_one_where_prompt_and_answers_are():
    def pair(chosen, rejected="3", system=""):
        prompt = (Message("system", system), Message("user", "1+1?"))
        sides = (Message("assistant", chosen),), (Message("assistant", rejected),)
        return Pair(prompt, *sides, "mit", "generated", "test")

    alike, *others = dedup.keys(
        [pair("2"), pair("２ "), pair("two"), pair("2", "4"), pair("3", "2"), pair("2", "3", "!")]
    )
    assert others[0] == alike
    assert len({alike, *others[1:]}) == 5


def test_rows_without_a_user_are_told_apart_by_their_whole_content():
    one, other = (Row((Message("assistant", text),), "mit", "s", "g") for text in ("one", "two"))
    assert len(set(dedup.keys([one, other]).tolist())) == 2


def test_keys_are_the_same_in_another_process():
    code = "from factory import dedup; from factory.row import *;"
    code += "print(dedup.keys([Row((Message('user','問1'),),'m','s','g')])[0])"
    outside = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(outside.stdout) == key("問1")


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert dedup.fold(dedup.fold(text)) == dedup.fold(text)


@given(st.lists(st.lists(st.integers(0, 30))))
def test_seen_is_a_set_that_takes_whole_batches(batches):
    seen, known = dedup.Seen(), set()
    for batch in batches:
        expected = []
        for number in batch:
            expected.append(number not in known)
            known.add(number)
        assert seen.first(np.array(batch, np.uint64)).tolist() == expected


def test_seen_stays_small_and_right_over_many_batches():
    rng = np.random.default_rng(1)
    everything = rng.integers(0, 2**63, 200_000, dtype=np.uint64)
    seen = dedup.Seen()
    assert all(seen.first(part).all() for part in np.split(everything, 200))
    assert not seen.first(everything).any()
    assert sum(run.nbytes for run in seen._runs) == everything.nbytes
    assert len(seen._runs) < 20
