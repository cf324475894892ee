import random

import pytest

from factory.translation.pieces import pieces, says_nothing

PARAGRAPHS = "First paragraph here.\n\nSecond one, with two sentences. This is the other.\n\nThird."


def whole(text: str, most: int) -> str:
    return "".join(piece.whole for piece in pieces(text, most))


def test_a_short_text_is_one_piece() -> None:
    (piece,) = pieces(f"\n {PARAGRAPHS}\n", 1_000)
    assert piece == ("\n ", PARAGRAPHS, "\n", False)


def test_a_long_text_is_cut_between_paragraphs_and_neighbours_stay_together() -> None:
    assert [piece.text for piece in pieces(PARAGRAPHS, 60)] == [
        "First paragraph here.",
        "Second one, with two sentences. This is the other.\n\nThird.",
    ]


def test_a_long_paragraph_is_cut_between_lines_then_sentences_and_never_inside_one() -> None:
    text = "One line.\nAnother line with a sentence. And a second one! A third one that nothing cuts however long it is"
    assert [piece.text for piece in pieces(text, 40)] == [
        "One line.",
        "Another line with a sentence.",
        "And a second one!",
        "A third one that nothing cuts however long it is",
    ]
    assert [piece.text for piece in pieces("今日は晴れ。「はい。」と言う。終わり。", 12)] == [
        "今日は晴れ。",
        "「はい。」と言う。",
        "終わり。",
    ]


@pytest.mark.parametrize("fence", ["```", "~~~", "````"])
def test_code_is_a_piece_of_its_own_that_is_copied(fence: str) -> None:
    block = f"{fence}python\na = 1\n\nb = 2\n{fence}"
    found = pieces(f"Look:\n\n{block}\n\nDone.", 5)
    assert [piece.text for piece in found if piece.code] == [block]
    assert [piece.text for piece in found if not piece.code and piece.text] == ["Look:", "Done."]


def test_code_that_is_never_closed_goes_on_to_the_end_and_a_longer_fence_holds_a_shorter_one() -> None:
    assert [piece.code for piece in pieces("Look:\n```\nx\n\ny", 100)] == [False, True]
    nested = "````\n```\nx\n```\n````"
    assert [piece.text for piece in pieces(nested, 100)] == [nested]


def test_pieces_give_the_text_again_whatever_it_holds() -> None:
    rng = random.Random(1)
    parts = ["\n", "\n\n", " ", "a", "Bc. ", "。", "」", "```", "~~~", "`", "x\n```\n", " \t", "！", "日本", "\u3000"]
    for _ in range(3_000):
        text = "".join(rng.choice(parts) for _ in range(rng.randrange(60)))
        assert whole(text, rng.choice((1, 5, 20, 50))) == text


def test_hostile_texts_are_cut_in_time_that_grows_with_their_length() -> None:
    for text in (
        " " * 300_000 + "a" + " " * 300_000,
        "\n \t" * 100_000,
        "`" * 300_000,
        "```\n" * 50_000,
        "a. " * 99_999,
    ):
        assert whole(text, 1_000) == text


@pytest.mark.parametrize(
    ("text", "nothing"), [("42 → 7!", True), ("---", True), ("x = 3 (B)", True), ("No", False), ("は", False)]
)
def test_a_text_without_words_says_nothing(text: str, nothing: bool) -> None:
    assert says_nothing(text) is nothing
