import numpy as np

from factory.near import keep
from factory.near.keep import Links


def links(*pairs):
    left, right, jaccard = zip(*pairs, strict=True) if pairs else ((), (), ())
    return Links(np.array(left, np.int64), np.array(right, np.int64), np.array(jaccard, np.float64))


def test_score_comes_before_licence_before_length_before_content():
    rows = [  # score, licence, length, id, from the best to the worst
        (2.0, 5, 1, "f"),
        (1.0, 0, 1, "e"),
        (1.0, 1, 9, "d"),
        (1.0, 1, 8, "a"),
        (1.0, 1, 8, "b"),
        (-3.0, 0, 9, "a"),
        (None, 0, 99, "a"),
    ]
    for turn in range(len(rows)):
        turned = rows[turn:] + rows[:turn]
        ranks = keep.ranks(*zip(*turned, strict=True))
        assert ranks.tolist() == [rows.index(row) for row in turned]


def test_a_row_goes_only_for_one_that_stays():
    stays, why = keep.greedy(4, links((0, 1, 0.9), (1, 2, 0.99), (2, 3, 0.8)))
    assert stays.tolist() == [True, False, True, False]
    assert why.tolist() == [-1, 0, -1, 2]


def test_the_most_similar_of_those_that_stay_is_the_reason():
    stays, why = keep.greedy(4, links((3, 0, 0.8), (1, 3, 0.9), (2, 3, 0.9)))
    assert stays.tolist() == [True, True, True, False]
    assert why[3] == 1


def test_without_links_all_stay():
    assert keep.greedy(3, links())[0].all()
