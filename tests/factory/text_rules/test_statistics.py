"""Characters, sentences, duplicates and n-grams are counted as by a plain count, in numpy and compiled alike."""

from collections import Counter
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory import compiled
from factory.text_rules import characters, duplicates, grams, japanese, sentences
from factory.text_rules.characters import Class, counts, pack

ALPHABET = "あいアー亜们𠮷한abé1。．！？!?、，\n \t　・…🍵\ud800"
TEXTS = st.lists(st.text(ALPHABET, max_size=60), max_size=6)
EDGES = ["", "\n", "。", "あ…\nい・ \n……。う！！", "同じ。同じ。\n同じ。\n\n同じ！！\n同じ！", "ab" * 40]


@pytest.fixture(params=["numpy", "numba"])
def way(request, monkeypatch):
    """Both ways of counting."""
    if request.param == "numba" and find_spec("numba") is None:
        pytest.skip("numba is not installed")
    monkeypatch.setattr(compiled, "WORTH", 0 if request.param == "numba" else 10**12)
    return request.param


def split(text):
    """The sentences by line, as Swallow cuts them."""
    lines = []
    for line in text.split("\n"):
        found, run = [], ""
        for character in line:
            if character in "。．！？!?":
                if run:
                    found.append(run + character)
                run = ""
            else:
                run += character
        lines.append([*found, run] if run else found)
    return lines


def again(pieces):
    counted = Counter(pieces)
    return sum(n - 1 for n in counted.values()), sum(len(piece) * (n - 1) for piece, n in counted.items())


def compare(texts):
    packed = pack(texts)
    assert packed.lengths.tolist() == [len(text) for text in texts]
    classes = counts(packed)
    assert classes.sum(axis=1).tolist() == [len(text) for text in texts]
    found, by_line, by_sentence = sentences.lengths(packed), duplicates.lines(packed), duplicates.sentences(packed)
    many = grams.grams(packed, (2, 3, 20)) | {1: grams.grams(packed, (1, 7))[1]}
    for at, text in enumerate(texts):
        lines = split(text)
        whole = [sentence for line in lines for sentence in line]
        assert found.sentences[at] == len(whole)
        assert found.characters[at] == sum(map(len, whole))
        assert found.longest[at] == max(map(len, whole), default=0)
        assert found.ellipses[at] == sum(one.strip().endswith(("・", "…")) for one in whole)
        assert by_line.pieces[at] == len(lines)
        assert (by_line.duplicates[at], by_line.duplicate_characters[at]) == again(map("".join, lines))
        assert (by_sentence.duplicates[at], by_sentence.duplicate_characters[at]) == again(whole)
        for n in (1, 2, 3, 20):
            counted = Counter(text[a : a + n] for a in range(len(text) - n + 1))
            repeats = [times for times in counted.values() if times > 1]
            assert [int(column[at]) for column in many[n]] == [
                counted.total(),
                len(counted),
                len(repeats),
                sum(repeats),
                max(counted.values(), default=0),
            ]


@given(TEXTS)
def test_everything_is_counted_as_by_hand(texts):
    compare(texts)


def test_edges_are_counted_as_by_hand_in_both_ways(way):
    compare(EDGES)
    compare([])
    compare(["あ", *EDGES, "同じ。" * 50])


def test_both_ways_give_the_same_bits(monkeypatch):
    pytest.importorskip("numba")
    texts = [*EDGES, *("".join(ALPHABET[(i * j) % 25] for j in range(i)) for i in range(1, 90))]
    values = []
    for worth in (0, 10**12):
        monkeypatch.setattr(compiled, "WORTH", worth)
        found = japanese.Statistics(texts)
        values.append([found.value(name) for name in japanese.RULES])
    assert all(np.array_equal(one, other) for one, other in zip(*values, strict=True))


def test_small_work_is_not_compiled():
    assert compiled.kernel(sentences._measure, 10) is None


def test_each_character_is_in_its_class():
    expected = {
        "ぁ": Class.HIRAGANA,
        "ヺ": Class.KATAKANA,
        "ー": Class.KANA_MARK,
        "ｱ": Class.KANA_MARK,
        "々": Class.KANJI,
        "亜": Class.KANJI,
        "们": Class.CHINESE_ONLY,
        "𠮷": Class.RARE_KANJI,
        "한": Class.HANGUL,
        "é": Class.LATIN,
        "ж": Class.LETTER,
        "５": Class.DIGIT,
        "。": Class.KUTEN,
        "!": Class.ASCII_END,
        "、": Class.TOTEN,
        "\n": Class.NEWLINE,
        "　": Class.SPACE,
        "…": Class.ELLIPSIS,
        "🍵": Class.OTHER,
    }
    assert {one: Class(characters.table()[ord(one)]) for one in expected} == expected


def test_chinese_only_characters_are_those_that_jis_lacks():
    assert len(characters.chinese_only()) == 5_674
    assert set("们这习绿").issubset(characters.chinese_only())
    assert not set("這門習緑国會").intersection(characters.chinese_only())


def test_a_very_long_text_is_read_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(grams, "READ", 10)
    assert grams.grams(pack(["ab" * 50]), (2,))[2].places.tolist() == [9]


def test_swallows_rules_say_what_is_beyond_them():
    page = "今日は朝から雨が降っていたので、家で本を読んで過ごすことにしました。"
    texts = japanese.Statistics([page, "短い。文。", "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字。", ""])
    limits = {name: japanese.RULES[name].swallow for name in ("hiragana", "sentence_least", "sentence_most")}
    found = japanese.failures(texts, limits)
    assert found["hiragana"].tolist() == [False, False, True, True]
    assert found["sentence_least"].tolist() == [False, True, False, True]
    assert not found["sentence_most"].any()
