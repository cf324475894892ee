"""Preference pairs of math solutions without a model: the right solution is chosen, one with a known mistake rejected.

What goes wrong is what pupils get wrong (`mistakes:` of a family: a forgotten carry, added denominators, a sign lost
in moving a term), with all that follows from it; in families that name no mistake, or where it makes no difference, one
number or sign of one step is another. Each pair says which kind it is, and which steps of both sides are right: a step
is a line, and a line is right as long as it and those before it are. That is what process reward models are trained on:
`prompt`, the lines of `chosen` or `rejected`, and `meta.labels`.

The chosen side is checked as the rows of `math` are; the rejected side only counts where the checker reads it and finds
its answer, or its step, wrong. A problem for which no such solution was found goes to the rejects as `no_mistake`.

A row (`two_digit_addition`, `ja`):

    prompt:     user: $47 + 38$ を計算しなさい。
    chosen:     assistant: ... 十のくらいは、くり上がりの分も入れて、$1 + 4 + 3 = 8$ ... 答え：85
    rejected:   assistant: ... 十のくらいは、$4 + 3 = 7$ ... 答え：75
    meta:       {mistake: forgotten_carry, labels: {chosen: [true, true, ...], rejected: [true, false, ...]}}
"""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from hashlib import sha256
from random import Random
from typing import Annotated, Any, ClassVar

from pydantic import Field

from factory.component import Item, Run
from factory.errors import RecipeError
from factory.math import check, families, mistakes, render
from factory.math.draw import Strand
from factory.math.families import Family, Kind
from factory.math.formula import Key
from factory.math.mistakes import STEP_KINDS, Wrong
from factory.math.problems import FINAL, LICENSE, Problems, canonical, described
from factory.math.render import Written
from factory.row import Message, Pair, Verdict

JUDGE = "math_check"
NO_MISTAKE = "no_mistake"


class MathPairs(Problems):
    """Writes each problem's right solution and a wrong one."""

    pairs: ClassVar[bool] = True

    mistakes: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)
    """Globs over kinds of mistakes: `sign_slip`, `forgotten_*`, `changed_*`; a family's own come first."""

    def kinds(self, family: Family) -> tuple[list[Kind], list[str]]:
        """The family's own mistakes that are asked for, and the changes of single steps."""
        own = [kind for kind in family.mistakes if any(fnmatchcase(kind, glob) for glob in self.mistakes)]
        return own, [kind for kind in STEP_KINDS if any(fnmatchcase(kind, glob) for glob in self.mistakes)]

    def keeps(self, family: Family) -> Callable[[Key], bool] | None:
        """Where no step may be changed instead, the keys that one of the family's own mistakes is possible with."""
        own, changed = self.kinds(family)
        before = super().keeps(family)
        if changed:
            return before
        possible = mistakes.possible(family, own)
        return lambda key: (before is None or before(key)) and possible(key)

    def strands(self) -> list[Strand]:
        """The families that the settings ask for and that can have one of the mistakes.

        Raises:
            RecipeError: where there is none.
        """
        found = [strand for strand in super().strands() if any(self.kinds(families.load(strand.name)))]
        if not found:
            raise RecipeError(
                f"mistakes: no family among {', '.join(self.families)} has one of {', '.join(self.mistakes)}; "
                f"`changed_*` changes single steps of any family"
            )
        return found

    def fingerprint(self) -> str:
        """A hash of the family files that the settings ask for, their mistakes included."""
        paths = [families.files()[family.name] for family in self.chosen()]
        return sha256(b"".join(path.read_bytes() for path in (families.folder() / "words.yaml", *paths))).hexdigest()

    async def rows(self, item: Item, run: Run) -> Sequence[Pair]:
        """One block of pairs, those without a mistake and those whose right side is refused with their reason."""
        name, level, language, keys = item.payload
        family = families.load(name)
        own, changed = self.kinds(family)
        meta_of = described(name, language, level, self.told(family))
        block = render.writer(name, language).block(keys)
        rows, reasons = render.split(block), check.checker(name, language).refusals(block)
        found = {kind: mistakes.mistaken(name, language, kind, keys, rows) for kind in own}
        made = []
        for i, (key, row, reason) in enumerate(zip(keys, rows, reasons, strict=True)):
            random = run.random("math_pairs", name, language, *map(str, key))
            wrong = None if reason else self.chosen_mistake(random, own, changed, found, i, row, (name, language))
            steps = {
                "chosen": labelled(row.solution, None),
                "rejected": labelled(wrong.solution, wrong.first) if wrong else [],
            }
            meta = {**meta_of(key, canonical(row.answer)), "mistake": wrong.kind if wrong else "", "labels": steps}
            run.count("math_pairs", wrong.kind if wrong else NO_MISTAKE)
            made.append(self.pair(family, FINAL[language], row, wrong, reason, meta))
        return made

    def chosen_mistake(
        self, random: Random, own: list[Kind], changed: list[str], found: dict[Kind, list[Wrong | None]], i: int,
        row: Written, of: tuple[str, families.Language],
    ) -> Wrong | None:  # fmt: skip
        """One of the family's own mistakes that row number `i` can have; else a changed step; else None."""
        possible = [wrong for kind in own if (wrong := found[kind][i])]
        if possible:
            return random.choice(possible)
        tried = (mistakes.corrupted(*of, kind, row, random) for kind in random.sample(changed, len(changed)))
        return next((wrong for wrong in tried if wrong), None)

    def pair(
        self, family: Family, final: str, row: Written, wrong: Wrong | None, reason: str, meta: dict[str, Any]
    ) -> Pair:
        """The pair with its verdict; without a mistake both sides are the right one."""
        right = (Message("assistant", f"{row.solution}\n{final}{row.answer}"),)
        rejected = (Message("assistant", f"{wrong.solution}\n{final}{wrong.answer}"),) if wrong else right
        reason = reason or ("" if wrong else NO_MISTAKE)
        verdict = Verdict(JUDGE, not reason, 0.0 if reason else 1.0, reason)
        source = f"templates/math/{family.area}/{family.name}"
        return Pair(
            (Message("user", row.question),), right, rejected, LICENSE, source, "math_pairs", "", meta, (verdict,)
        )


def labelled(solution: str, first: int | None) -> list[bool]:
    """Whether each line of a solution and its answer is right so far."""
    return mistakes.labels(len(solution.splitlines()) + 1, first)
