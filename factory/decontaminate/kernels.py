"""The inner loops of the scan, in numpy or in numba: which of the two changes the time and nothing else.

The numbers here are compiled into `kernel_numba`, whose `STAMP` follows them.
"""

from typing import NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt

from factory.decontaminate.letters import Classes, Letters
from factory.near import shingle
from factory.near.arrays import Codes, Keys, Places, Starts

Weights = npt.NDArray[np.int64]

M1, M2, M4 = (np.uint32(shingle.power(exponent)) for exponent in (1, 2, 4))
MIX_1, MIX_2 = np.uint32(shingle.MIX_1), np.uint32(shingle.MIX_2)
"""The same polynomial and finalizer as near duplicates are hashed with; the sizes of the n-grams differ."""

COARSE = (8, 5)
"""Letters of the n-grams that find candidates: beginning with a narrow letter, with a wide one. Measured in both
languages: longer ones miss prompts with 5 % typos (10: .78 / .75), shorter ones bring three times the candidates."""
FINE = (5, 3)
"""Letters of the n-grams by which candidates are compared."""

NO_GRAM = 0
"""Stands where an n-gram would pass the end of its text; no n-gram has this hash."""
WORDS = 18
"""A Bloom filter of 2**18 words, 2 MB: it about fits the second-level cache. A hash's first bits choose the word, and
its last 12 two bits of it: of the n-grams that are not in the index, 0.4 % get past 530,000 that are."""
LOAD = 3
"""Slots of the table per n-gram, at least."""
MOST_CANDIDATES = 16
"""Prompts compared per text; the best are taken."""
ONE = 1 << 20
"""Fixed point: shares are integers of this many parts, the same on every machine."""
ALIGNED = 64
"""Letters of the longest prompt that is aligned: the bits of a machine word."""
COUNT = 1 << 40
"""A sum of weights carries how many they were above this."""


HASH, HOLDERS, MIDDLE = 1 << 32, 1 << 16, 1 << 31
"""How a slot of the table is packed into 64 bits with a sign: `(hash - MIDDLE) * HASH + holders * HOLDERS + weight`."""


class Postings(NamedTuple):
    """The coarse n-grams of the prompts, and which prompts hold them."""

    bloom: Keys
    hashes: Codes
    """Distinct, ascending."""
    table: npt.NDArray[np.int64]
    """The same hashes where their first bits say, or as soon after as there is room: still ascending. Two numbers per
    slot: hash, holders and weight in one; where its holders begin in `prompts`."""
    shift: int
    """How many bits of a hash don't say its slot."""
    weights: Weights
    starts: Places
    prompts: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int32]
    """Where in them it stands first."""
    totals: Weights
    """By prompt: the weight of its n-grams."""
    needs: Weights
    """By prompt: the weight that a text must hold of it to be compared."""
    counts: Weights
    """By prompt: how many n-grams a text must hold."""


class Fine(NamedTuple):
    """The fine n-grams of each prompt: distinct and ascending within it."""

    starts: Places
    hashes: Codes
    weights: Weights
    reach: Places
    """By prompt: how many letters a copy of it may take."""


class Candidates(NamedTuple):
    """Texts and the prompts they may hold: by text, the better first."""

    texts: Places
    prompts: Places
    firsts: Places
    """Where in the text the prompt would begin, by the n-gram that says the least; may be below 0."""
    lasts: Places
    """By the one that says the most."""


class Found(NamedTuple):
    """What candidates of texts came to, one entry per candidate."""

    shared: Weights
    """Weight of the prompt's distinct n-grams in the best stretch of the text."""
    distinct: Weights
    """How many they are."""
    begins: Places
    ends: Places
    """The stretch, as letters of the text; the end is that of its last n-gram's first letter, plus one."""


class Aligned(NamedTuple):
    """How well short prompts align with texts, one entry per candidate."""

    edits: Weights
    """The fewest letters to change, add or drop that make the prompt of some stretch of the text."""
    anchored: Weights
    """The same of a stretch from where a sentence, line or turn begins to where one ends."""
    piece: Weights
    """The letters of the longest such stretch that the prompt holds as it is."""
    opened: Weights
    """As `anchored`, but the stretch may end anywhere: a question that was put before another sentence."""
    opening: Weights
    """As `piece`, likewise."""


class Aligner(Protocol):
    """What both modules of alignments have."""

    def align(
        self,
        codes: Codes,
        letters: Letters,
        ends: Classes,
        candidates: Candidates,
        own: Letters,
        limits: Places,
    ) -> Aligned:
        """How well prompts of at most `ALIGNED` letters align with the texts about their n-grams.

        Args:
            codes: the folded texts, with what parts sentences.
            letters: their letters.
            ends: by code point, whether a sentence, line or turn ends there.
            candidates: texts, and short prompts.
            own: the letters of all prompts.
            limits: by candidate, the edits beyond which it is no hit and is not aligned further.
        """
        ...


class Kernel(Protocol):
    """What both modules have."""

    def letters(
        self, codes: Codes, starts: Starts, kinds: Classes
    ) -> tuple[Codes, npt.NDArray[np.bool_], Starts, Places, Places]:
        """The fields of `Letters`."""
        ...

    def hashes(self, codes: Codes, wide: npt.NDArray[np.bool_], starts: Starts, sizes: tuple[int, int]) -> Codes:
        """The hash of the n-gram that begins at each letter, or `NO_GRAM`."""
        ...

    def candidates(self, hashes: Codes, starts: Starts, index: Postings) -> Candidates:
        """What the n-grams find."""
        ...

    def compare(self, hashes: Codes, starts: Starts, texts: Places, prompts: Places, fine: Fine) -> Found:
        """How much of each prompt the best stretch of its text holds; the first of equals."""
        ...


def named(name: str) -> Kernel:
    """The kernel of that name, `numpy` or `numba`."""
    if name == "numba":
        from factory.decontaminate import kernel_numba

        return cast(Kernel, kernel_numba)
    from factory.decontaminate import kernel_numpy

    return cast(Kernel, kernel_numpy)


def aligner(name: str) -> Aligner:
    """The kernel of alignments of that name, `numpy` or `numba`."""
    if name == "numba":
        from factory.decontaminate import align_numba

        return cast(Aligner, align_numba)
    from factory.decontaminate import align_numpy

    return cast(Aligner, align_numpy)
