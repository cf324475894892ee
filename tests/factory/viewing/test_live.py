"""Runs under way: what is finished so far is seen, and the run is not disturbed."""

import os
import shutil

import pytest

from factory import pipeline, tail
from factory.errors import DatasetError
from factory.row import Verdict
from factory.shards import Shards
from factory.viewing.query import Filter, Query
from factory.viewing.rows import Dataset

ALL = Query()


@pytest.mark.parametrize("staged", [False, True])
def test_a_run_under_way_shows_its_finished_shards_and_how_far_it_is(written, row, staged):
    rows = [row(f"q{n}", "x", n=n) for n in range(10)]
    rows[1] = row("q1", "x", Verdict("llm", False, None, "bad"))
    dataset = Dataset.open(written(rows, dropped={1: ("llm", "bad")}, shard_rows=4, live=True, staged=staged))
    assert (dataset.live, dataset.manifest, dataset.name, dataset.digest) == (True, None, "set", "digest of set")
    assert dataset.tables == ("rows", "rejects")
    assert dataset.total("rows") == 8
    assert dataset.progress() == (20, 9, 8, {"llm: bad": 1})
    assert [one["messages"][0]["content"] for one in dataset.page("rows", ALL, 0, 3).rows] == ["q0", "q2", "q3"]


def test_a_run_that_goes_on_is_seen_further_and_what_was_found_in_it_grows(sums, generate, tmp_path):
    copies = []

    def look(now):
        if now.rows_made >= 300 * (len(copies) + 1):
            copies.append(shutil.copytree(out, tmp_path / f"copy{len(copies)}", ignore=shutil.ignore_patterns(".*")))

    out = tmp_path / "out"
    finished = pipeline.generate(sums(1_000, shard_rows=200), out, workers=1, progress=look)
    assert len(copies) >= 3
    seen = tmp_path / "seen"
    shutil.copytree(copies[0], seen)
    dataset = Dataset.open(seen)
    before = dataset.total("rows")
    assert dataset.live
    assert 200 <= before < 1_000
    assert not dataset.refresh()
    asked = Query(search="1")
    hits = [dataset.page("rows", asked, 0, 0).total]
    for later in (*copies[1:], out):
        shutil.rmtree(seen)
        shutil.copytree(later, seen)
        assert dataset.refresh()
        hits.append(dataset.page("rows", asked, 0, 0).total)
        assert dataset.total("rows") >= before
        assert dataset.progress() is None or dataset.progress().made >= dataset.total("rows")
    assert (dataset.live, dataset.total("rows"), dataset.manifest) == (False, finished.rows_kept, finished)
    assert hits == sorted(hits)
    assert hits[-1] == Dataset.open(out).page("rows", asked, 0, 0).total


def test_a_run_that_has_just_begun_has_no_rows_and_its_folder_is_left_as_it_is(written, files):
    out = written([], live=True)
    before = files(out)
    dataset = Dataset.open(out)
    assert (dataset.live, dataset.total("rows"), dataset.progress()) == (True, 0, (10, 0, 0, {}))
    assert dataset.page("rows", ALL, 0, 50).rows == []
    assert dataset.columns("rows") == ()
    assert files(out) == before
    assert sorted(os.listdir(out)) == ["state"]


def test_a_slow_run_shows_the_rows_of_the_shard_that_it_is_at(written, row, monkeypatch, files):
    monkeypatch.setattr(tail, "EVERY_S", 0)
    monkeypatch.setattr(tail, "SHARE", 1e9)
    monkeypatch.setattr(tail, "PIECE", 3)
    rows = [row(f"q{n}", "x", n=n) for n in range(11)]
    rows[1] = row("q1", "x", Verdict("llm", False, None, "bad"))
    out = written(rows, dropped={1: ("llm", "bad")}, shard_rows=4, live=True)
    dataset = Dataset.open(out)
    assert [one["messages"][0]["content"] for one in dataset.page("rows", ALL, 0, 20).rows] == [
        f"q{n}" for n in range(11) if n != 1
    ]
    assert dataset.progress() == (21, 11, 10, {"llm: bad": 1})
    names = sorted(path.name for path in (out / "state").glob("open-*"))
    assert names == ["open-00002-rows-00000-0000002.parquet", "open-00002.json"]
    found = dataset.page("rows", Query(filters=(Filter("meta.n", ">=", "9"),)), 0, 20)
    assert [one["_place"] for one in found.rows] == [8, 9]
    (out / "state" / names[0]).write_bytes(b"half of it")  # what a run never leaves, and a machine may
    with pytest.raises(DatasetError, match="look again"):
        dataset.page("rows", ALL, 9, 1)
    shards = Shards(out, shard_rows=4, exact=False)  # the run goes on after a kill
    assert not list((out / "state").glob("open-*"))
    shards.close()
    assert dataset.refresh()
    assert dataset.total("rows") == 8


def test_pieces_of_an_unfinished_shard_are_in_order_and_each_is_written_once(written, row, monkeypatch):
    monkeypatch.setattr(tail, "EVERY_S", 0)
    monkeypatch.setattr(tail, "SHARE", 1e9)
    monkeypatch.setattr(tail, "PIECE", 3)
    out = written([row(f"q{n}", "x") for n in range(35)], shard_rows=100, live=True)
    assert len(list((out / "state").glob("open-*.parquet"))) == 12
    said = [one["messages"][0]["content"] for one in Dataset.open(out).page("rows", ALL, 0, 50).rows]
    assert said == [f"q{n}" for n in range(35)]


def test_a_quick_run_writes_nothing_beside_its_shards(written, row):
    out = written([row(f"q{n}", "x") for n in range(50)], shard_rows=100, live=True)
    assert [path.name for path in (out / "state").iterdir()] == ["run.json"]


def test_a_disk_that_refuses_the_unfinished_rows_stops_no_run(written, row, monkeypatch):
    monkeypatch.setattr(tail, "EVERY_S", 0)
    monkeypatch.setattr(tail, "SHARE", 1e9)
    monkeypatch.setattr(tail.Tail, "_place", lambda self, path, content: (_ for _ in ()).throw(OSError("full")))
    out = written([row(f"q{n}", "x") for n in range(5)], shard_rows=100)
    assert Dataset.open(out).total("rows") == 5


def test_looking_on_does_not_hinder_the_run(written, row):
    out = written([row(f"q{n}", "x") for n in range(4)], shard_rows=4, live=True)
    dataset = Dataset.open(out)
    dataset.page("rows", Query(search="q"), 0, 10)
    shards = Shards(out, shard_rows=4, exact=False)  # as the run does that goes on after a kill
    assert shards.items == 4
    shards.close()


def test_what_was_found_in_a_dataset_is_not_believed_of_the_one_made_in_its_place(written, row):
    out = written([row("old", "x", n=1)])
    dataset = Dataset.open(out)
    asked = Query(filters=(Filter("meta.n", "=", "2"),))
    assert dataset.page("rows", asked, 0, 1).total == 0
    shutil.rmtree(out)
    with pytest.raises(DatasetError):
        dataset.refresh()
    written([row("new", "y", n=2)])
    assert dataset.refresh()
    assert dataset.page("rows", asked, 0, 1).rows[0]["messages"][0]["content"] == "new"


def test_a_piece_of_the_same_name_by_another_run_is_read_anew(written, row, monkeypatch):
    monkeypatch.setattr(tail, "EVERY_S", -1.0)
    monkeypatch.setattr(tail, "SHARE", 1e9)
    rows = [row(f"old {n}", "x", level=n) for n in range(9)]
    dataset = Dataset.open(out := written(rows, live=True))
    asked = Query((Filter("meta.level", "=", "3"),))
    assert dataset.page("rows", asked, 0, 9).total == 1
    for path in (out / "state").glob("open-*"):
        path.unlink()
    written([row(f"new {n}", "x", level=3) for n in range(9)], live=True, name="other")
    for path in (out.parent / "other" / "state").glob("open-*"):
        path.replace(out / "state" / path.name)
    assert dataset.refresh()
    assert dataset.page("rows", asked, 0, 9).total == 9


def test_a_piece_is_full_of_bytes_as_well(written, row, monkeypatch):
    monkeypatch.setattr(tail, "EVERY_S", -1.0)
    monkeypatch.setattr(tail, "SHARE", 1e9)
    monkeypatch.setattr(tail, "PIECE_BYTES", 1)
    out = written([row(str(n), "x") for n in range(3)], live=True)
    assert [file.rows for file in tail.seen(out, 0).files] == [1, 1, 1]
