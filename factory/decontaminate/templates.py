"""The templates of benchmarks: what many prompts of one benchmark share, word for word, and mostly consist of.

A prompt such as 「山田 太郎」の苗字と名前の最後の文字をつなげてください is found as itself by the name alone: its other
letters stand in hundreds of prompts, so that none of them tells it from the others. Yet a row that holds those letters
with another name in them was made after that benchmark. Such a row is for review, by the benchmark's name.

Left out: templates whose fillings come so often that they look like template text themselves (the colours and names of
BIG-Bench's shuffled objects): what stays the same between them is not one stretch.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from factory.decontaminate.index import TEMPLATE, letters_of, template_text
from factory.decontaminate.kernels import COARSE, Kernel
from factory.decontaminate.letters import size
from factory.decontaminate.prompts import Prompt
from factory.near.arrays import Codes, Mask
from factory.near.fold import text_of

LEAST_TEMPLATE = 48
"""The size of the shortest template that is looked for. Below are phrases of any examination, up to 40 in what we have
(に関する次の記述のうち正しいものはどれか); the shortest that is a task of its own has 56."""


def found(texts: Sequence[str], groups: Sequence[Sequence[Prompt]], kernel: Kernel) -> list[tuple[Prompt, ...]]:
    """The templates of these texts: per template one entry for each benchmark, with the id of the first that holds it.

    Args:
        texts: of the prompts.
        groups: which prompts have each text.
        kernel: what hashes them.
    """
    _, _, letters = letters_of(texts, False, kernel)
    owner = np.repeat(np.arange(len(texts)), np.diff(letters.starts))
    hot = template_text(kernel.hashes(letters.codes, letters.wide, letters.starts, COARSE), owner)
    first: dict[tuple[str, str], Prompt] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for place, group in enumerate(groups):
        start, end = letters.starts[place], letters.starts[place + 1]
        for stretch in set(_stretches(letters.codes[start:end], letters.wide[start:end], hot[start:end])):
            for prompt in group:
                counts[stretch, prompt.benchmark] += 1
                first.setdefault((stretch, prompt.benchmark), prompt._replace(text=stretch, answers=()))
    by_text: defaultdict[str, list[Prompt]] = defaultdict(list)
    for (text, benchmark), count in counts.items():
        if count > TEMPLATE:
            by_text[text].append(first[text, benchmark])
    return [tuple(sorted(by_text[text])) for text in sorted(by_text)]


def _stretches(codes: Codes, wide: Mask, hot: Mask) -> Iterator[str]:
    """The long stretches of template text in a prompt that is mostly that."""
    begins = np.flatnonzero(hot)
    if not len(begins):
        return
    ends = begins + np.where(wide[begins], COARSE[1], COARSE[0])
    breaks = np.flatnonzero(np.diff(begins) > 1) + 1
    parts = zip(np.split(begins, breaks), np.split(ends, breaks), strict=True)
    spans = [(int(first[0]), int(last[-1])) for first, last in parts]
    inside = np.zeros(len(codes), dtype=np.bool_)
    for low, high in spans:
        inside[low:high] = True
    if 2 * size(codes[inside]) <= size(codes):
        return
    for low, high in spans:
        if size(codes[low:high]) >= LEAST_TEMPLATE:
            yield text_of(codes[low:high])
