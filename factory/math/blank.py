"""Blanks the numbers of a whole block of rows at once: numpy over code points, the same result as `tex.blank`."""

import numpy as np
import numpy.typing as npt

from factory.math.skeleton import DECIMAL, blank

Codes = npt.NDArray[np.uint16]
Flags = npt.NDArray[np.bool_]
LONGEST = 18
"""Longer numbers don't fit 64 bits and are read one by one."""


def blanked(text: str) -> tuple[str, list[int]]:
    """The skeleton of a text and its numbers, decimals without their point (the skeleton knows their places)."""
    codes = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)
    if not len(codes):
        return "", []
    digit = codes - np.uint16(48) < 10
    token = digit | inner_points(codes, digit)
    start = token.copy()
    start[1:] &= ~token[:-1]
    at = np.flatnonzero(start)
    if not len(at):
        return text, []
    end = np.flatnonzero(token & ~np.append(token[1:], False)) + 1
    lengths = end - at
    longest = int(lengths.max())
    if longest > LONGEST:
        return one_by_one(text)
    values, places = valued(codes, digit, at, lengths, longest)
    marked = codes.copy()
    marked[at] = np.where(places > 0, DECIMAL + places, 0)
    kept = marked[~token | start]
    return kept.tobytes().decode("utf-16-le", "surrogatepass"), values.tolist()


def inner_points(codes: Codes, digit: Flags) -> Flags:
    """Points with a digit on both sides; of `1.2.3` only the first counts."""
    point: Flags = codes == 46
    point[0] = point[-1] = False
    point[1:-1] &= digit[:-2] & digit[2:]
    for i in np.flatnonzero(point).tolist():
        j = i - 1
        while j >= 0 and digit[j]:
            j -= 1
        if j >= 0 and point[j]:
            point[i] = False
    return point


def valued(
    codes: Codes, digit: Flags, at: npt.NDArray[np.intp], lengths: npt.NDArray[np.intp], longest: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The integers and their decimal places."""
    values = np.zeros(len(at), np.int64)
    places = np.zeros(len(at), np.int64)
    last = len(codes) - 1
    for k in range(longest):
        here = np.minimum(at + k, last)
        inside = lengths > k
        is_digit = inside & digit[here]
        values = np.where(is_digit, values * 10 + codes[here] - 48, values)
        places = np.where(inside & ~is_digit, lengths - k - 1, places)
    return values, places


def one_by_one(text: str) -> tuple[str, list[int]]:
    """The same without numpy."""
    skeleton, numbers = blank(text)
    return skeleton, [integer(n.replace(".", "")) for n in numbers]


def integer(digits: str) -> int:
    """The integer of any number of digits; Python's own conversion refuses more than 4,300."""
    if len(digits) <= 4_000:
        return int(digits)
    return integer(digits[:-4_000]) * 10**4_000 + int(digits[-4_000:])


__all__ = ["blanked", "one_by_one"]
