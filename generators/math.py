"""Math problems with worked solutions in Japanese and English, from templates, each row re-read and checked.

A family (`templates/math/<area>/<family>.yaml`) is data: parameters and constraints, texts, and how the texts are read
back. Rows are drawn without repetition; a draw belongs to even or to odd seeds by its numbers, so that the runs of
two neighbouring seeds share no question (a train and an evaluation set, say). Each written row is then read again from
its text alone (`factory.math.check`), and refused with a reason where anything it says does not hold.

A row (`linear_equations`, `ja`):

    user:       方程式 $-7x + 9 = -3x - 7$ を解きなさい。
    assistant:  $x$ をふくむ項を左辺に、数の項を右辺に移項すると、
                $-7x + 3x = -7 - 9$
                両辺を整理すると、$-4x = -16$
                両辺を $-4$ でわって、$x = 4$
                答え：$x = 4$
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from math import ceil
from typing import Annotated, Any, ClassVar

from pydantic import Field

from factory.component import Generator, Item, Run, Source
from factory.errors import RecipeError
from factory.math import check, families, render
from factory.math.draw import Drawn, apportioned
from factory.math.families import Family, Language
from factory.math.formula import Key
from factory.row import Message, Row, Verdict

BLOCK = 2_500
"""The most rows per item: what a family and language make in one item, one process learns once."""

PART = 250
"""Rows written and checked at a time: small enough for the arrays to stay in the cache."""

PROOF_ROWS = 6
"""Rows of each family and language that `factory check` works out with SymPy."""

LICENSE = "apache-2.0"
FINAL = {"ja": "答え：", "en": "Answer: "}
JUDGE = "math_check"
PASSED = (Verdict(JUDGE, True, 1.0),)
UNIT = re.compile(r"\$([^$]+)\$(?=[A-Za-z])")
Weight = Annotated[float, Field(gt=0)]


message, row = Message._make, Row._make


@lru_cache(maxsize=render.COMPILED)
def described(name: str, language: Language) -> Callable[[Key, str], dict[str, Any]]:
    """A function of a row's key and answer that gives its meta: one literal, since it is called for every row."""
    family = families.load(name)
    fixed = {
        "family": family.name,
        "area": family.area,
        "grade": family.grade,
        "topic": family.topic,
        "difficulty": family.level,
        "language": language,
    }
    parameters = ", ".join(f"{name!r}: key[{i}]" for i, name in enumerate(render.key_names(family)))
    source = f"lambda key, answer: {repr(fixed)[:-1]}, 'parameters': {{{parameters}}}, 'answer': answer}}"
    meta: Callable[[Key, str], dict[str, Any]] = eval(source, {"__builtins__": {}})
    return meta


def canonical(answer: str) -> str:
    r"""The final answer without its `$`; a unit behind a formula stays apart from it: `2\sqrt{5} cm`."""
    if answer[-1:] == "$" or "$" not in answer:
        return answer.replace("$", "")
    return UNIT.sub(r"\1 ", answer).replace("$", "")


class Math(Generator):
    """Draws, writes and checks math problems."""

    in_processes: ClassVar[bool] = True

    families: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)
    """Globs over family names or `area/family`: `fractions/*`, `crane_and_turtle`."""
    languages: dict[Language, Weight] = Field(default={"ja": 1.0, "en": 1.0}, min_length=1)
    """The share of each language; both get the same problems, in the same order."""
    difficulty: Annotated[tuple[Annotated[int, Field(ge=1, le=5)], ...], Field(min_length=1)] = (1, 2, 3, 4, 5)
    """The levels to draw from, 1 (one step) to 5."""
    weights: dict[str, Weight] = Field(default={})
    """Glob to weight: how often its families come, 1 where nothing is said."""

    def chosen(self) -> list[Family]:
        """The families that the settings ask for.

        Raises:
            RecipeError: where a glob or the levels leave none.
        """
        names = list(families.matching(self.families))
        list(families.matching(tuple(self.weights)))
        found = [family for family in map(families.load, names) if family.level in self.difficulty]
        if not found:
            raise RecipeError(
                f"difficulty: no family among {', '.join(self.families)} has a level in {list(self.difficulty)}"
            )
        return found

    def check(self) -> list[str]:
        """Globs that match nothing, levels that leave nothing, family files that are broken."""
        try:
            self.chosen()
        except RecipeError as error:
            return [str(error)]
        return []

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

    def items(self, run: Run) -> Iterator[Item]:
        """Blocks of drawn keys, family by family; a family that runs out hands its share to the others."""
        chosen = self.chosen()
        weights = {
            (f.name, language): self.weight(f) * share for f in chosen for language, share in self.languages.items()
        }
        drawn = {f.name: Drawn(f.name, run.random("math", f.name), run.seed % 2) for f in chosen}
        counts, short = apportioned(self.count, weights, drawn)
        for (name, language), (asked, available) in short.items():
            run.short(f"math {name} ({language})", asked, available)
        for family in chosen:
            wanted = {language: counts[family.name, language] for language in self.languages}
            most = max(wanted.values())
            blocks = max(1, ceil(most / BLOCK))
            size = max(1, ceil(most / blocks))
            for block, keys in enumerate(drawn.pop(family.name).blocks(most, size)):
                for language, count in wanted.items():
                    part = keys[: max(0, count - block * size)]
                    if part:
                        yield Item(f"{family.name}/{language}/{block}", len(part), (family.name, language, part))

    async def rows(self, item: Item, run: Run) -> Sequence[Row]:
        """One block of rows, the refused ones with their reason."""
        name, language, keys = item.payload
        family = families.load(name)
        meta_of = described(name, language)
        source = f"templates/math/{family.area}/{name}"
        final = FINAL[language]
        write, refusals = render.writer(name, language).block, check.checker(name, language).refusals
        rows = []
        for at in range(0, len(keys), PART):
            part = keys[at : at + PART]
            block = write(part)
            for key, (question, solution, answer), reason in zip(
                part, render.fields(block), refusals(block), strict=True
            ):
                messages = (message(("user", question)), message(("assistant", f"{solution}\n{final}{answer}")))
                verdicts = (Verdict(JUDGE, False, 0.0, reason),) if reason else PASSED
                rows.append(row((messages, LICENSE, source, "math", "", meta_of(key, canonical(answer)), verdicts)))
        return rows
