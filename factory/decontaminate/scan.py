"""Which rows hold a benchmark's prompt: instruction, response and system prompt are all looked at.

Three passes over some rows. Whole rows, for the prompts' coarse n-grams; short turns, for the fine n-grams of short
prompts, so that a reworded short question is found where it is the whole question; and rows with many symbols, for
prompts that are made of those. Candidates that are short are aligned with the text about the n-grams that found them;
what may be a hit is compared by the fine n-grams that the best stretch of the text holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from factory.decontaminate import kernels
from factory.decontaminate.benchmarks import Benchmarks, plain
from factory.decontaminate.hits import (
    KINDS,
    LEAST_SHARE,
    MOST_SHOWN,
    Edits,
    Hit,
    Match,
    alike,
    certain,
    kind_of,
    limits,
    renumbered,
    shown,
    worth,
)
from factory.decontaminate.index import SHORT, Index
from factory.decontaminate.kernels import COARSE, FINE, ONE, Aligned, Candidates, Postings
from factory.decontaminate.letters import LINE_ENDS, Letters, ends, kinds
from factory.decontaminate.prompts import Prompt
from factory.dedup import TURN_ENDS
from factory.near import fold
from factory.near import kernels as near_kernels
from factory.near.arrays import Codes, Places
from factory.near.fold import text_of
from factory.row import Pair, Row

BRIEF = 160
"""Characters of the longest turn that is looked through for reworded short prompts."""
MOST_OTHERS = 20
_TURN = ord(TURN_ENDS)
_AROUND = 8
"""Letters beside a stretch in which its first or last number may stand."""
_SYMBOLS = 8
"""What a text must have to be looked through in the second form."""


def scan(rows: Sequence[Row | Pair], benchmarks: Benchmarks) -> list[Hit | None]:
    """The worst hit of each row, in order; None where there is none."""
    return scan_texts([_text(row) for row in rows], benchmarks)


def scan_texts(texts: Sequence[str], benchmarks: Benchmarks, kernel: str = "") -> list[Hit | None]:
    """The worst hit of each text; turns may be parted by `dedup.TURN_ENDS`.

    Args:
        texts: the texts.
        benchmarks: what is looked for.
        kernel: `numpy` or `numba`; by default the faster one for so many texts.
    """
    symbols_of = np.zeros(len(texts), dtype=np.int64)
    looking = _Looking(benchmarks, kernel or benchmarks.kernel_for(len(texts)), symbols_of)
    texts = [text.replace("\n", LINE_ENDS) for text in texts]
    letters, symbols = benchmarks.indexes
    found: list[list[tuple[Match, int, Hit]]] = [[] for _ in texts]
    for row, hit in looking.through(texts, letters, letters.postings, COARSE):
        found[row].append(hit)
    turns = [(row, turn) for row, text in enumerate(texts) for turn in text.split(TURN_ENDS) if len(turn) <= BRIEF]
    for place, hit in looking.through([turn for _, turn in turns], letters, letters.brief, FINE):
        found[turns[place][0]].append(hit)
    if len(symbols.prompts):
        some = np.flatnonzero(symbols_of >= _SYMBOLS).tolist()
        for place, hit in looking.through([texts[row] for row in some], symbols, symbols.postings, COARSE):
            found[some[place]].append(hit)
    return [_worst(hits) if hits else None for hits in found]


@dataclass(frozen=True)
class _Looking:
    """How texts are looked through."""

    benchmarks: Benchmarks
    kernel: str
    symbols: Places
    """By text, how many rare symbols it has; written where whole texts are looked through."""

    def _aligned(
        self, codes: Codes, letters: Letters, candidates: Candidates, index: Index
    ) -> tuple[Places, Places, Aligned]:
        """Texts and prompts that may be hits, and how the short ones align; -1 where they are not short."""
        sizes = index.sizes[candidates.prompts]
        lengths = np.diff(index.letters.starts)[candidates.prompts]
        short = np.flatnonzero(index.short[candidates.prompts])
        some = Candidates(*(column[short] for column in candidates))
        most = limits(sizes[short], lengths[short])
        found = kernels.aligner(self.kernel).align(codes, letters, ends(), some, index.letters, most)
        aligned = Aligned(*(np.full(len(sizes), -1, dtype=np.int64) for _ in range(5)))
        for column, values in zip(aligned, found, strict=True):
            column[short] = values
        kept = np.flatnonzero(worth(sizes, lengths, aligned))
        return candidates.texts[kept], candidates.prompts[kept], Aligned(*(column[kept] for column in aligned))

    def through(
        self, texts: Sequence[str], index: Index, postings: Postings, sizes: tuple[int, int]
    ) -> Iterator[tuple[int, tuple[Match, int, Hit]]]:
        """The hits among these texts, each with the place of its text."""
        compute, folding = kernels.named(self.kernel), near_kernels.named(self.kernel)
        if not len(postings.hashes):
            return
        for block in fold.blocks(texts, folding):
            letters = Letters(*compute.letters(block.codes, block.starts, kinds(index.symbols)))
            if sizes == COARSE and not index.symbols:
                self.symbols[block.first : block.first + len(letters.symbols)] = letters.symbols
            hashes = compute.hashes(letters.codes, letters.wide, letters.starts, sizes)
            candidates = compute.candidates(hashes, letters.starts, postings)
            places, prompts, aligned = self._aligned(block.codes, letters, candidates, index)
            if sizes != FINE and len(places):
                hashes = compute.hashes(letters.codes, letters.wide, letters.starts, FINE)
            found = compute.compare(hashes, letters.starts, places, prompts, index.fine)
            shares = found.shared * ONE // index.totals[prompts]
            for i in np.flatnonzero(shares >= LEAST_SHARE).tolist():
                stretch = _Stretch(
                    index,
                    block.codes,
                    letters,
                    int(places[i]),
                    int(prompts[i]),
                    int(found.begins[i]),
                    int(found.ends[i]),
                    Edits(*(int(column[i]) for column in aligned)),
                )
                group, template = self.benchmarks.named_by(int(index.prompts[prompts[i]]))
                hit = _decided(stretch, int(shares[i]), group, template)
                if hit is not None:
                    yield block.first + int(places[i]), hit


@dataclass(frozen=True)
class _Stretch:
    """A stretch of a text that is like a prompt."""

    index: Index
    codes: Codes
    letters: Letters
    text: int
    prompt: int
    begin: int
    last: int
    """Its last n-gram's first letter, plus one; counted from the text's first, as `begin`."""
    aligned: Edits

    @cached_property
    def own(self) -> str:
        """The letters of the prompt."""
        return text_of(self.index.letters.of(self.prompt))

    @cached_property
    def all(self) -> str:
        """The letters of the whole text."""
        return text_of(self.letters.of(self.text))

    @cached_property
    def end(self) -> int:
        """Where the stretch ends, in letters of the text."""
        start = self.letters.starts[self.text]
        size = FINE[1] if self.letters.wide[start + self.last - 1] else FINE[0]
        return min(self.last - 1 + size, len(self.all))

    def copied(self) -> bool:
        """Whether the text holds all letters of the prompt, in their order, about here."""
        return self.own in self.all[max(0, self.begin - len(self.own)) : self.end + len(self.own)]

    def answered(self, answers: Sequence[str]) -> bool:
        """Whether one of the answers stands beside."""
        beside = self.all[: self.begin] + "\n" + self.all[self.end :]
        found = (plain(answer) for answer in answers)
        return any(len(answer) > 1 and answer in beside for answer in found)

    def folded(self, around: int = 0) -> str:
        """The stretch with its spaces and symbols, and some letters of its turn around it."""
        start, end = self.letters.starts[self.text], self.letters.starts[self.text + 1]
        first = max(start, start + self.begin - around)
        last = min(end, start + self.end + around) - 1
        return text_of(self.codes[self.letters.places[first] : self.letters.places[last] + 1])

    def fills(self) -> bool:
        """Whether the turn in which the stretch stands is about as long as the prompt."""
        start, end = self.letters.starts[self.text], self.letters.starts[self.text + 1]
        places = self.letters.places
        here = places[start + self.begin]
        left = self.codes[max(places[start] - 1, here - 4 * len(self.own) - 64, 0) : here]
        turns = np.flatnonzero(left == _TURN)
        low = here - len(left) + turns[-1] + 1 if len(turns) else here - len(left)
        right = self.codes[here : min(places[end - 1] + 1, here + 4 * len(self.own) + 64)]
        turns = np.flatnonzero(right == _TURN)
        high = here + turns[0] if len(turns) else here + len(right)
        inside = np.searchsorted(places, high) - np.searchsorted(places, low)
        return bool(inside <= len(self.own) + len(self.own) // 2 + 4)


def _decided(stretch: _Stretch, share: int, group: Sequence[Prompt], template: bool) -> tuple[Match, int, Hit] | None:
    index, prompt = stretch.index, stretch.prompt
    size, aligned, whole = int(index.sizes[prompt]), stretch.aligned, bool(index.whole[prompt])
    letters = int(index.letters.starts[prompt + 1] - index.letters.starts[prompt])
    if aligned.edits and not whole and not alike(share, size, letters, aligned):
        return None  # nor copied
    fills, copied = stretch.fills(), stretch.copied()
    answers = [answer for one in group for answer in one.answers] if copied and size < SHORT * 2 else []
    match = Match(
        share,
        size,
        fills,
        letters,
        aligned,
        whole,
        all(one.follow_up for one in group),
        copied,
        bool(answers) and stretch.answered(answers),
    )
    if not shown(match):
        return None
    own = text_of(index.folded[index.folded_starts[prompt] : index.folded_starts[prompt + 1]])
    kind = kind_of(match, renumbered(own, stretch.folded(0 if copied else _AROUND)))
    sure = certain(match, kind) and not template
    direct = [one for one in group if not one.twin_of]
    first = (direct or group)[0]
    others = tuple((one.benchmark, one.id) for one in group if one is not first)
    if not direct:
        kind = "translated"
    if template:
        kind = "template"
    text = stretch.folded().replace(TURN_ENDS, " ").replace(LINE_ENDS, " ")[:MOST_SHOWN]
    hit = Hit(first.benchmark, first.id, kind, round(share / ONE, 3), sure, text, others, first.twin_of)
    return match, int(index.prompts[prompt]), hit


def _worst(hits: list[tuple[Match, int, Hit]]) -> Hit:
    """The hit that says most, with all others named in it; a template only where no prompt is found."""
    hits = [found for found in hits if found[2].kind != "template"] or hits
    ordered = sorted(
        hits,
        key=lambda found: (not found[2].certain, KINDS.index(found[2].kind), -found[0].share, -found[0].size, found[1]),
    )
    best = ordered[0][2]
    names = dict.fromkeys(name for _, _, hit in ordered for name in ((hit.benchmark, hit.prompt), *hit.others))
    names.pop((best.benchmark, best.prompt))
    return best._replace(others=tuple(names)[:MOST_OTHERS])


def _text(row: Row | Pair) -> str:
    turns = row.messages if isinstance(row, Row) else (*row.prompt, *row.chosen, *row.rejected)
    return TURN_ENDS.join([content for _, content in turns])
