"""Which math problems are asked for, and their draws: what the generators that ask them have in common.

Also how such a row is described and how its final answer is told apart, so that all of them say it alike.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from hashlib import sha256
from math import ceil
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from factory.component import Generator, Item, Run, Source
from factory.errors import RecipeError
from factory.math import families, features, render
from factory.math.draw import Drawn, Strand, apportioned
from factory.math.families import Family, Grade, Language
from factory.math.formula import Key
from factory.math.split import Split

BLOCK = 2_500
"""The most rows per item: what a family and language make in one item, one process learns once."""

PROOF_ROWS = 6
"""Rows of each family and language that `factory check` works out with SymPy."""

LICENSE = "apache-2.0"
FINAL = {"ja": "答え：", "en": "Answer: "}
UNIT = re.compile(r"\$([^$]+)\$(?=[A-Za-z])")
Weight = Annotated[float, Field(gt=0)]


@lru_cache(maxsize=render.COMPILED)
def described(
    name: str, language: Language, level: int | None = None, told: tuple[str, ...] = ()
) -> Callable[[Key, str], dict[str, Any]]:
    """A function of a row's key and answer that gives its meta: one literal, since it is called for every row.

    `told` are the features that it tells.
    """
    family = families.load(name)
    fixed = {
        "family": family.name,
        "area": family.area,
        "grade": family.grade,
        "topic": family.topic,
        "difficulty": level or family.level,
        "language": language,
    }
    parameters = ", ".join(f"{name!r}: key[{i}]" for i, name in enumerate(render.key_names(family)))
    source = f"lambda key, answer: {repr(fixed)[:-1]}, 'parameters': {{{parameters}}}, 'answer': answer}}"
    meta: Callable[[Key, str], dict[str, Any]] = eval(source, {"__builtins__": {}})
    if not told:
        return meta
    values = features.evaluated(name, told)
    return lambda key, answer: {**meta(key, answer), "features": dict(zip(told, values([key])[0], strict=True))}


def canonical(answer: str) -> str:
    r"""The final answer without its `$`; a unit behind a formula stays apart from it: `2\sqrt{5} cm`."""
    if answer[-1:] == "$" or "$" not in answer:
        return answer.replace("$", "")
    return UNIT.sub(r"\1 ", answer).replace("$", "")


class Problems(Generator):
    """Draws math problems from the families; a generator makes rows of them."""

    in_processes: ClassVar[bool] = True

    families: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)
    """Globs over family names or `area/family`: `fractions/*`, `crane_and_turtle`."""
    languages: dict[Language, Weight] = Field(default={"ja": 1.0, "en": 1.0}, min_length=1)
    """The share of each language; both get the same problems, in the same order."""
    difficulty: Annotated[tuple[Annotated[int, Field(ge=1, le=5)], ...], Field(min_length=1)] = (1, 2, 3, 4, 5)
    """The levels to draw from, 1 (one step) to 5."""
    grades: tuple[Grade, ...] = ()
    """The grades to draw from, 小1 to 大学; all where nothing is said."""
    weights: dict[str, Weight] = Field(default={})
    """Glob to weight: how often its families come, 1 where nothing is said."""
    levels: Literal["families", "within"] = "families"
    """What `difficulty` chooses: `families`, each as it is; `within`, of families with levels of their own those."""
    split: Split | None = None
    """A part that shares no parameters or no family with the other: {by: parameters, part: train, share: 0.1}."""
    features: bool = False
    """Whether `meta.features` says what tells a row from its family's others: a carry, a sign, a special case."""
    balance: tuple[str, ...] = ()
    """Globs over features, such as [carry, borrow]: problems of a family with and without come equally often."""

    def strands(self) -> list[Strand]:
        """The families that the settings ask for, and at which of their own levels.

        Raises:
            RecipeError: where a glob, the levels or the part leave none.
        """
        names = list(families.matching(self.families))
        list(families.matching(tuple(self.weights)))
        graded = [family for family in map(families.load, names) if not self.grades or family.grade in self.grades]
        if not graded:
            raise RecipeError(f"grades: no family among {', '.join(self.families)} is of {', '.join(self.grades)}")
        found = [strand for family in graded for strand in self.levels_of(family)]
        if not found:
            raise RecipeError(
                f"difficulty: no family among {', '.join(self.families)} has a level in {list(self.difficulty)}"
            )
        split = self.split
        mine = [strand for strand in found if split.keeps_family(strand.name)] if split else found
        if split and not mine:
            names = list(dict.fromkeys(strand.name for strand in found))
            raise RecipeError(
                f"split: the {split.part} part has none of the families that are asked for ({len(names)}, such as "
                f"{names[0]}); ask for more, or give the test part another share than {split.share}"
            )
        return mine

    def levels_of(self, family: Family) -> list[Strand]:
        """The strands of a family: itself, or its own levels, those that `difficulty` has."""
        if self.levels == "families" or not family.levels:
            return [Strand(family.name)] if family.level in self.difficulty else []
        return [Strand(family.name, own.level) for own in family.levels if own.level in self.difficulty]

    def chosen(self) -> list[Family]:
        """The families that the settings ask for; see `strands`."""
        return [families.load(name) for name in dict.fromkeys(strand.name for strand in self.strands())]

    def check(self) -> list[str]:
        """Globs that match nothing, settings that leave nothing, family files that are broken."""
        try:
            there = {feature for family in self.chosen() for feature in family.features}
        except RecipeError as error:
            return [str(error)]
        unmatched = [glob for glob in self.balance if not any(fnmatchcase(name, glob) for name in there)]
        known = ", ".join(sorted(there)) or "none"
        return [f"balance: no chosen family has a feature {glob!r}; there are: {known}" for glob in unmatched]

    def sources(self) -> Sequence[Source]:
        """The templates that ship."""
        return (Source("templates/math", (LICENSE,)),)

    def fingerprint(self) -> str:
        """A hash of the family files that the settings ask for, without what no row depends on."""
        paths = [families.files()[family.name] for family in self.chosen()]
        data = b"".join(map(families.what_rows_depend_on, (families.folder() / "words.yaml", *paths)))
        return sha256(data).hexdigest()

    def prove(self, workers: int) -> list[str]:
        """Each chosen family drawn, written, read back and cross-checked with SymPy; see `factory.math.validate`."""
        from factory.math import validate

        names = [family.name for family in self.chosen()]
        return [fault for faults in validate.problems_of(names, PROOF_ROWS, workers).values() for fault in faults]

    def weight(self, family: Family) -> float:
        """The weight of a family: that of the last glob that matches it."""
        found = [weight for glob, weight in self.weights.items() if families.matches(glob, family.name, family.area)]
        return found[-1] if found else 1.0

    def keeps(self, family: Family) -> Callable[[Key], bool] | None:
        """Says which keys of a family may come; None where all may."""
        words = len(render.key_names(family)) - len(family.parameters)
        return self.split.keeps(words) if self.split else None

    def drawn(self, strand: Strand, run: Run) -> Drawn:
        """The keys of a strand, from a stream of its own."""
        family = families.load(strand.name)
        random = run.random("math", strand.name, *([] if strand.level is None else [strand.level]))
        keeps = self.keeps(family)
        by = features.named(family, self.balance)
        if by:
            return features.Balanced(strand.name, random, run.seed % 2, strand.level, keeps, by=by)
        return Drawn(strand.name, random, run.seed % 2, strand.level, keeps)

    def told(self, family: Family) -> tuple[str, ...]:
        """The features that rows of a family tell."""
        return tuple(family.features) if self.features else features.named(family, self.balance)

    def items(self, run: Run) -> Iterator[Item]:
        """Blocks of drawn keys, family by family; a family that runs out hands its share to the others."""
        strands = self.strands()
        of_family = Counter(strand.name for strand in strands)
        weights = {
            (strand, language): self.weight(families.load(strand.name)) * share / of_family[strand.name]
            for strand in strands
            for language, share in self.languages.items()
        }
        drawn = {strand: self.drawn(strand, run) for strand in strands}
        counts, short = apportioned(self.count, weights, drawn)
        for (strand, language), (asked, available) in short.items():
            run.short(f"math {strand} ({language})", asked, available)
        for strand in strands:
            wanted = {language: counts[strand, language] for language in self.languages}
            most = max(wanted.values())
            blocks = max(1, ceil(most / BLOCK))
            size = max(1, ceil(most / blocks))
            for block, keys in enumerate(drawn.pop(strand).blocks(most, size)):
                for language, count in wanted.items():
                    part = keys[: max(0, count - block * size)]
                    if part:
                        yield Item(f"{strand}/{language}/{block}", len(part), (*strand, language, part))
