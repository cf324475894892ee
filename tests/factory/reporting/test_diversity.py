import random
import zlib

import pytest

from factory.reporting.diversity import NEAR, diversity, tokens


def longest_common(one: list[str], other: list[str]) -> int:
    """The textbook's table."""
    row = [0] * (len(other) + 1)
    for left in one:
        before = 0
        for place, right in enumerate(other, start=1):
            before, row[place] = row[place], before + 1 if left == right else max(row[place], row[place - 1])
    return row[-1]


def test_rouge_is_the_textbooks() -> None:
    rng = random.Random("rouge")
    texts = [" ".join(rng.choices("abcdefgh", k=rng.randint(1, 30))) for _ in range(20)]
    found = []
    for one in range(20):
        for other in range(one):
            first, second = texts[one].split(), texts[other].split()
            found.append(2 * longest_common(first, second) / (len(first) + len(second)))
    assert diversity(texts).rouge == pytest.approx(sum(found) / len(found), abs=5e-5)


def test_distinct_n_is_the_share_of_different_n_grams() -> None:
    found = diversity(["the cat the cat", "the dog"])
    assert found.distinct == (0.5, 0.75, 1.0)
    assert (found.tokens, found.vocabulary, found.texts) == (6, 3, 2)


def test_n_grams_do_not_reach_from_one_text_into_the_next() -> None:
    assert diversity(["a b", "c d"]).distinct == (1.0, 1.0, 0.0)


def test_compression_is_how_many_times_smaller() -> None:
    texts = ["the same again"] * 100
    data = "\n".join(texts).encode()
    assert diversity(texts).gzip == round(len(data) / len(zlib.compress(data, 6)), 2)
    assert diversity(texts).zstd > 10


def test_texts_that_are_the_same_are_near() -> None:
    found = diversity(["Write a poem about cats."] * 2 + ["Solve the equation for me now."] * 1)
    assert found.near == round(2 / 3, 4)
    assert NEAR == 0.7


def test_japanese_is_taken_character_by_character() -> None:
    assert tokens("ＡＢＣ 方程式を12個 naïve") == ["abc", "方", "程", "式", "を", "12", "個", "naïve"]


def test_of_nothing_nothing_is_said() -> None:
    assert diversity([]) is None
    assert diversity(["", " \n"]) is None
    assert diversity(["one"]).rouge is None
    assert diversity(["...", "!!!"]).rouge is None


def test_no_more_texts_are_looked_at_than_it_says() -> None:
    found = diversity([f"text {number}" for number in range(3_000)])
    assert (found.texts, found.paired) == (2_000, 200)
