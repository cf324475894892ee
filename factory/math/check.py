"""Checks rendered rows by reading them: question and answer back to numbers, relation tested, every step followed.

Nothing of the sampler is trusted: this path sees the text alone. Per family and language it remembers how each
*skeleton* (text with its numbers blanked) is read, so a row costs some dictionary look-ups and integer arithmetic.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import gcd
from typing import Any, NamedTuple

from factory.errors import RecipeError
from factory.math import families, relation
from factory.math.blank import blanked
from factory.math.capture import Expression, Pattern, Plan
from factory.math.exact import Scope
from factory.math.families import Family, Language
from factory.math.render import COMPILED, FIELD, ROW, Written, where
from factory.math.skeleton import UnreadError, count_numbers
from factory.math.steps import Steps, followed
from factory.math.wording import Wording

REASONS = (
    "unread_question",
    "unread_answer",
    "unread_solution",
    "wrong_answer",
    "wrong_step",
    "stray_number",
    "unused_number",
    "unreduced",
)
FUNCTION_NAMES = ("f", "g", "h", "F")
KNOWN_SIZE = 100_000
"""How many skeletons a family remembers before it starts afresh: bounds its memory."""
Bindings = tuple[Any, ...]
NOTHING: list[Bindings] = [()]


class Reading(NamedTuple):
    """How a whole row's skeleton is read."""

    refused: str
    """Why no row of this skeleton can be right; empty where its numbers decide."""
    asked: Plan
    steps: Steps
    given: Plan
    middle: int
    """The numbers up to here are the question's, those up to `last` the solution's."""
    last: int
    size: int


class Checker:
    """The reader of one family in one language."""

    def __init__(self, family: Family, language: Language) -> None:
        """Compile the patterns and the relation.

        Raises:
            RecipeError: where they don't fit together.
        """
        self.family, self.language = family, language
        place = f"{where(family)}: read"
        words = family.fields(language)
        self.questions = [
            Pattern(text.strip(), words, f"{place}.question") for text in getattr(family.read.question, language)
        ]
        self.answer = Pattern(getattr(family.read.answer, language).strip(), words, f"{place}.answer")
        asked, given = self.questions[0].kinds, self.answer.kinds
        for pattern in self.questions:
            if pattern.kinds.keys() != asked.keys():
                odd = sorted(pattern.kinds.keys() ^ asked.keys())
                raise RecipeError(
                    f"{place}.question.{language}: every pattern must read the same names; {odd} is not in each"
                )
        double = sorted(asked.keys() & given.keys() - words.keys())
        if double:
            raise RecipeError(
                f"{place}: {double[0]!r} is read from both question and answer; give the answer's another name"
            )
        self.asked, self.given = list(asked), [name for name in given if name not in asked]
        self.shared = sorted(asked.keys() & given.keys())
        kinds = {**asked, **{name: given[name] for name in self.given}}
        self.relation = relation.compile_relation(family.read.relation, kinds, f"{place}.relation")
        self.bind, self.scope = self.bindings(kinds, place)
        self.constants = frozenset(int(str(n).replace(".", "")) for n in family.read.constants)
        self.wording = Wording(getattr(family.solution, language))
        self.question_plans: dict[str, Plan] = {}
        self.answer_plans: dict[str, Plan] = {}
        self.step_plans: dict[str, Steps] = {}
        self.readings: dict[str, Reading] = {}
        self.unused = self.family.read.unused

    def bindings(self, kinds: dict[str, str], place: str) -> tuple[Callable[[tuple[Any, ...]], list[Bindings]], Scope]:
        """A function from all captures to what letters stand for in the solution: once per value of an unknown."""
        plain = {n: n for n, kind in kinds.items() if len(n) == 1 and kind in {"number", "value", "values"}}
        letters = {**plain, **{name: str(e) for name, e in self.family.read.letters.items()}}
        functions = [list(kinds).index(name) for name in FUNCTION_NAMES if kinds.get(name) == "expr"]
        named = [list(kinds)[i] for i in functions]
        scope = Scope(tuple(letters), tuple(name + "'" * order for name in named for order in range(3)))
        values = relation.compile_letters(letters, kinds, f"{place}.letters")

        def bind(captures: tuple[Any, ...]) -> list[Bindings]:
            found = values(*captures)
            closures = [closure(captures[i], order) for i in functions for order in range(3)]
            several = max([len(value) for value in found if type(value) is tuple], default=0)
            if not several:
                return [(*[(v.numerator, v.denominator) for v in found], *closures)]
            rows = [[v[i % len(v)] if type(v) is tuple else v for v in found] for i in range(several)]
            return [(*[(v.numerator, v.denominator) for v in row], *closures) for row in rows]

        return bind, scope

    def why_refused(self, row: Written) -> str:
        """The reason why one row is wrong or can't be read; empty where every part of it holds."""
        return self.refusals(FIELD.join(row) + ROW)[0]

    def refusals(self, block: str) -> list[str]:
        """One reason per row of a rendered block, empty for the good ones."""
        skeleton, numbers = blanked(block)
        rows = skeleton.split(ROW)
        rows.pop()
        readings, reasons, at = self.readings, [], 0
        for row in rows:
            reading = readings.get(row) or self.reading(row)
            reasons.append(reading.refused or self.reason(reading, numbers[at : at + reading.size]))
            at += reading.size
        return reasons

    def reading(self, row: str) -> Reading:
        """How a new row's skeleton is read, remembered."""
        question, solution, answer = row.split(FIELD)
        asked = self.question_plans.get(question) or self.planned(
            self.question_plans, question, self.questions, self.asked
        )
        steps = self.step_plans.get(solution) or self.understood(solution)
        given = self.answer_plans.get(answer) or self.planned(self.answer_plans, answer, [self.answer], self.given)
        refused = ""
        if asked.take is None:
            refused = "unread_question"
        elif given.take is None:
            refused = "unread_answer"
        elif steps.tests is None:
            refused = "unread_solution"
        elif asked.words != given.words:
            refused = "wrong_answer"
        middle = asked.size
        last = middle + steps.size
        if len(self.readings) >= KNOWN_SIZE:
            self.readings.clear()
        self.readings[row] = reading = Reading(refused, asked, steps, given, middle, last, last + given.size)
        return reading

    def reason(self, reading: Reading, numbers: list[int]) -> str:
        """Why a row is refused for its numbers, or an empty string."""
        _, asked, steps, given, middle, last, _ = reading
        question, solution, answer = numbers[:middle], numbers[middle:last], numbers[last:]
        if asked.constants and any([question[i] != n for i, n in asked.constants]):
            return "unread_question"
        if given.constants and any([answer[i] != n for i, n in given.constants]):
            return "unread_answer"
        try:
            captures = asked.take(question) + given.take(answer)  # type: ignore[misc]  # a reading without is refused
            if given.fractions and not self.family.read.unreduced and unreduced(given.fractions, answer):
                return "unreduced"
            if not self.relation(*captures):
                return "wrong_answer"
        except (ArithmeticError, UnreadError, ValueError, IndexError):
            return "wrong_answer"
        try:
            bindings = self.bind(captures) if steps.bound else NOTHING
            first, several = bindings[0], len(bindings) > 1
            for holds, low, high, roots in steps.tests:  # type: ignore[union-attr]
                if several and roots:
                    if sum([holds(solution[low:high], e) for e in bindings]) < min(roots, len(bindings)):
                        return "wrong_step"
                elif not holds(solution[low:high], first):
                    return "wrong_step"
        except (ArithmeticError, UnreadError, ValueError, IndexError):
            return "wrong_step"
        return self.stray(asked, question, steps, solution, answer)

    def stray(self, asked: Plan, question: list[int], steps: Steps, solution: list[int], answer: list[int]) -> str:
        """Why a row whose statements hold is refused for numbers that nothing explains, or an empty string."""
        if steps.fixed and any([solution[i] not in values for i, values in steps.fixed]):
            return "stray_number"
        for i, j in steps.equal:
            if solution[i] != solution[j]:
                return "stray_number"
        if not self.unused:
            for n in question:
                if n not in solution and n not in answer and all([n != value for _, value in asked.constants]):
                    return "unused_number"
        shown: tuple[int, ...] | None = None
        for n in steps.mentioned(solution):
            if n not in question and n not in answer and n not in steps.constants:
                if shown is None:
                    shown = steps.shown(solution)
                if n not in shown:
                    return "stray_number"
        return ""

    def planned(self, plans: dict[str, Plan], skeleton: str, patterns: Sequence[Pattern], names: Sequence[str]) -> Plan:
        """The plan of a new skeleton, remembered."""
        if len(plans) >= KNOWN_SIZE:
            plans.clear()
        plans[skeleton] = Plan(count_numbers(skeleton), None)
        for pattern in patterns:
            try:
                plan = pattern.plan(skeleton, names, self.shared)
            except (UnreadError, RecursionError):
                continue
            if plan:
                plans[skeleton] = plan
                break
        return plans[skeleton]

    def understood(self, skeleton: str) -> Steps:
        """How a new solution skeleton is followed, remembered."""
        if len(self.step_plans) >= KNOWN_SIZE:
            self.step_plans.clear()
        orders_derive = self.family.read.orders_derive
        steps = followed(skeleton, self.scope, self.wording, self.constants, orders_derive=orders_derive)
        self.step_plans[skeleton] = steps
        return steps


def unreduced(fractions: Sequence[tuple[int, int]], numbers: Sequence[int]) -> bool:
    """True where a fraction is not in lowest terms or stands over 1."""
    return any(gcd(numbers[a], numbers[b]) != 1 or numbers[b] == 1 for a, b in fractions)


def closure(f: Expression, order: int) -> Callable[[int, int], tuple[int, int]]:
    """A captured formula as a function of a numerator and a denominator."""

    def evaluated(top: int, bottom: int) -> tuple[int, int]:
        function, _ = f.plan.function(1, order)
        return function(f.numbers, (), top, bottom)

    return evaluated


@lru_cache(maxsize=COMPILED)
def checker(name: str, language: Language) -> Checker:
    """The reader of a family in a language."""
    return Checker(families.load(name), language)
