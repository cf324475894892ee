import numpy as np
import pytest

from factory.near import fold, kernels, verify

NUMPY = kernels.named("numpy")


@pytest.mark.parametrize(
    ("one", "other", "answers", "same"),
    [
        ("Tom has 3 apples", "Tom has 3 apples!", (None, None), True),
        ("Tom has 3 apples", "Tom has 4 apples", (None, None), True),
        ("Tom has 3 apples", "Tom has 3 apples!", ("3", "3"), True),
        ("Tom has 3 apples", "Tom has 4 apples", ("3", "3"), False),
        ("Tom has 3 apples", "Tom has 3 apples!", ("3", "4"), False),
        ("Tom has 3 apples", "Tom has 3 apples!", ("3", None), False),
        ("Tom has 1,000 yen", "Tom has 1000 yen", (" 5", "5 "), True),
        ("りんごが３個", "りんごが3個", ("a", "a"), True),
        ("りんごが三個", "りんごが五個", ("a", "a"), False),
        ("2 and 2", "2 and", ("a", "a"), False),
    ],
)
def test_rows_with_an_answer_are_one_only_with_equal_answers_and_numbers(one, other, answers, same):
    assert verify.same_question(one, other, *answers) is same
    assert verify.same_question(other, one, *reversed(answers)) is same


def test_numbers_of_a_hostile_text_are_read_in_linear_time():
    assert sum(verify.numbers("1," * 200_000).values()) > 0


def test_short_texts_are_compared_whatever_the_estimate_says(compute):
    signatures = np.arange(4 * 128, dtype=np.uint32).reshape(4, 128)
    signatures[2:, :40] = signatures[:2, :40]
    lengths = np.array([8, 400, 8, 400])
    pairs = np.array([0, 1]), np.array([2, 3])
    assert verify.plausible(signatures, lengths, *pairs, 0.8, compute).tolist() == [True, False]


def test_pairs_that_are_both_long_are_compared_by_longer_grams(compute):
    long = "".join(map(chr, range(0x4E00, 0x4E00 + 5000)))
    edited = "".join("x" if place % 100 == 0 else letter for place, letter in enumerate(long))
    pair = np.array([0]), np.array([1])
    both_long = verify.jaccard(*fold.folded([long, edited], compute), *pair, compute)[0]
    one_long = verify.jaccard(*fold.folded([long[:3000], edited[:3000]], compute), *pair, compute)[0]
    assert both_long == pytest.approx(92 / 108, abs=0.01)
    assert one_long == pytest.approx(95 / 105, abs=0.01)
