"""Damaged stores: no wrong answer ever comes out of them, what is lost is named, and the rest is kept."""

import asyncio
import random
import sqlite3

import pytest

from factory.answers import repair
from factory.answers.contents import checked
from factory.answers.file import PAGE
from factory.answers.store import Answers, Keys
from factory.engine import Completion, Request, Unanswered
from factory.errors import DatasetError

KEYS = Keys({"model": "m"})


def key(i):
    return KEYS.of(Request(f"{i}"), (0,))[0]


def answer(i):
    return Completion(f"answer {i}; " * (1 + i % 400), i, 2)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.sqlite"


@pytest.fixture
def filled(path):
    """A store of 300 answers and 5 failures."""
    with Answers(path) as store:
        store.put([(key(i), f"model {i % 3}", answer(i)) for i in range(300)], "run")
        store.put([(key(i), "m", Unanswered("schema", "note", "raw")) for i in range(1000, 1005)], "run")
    return path


def overwrite(path, inside, new):
    """Change bytes of the file, behind SQLite's back."""
    content = path.read_bytes()
    assert content.count(inside) == 1
    assert len(inside) == len(new)
    path.write_bytes(content.replace(inside, new))


def test_a_damaged_answer_is_named_counted_asked_again_and_replaced(filled):
    overwrite(filled, b'["answer 8; answer 8', b'["answer 8; answer 9')
    with Answers(filled) as store:
        assert store.found([key(7), key(8)], "run") == [answer(7), None]
        assert store.found([key(8)], "run") == [None]
        assert store.damaged == 1
        assert store.remarks == [f"answer {key(8).hex()[:16]} in {filled} is damaged: it is asked again, and replaced"]
        store.put([(key(8), "m", Completion("paid again"))], "run")
        asyncio.run(store.flush())
        assert store.found([key(8)], "run") == [Completion("paid again")]
    with Answers(filled) as store:
        assert store.found([key(8)], "run") == [Completion("paid again")]
        assert store.damaged == 0
    assert checked(filled).damaged == []


def test_an_answer_in_the_place_of_another_is_damaged(filled):
    with sqlite3.connect(filled) as connection:
        row = connection.execute("select payload, crc from answers where key = ?", (key(1),)).fetchone()
        connection.execute("update answers set payload = ?, crc = ? where key = ?", (*row, key(2)))
    with Answers(filled) as store:
        assert store.found([key(1), key(2)], "run") == [answer(1), None]
        assert store.damaged == 1


@pytest.mark.parametrize("column", ["payload", "crc"])
@pytest.mark.parametrize("value", [None, "text", 3.5, -1, b""])
def test_values_of_any_type_in_a_damaged_row_are_survived(filled, column, value):
    if value is None:
        value = 0
    with sqlite3.connect(filled) as connection:
        connection.execute(f"update answers set {column} = ? where key = ?", (value, key(5)))
        connection.execute(f"update failures set {column} = ? where key = ?", (value, key(1001)))
    assert sorted(checked(filled).damaged) == sorted([key(5).hex(), key(1001).hex()])
    with Answers(filled) as store:
        assert store.found([key(5), key(1001)], "run") == [None, None]
        assert store.damaged == 2
        store.put([(key(5), "m", answer(5)), (key(1001), "m", Unanswered("empty"))], "run")
    with Answers(filled) as store:
        found = store.found([key(5), key(1001)], "run")
        assert found[0] == answer(5)
        assert found[1].reason == "empty"


def whole(path):
    """How many of the 300 answers are found, none of them wrong."""
    with Answers(path) as store:
        found = store.found([key(i) for i in range(300)], "run")
        remarks = store.remarks
    assert all(one in (None, answer(i)) for i, one in enumerate(found))
    return 300 - found.count(None), remarks


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_file_cut_short_is_named_and_repair_keeps_what_is_left(filled, share):
    content = filled.read_bytes()
    filled.write_bytes(content[: int(len(content) * share)])
    try:
        whole(filled)
    except DatasetError as error:
        assert f"`factory answers repair {filled}` keeps every answer that is still whole" in str(error)  # noqa: PT017
    kept, aside = repair.repair(filled)
    assert aside.read_bytes() == content[: int(len(content) * share)]
    assert whole(filled) == (kept, [])
    assert kept > 300 * (share - 0.2)


def test_flipped_bytes_anywhere_never_give_a_wrong_answer_and_repair_keeps_the_rest(filled):
    content = filled.read_bytes()
    rng = random.Random(5)
    for _ in range(25):
        flipped = bytearray(content)
        for _ in range(8):
            flipped[rng.randrange(100, len(content))] ^= 1 << rng.randrange(8)
        filled.write_bytes(flipped)
        before = 0
        try:
            before, _ = whole(filled)
            checked(filled)
        except DatasetError as error:
            assert "\n" not in str(error)  # noqa: PT017
        kept, aside = repair.repair(filled)
        assert whole(filled) == (kept, [])
        assert kept >= max(before - 8, 250)  # the index may still find a row whose own copy of the key is damaged
        assert checked(filled).faults == []
        aside.unlink()


def test_pages_that_are_gone_are_survived_while_running(filled):
    content = bytearray(filled.read_bytes())
    for page in range(10, 15):
        content[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)
    filled.write_bytes(content)
    found, remarks = whole(filled)
    assert 0 < found < 300
    assert any("what can't be read is asked again" in remark for remark in remarks)
    assert checked(filled).faults
    kept, _ = repair.repair(filled)
    assert kept >= found


def test_a_repair_keeps_models_failures_and_large_answers(filled):
    with Answers(filled) as store:
        store.put([(key(7777), "large", Completion("四" * 300_000, 1, 2))], "run")
    kept, _ = repair.repair(filled)
    assert kept == 301
    with sqlite3.connect(filled) as connection:
        models = connection.execute(
            "select label, count(*) from answers join models on models.id = model group by 1 order by 1"
        ).fetchall()
    assert models == [("large", 1), ("model 0", 100), ("model 1", 100), ("model 2", 100)]
    with Answers(filled) as store:
        assert store.found([key(7777)], "run") == [Completion("四" * 300_000, 1, 2)]
        assert all(isinstance(one, Unanswered) for one in store.found([key(i) for i in range(1000, 1005)], "run"))


def test_a_store_in_use_is_not_repaired(filled):
    with Answers(filled) as store:
        store.found([key(1)], "run")
        with pytest.raises(DatasetError, match="is in use by another process"):
            repair.repair(filled)
        assert store.found([key(1)], "run") == [answer(1)]
