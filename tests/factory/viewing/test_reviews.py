"""Decisions on rows: kept whatever happens, and never overwritten."""

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from factory.errors import DatasetError, RecipeError
from factory.viewing.reviews import Review, Reviews, beside

IDS = [f"{n:032x}" for n in range(100)]
TEXTS = {"messages": [{"role": "user", "content": "問い\u202e"}, {"role": "assistant", "content": "答え"}]}
PAIR = {"prompt": TEXTS["messages"][:1], "chosen": TEXTS["messages"][1:], "rejected": TEXTS["messages"][:1]}


@pytest.fixture
def reviews(tmp_path):
    return Reviews(tmp_path / "set.reviews.sqlite", "digest")


def test_reviews_are_beside_the_folder_and_the_file_is_made_with_the_first(tmp_path):
    folder = tmp_path / "out" / "a.b"
    folder.mkdir(parents=True)
    store = Reviews.of(folder, "d")
    assert store.path == beside(folder) == tmp_path / "out" / "a.b.reviews.sqlite"
    assert (store.all(), store.get(IDS), store.undo(IDS[0]), store.elsewhere()) == ([], {}, None, 0)
    assert not store.path.exists()
    store.put(Review(IDS[0], "accept"))
    assert store.path.exists()
    assert list(folder.iterdir()) == []


def test_what_is_put_comes_back(reviews):
    put = reviews.put(Review(IDS[0], "edit", "メモ\n2", TEXTS, "人"))
    assert (put.number, put.at[10], put.at[-1]) == (1, "T", "Z")
    again = Reviews(reviews.path, "digest")
    assert again.get([IDS[0], IDS[1]]) == {IDS[0]: put}
    assert again.all() == [put]
    assert again.counts() == {"accept": 0, "reject": 0, "edit": 1}
    assert reviews.put(Review(IDS[1], "edit", edited=PAIR)).edited == PAIR


def test_a_later_decision_stands_above_and_undoing_takes_one_away(reviews):
    first = reviews.put(Review(IDS[0], "edit", "one", TEXTS))
    second = reviews.put(Review(IDS[0], "edit", "two", {"messages": TEXTS["messages"][:1]}))
    reviews.put(Review(IDS[0], "reject"))
    other = reviews.put(Review(IDS[1], "accept"))
    assert reviews.counts() == {"accept": 1, "reject": 1, "edit": 0}
    assert reviews.undo(IDS[0]) == second
    assert reviews.undo(IDS[0]) == first
    assert reviews.undo(IDS[0]) is None
    assert reviews.undo(IDS[0]) is None
    assert reviews.all() == [other]


def test_decisions_are_of_one_dataset_and_those_of_an_earlier_one_are_not_lost(reviews):
    reviews.put(Review(IDS[0], "reject"))
    other = Reviews(reviews.path, "another digest")
    assert (other.get(IDS), other.elsewhere()) == ({}, 1)
    other.put(Review(IDS[0], "accept"))
    assert reviews.get([IDS[0]])[IDS[0]].decided == "reject"


def test_many_ids_are_asked_for_at_once(reviews):
    for one in IDS[:3]:
        reviews.put(Review(one, "accept"))
    assert sorted(reviews.get([*IDS, *(f"{n:032x}" for n in range(200, 2_000)), "'; drop table reviews"])) == IDS[:3]


@pytest.mark.parametrize(
    ("review", "said"),
    [
        (Review("x", "accept"), "'x' is no id"),
        (Review("../../etc/passwd", "accept"), "is no id"),
        (Review(IDS[0], "maybe"), "'maybe' is no decision"),
        (Review(IDS[0], "accept", "x" * 10_001), "the note has 10,001 characters"),
        (Review(IDS[0], "accept", "\ud83d"), "half a surrogate pair"),
        (Review(IDS[0], "accept", reviewer="x" * 201), "the reviewer has 201"),
        (Review(IDS[0], "edit"), "an edit needs the row's new texts"),
        (Review(IDS[0], "accept", edited=TEXTS), "nothing but an edit has them"),
        (Review(IDS[0], "edit", edited={}), "write messages, or prompt, chosen and rejected"),
        (Review(IDS[0], "edit", edited={"messages": []}), "messages has no turn"),
        (Review(IDS[0], "edit", edited={"messages": ["x"]}), r"messages.0 is no turn"),
        (Review(IDS[0], "edit", edited={"messages": [{"role": "", "content": "x"}]}), "is no role"),
        (Review(IDS[0], "edit", edited={"messages": [{"role": "user", "content": " \n"}]}), "says nothing"),
        (Review(IDS[0], "edit", edited={"messages": [{"role": "user", "content": "\ud83d"}]}), "half a surrogate"),
        (Review(IDS[0], "edit", edited={"messages": [{"role": "user", "content": "a\0"}]}), "NUL"),
        (Review(IDS[0], "edit", edited={**PAIR, "rejected": PAIR["chosen"]}), "two different answers"),
        (Review(IDS[0], "edit", edited={"messages": [{"role": "user", "content": "x" * 20_000_001}]}), "too many"),
    ],
)
def test_what_is_no_decision_is_refused_and_nothing_is_kept(reviews, review, said):
    with pytest.raises(RecipeError) as told:
        reviews.put(review)
    assert said in str(told.value)
    assert reviews.all() == []


def test_many_writers_at_once_lose_nothing(reviews):
    stores = [Reviews(reviews.path, "digest") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        put = list(pool.map(lambda n: stores[n % 4].put(Review(IDS[n % 20], "accept", str(n))), range(60)))
    assert sorted(one.number for one in put) == [*range(1, 61)]
    assert [one.number for one in reviews.all()] == [*range(41, 61)] or len(reviews.all()) == 20
    with sqlite3.connect(reviews.path) as connection:
        assert connection.execute("select count(*) from reviews").fetchone() == (60,)


WRITER = """
import sys
from pathlib import Path
from factory.viewing.reviews import Review, Reviews
store = Reviews(Path(sys.argv[1]), "digest")
for number in range(100_000):
    put = store.put(Review(f"{number:032x}", "accept", "x" * 5_000))
    print(put.number, flush=True)
"""


def test_what_was_told_as_kept_survives_a_kill_at_any_moment(reviews):
    kept = 0
    for lines in (1, 3, 8):
        process = subprocess.Popen([sys.executable, "-c", WRITER, reviews.path], stdout=subprocess.PIPE, text=True)
        told = [int(process.stdout.readline()) for _ in range(lines)]
        os.kill(process.pid, signal.SIGKILL)
        told += [int(line) for line in process.stdout if line.endswith("\n")]
        process.wait()
        process.stdout.close()
        with sqlite3.connect(reviews.path) as connection:
            numbers = {number for (number,) in connection.execute("select number from reviews")}
            assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        assert numbers >= set(told)
        assert len(numbers) - kept - len(told) in (0, 1)  # one that was kept, and not told yet
        kept = len(numbers)
        reviews.put(Review(IDS[50], "reject"))
        kept += 1


def test_a_file_that_is_none_of_ours_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "set.reviews.sqlite"
    path.write_text("no database at all, but a text that is long enough to be looked at" * 20)
    with pytest.raises(DatasetError, match="no SQLite file"):
        Reviews(path)
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("create table reviews (x)")
    with pytest.raises(DatasetError, match="of something else"):
        Reviews(path).put(Review(IDS[0], "accept"))
    path.unlink()
    Reviews(path).put(Review(IDS[0], "accept"))
    with sqlite3.connect(path) as connection:
        connection.execute("pragma user_version = 2")
    with pytest.raises(DatasetError, match="newer version"):
        Reviews(path)


def test_a_folder_that_can_t_be_written_is_told(tmp_path):
    with pytest.raises(DatasetError, match="can't be opened or made"):
        Reviews(tmp_path / "nowhere" / "x.reviews.sqlite").put(Review(IDS[0], "accept"))
