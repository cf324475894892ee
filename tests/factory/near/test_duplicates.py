import random
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from factory import dedup
from factory.near import duplicates, fold, shingle
from factory.near.duplicates import near_duplicates


@cache
def grams(text):
    return frozenset(shingle.raw_hashes(dedup.fold(text)))


def exact(one, other):
    return len(grams(one) & grams(other)) / len(grams(one) | grams(other))


def brute(texts, ranks, threshold):
    """Who stays, by comparing all with all."""
    order = np.argsort(ranks).tolist()
    kept = []
    for row in order:
        if all(exact(texts[row], texts[other]) < threshold for other in kept):
            kept.append(row)
    return kept


@pytest.mark.parametrize("threshold", [0.7, 0.8])
def test_the_rows_that_stay_are_those_of_comparing_all_with_all(corpus, compute, threshold):
    texts = corpus(250)
    ranks = random.Random(1).sample(range(250), 250)
    drops = near_duplicates(texts, ranks, threshold=threshold, compute=compute)
    assert sorted(brute(texts, ranks, threshold)) == np.flatnonzero(~drops.mask).tolist()
    assert 10 < drops.mask.sum() < 60


def test_each_link_is_exact_and_leads_to_a_better_row_that_stays(corpus):
    texts = corpus(600)
    ranks = random.Random(2).sample(range(600), 600)
    drops = near_duplicates(texts, ranks, threshold=0.7)
    assert drops.links.left.tolist() == np.flatnonzero(drops.mask).tolist()
    for row, other, jaccard in zip(*drops.links, strict=True):
        assert not drops.mask[other]
        assert ranks[other] < ranks[row]
        assert jaccard == exact(texts[row], texts[other]) >= 0.7


def test_order_chunks_and_kernel_change_nothing(corpus, compute, monkeypatch):
    texts = corpus(500)
    ranks = np.random.default_rng(3).permutation(500)
    expected = near_duplicates(texts, ranks, threshold=0.7).table([str(row) for row in range(500)])
    monkeypatch.setattr(fold, "BLOCK_CODES", 333)
    order = np.random.default_rng(4).permutation(500)
    mixed = near_duplicates([texts[row] for row in order], ranks[order], threshold=0.7, compute=compute)
    found = mixed.table([str(row) for row in order])
    by_id = [("id", "ascending")]
    assert found.sort_by(by_id).equals(expected.sort_by(by_id))
    assert expected.num_rows > 20


@pytest.mark.parametrize("texts", [["", " ", "　"], ["a", "Ａ", "a "], ["abc", "ABC"], ["\ud800", "\ud800"]])
def test_short_and_empty_texts_are_compared_like_others(texts):
    drops = near_duplicates([*texts, "b", "abd"], range(len(texts) + 2), threshold=0.8)
    assert drops.mask.tolist() == [False] + [True] * (len(texts) - 1) + [False, False]


def test_thousands_of_alike_rows_leave_one_and_are_not_quadratic():
    texts = [
        f"Please write a long and friendly letter to our customer about the new opening hours {n % 7}"
        for n in range(5000)
    ]
    drops = near_duplicates(texts, range(5000), threshold=0.8)
    assert np.flatnonzero(~drops.mask).tolist() == [0]


def test_what_a_capped_bucket_hides_is_found_among_the_survivors():
    rng = random.Random(5)
    shared = "".join(rng.choices("abcdefghij", k=400))
    texts = [shared + "".join(rng.choices("klmnopqrst", k=130)) for _ in range(150)]
    texts += [text[:-2] for text in texts]
    drops = near_duplicates(texts, range(300), threshold=0.8)
    assert drops.mask.tolist() == [False] * 150 + [True] * 150


def test_other_answers_or_numbers_make_variants_that_stay():
    question = "A baker sells {} loaves of bread in the morning and twice as many in the afternoon. How many in all?"
    texts = [question.format(12), question.format(14), question.format(12) + "!", question.format(12)]
    drops = near_duplicates(texts, range(4), threshold=0.7, answers=["36", "42", "36", "37"])
    assert drops.mask.tolist() == [False, False, True, False]
    table = drops.table(["a", "b", "c", "d"]).to_pylist()
    assert [(row["id"], row["other"], row["rule"]) for row in table[:1]] == [("c", "a", "near")]
    assert {(row["id"], row["other"]) for row in table if row["rule"] == "variant"} >= {("a", "b"), ("a", "d")}
    assert {row["version"] for row in table} == {duplicates.VERSION}
    assert near_duplicates(texts, range(4), threshold=0.7).mask.sum() == 3


def test_arrow_columns_are_taken_as_they_are(corpus):
    texts = corpus(100)
    expected = near_duplicates(texts, range(100), threshold=0.7).mask
    chunked = pa.chunked_array([texts[:30], texts[30:]])
    assert near_duplicates(chunked, range(100), threshold=0.7).mask.tolist() == expected.tolist()


def test_no_rows_have_no_duplicates():
    drops = near_duplicates([], [], threshold=0.8)
    assert drops.table([]).num_rows == 0


@pytest.mark.parametrize("given", [{"ranks": [0]}, {"ranks": [0, 1], "answers": ["a"]}])
def test_one_rank_and_one_answer_per_text_are_needed(given):
    with pytest.raises(ValueError, match="one rank and one answer per text"):
        near_duplicates(["a", "b"], given["ranks"], threshold=0.8, answers=given.get("answers"))
