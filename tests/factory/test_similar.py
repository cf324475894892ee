"""Near duplicates: what counts as similar in which script, and that the index finds what comparing all would find."""

import random
import re
import unicodedata

import pytest

from factory import similar
from factory.similar import Near, containment, similarity

JA = "江戸時代の町人の暮らしについて、食事と住まいの両面から説明してください。"
WORDS = {
    "ja": ["料理", "季節", "旅行", "電車", "について", "説明", "してください", "の例を", "挙げて", "春の", "東京"],
    "en": ["how ", "to ", "cook ", "rice ", "explain ", "the ", "history ", "of ", "trains ", "in ", "Japan "],
    "zh": ["春天", "的", "诗", "请写", "一首", "关于", "城市", "历史", "生活", "的故事", "中国", "北京"],
}  # fmt: skip


def rouge_l(one: str, other: str) -> float:
    """The F-measure of Self-Instruct's ROUGE-L, with the tokens of the `rouge_score` package: `[a-z0-9]+` alone."""
    mine, theirs = (re.findall(r"[a-z0-9]+", text.lower()) for text in (one, other))
    if not mine or not theirs:
        return 0.0
    table = [[0] * (len(theirs) + 1) for _ in range(len(mine) + 1)]
    for i, a in enumerate(mine):
        for j, b in enumerate(theirs):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    longest = table[-1][-1]
    precision, recall = longest / len(theirs), longest / len(mine)
    return 2 * precision * recall / (precision + recall) if longest else 0.0


def sentences(language: str, count: int, seed: int = 1) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choices(WORDS[language], k=rng.randint(1, 9))) for _ in range(count)]


def test_rouge_on_ascii_words_does_not_see_identical_japanese_and_this_does():
    assert rouge_l("Explain the history of tea", "Explain the history of tea") == 1.0
    assert rouge_l(JA, JA) == 0.0
    assert similarity(JA, JA) == 1.0


def test_a_reworded_japanese_question_is_near_and_another_on_the_topic_is_not():
    assert similarity(JA, "江戸時代の町人の暮らしについて、食事と住まいの両面から説明しなさい。") > 0.7
    assert similarity(JA, "江戸時代の武士の教育について、藩校を例に説明してください。") < 0.5


def test_width_case_spaces_and_sentence_punctuation_make_no_difference():
    assert similarity("ＡＩとは、何ですか？", "aiとは何ですか") == 1.0
    assert similarity("What's  the Time?", "what’s the time") == 1.0
    assert similarity(unicodedata.normalize("NFD", "がんばる人"), "がんばる人") == 1.0


def test_symbols_make_a_difference():
    assert similarity("C++", "C") == 0.0
    assert similarity("3 + 5 = ?", "3 - 5 = ?") < 1.0


def test_short_and_empty_texts_have_a_similarity_too():
    assert similarity("桜", "桜") == 1.0
    assert similarity("桜", "梅") == 0.0
    assert similarity("", "。") == 1.0
    assert similarity("", "桜") == 0.0


def test_containment_is_the_share_of_the_part():
    assert containment("町人の暮らし", JA) == 1.0
    assert containment(JA, "町人の暮らし") < 0.3
    assert containment("", JA) == 0.0


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.7, 1.0])
@pytest.mark.parametrize("size", [2, 3])
def test_the_index_finds_what_comparing_all_pairs_finds(language, threshold, size):
    stored, asked = sentences(language, 200), sentences(language, 150, seed=2)
    near = Near(threshold, size)
    for text in stored:
        near.add(text)
    found = 0
    for text in asked:
        every = [(similarity(text, other, size), other) for other in stored]
        best = max(every, key=lambda pair: pair[0])  # the earliest of equals
        match = near.find(text)
        assert (match and tuple(reversed(match))) == (best if best[0] >= threshold - 1e-9 else None)
        found += match is not None
    assert found
    assert found < len(asked) or threshold < 0.5


def test_an_index_grows_and_a_text_is_found_from_then_on():
    near = Near(0.7)
    assert near.find(JA) is None
    near.add("別の質問です。")
    assert near.find(JA) is None
    near.add(JA)
    assert near.find(JA) == (JA, 1.0)
    assert len(near) == 2


def test_a_text_of_punctuation_is_near_to_nothing():
    near = Near(0.7)
    near.add("。。。")
    assert near.find("。。。") is None
    assert near.find("") is None


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(ValueError, match="must be above 0 and at most 1"):
        Near(threshold)


def test_a_text_no_longer_than_a_gram_is_one_gram():
    assert similar.grams("abcd") == {"abc", "bcd"}
    assert similar.grams("あい") == {"あい"}
