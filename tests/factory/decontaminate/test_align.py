"""Alignment of short prompts: edits as a plain matrix counts them, and the same from both kernels."""

import importlib.util
import random
from collections.abc import Iterator

import numpy as np
import pytest

from factory.decontaminate import align_numpy, kernel_numpy
from factory.decontaminate.kernels import ALIGNED, Aligned, Candidates, aligner
from factory.decontaminate.letters import LINE_ENDS, Letters, ends, kinds
from factory.dedup import TURN_ENDS
from factory.near import fold, kernels

SIGNS = "abcdeあいう漢字 .。" + TURN_ENDS + LINE_ENDS
Case = tuple[fold.Codes, Letters, Candidates, Letters, np.ndarray]


def edits(prompt: str, text: str, begins: bool, closes: bool) -> int:
    """The fewest edits that make the prompt of a stretch; of one from the begin, or to the end, where that is said."""
    column = list(range(len(prompt) + 1))
    best = [column[-1]]
    for number, letter in enumerate(text, 1):
        new = [number if begins else 0]
        for place, own in enumerate(prompt):
            new.append(min(column[place] + (own != letter), column[place + 1] + 1, new[-1] + 1))
        column = new
        best.append(column[-1])
    return best[-1] if closes else min(best)


def letters_of(texts: list[str]) -> tuple[fold.Codes, Letters]:
    codes, starts = fold.folded(texts, kernels.named("numpy"))
    return codes, Letters(*kernel_numpy.letters(codes, starts, kinds(False)))


def cases() -> Iterator[Case]:
    for seed in range(30):
        rng = random.Random(seed)
        prompts = ["".join(rng.choices("abcdeあいう漢字", k=rng.choice([1, 5, 12, 40, ALIGNED]))) for _ in range(9)]
        texts = ["".join(rng.choices(SIGNS, k=rng.choice([1, 9, 60, 300, 3000]))) for _ in range(6)]
        texts += [f"{texts[0]}。{prompt}。{texts[1]}" for prompt in prompts]
        codes, letters = letters_of(texts)
        _, own = letters_of(prompts)
        lengths = np.diff(letters.starts)
        who = np.array([(t, rng.randrange(9)) for t in range(len(texts)) if lengths[t] for _ in range(4)])
        first = np.array([rng.randrange(1 - len(prompts[p]), lengths[t]) for t, p in who])
        last = np.array([rng.randrange(begin, lengths[t]) for begin, (t, _) in zip(first, who, strict=True)])
        most = np.array([rng.randrange(ALIGNED) for _ in who])
        yield codes, letters, Candidates(who[:, 0], who[:, 1], first, last), own, most


def aligned(case: Case, kernel: str) -> Aligned:
    codes, letters, candidates, own, most = case
    return aligner(kernel).align(codes, letters, ends(), candidates, own, most)


def test_edits_and_pieces_are_those_of_a_plain_matrix() -> None:
    text, prompt = "ねこは好き。黒い犬が庭を走る。どうかな", "黒い犬は庭を走った"
    codes, letters = letters_of([text])
    _, own = letters_of([prompt, "い犬が庭を走るどう", "あの黒い犬が庭を走るのを見た"])
    nothing = np.zeros(3, dtype=np.int64)
    everything = Candidates(nothing, np.arange(3), nothing, nothing + 10)
    found = align_numpy.align(codes, letters, ends(), everything, own, nothing + 99)
    whole = "ねこは好き黒い犬が庭を走るどうかな"
    assert found.edits.tolist() == [edits(prompt, whole, False, False), 0, 6]
    assert found.anchored.tolist()[0] == edits(prompt, "黒い犬が庭を走る", True, True) == 3
    assert found.piece.tolist() == [0, 0, 8]
    assert found.opened.tolist() == [3, 1, 6]
    assert found.opening.tolist() == [3, 2, 8]


def test_edits_of_random_texts_are_those_of_a_plain_matrix() -> None:
    codes, letters, _, own, _ = next(cases())
    lengths = np.diff(letters.starts)
    pairs = [(t, p) for t in range(len(lengths)) if 0 < lengths[t] < 400 for p in range(9)]
    texts, prompts = (np.array(column) for column in zip(*pairs, strict=True))
    everything = Candidates(texts, prompts, np.zeros_like(texts), lengths[texts])
    found = align_numpy.align(codes, letters, ends(), everything, own, np.full_like(texts, ALIGNED))
    for (text, prompt), few in zip(pairs, found.edits.tolist(), strict=True):
        assert few == edits(fold.text_of(own.of(prompt)), fold.text_of(letters.of(text)), False, False)


@pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")
@pytest.mark.slow
def test_numba_and_numpy_align_to_the_same_bits() -> None:
    for case in cases():
        for one, other in zip(aligned(case, "numba"), aligned(case, "numpy"), strict=True):
            assert one.tolist() == other.tolist()
