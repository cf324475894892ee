"""The benchmarks that a run protects: their prompts, read once, and the indexes over them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from factory import dedup
from factory.decontaminate import index, prompts, registry, templates
from factory.decontaminate.index import Index
from factory.decontaminate.kernels import named
from factory.decontaminate.letters import classes
from factory.decontaminate.prompts import Prompt
from factory.errors import RecipeError
from factory.near import kernels

VERSION = 3
"""Changes whenever a row would be judged otherwise."""
LEAST = 12
"""The size, in narrow letters, of the shortest prompt that is looked for: six kanji or kana."""


class Benchmarks:
    """Prompts by their text, and the indexes over them."""

    def __init__(self, found: Iterable[Prompt]) -> None:
        """Index these prompts. Equal ones, up to folding, are one text with several names."""
        ordered = sorted(found)
        groups: dict[str, list[Prompt]] = {}
        for prompt in ordered:
            groups.setdefault(dedup.fold(prompt.text), []).append(prompt)
        self.groups: tuple[tuple[Prompt, ...], ...] = tuple(map(tuple, groups.values()))
        named_once = dict.fromkeys((prompt.benchmark, prompt.id) for prompt in ordered)
        self.counts: Mapping[str, int] = Counter(benchmark for benchmark, _ in named_once)
        texts = list(groups)
        self.templates: tuple[tuple[Prompt, ...], ...] = tuple(templates.found(texts, self.groups, named("numpy")))
        forms = [form(text) for text in texts]
        self.unsought = tuple(group[0] for group, kind in zip(self.groups, forms, strict=True) if kind is None)
        self.indexes: tuple[Index, ...] = tuple(
            self._index(texts, [place for place, kind in enumerate(forms) if kind is symbols], symbols)
            for symbols in (False, True)
        )
        self._fingerprint = _digest(ordered)
        self._texts = 0

    @classmethod
    def load(cls, names: Sequence[str] = (), files: Sequence[Path] = (), folder: Path | None = None) -> "Benchmarks":
        """The benchmarks of those names (or globs, or `NAME:train`), their translations, and files of the user's own.

        A translation that nobody asked for by name, and that `folder` lacks, is left out when it is not on the Hub.

        Raises:
            RecipeError: a name is not known, or nothing is named.
            DatasetError: a benchmark can't be read.
        """
        if not names and not files:
            raise RecipeError("name a benchmark or give a file of one: there is nothing to look for")
        found: list[Prompt] = []
        for name, twin_of in registry.chosen(names).items():
            if twin_of and not _reachable(name, folder):
                continue
            found += prompts.of_benchmark(name, folder, twin_of)
        for path in files:
            found += prompts.of_file(path)
        return cls(found)

    @staticmethod
    def in_folder(folder: Path) -> list[str]:
        """The names of the benchmarks whose test sets lie in a folder."""
        return [name for name in registry.table() if prompts.available(name, folder)]

    def kernel_for(self, texts: int) -> str:
        """`numba` once loading it pays, counting the texts looked through so far; the hits don't depend on it."""
        self._texts += texts
        fast = self._texts >= kernels.MANY_ROWS and kernels.numba_installed()
        return "numba" if fast else "numpy"

    def fingerprint(self) -> str:
        """What the hits depend on, as a hash: the prompts and the version of the rules."""
        return self._fingerprint

    def named_by(self, place: int) -> tuple[Sequence[Prompt], bool]:
        """What an index names by this number: prompts of one text, and whether that is a template."""
        past = place - len(self.groups)
        return (self.groups[place], False) if past < 0 else (self.templates[past], True)

    def _index(self, texts: Sequence[str], places: Sequence[int], symbols: bool) -> Index:
        known = [] if symbols else [group[0].text for group in self.templates]
        numbers = [*range(len(self.groups), len(self.groups) + len(known)), *places]
        sought = [*known, *(texts[place] for place in places)]
        return index.build(sought, np.array(numbers, dtype=np.int64), symbols, named("numpy"), len(known))


def plain(text: str, symbols: bool = False) -> str:
    """The letters of one text."""
    kept = classes(symbols)
    return "".join(letter for letter in dedup.fold(text) if kept[ord(letter)])


def form(text: str) -> bool | None:
    """Whether a folded text is compared with its symbols; None where it is too short to be looked for."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    letters, all_of_it = (int(classes(symbols)[points].sum()) for symbols in (False, True))
    if letters >= LEAST and 2 * letters >= all_of_it:
        return False
    return True if all_of_it >= LEAST else None


def _reachable(name: str, folder: Path | None) -> bool:
    there = folder is not None and prompts.available(name, folder)
    return there or (folder is None and registry.table()[name].hub is not None)


def _digest(ordered: Sequence[Prompt]) -> str:
    hashed = blake2b(b"%d" % VERSION, digest_size=16)
    for prompt in ordered:
        hashed.update(repr(tuple(prompt)).encode("utf-8", "surrogatepass"))
    return hashed.hexdigest()
