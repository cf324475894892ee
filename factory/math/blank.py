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
    token = codes - np.uint16(48) < 10
    token[inner_points(codes, token)] = True
    edges = np.flatnonzero(token[1:] != token[:-1]) + 1
    at = edges[::2]
    if token[0]:
        at, edges = np.append(0, edges[1::2]), np.append(0, edges)
    if not len(at):
        return text, []
    end = edges[1::2] if len(edges) % 2 == 0 else np.append(edges[1::2], len(codes))
    lengths = end - at
    if int(lengths.max()) > LONGEST:
        return one_by_one(text)
    values, places = valued(codes, at, lengths)
    keep = np.logical_not(token, out=token)
    keep[at] = True
    kept = codes[keep]
    removed = np.cumsum(lengths - 1)
    kept[at[0]], kept[at[1:] - removed[:-1]] = 0, 0
    decimals = np.flatnonzero(places)
    if len(decimals):
        kept[at[decimals] - removed[decimals] + lengths[decimals] - 1] = DECIMAL + places[decimals]
    return kept.tobytes().decode("utf-16-le", "surrogatepass"), values.tolist()


def inner_points(codes: Codes, digit: Flags) -> Places:
    """The places of points with a digit on both sides; of `1.2.3` only the first counts."""
    places = np.flatnonzero(codes == 46)
    places = places[(places > 0) & (places < len(codes) - 1)]
    places = places[digit[places - 1] & digit[places + 1]]
    joined = places[:-1][np.diff(places) <= LONGEST]
    behind = joined + 1
    while len(behind) and not (stop := codes[behind] == 46).all():
        behind = behind[stop | digit[behind]]
        behind += codes[behind] != 46
    return places if not len(behind) else first_points(places, digit)


def first_points(places: Places, digit: Flags) -> Places:
    """Of points with nothing but digits between them the first, the third ..."""
    kept: list[int] = []
    for place in places.tolist():
        if not (kept and digit[kept[-1] + 1 : place].all()):
            kept.append(place)
    return np.array(kept, np.intp)


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
