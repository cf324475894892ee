"""The index of the prompts: which n-grams they hold, which of those are template text, and what each is worth.

An n-gram that more than 32 prompts hold is text of a template ("which of the following statements is"): it neither
finds a prompt nor counts as a part of it. Without that, what BIG-Bench's 27 templates or JMMLU's phrases share would
pass for a leak. A prompt that is template text throughout is found by its rarest n-grams and only counts whole. The
`templates` that are tasks of their own are indexed beside the prompts, before them.
The rest weigh by how rare they are (bits of prompts / holders), in integers: the same bits on every machine.
Built anew where it is needed (about a second per 10,000 prompts): a stored index could be stale.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from factory.decontaminate.kernels import (
    ALIGNED,
    COARSE,
    FINE,
    HASH,
    HOLDERS,
    LOAD,
    MIDDLE,
    NO_GRAM,
    WORDS,
    Fine,
    Kernel,
    Postings,
    Weights,
)
from factory.decontaminate.letters import Letters, kinds
from factory.near import fold, kernels
from factory.near.arrays import Codes, Keys, Mask, Places

TEMPLATE = 32
"""Prompts that may hold an n-gram before it is template text. Source: our measurement on BIG-Bench and MMLU."""
FINDING = 4
"""Prompts that may hold an n-gram which finds them: a tenth faster than with 8, and at most .003 of recall less, since
the rarest n-grams of each prompt find it in any case."""
RAREST = 4
MANY_GRAMS = 40
"""From twice this size on half of a prompt's n-grams find it as well as all of them, then a quarter, then an eighth: a
text is asked for an eighth of their weight, of all or of a sample by hash. Half as many look-ups."""
_SAMPLE = 12
SHORT, LONG = 30, 60
"""Sizes of prompts, in narrow letters. A prompt below the first counts inside a sentence only where its answer stands
beside; one below the second is looked for by its fine n-grams in short turns as well."""
CLOSE = 40
"""The size from which one n-gram is not enough to have a prompt aligned: .3 % fewer are found, with half the work."""
MOST_HOLDERS = 256
"""Prompts of nothing but template text that an n-gram of theirs leads to."""
_HASH = np.uint64(0xFFFFFFFF)


class Index(NamedTuple):
    """The prompts of one form."""

    symbols: bool
    """Whether these are prompts of the second form."""
    prompts: Places
    """Which of the benchmarks' texts these are."""
    letters: Letters
    folded: Codes
    folded_starts: Places
    sizes: Places
    """By prompt: how much its letters say, in narrow ones."""
    short: Mask
    """By prompt: it has at most `ALIGNED` letters."""
    postings: Postings
    brief: Postings
    """The fine n-grams of the prompts shorter than `LONG`: what finds them in short turns."""
    fine: Fine
    totals: Weights
    """By prompt: what its fine n-grams weigh."""
    whole: Mask
    """By prompt: it is template text throughout, and no template itself."""


def letters_of(texts: Sequence[str], symbols: bool, kernel: Kernel) -> tuple[Codes, Places, Letters]:
    """The folded code points of texts, where each text begins, and their letters."""
    codes, starts = fold.folded(texts, kernels.named("numpy"))
    return codes, starts, Letters(*kernel.letters(codes, starts, kinds(symbols)))


def build(texts: Sequence[str], prompts: Places, symbols: bool, kernel: Kernel, templates: int = 0) -> Index:
    """The index of `texts`, which are those numbered `prompts`; the first of them, so many, are templates."""
    codes, starts, letters = letters_of(texts, symbols, kernel)
    owner = np.repeat(np.arange(len(texts)), np.diff(letters.starts))
    coarse = kernel.hashes(letters.codes, letters.wide, letters.starts, COARSE)
    fine = kernel.hashes(letters.codes, letters.wide, letters.starts, FINE)
    sizes = np.bincount(owner, 1 + letters.wide, len(texts)).astype(np.int64)
    short = np.diff(letters.starts) <= ALIGNED
    postings = _postings(coarse, owner, sizes, short, templates)
    rare = (coarse != NO_GRAM) & ~template_text(coarse, owner)
    brief = np.where((sizes < LONG)[owner], fine, np.uint32(NO_GRAM))
    found_briefly = _postings(brief, owner, sizes, np.zeros(len(texts), dtype=np.bool_), templates)
    pieces, totals, whole = _fine(fine, owner, _distinctive(rare, letters, owner), letters)
    whole[:templates] = False
    return Index(symbols, prompts, letters, codes, starts, sizes, short, postings, found_briefly, pieces, totals, whole)


def template_text(hashes: Codes, owner: Places) -> Mask:
    """Which letters begin an n-gram that more than `TEMPLATE` prompts hold."""
    held = (_pairs(hashes, owner) & _HASH).astype(np.uint32)
    grams, frequency = np.unique(held, return_counts=True)
    shared: Mask = np.isin(hashes, grams[frequency > TEMPLATE])
    return shared


def _pairs(hashes: Codes, owner: Places) -> Keys:
    """Prompt and n-gram, distinct and ascending."""
    return _placed(hashes, owner)[0]


def _placed(hashes: Codes, owner: Places) -> tuple[Keys, Places]:
    """Prompt and n-gram, distinct and ascending, and the letter where each begins first."""
    keys = (owner.astype(np.uint64) << np.uint64(32)) | hashes
    present = np.flatnonzero(hashes != NO_GRAM)
    pairs, first = np.unique(keys[present], return_index=True)
    return pairs, present[first]


def _bits(numbers: Places) -> Weights:
    """The bit length of each number."""
    lengths: Weights = np.frexp(numbers.astype(np.float64))[1].astype(np.int64)
    return lengths


def _postings(hashes: Codes, owner: Places, size: Places, short: Mask, templates: int) -> Postings:
    """The postings; one n-gram finds a `short` prompt, and all of theirs find the templates."""
    pairs, places = _placed(hashes, owner)
    held, holders = (pairs & _HASH).astype(np.uint32), (pairs >> np.uint64(32)).astype(np.int64)
    offsets = places - np.searchsorted(owner, holders)
    grams, which, frequency = np.unique(held, return_inverse=True, return_counts=True)
    by_rarity = np.lexsort((which, frequency[which], holders))
    rank = np.empty(len(pairs), dtype=np.int64)
    rank[by_rarity] = np.arange(len(pairs)) - np.searchsorted(holders, holders[by_rarity])
    count = len(size)
    kept = (
        (rank < RAREST)
        | (holders < templates)
        | (
            ((frequency[which] <= FINDING) | (rank < 2 * RAREST))
            & (frequency[which] <= TEMPLATE)
            & _sampled(held, size[holders])
        )
    )
    order = np.flatnonzero(kept)[np.argsort(which[kept], kind="stable")]
    order = order[np.arange(len(order)) - np.searchsorted(which[order], which[order]) < MOST_HOLDERS]
    known, begins, sizes = np.unique(which[order], return_index=True, return_counts=True)
    weights = _bits(count // frequency[known])
    added = np.repeat(weights, sizes)
    own = grams[known]
    sums = np.zeros((2, count), dtype=np.int64)
    np.add.at(sums[0], holders[order], added)
    np.add.at(sums[1], holders[order], 1)
    totals = np.maximum(sums[0], 1)
    needs = np.where(short, 1, np.where(size < LONG, totals // 4, totals // 8))
    begins = np.append(begins, len(order)).astype(np.int64)
    return Postings(
        _bloom(own), own, *_table(own, weights, begins), weights, begins, holders[order].astype(np.int32),
        offsets[order].astype(np.int32),
        totals, needs, np.where(short & (size < CLOSE), 1, np.minimum(sums[1], 2)),
    )  # fmt: skip


def _sampled(hashes: Codes, sizes: Places) -> Mask:
    """Which n-grams of prompts of those sizes are among those that find them."""
    halves = np.minimum(np.maximum(_bits(sizes // MANY_GRAMS) - 1, 0), 3)
    sampled: Mask = (hashes >> np.uint32(_SAMPLE)) & ((np.uint32(1) << halves.astype(np.uint32)) - np.uint32(1)) == 0
    return sampled


def _bloom(hashes: Codes) -> Keys:
    words = np.zeros(1 << WORDS, dtype=np.uint64)
    for back in (0, 6):
        bits = np.uint64(1) << ((hashes >> np.uint32(back)) & np.uint32(63)).astype(np.uint64)
        np.bitwise_or.at(words, hashes >> np.uint32(32 - WORDS), bits)
    return words


def _table(hashes: Codes, weights: Weights, starts: Places) -> tuple[Weights, int]:
    """See `Postings.table`."""
    bits = max(1, (LOAD * len(hashes)).bit_length())
    slots = (hashes >> np.uint32(32 - bits)).astype(np.int64)
    order = np.arange(len(hashes))
    slots = order + np.maximum.accumulate(slots - order) if len(hashes) else slots
    table = np.zeros((max(1 << bits, slots.max(initial=0) + 1) + 1, 2), dtype=np.int64)
    table[slots, 0] = (hashes.astype(np.int64) - MIDDLE) * HASH + np.diff(starts) * HOLDERS + weights
    table[slots, 1] = starts[:-1]
    return table, 32 - bits


def _distinctive(rare: Mask, letters: Letters, owner: Places) -> Mask:
    """Which letters begin a fine n-gram that begins or ends a coarse one that is no template text."""
    size = np.where(letters.wide, COARSE[1] - FINE[1], COARSE[0] - FINE[0])
    before = np.arange(len(rare)) - size
    inside = before >= letters.starts[owner]
    telling: Mask = rare | (inside & rare[np.maximum(before, 0)])
    return telling


def _fine(hashes: Codes, owner: Places, distinctive: Mask, letters: Letters) -> tuple[Fine, Weights, Mask]:
    """The fine n-grams, what they weigh together, and which prompts are template text throughout."""
    count = len(letters.starts) - 1
    pairs = _pairs(hashes, owner)
    telling = np.isin(pairs, _pairs(hashes[distinctive], owner[distinctive]))
    own, holders = (pairs & _HASH).astype(np.uint32), (pairs >> np.uint64(32)).astype(np.int64)
    _, which, frequency = np.unique(own, return_inverse=True, return_counts=True)
    weights = _bits(count // frequency)[which]
    whole = np.bincount(holders[telling], minlength=count) == 0
    weights *= telling | whole[holders]
    starts = np.searchsorted(holders, np.arange(count + 1))
    lengths = np.diff(letters.starts)
    fine = Fine(starts, own, weights, lengths + lengths // 4 + 8)
    totals = np.zeros(count, dtype=np.int64)
    np.add.at(totals, holders, weights)
    return fine, np.maximum(totals, 1), whole
