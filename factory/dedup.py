"""Exact duplicates: two rows that ask the same, or two pairs that are the same, up to how a text is written.

The key text is folded (NFKC, case, white space), never stored. Numbers stay as they are: rows of template data
that differ only in their numbers are different rows. Near duplicates are not looked for here.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from factory.row import Message, Pair, Row

Keys = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]


ROW_ENDS, TURN_ENDS = "\x00", "\x01"
"""Neither is white space nor part of any letter, so that many texts are folded as one."""


def fold(text: str) -> str:
    """The text with its compatibility forms, case and white space made one."""
    return " ".join(_lower(text).split())


def key_text(row: Row | Pair) -> str:
    """What duplicates are judged by, not yet folded.

    Of a conversation it is the user's turns, or the whole content where there are none. Of a pair it is the whole: two
    pairs of one prompt tell of different answers.
    """
    asked = [content for role, content in row.messages if role == "user"] if isinstance(row, Row) else ()
    if asked:
        return asked[0] if len(asked) == 1 else TURN_ENDS.join(map(str.strip, asked))
    return TURN_ENDS.join([f"{role}{TURN_ENDS}{content.strip()}" for role, content in _content(row)])


def keys(rows: Iterable[Row | Pair]) -> Keys:
    """64 bits per row, the same in every process and on every machine."""
    return hashes(list(map(key_text, rows)))


def hashes(texts: Sequence[str]) -> Keys:
    """64 bits per text, folded."""
    joined = ROW_ENDS.join(texts)
    folded = joined.lower().split(ROW_ENDS) if joined.isascii() else [_lower(text) for text in texts]
    if len(folded) != len(texts):
        folded = [_lower(text) for text in texts]
    hashes = [
        blake2b(" ".join(text.split()).encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in folded
    ]
    return np.frombuffer(b"".join(hashes), dtype="<u8").astype(np.uint64)


class Seen:
    """The keys that were offered so far, in 8 bytes each: sorted runs, merged as they grow."""

    def __init__(self) -> None:
        """Begin with none."""
        self._runs: list[Keys] = []

    def first(self, offered: Keys) -> Mask:
        """True where a key is offered for the first time; from now on all of them are known."""
        order = np.argsort(offered, kind="stable")
        ascending = offered[order]
        new = np.ones(len(offered), dtype=np.bool_)
        new[1:] = ascending[1:] != ascending[:-1]
        for run in self._runs:
            places = np.minimum(run.searchsorted(ascending), len(run) - 1)
            new &= run[places] != ascending
        self._add(ascending[new])
        mask = np.empty_like(new)
        mask[order] = new
        return mask

    def _add(self, run: Keys) -> None:
        if not len(run):
            return
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.concatenate([self._runs.pop(), run])
            run.sort(kind="stable")
        self._runs.append(run)


def _lower(text: str) -> str:
    return text.lower() if text.isascii() else _composed(_composed(text).casefold())


def _composed(text: str) -> str:
    return text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)


def _content(row: Row | Pair) -> Sequence[Message]:
    return row.messages if isinstance(row, Row) else (*row.prompt, *row.chosen, *row.rejected)
