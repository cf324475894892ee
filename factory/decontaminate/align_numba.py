"""Short prompts aligned with texts, compiled by numba. `align_numpy` has the same function, to the same bits.

Source: G. Myers, "A fast bit-vector algorithm for approximate string matching based on dynamic programming" (JACM 46,
1999): the differences of a column of the edit matrix in two machine words.
"""
# mypy: disable-error-code="untyped-decorator"
# numba ships no types.

import numpy as np
import numpy.typing as npt

from factory.compiled import jit
from factory.decontaminate.kernels import Aligned, Candidates
from factory.decontaminate.letters import Classes, Letters
from factory.near.arrays import Codes, Keys, Places

_0, _1 = np.uint64(0), np.uint64(1)
_SLOTS = 512
_MASK = np.uint32(_SLOTS - 1)
STAMP = "e1bd599b32b05f5b"
"""See `compiled.stamp`."""


@jit
def align(
    codes: Codes, letters: Letters, ends: Classes, candidates: Candidates, own: Letters, limits: Places
) -> Aligned:
    """See `Aligner.align`."""
    texts, prompts, firsts, lasts = candidates
    found = np.zeros((5, len(texts)), dtype=np.int64)
    longest = 0
    for text in range(len(letters.starts) - 1):
        longest = max(longest, letters.starts[text + 1] - letters.starts[text])
    equal = np.empty(longest, dtype=np.uint64)
    marks = np.empty(longest + 1, dtype=np.bool_)
    keys, values = np.empty(_SLOTS, dtype=np.uint32), np.zeros(_SLOTS, dtype=np.uint64)
    for i in range(len(texts)):
        prompt = own.codes[own.starts[prompts[i]] : own.starts[prompts[i] + 1]]
        start, end = letters.starts[texts[i]], letters.starts[texts[i] + 1]
        size = len(prompt)
        most = size + size // 2
        slack = size // 4 + 4
        low, high = max(start, start + firsts[i] - slack), min(end, start + lasts[i] + size + slack)
        _equal(prompt, letters.codes[low:high], keys, values, equal)
        found[0, i] = _fit(equal[: high - low], size)
        found[1, i] = found[3, i] = size
        if found[0, i] > limits[i]:
            continue
        for place in range(low, high + 1):
            marks[place - low] = _ends(codes, letters.places, ends, start, place, end)
        found[1, i], found[2, i], found[3, i], found[4, i] = _between(equal[: high - low], marks, size, most)
    return Aligned(found[0].copy(), found[1].copy(), found[2].copy(), found[3].copy(), found[4].copy())


@jit
def _equal(prompt: Codes, text: Codes, keys: Codes, values: Keys, equal: Keys) -> None:
    """Of each letter of the text, which letters of the prompt are the same, as bits; the table is left empty."""
    for i in range(len(prompt)):
        slot = prompt[i] & _MASK
        while (values[slot] != _0) & (keys[slot] != prompt[i]):
            slot = (slot + np.uint32(1)) & _MASK
        keys[slot] = prompt[i]
        values[slot] |= _1 << np.uint64(i)
    for place in range(len(text)):
        slot = text[place] & _MASK
        while (values[slot] != _0) & (keys[slot] != text[place]):
            slot = (slot + np.uint32(1)) & _MASK
        equal[place] = values[slot]
    values[:] = _0


@jit
def _ends(codes: Codes, places: Places, ends: Classes, start: int, place: int, end: int) -> bool:
    """Whether a sentence, line or turn ends before this letter."""
    if place in (start, end):
        return True
    found = False
    for between in range(places[place - 1] + 1, places[place]):
        found |= ends[codes[between]] > 0
    return found


@jit
def _fit(equal: npt.NDArray[np.uint64], size: int) -> int:
    """The fewest edits that make the prompt of some stretch."""
    top = _1 << np.uint64(size - 1)
    plus, minus = ~_0, _0
    score = best = size
    for same in equal:
        down = same | minus
        across = (((same & plus) + plus) ^ plus) | same
        more, fewer = minus | ~(across | plus), plus & across
        if more & top:
            score += 1
        elif fewer & top:
            score -= 1
            best = min(best, score)
        more, fewer = more << _1, fewer << _1
        plus, minus = fewer | ~(down | more), more & down
    return best


@jit
def _between(
    equal: npt.NDArray[np.uint64], marks: npt.NDArray[np.bool_], size: int, most: int
) -> tuple[int, int, int, int]:
    """The fewest edits of a stretch from one mark to another, and the longest such stretch that the prompt holds.

    And the same two of a stretch that ends anywhere.
    """
    top = _1 << np.uint64(size - 1)
    best, piece, opened, opening = size, 0, size, 0
    for begin in range(len(equal)):
        if not marks[begin]:
            continue
        plus, minus, inside = ~_0, _0, ~_0
        score = size
        for place in range(begin, min(begin + most, len(equal))):
            same = equal[place]
            down = same | minus
            across = (((same & plus) + plus) ^ plus) | same
            more, fewer = minus | ~(across | plus), plus & across
            if more & top:
                score += 1
            elif fewer & top:
                score -= 1
            more, fewer = (more << _1) | _1, fewer << _1
            plus, minus = fewer | ~(down | more), more & down
            inside &= same
            opened = min(opened, score)
            if inside:
                opening = max(opening, place + 1 - begin)
            if marks[place + 1]:
                best = min(best, score)
                if inside:
                    piece = max(piece, place + 1 - begin)
            inside <<= _1
    return best, piece, opened, opening
