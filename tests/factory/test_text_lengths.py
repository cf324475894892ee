"""Lengths of texts are counted by role or by side, whatever the batches."""

import pytest

from factory import columns
from factory.row import Message, Pair, Row
from factory.text_lengths import Lengths, lengths


def row(*turns):
    return Row(tuple(Message(*turn) for turn in turns), "mit", "generated", "test")


@pytest.mark.parametrize("size", [1, 2, 10])
def test_turns_are_counted_by_role_in_characters_not_bytes(size):
    rows = [
        row(("user", "あいう"), ("assistant", "x" * 9)),
        row(("system", "s"), ("user", "ab"), ("assistant", ""), ("user", "abcd")),
        row(("robot", "beep")),
    ]
    batches = [
        columns.batch("rows", rows[n : n + size], [()] * len(rows[n : n + size])).select(["messages"])
        for n in range(0, len(rows), size)
    ]
    found = lengths(batches, by_role=True)
    assert found == {
        "assistant": Lengths(texts=2, characters=9, longest=9),
        "other": Lengths(texts=1, characters=4, longest=4),
        "system": Lengths(texts=1, characters=1, longest=1),
        "user": Lengths(texts=3, characters=9, longest=4),
    }
    assert found["user"].mean == 3


def test_turns_of_pairs_are_counted_by_side():
    pair = Pair((Message("user", "q"),), (Message("assistant", "good"),), (Message("assistant", "x"),), "mit", "s", "g")
    batch = columns.batch("pairs", [pair, pair], [(), ()]).select(["prompt", "chosen", "rejected"])
    found = lengths([batch, batch.slice(1)], by_role=False)
    assert {name: (one.texts, one.characters) for name, one in found.items()} == {
        "chosen": (3, 12),
        "prompt": (3, 3),
        "rejected": (3, 3),
    }


def test_no_rows_have_no_lengths():
    assert lengths([columns.batch("rows", [], []).select(["messages"])], by_role=True) == {}
