"""Checks rendered rows by reading them: question and answer back to numbers, relation tested, every step followed.

Nothing of the sampler is trusted: this path sees the text alone. Per family and language it remembers how each
*skeleton* (text with its numbers blanked) is read, so a row costs some dictionary look-ups and integer arithmetic.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from factory.errors import RecipeError
from factory.math import family as families
from factory.math import relation
from factory.math.capture import Expression, Pattern, Plan
from factory.math.chain import Test, reduced, tests
from factory.math.exact import Scope
from factory.math.family import Family, Language
from factory.math.render import Written, where
from factory.math.tex import DECIMAL, INTEGER, UnreadError, blank, is_number, read

REASONS = ("unread_question", "unread_answer", "unread_solution", "wrong_answer", "wrong_step", "stray_number", "unreduced", "bad_form")
FUNCTION_NAMES = ("f", "g", "h", "F")
KNOWN_SIZE = 200_000
"""How many skeletons a family remembers before it starts afresh: bounds the memory of hostile input."""


class Formula(NamedTuple):
    """One math segment of a solution."""

    low: int
    high: int
    tests: tuple[Test, ...]


class Steps(NamedTuple):
    """How a solution's skeleton is followed."""

    formulas: tuple[Formula, ...]
    shown: tuple[tuple[int, int], ...]
    """Ranges of numbers in tested formulas."""
    mentioned: tuple[int, ...]
    """Numbers that only mention something: each must be known from elsewhere."""


class Checker:
    """The reader of one family in one language."""

    def __init__(self, family: Family, language: Language) -> None:
        """Compile the patterns and the relation.

        Raises:
            RecipeError: where they don't fit together.
        """
        self.family, self.language = family, language
        place = f"{where(family)}: read"
        words = {name: texts for name, (_, texts) in family.fields(language).items()}
        self.questions = [Pattern(text.strip(), words, f"{place}.question") for text in getattr(family.read.question, language)]
        self.answer = Pattern(getattr(family.read.answer, language).strip(), words, f"{place}.answer")
        asked, given = self.questions[0].kinds, self.answer.kinds
        for pattern in self.questions:
            if pattern.kinds.keys() != asked.keys():
                odd = sorted(pattern.kinds.keys() ^ asked.keys())
                raise RecipeError(f"{place}.question.{language}: every pattern must read the same names; {odd} is not in each")
        double = sorted(asked.keys() & given.keys() - words.keys())
        if double:
            raise RecipeError(f"{place}: {double[0]!r} is read from both question and answer; give the answer's another name")
        self.asked, self.given = list(asked), [name for name in given if name not in asked]
        kinds = {**asked, **{name: given[name] for name in self.given}}
        self.relation = relation.compile_relation(family.read.relation, kinds, f"{place}.relation")
        self.letters, self.scope, self.functions = self.bindings(kinds, place)
        self.constants = frozenset(map(str, family.read.constants))
        self.question_plans: dict[str, Plan | None] = {}
        self.answer_plans: dict[str, Plan | None] = {}
        self.step_plans: dict[str, Steps | None] = {}
        self.formulas: dict[str, tuple[Test, ...] | None] = {}

    def bindings(self, kinds: dict[str, str], place: str) -> tuple[Callable[..., tuple[Any, ...]], Scope, list[str]]:
        """What letters stand for in the solution."""
        plain = {n: n for n, kind in kinds.items() if len(n) == 1 and kind in {"number", "value", "values"}}
        letters = {**plain, **{name: str(e) for name, e in self.family.read.letters.items()}}
        functions = [name for name in FUNCTION_NAMES if kinds.get(name) == "expr"]
        scope = Scope(tuple(letters), tuple(name + "'" * order for name in functions for order in range(3)))
        return relation.compile_letters(letters, kinds, f"{place}.letters"), scope, functions

    def why_refused(self, row: Written) -> str:
        """The reason why this row is wrong or can't be read; empty where every part of it holds."""
        question, asked = blank(row.question)
        plan = self.question_plans.get(question, 0)
        if plan == 0:
            plan = self.planned(self.question_plans, question, self.questions, self.asked)
        if not isinstance(plan, Plan):
            return "unread_question"
        numbers = integers(asked)
        values = [take(numbers) for take in plan.take]
        if any(numbers[i] != n for i, n in plan.constants):
            return "unread_question"
        skeleton, given = blank(row.answer)
        found = self.answer_plans.get(skeleton, 0)
        if found == 0:
            found = self.planned(self.answer_plans, skeleton, [self.answer], self.given)
        if not isinstance(found, Plan):
            return "unread_answer"
        numbers = integers(given)
        try:
            values += [take(numbers) for take in found.take]
            if any(numbers[i] != n for i, n in found.constants):
                return "unread_answer"
            if found.fractions and not self.family.read.unreduced and unreduced(found.fractions, numbers):
                return "unreduced"
            if not self.relation(*values):
                return "wrong_answer"
            return self.follow(row.solution, values, {*asked, *given})
        except (ArithmeticError, UnreadError, ValueError, IndexError):
            return "wrong_answer"

    def planned(self, plans: dict[str, Plan | None], skeleton: str, patterns: Sequence[Pattern], names: Sequence[str]) -> Plan | None:
        """The plan of a new skeleton, remembered."""
        if len(plans) > KNOWN_SIZE:
            plans.clear()
        plans[skeleton] = None
        for pattern in patterns:
            try:
                plan = pattern.plan(skeleton, names)
            except UnreadError:
                continue
            if plan:
                plans[skeleton] = plan
                break
        return plans[skeleton]

    def follow(self, solution: str, values: list[Any], known: set[str]) -> str:
        """The reason why a solution is wrong, or an empty string."""
        skeleton, written = blank(solution)
        steps = self.step_plans.get(skeleton, 0)
        if steps == 0:
            if len(self.step_plans) > KNOWN_SIZE:
                self.step_plans.clear()
            steps = self.step_plans[skeleton] = self.understand(skeleton)
        if not isinstance(steps, Steps):
            return "unread_solution"
        numbers = integers(written)
        bindings = self.bound(values)
        one = bindings[0]
        several = len(bindings)
        for low, high, formula_tests in steps.formulas:
            part = numbers[low:high]
            for holds, roots in formula_tests:
                if several == 1 or not roots:
                    if not holds(part, one):
                        return "wrong_step"
                elif sum([holds(part, e) for e in bindings]) < min(roots, several):
                    return "wrong_step"
        if steps.mentioned:
            for low, high in steps.shown:
                known.update(written[low:high])
            for i in steps.mentioned:
                if written[i] not in known and written[i] not in self.constants:
                    return "stray_number"
        return ""

    def bound(self, values: list[Any]) -> list[tuple[Any, ...]]:
        """The bindings of letters: one tuple, or one for each value of an unknown with several."""
        letters = self.letters(*values)
        functions = [closure(values[(self.asked + self.given).index(name)], order) for name in self.functions for order in range(3)]
        if any(isinstance(letter, tuple) for letter in letters):
            count = max(len(letter) for letter in letters if isinstance(letter, tuple))
            rows = [[letter[i % len(letter)] if isinstance(letter, tuple) else letter for letter in letters] for i in range(count)]
        else:
            rows = [list(letters)]
        return [(*((v.numerator, v.denominator) for v in row), *functions) for row in rows]

    def understand(self, skeleton: str) -> Steps | None:
        """How a new solution skeleton is followed; None where it can't be read."""
        formulas, shown, mentioned = [], [], []
        at = 0
        segments = skeleton.split("$")
        if len(segments) % 2 == 0:
            return None
        for i, segment in enumerate(segments):
            count = sum(map(is_number, segment))
            if i % 2 == 0:
                mentioned += range(at, at + count)
            else:
                made = self.formula(segment)
                if made is None:
                    return None
                if made:
                    formulas.append(Formula(at, at + count, made))
                    shown.append((at, at + count))
                else:
                    mentioned += range(at, at + count)
            at += count
        return Steps(tuple(formulas), tuple(shown), tuple(mentioned))

    def formula(self, segment: str) -> tuple[Test, ...] | None:
        """The tests of one math segment; empty where it only mentions, None where it can't be read."""
        if segment not in self.formulas:
            try:
                self.formulas[segment] = tuple(tests(read(segment), self.scope, 0))
            except (UnreadError, RecursionError):
                self.formulas[segment] = None
        return self.formulas[segment]


class Integers(dict[str, int]):
    """Number texts to integers; decimals lose their point, the skeleton knows their places."""

    def __missing__(self, text: str) -> int:
        n = int(text.replace(".", ""))
        if len(self) < KNOWN_SIZE:
            self[text] = n
        return n


KNOWN = Integers()


def integers(texts: list[str]) -> list[int]:
    """The numbers of a text."""
    return list(map(KNOWN.__getitem__, texts))


def unreduced(fractions: Sequence[tuple[int, int]], numbers: Sequence[int]) -> bool:
    """True where a fraction is not in lowest terms or stands over 1."""
    from math import gcd

    return any(gcd(numbers[a], numbers[b]) != 1 or numbers[b] == 1 for a, b in fractions)


def closure(f: Expression, order: int) -> Callable[[int, int], tuple[int, int]]:
    """A captured formula as a function of a numerator and a denominator."""
    function, _ = f.plan.function(f.plan.variable, order)
    numbers = f.numbers
    return lambda top, bottom: function(numbers, (), top, bottom)


@cache
def checker(name: str, language: Language) -> Checker:
    """The reader of a family in a language."""
    return Checker(families.load(name), language)


__all__ = ["DECIMAL", "INTEGER", "REASONS", "Checker", "checker", "reduced"]
