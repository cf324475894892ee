"""Writes rows: a block of keys to the texts of their questions, solutions and answers."""

import re
from collections.abc import Callable, Sequence
from functools import cache, cached_property, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from factory.errors import RecipeError
from factory.math import compose, families, formula, text
from factory.math.families import Family, Language

FIELD, ROW = "\x1e", "\x1d"
HOLE = re.compile(r"<<.*?>>|<%.*?%>", re.DOTALL)
NAME = re.compile(r"[A-Za-z]\w*")
COMPILED = 8
"""Families, times languages, whose compiled texts and known skeletons are kept: items come family by family."""

PHRASE = "phrase"
"""The drawn index of the question's phrasing."""


class Written(NamedTuple):
    """The texts of one row."""

    question: str
    solution: str
    answer: str


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """Jinja with `<< >>`, strict and sandboxed; the functions of `factory.math.text` are its filters."""
    jinja = ImmutableSandboxedEnvironment(
        variable_start_string="<<", variable_end_string=">>", block_start_string="<%", block_end_string="%>",
        comment_start_string="<#", comment_end_string="#>", undefined=StrictUndefined, autoescape=False,
        keep_trailing_newline=False, trim_blocks=True, lstrip_blocks=True, optimized=False,
    )  # fmt: skip
    jinja.filters.update(text.FUNCTIONS)
    return jinja


def key_names(family: Family) -> list[str]:
    """What a key holds, in order."""
    return [PHRASE, *(f"{name}_index" for name in family.word_lists()), *family.parameters]


@cache
def drawer(name: str, level: int | None = None) -> Callable[..., list[formula.Key]]:
    """draw(random, tries, side) -> keys of a family, at one of its levels where one is given."""
    family = families.load(name).at(level)
    sizes = {
        PHRASE: len(family.question.ja),
        **{f"{w}_index": len(entries) for w, entries in family.word_lists().items()},
    }
    parameters = {k: str(v) for k, v in family.parameters.items()}
    return formula.compile_draw(parameters, [str(r) for r in family.require], sizes, where(family))


def where(family: Family) -> str:
    """The family's place in messages."""
    return f"templates/math/{family.area}/{family.name}.yaml"


def choice_of(variants: Sequence[str], index: str) -> str:
    """Template text that picks one of the variants by an index."""
    if len(variants) == 1:
        return variants[0].strip()
    parts = [f"<%{'if' if i == 0 else 'elif'} {index} == {i} %>{variant.strip()}" for i, variant in enumerate(variants)]
    return "".join(parts) + "<%endif%>"


class Writer:
    """The compiled texts of one family in one language."""

    def __init__(self, family: Family, language: Language) -> None:
        """Compile the texts.

        Raises:
            RecipeError: where a text is broken or uses an unknown name.
        """
        self.family, self.language = family, language
        body = FIELD.join([
            choice_of(getattr(family.question, language), PHRASE),
            choice_of(getattr(family.solution, language), "wording"),
            getattr(family.answer, language).strip(),
        ])  # fmt: skip
        self.names, self.derived, self.given = self.values()
        known = [*self.names, *self.derived]
        found = {name for hole in HOLE.findall(body) for name in NAME.findall(hole)}
        self.used = [name for name in known if name in found] or [PHRASE]
        try:
            self.compose = self.by_python(body, known) or self.by_jinja(body)
        except TemplateError as error:
            raise RecipeError(f"{where(family)}: {language}: {error}") from error

    def values(self) -> tuple[list[str], dict[str, str], dict[str, Any]]:
        """The names of a key's values; the expressions of words, wording and `let`; what these use beside."""
        fields = self.family.fields(self.language)
        numbers = ", ".join(self.family.parameters)
        tables = {f"table_{name}": texts for name, (_, texts) in fields.items()}
        derived = {name: f"table_{name}[{word}_index]" for name, (word, _) in fields.items()}
        count = len(getattr(self.family.solution, self.language))
        derived["wording"] = f"{formula.WORDING}(({numbers},)) % {count}" if numbers and count > 1 else "0"
        derived |= {name: str(expression) for name, expression in self.family.let.items()}
        given: dict[str, Any] = {
            **tables,
            formula.WORDING: lambda values: formula.number(values) * 0x9E3779B97F4A7C15 >> 59 & 0xFF,
        }
        return key_names(self.family), derived, given

    @cached_property
    def extend(self) -> Callable[[list[formula.Key]], list[formula.Key]]:
        """The function that adds words, the wording and the `let` values to keys."""
        return formula.compile_let(self.names, self.derived, where(self.family), self.given)

    @cached_property
    def pick(self) -> Callable[[formula.Key], formula.Key]:
        """The function that takes the used values out of an extended key."""
        known = [*self.names, *self.derived]
        positions = [known.index(name) for name in self.used]
        return itemgetter(*positions) if len(positions) > 1 else lambda row: (row[positions[0]],)

    def by_python(self, body: str, known: list[str]) -> Callable[[list[formula.Key]], list[str]] | None:
        """The function from keys to texts as plain Python; None where the body needs Jinja."""
        composer = compose.Composer(known, text.FUNCTIONS)
        try:
            lines = composer.lines(environment().parse(body + ROW).body, "  ")
        except compose.UncommonError:
            return None
        given = self.given | composer.space
        return formula.compile_rows(self.names, self.derived, lines, where(self.family), given)

    def by_jinja(self, body: str) -> Callable[[list[formula.Key]], list[str]]:
        """The function from keys to texts that Jinja makes of a body."""
        loop = ", ".join(self.used) + ("," if len(self.used) == 1 else "")
        template = environment().from_string(f"<% for {loop} in rows %>{body}{ROW}<% endfor %>")
        return lambda keys: [template.render(rows=map(self.pick, self.extend(keys)))]

    def block(self, keys: list[formula.Key]) -> str:
        """The texts of some keys: fields ended by FIELD, rows by ROW.

        Raises:
            RecipeError: where a text fails on a row.
        """
        try:
            return "".join(self.compose(keys))
        except (TemplateError, ArithmeticError, ValueError, TypeError, IndexError) as error:
            raise RecipeError(f"{where(self.family)}: {self.language}: a row can't be written: {error}") from error

    def write(self, keys: list[formula.Key]) -> list[Written]:
        """The texts of some keys."""
        return split(self.block(keys))


def fields(block: str) -> list[list[str]]:
    """The rows of a rendered block: question, solution, answer."""
    rows = block.split(ROW)
    rows.pop()
    return [row.split(FIELD) for row in rows]


def split(block: str) -> list[Written]:
    """The rows of a rendered block, their fields named."""
    return list(map(Written._make, fields(block)))


@lru_cache(maxsize=COMPILED)
def writer(name: str, language: Language) -> Writer:
    """The writer of a family in a language."""
    return Writer(families.load(name), language)
