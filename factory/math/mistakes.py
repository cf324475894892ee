"""Wrong solutions without a model: what pupils get wrong, told by the families, and single steps made false.

A family names its `mistakes`: the values that come out otherwise, and the texts where they read otherwise. The question
stays as it is. A wrong solution counts only where the checker reads its answer and finds it wrong, so a mistake that
happens to give the right result (no carry was needed) is none.

A step is a line of the solution, the answer the last one. The first line that is not word for word the right solution's
is the first wrong one, unless the mistake tells another; those before it are right, those behind it follow from it.

What it leaves out: two mistakes in one solution, and whether the words of a wrong line are what a pupil would say.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import zip_longest
from random import Random
from typing import Any, NamedTuple

from jinja2 import TemplateError

from factory.errors import RecipeError
from factory.math import check, families, formula, render
from factory.math.changes import changed_equation
from factory.math.families import Family, Kind, Language, Mistake
from factory.math.formula import Key
from factory.math.render import FIELD, ROW, Written

STEP_KINDS = ("changed_number", "changed_sign")
"""Kinds of mistakes that any family can have: one number or sign of one line is another, the rest goes on as before."""


class Texts(NamedTuple):
    """What is written below a question."""

    solution: str
    answer: str


class Wrong(NamedTuple):
    """A wrong solution of a right row's question."""

    kind: str
    solution: str
    answer: str
    first: int
    """The first wrong step, from 0; that of the answer where the solution is the right one."""


class WrongWriter:
    """The compiled texts of one mistake of a family in one language."""

    def __init__(self, family: Family, language: Language, kind: Kind) -> None:
        """Compile the texts.

        Raises:
            RecipeError: where a text or an expression is broken, or uses an unknown name.
        """
        self.mistake: Mistake = family.mistakes[kind]
        self.place = f"{render.where(family)}: mistakes.{kind}"
        writer = render.writer(family.name, language)
        own, answer = self.mistake.solution, self.mistake.answer
        solutions = (getattr(own, language),) if own else getattr(family.solution, language)
        body = FIELD.join([
            render.choice_of(solutions, "wording"), getattr(answer or family.answer, language).strip(),
        ])  # fmt: skip
        changed = {name: str(text) for name, text in self.mistake.let.items()}
        names = list(dict.fromkeys([*writer.names, *writer.derived, *changed]))
        self.values = self.compiled(writer, changed, names)
        try:
            loop = f"<% for {', '.join(names)} in rows %>{body}{ROW}<% endfor %>"
            self.template = render.environment().from_string(loop)
        except TemplateError as error:
            raise RecipeError(f"{self.place}: {language}: {error}") from error

    def compiled(
        self, writer: render.Writer, changed: dict[str, str], names: list[str]
    ) -> Callable[[list[Key]], list[Any]]:
        """A function from keys to their values with the mistake made; None where it isn't possible."""
        known = [*writer.names, *writer.derived]
        conditions = [formula.Compiler(known, f"{self.place}: when", False).source(text) for text in self.mistake.when]
        lines = [f"  if not ({' and '.join(conditions)}):", "   _add(None)", "   continue"] if conditions else []
        lines += formula.let_lines(tuple(known), tuple(changed.items()), self.place, tuple(writer.given))
        pack = "".join(f"{name}, " for name in names)
        return formula.compile_rows(
            writer.names, writer.derived, [*lines, f"  _add(({pack}))"], self.place, writer.given
        )

    def write(self, keys: list[Key]) -> list[Texts | None]:
        """Solution and answer of each key with the mistake made; None where it isn't possible.

        Raises:
            RecipeError: where a text fails on a row.
        """
        try:
            values = self.values(keys)
            text = self.template.render(rows=[row for row in values if row is not None])
        except (TemplateError, ArithmeticError, ValueError, TypeError, IndexError) as error:
            raise RecipeError(f"{self.place}: a row can't be written: {error}") from error
        written = iter(render.fields(text))
        return [None if row is None else Texts(*next(written)) for row in values]


def possible(family: Family, kinds: Sequence[Kind]) -> Callable[[Key], bool]:
    """A function that says of a key whether it meets the conditions of any of these mistakes of its family."""
    makers = [WrongWriter(family, "ja", kind).values for kind in kinds]
    return lambda key: any(values([key])[0] is not None for values in makers)


@lru_cache(maxsize=render.COMPILED)
def wrong_writer(name: str, language: Language, kind: Kind) -> WrongWriter:
    """The writer of one mistake."""
    return WrongWriter(families.load(name), language, kind)


def first_difference(right: str, wrong: str) -> int:
    """The first line in which two solutions differ; their number of lines where none does."""
    lines = list(zip_longest(right.splitlines(), wrong.splitlines()))
    return next((i for i, (a, b) in enumerate(lines) if a != b), len(lines))


def mistaken(name: str, language: Language, kind: Kind, keys: list[Key], rows: Sequence[Written]) -> list[Wrong | None]:
    """A wrong solution of each right row by a mistake of its family; None where it can't be made or changes nothing."""
    refusal, told = check.checker(name, language).why_refused, families.load(name).mistakes[kind].wrong_from
    found: list[Wrong | None] = []
    for row, texts in zip(rows, wrong_writer(name, language, kind).write(keys), strict=True):
        wrong = row._replace(**texts._asdict()) if texts else None
        if wrong and refusal(wrong) == "wrong_answer":
            first = first_difference(row.solution, wrong.solution) if told is None else told - 1
            found.append(Wrong(kind, wrong.solution, wrong.answer, first))
        else:
            found.append(None)
    return found


def corrupted(name: str, language: Language, kind: str, row: Written, random: Random) -> Wrong | None:
    """The right row with one step made false; None where it has no step that can be."""
    changed = changed_equation(row.solution, kind, random, lambda text: is_false(name, language, row, text))
    if changed is None:
        return None
    return Wrong(kind, changed, row.answer, first_difference(row.solution, changed))


def is_false(name: str, language: Language, row: Written, solution: str) -> bool:
    """Whether a step of a solution is false, the rest of the row being right."""
    return check.checker(name, language).why_refused(row._replace(solution=solution)) == "wrong_step"


def labels(steps: int, first: int | None) -> list[bool]:
    """Whether each step is right so far: all of a right solution, those before the first wrong one of another."""
    return [first is None or i < first for i in range(steps)]
