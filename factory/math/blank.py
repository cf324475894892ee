"""Blanks the numbers of a whole block of rows at once: numpy over code points, the same result as `tex.blank`."""

import numpy as np
import numpy.typing as npt

from factory.math.skeleton import DECIMAL, blank

Codes = npt.NDArray[np.uint16]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
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
    if int(lengths.max()) > LONGEST:
        return one_by_one(text)
    values, places = valued(codes, at, lengths)
    marked = codes.copy()
    marked[at] = np.where(places > 0, DECIMAL + places, 0)
    kept = marked[~token | start]
    return kept.tobytes().decode("utf-16-le", "surrogatepass"), values.tolist()


def inner_points(codes: Codes, digit: Flags) -> Flags:
    """Points with a digit on both sides; of `1.2.3` only the first counts."""
    point: Flags = codes == 46
    point[0] = point[-1] = False
    point[1:-1] &= digit[:-2] & digit[2:]
    places = np.flatnonzero(point)
    close = np.flatnonzero(np.diff(places) <= LONGEST)
    for before, here in zip(places[close].tolist(), places[close + 1].tolist(), strict=True):
        if point[before] and digit[before + 1 : here].all():
            point[here] = False
    return point


def valued(codes: Codes, at: Places, lengths: Places) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The integers and their decimal places."""
    values = codes[at].astype(np.int64) - 48
    places = np.zeros(len(at), np.int64)
    longer, k = np.flatnonzero(lengths > 1), 1
    while len(longer):
        letters = codes[at[longer] + k].astype(np.int64) - 48
        point = longer[letters < 0]
        if len(point):
            places[point] = lengths[point] - k - 1
            longer, letters = longer[letters >= 0], letters[letters >= 0]
        values[longer] = values[longer] * 10 + letters
        k += 1
        longer = np.flatnonzero(lengths > k)
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
