import json
import random

import numpy as np
import pytest

from factory.errors import DatasetError
from factory.near import bands, buckets, kernels
from factory.near.duplicates import near_duplicates
from factory.near.index import Index, Nearest

TEXT = "What is the best way to bake bread on a cold winter morning in the mountains?"
OTHER = "日本で一番高い山の名前と、その高さを教えてください。"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "index"


def offered(index, *texts, start=0, **more):
    return index.offer([f"row-{start + place}" for place in range(len(texts))], texts, **more)


def test_a_near_row_is_refused_with_its_nearest(folder):
    index = Index.open(folder, 0.8)
    assert offered(index, TEXT, OTHER).accepted.all()
    index.commit("first", "mine")
    offer = offered(index, TEXT + "!", "a new one altogether", OTHER, start=2)
    assert offer.accepted.tolist() == [False, True, False]
    assert offer.nearest[0] == Nearest("row-0", "mine", pytest.approx(72 / 73))
    assert offer.nearest[1:] == [None, Nearest("row-1", "mine", 1.0)]
    assert len(index) == 3


def test_within_an_offer_the_better_row_stays():
    index = Index(None, 0.8)
    offer = offered(index, TEXT, OTHER, TEXT + "!", ranks=[5, 6, 1])
    assert offer.accepted.tolist() == [False, True, True]
    assert offer.nearest[0].id == "row-2"


@pytest.mark.parametrize("size", [1, 7, 400])
def test_offers_of_any_size_accept_what_the_whole_would(corpus, folder, size):
    texts = corpus(400)
    expected = near_duplicates(texts, range(400), threshold=0.7).mask
    index = Index.open(folder, 0.7)
    accepted = []
    for start in range(0, 400, size):
        accepted += offered(index, *texts[start : start + size], start=start).accepted.tolist()
        if start % 100 == 0:
            index.commit(f"shard-{start}")
    assert (~np.array(accepted)).tolist() == expected.tolist()


def test_offering_nothing_changes_nothing(compute, monkeypatch):
    monkeypatch.setattr(kernels, "kernel", lambda rows: compute)
    index = Index(None, 0.8)
    for _ in range(2):
        assert offered(index).accepted.tolist() == []
        offered(index, TEXT)
    assert len(index) == 1


def test_asking_for_the_nearest_takes_nothing_in():
    index = Index(None, 0.8)
    offered(index, TEXT)
    for _ in range(2):
        assert index.nearest([OTHER, TEXT + "!"]) == [None, Nearest("row-0", "", pytest.approx(72 / 73))]
    assert len(index) == 1


def test_only_committed_rows_outlive_a_crash(folder):
    index = Index.open(folder, 0.8)
    offered(index, TEXT)
    index.commit("first")
    offered(index, OTHER, start=1)
    again = Index.open(folder, 0.8)
    assert len(again) == 1
    assert offered(again, OTHER, TEXT, start=5).accepted.tolist() == [True, False]


def test_a_segment_that_the_manifest_does_not_name_is_not_there(folder):
    index = Index.open(folder, 0.8)
    offered(index, TEXT)
    index.commit("first")
    (folder / "segment-second.arrow").write_bytes(b"half of a segm")
    again = Index.open(folder, 0.8)
    offered(again, OTHER, start=1)
    again.commit("second")
    assert len(Index.open(folder, 0.8)) == 2


def test_a_shard_that_is_made_again_is_accepted_again_and_kept_once(folder):
    for _ in range(2):
        index = Index.open(folder, 0.8)
        assert offered(index, TEXT, OTHER).accepted.all()
        index.commit("first")
    assert len(Index.open(folder, 0.8)) == 2
    assert len(json.loads((folder / "index.json").read_text())["segments"]) == 1


def test_the_same_rows_make_the_same_bytes(folder, tmp_path, corpus):
    for place in (folder, tmp_path / "other"):
        index = Index.open(place, 0.8)
        offered(index, *corpus(50), "\ud800 half a pair")
        index.commit("first")
    for name in ("segment-first.arrow", "index.json"):
        assert (folder / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_discarded_rows_are_forgotten(folder):
    index = Index.open(folder, 0.8)
    offered(index, OTHER)
    index.commit("first")
    offered(index, TEXT, start=1)
    index.discard()
    assert len(index) == 1
    assert offered(index, TEXT, OTHER, start=2).accepted.tolist() == [True, False]
    index.commit("second")
    assert len(Index.open(folder, 0.8)) == 2


def test_variants_are_accepted_and_named(folder):
    question = "A baker sells {} loaves of bread in the morning and twice as many in the afternoon. How many in all?"
    index = Index.open(folder, 0.7)
    offered(index, question.format(12), answers=["36"])
    index.commit("first", "mine")
    again = Index.open(folder, 0.7)
    offer = offered(again, question.format(14), question.format(12) + "!", start=1, answers=["42", "36"])
    assert offer.accepted.tolist() == [True, False]
    assert [one.id for one in offer.nearest] == ["row-0", "row-0"]


def test_several_datasets_share_an_index(folder):
    one = Index.open(folder, 0.8)
    offered(one, TEXT)
    one.commit("one-00000", "one")
    other = Index.open(folder, 0.8)
    assert offered(other, TEXT + "?", start=1).nearest[0].dataset == "one"


@pytest.mark.parametrize(("name", "value"), [("scheme", "affine32"), ("seed", 9), ("fold", "older"), ("key", "user")])
def test_an_index_of_another_kind_is_refused(folder, name, value):
    index = Index.open(folder, 0.8)
    offered(index, TEXT)
    index.commit("first")
    told = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps({**told, name: value}))
    with pytest.raises(DatasetError, match=f"was made with {name} {value!r}.*can't be compared"):
        Index.open(folder, 0.8)


def test_another_writer_is_noticed(folder):
    first, second = Index.open(folder, 0.8), Index.open(folder, 0.8)
    offered(first, TEXT)
    offered(second, OTHER)
    first.commit("first")
    with pytest.raises(DatasetError, match="extended by another process"):
        second.commit("second")


@pytest.mark.parametrize("name", ["../out", "", ".hidden", "a/b", "x" * 101])
def test_a_name_that_is_no_file_name_is_refused(folder, name):
    index = Index.open(folder, 0.8)
    offered(index, TEXT)
    with pytest.raises(DatasetError, match="a name is up to 100"):
        index.commit(name)


def test_a_segment_never_changes(folder):
    index = Index.open(folder, 0.8)
    offered(index, TEXT)
    index.commit("first")
    offered(index, OTHER, start=1)
    with pytest.raises(DatasetError, match="take another name"):
        index.commit("first")


@pytest.mark.parametrize("damage", ["cut", "gone", "garbage", "manifest"])
def test_damage_is_one_sentence(folder, damage):
    index = Index.open(folder, 0.8)
    offered(index, TEXT)
    index.commit("first")
    segment = folder / "segment-first.arrow"
    size = segment.stat().st_size
    if damage == "cut":
        segment.write_bytes(segment.read_bytes()[:-9])
    elif damage == "gone":
        segment.unlink()
    elif damage == "garbage":
        segment.write_bytes(b"x" * size)
    else:
        (folder / "index.json").write_text('{"format": 1, "segments": [3]}')
    with pytest.raises(DatasetError, match=r"segment-first|index\.json"):
        Index.open(folder, 0.8)


def test_one_of_each_is_needed_per_row():
    with pytest.raises(ValueError, match="one of each per row"):
        Index(None, 0.8).offer(["a"], ["b", "c"])


def test_both_kinds_of_buckets_hold_the_same():
    pytest.importorskip("numba")
    rng = np.random.default_rng(0)
    runs, table = buckets.SortedRuns(), buckets.HashTable(np.empty(0, np.uint64))
    first = 0
    for size in (1, 3, 500, 2, 20_000, 1):
        keys = rng.integers(0, 5000, (size, 5)).astype(np.uint32)
        runs.add(keys, first)
        table.add(keys, first)
        first += size
        asked = rng.integers(0, 6000, (50, 5)).astype(np.uint32)
        for mine, theirs in zip(runs.find(asked), table.find(asked), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    moved = buckets.HashTable(runs.entries())
    for mine, theirs in zip(runs.find(asked), moved.find(asked), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_full_buckets_stay_what_they_are_when_the_table_grows():
    pytest.importorskip("numba")
    rng = np.random.default_rng(1)
    runs, table = buckets.SortedRuns(), buckets.HashTable(np.empty(0, np.uint64))
    for first in range(0, 30_000, 3000):
        keys = np.where(rng.random((3000, 5)) < 0.1, rng.integers(0, 9, (3000, 5)), rng.integers(9, 2**32, (3000, 5)))
        runs.add(keys.astype(np.uint32), first)
        table.add(keys.astype(np.uint32), first)
    asked = np.tile(np.arange(12, dtype=np.uint32), (100, 1))
    found = runs.find(asked)
    assert 4096 < len(found[0]) <= 100 * 9 * bands.LARGEST_BUCKET  # more than there is room for at first
    for mine, theirs in zip(found, table.find(asked), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("ranked", [False, True])
def test_the_kernels_decide_and_write_the_same(corpus, tmp_path, monkeypatch, ranked):
    pytest.importorskip("numba")
    texts = [*corpus(300), "ﾊﾞ e\u0301 " * 20, "ﾊﾞ e\u0301 " * 20 + "!", *corpus(100, 4000, seed=2)]
    told = []
    for name in ("numpy", "numba"):
        monkeypatch.setattr(kernels, "kernel", lambda rows, name=name: kernels.named(name))
        index, offers = Index.open(tmp_path / name, 0.6), []
        for start in range(0, len(texts), 57):
            part = texts[start : start + 57]
            ranks = [(7 * place) % len(part) for place in range(len(part))] if ranked and len(part) % 7 else None
            offers.append(index.offer([f"row-{start + place}" for place in range(len(part))], part, ranks))
            if start % 3 == 0:
                index.commit(f"shard-{start}")
        index.commit("last")
        told.append([(offer.accepted.tolist(), offer.nearest) for offer in offers])
    assert told[0] == told[1]
    names = sorted(path.name for path in (tmp_path / "numpy").glob("*.*"))
    assert len(names) > 3
    for name in names:
        assert (tmp_path / "numpy" / name).read_bytes() == (tmp_path / "numba" / name).read_bytes()


def test_an_index_that_outgrows_numpy_finds_the_same(corpus, monkeypatch):
    pytest.importorskip("numba")
    texts = corpus(600)
    answers = []
    for name in ("numpy", "growing"):
        monkeypatch.setattr(
            kernels,
            "kernel",
            lambda rows, name=name: kernels.named("numba" if name == "growing" and rows > 300 else "numpy"),
        )
        index = Index(None, 0.7)
        order = random.Random(0).sample(range(600), 600)
        offers = [index.offer([str(row)], [texts[row]]) for row in order]
        answers.append([(bool(offer.accepted[0]), offer.nearest[0]) for offer in offers])
    assert answers[0] == answers[1]
