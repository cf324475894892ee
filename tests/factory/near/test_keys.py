import pytest

from factory.near.keys import key_text
from factory.row import Message, Pair, Row


def row(*turns):
    return Row(tuple(Message(*turn) for turn in turns), "mit", "generated", "test")


TALK = row(("system", "Be kind."), ("user", "one"), ("assistant", "two"), ("user", "three"), ("assistant", "four"))


@pytest.mark.parametrize(
    ("key", "parts"),
    [("instruction", ["one"]), ("user", ["one", "three"]), ("conversation", ["one", "two", "three", "four"])],
)
def test_a_key_is_made_of_its_turns(key, parts):
    assert key_text(TALK, key).split("\x01") == parts


@pytest.mark.parametrize("key", ["instruction", "user", "conversation"])
def test_rows_without_a_user_are_compared_whole_and_the_system_prompt_only_where_there_is_nothing_else(key):
    assert key_text(row(("system", "s"), ("assistant", "text")), key) == "text"
    assert key_text(row(("system", "s")), key) == "s"


def test_a_pair_is_compared_by_its_prompt_and_as_a_conversation_by_its_answers_too():
    pair = Pair((Message("user", "q"),), (Message("assistant", "a"),), (Message("assistant", "b"),), "mit", "g", "t")
    assert key_text(pair, "instruction") == key_text(pair, "user") == "q"
    assert key_text(pair, "conversation").split("\x01") == ["q", "a", "b"]
