"""A family of problems: one YAML file with its parameters, its texts in two languages, and how to read them back."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from factory import strict_yaml
from factory.errors import RecipeError

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")
Grade = Literal["小1", "小2", "小3", "小4", "小5", "小6", "中1", "中2", "中3", "高1", "高2", "高3", "大学"]
Texts = Annotated[tuple[str, ...], Field(min_length=1)]
Text = str | int
ASIDE = re.compile(rb"^(?:covers|mistakes):.*\n(?:[ #].*\n)*", re.MULTILINE)


class Frozen(BaseModel):
    """Frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Both(Frozen):
    """One text per language."""

    ja: str
    en: str


class Variants(Frozen):
    """Several texts per language."""

    ja: Texts
    en: Texts


class Read(Frozen):
    """The second path: how the rendered texts are read, and what must be true of what they say."""

    question: Variants
    """Patterns (see `factory.math.capture`), the same captures in each."""
    answer: Both
    """The pattern of the answer."""
    relation: Annotated[tuple[str, ...], Field(min_length=1)]
    """What must hold between the captures."""
    letters: dict[str, Text] = {}
    """What letters in the solution stand for, over the captures; captures named by one letter stand for themselves."""
    constants: tuple[int | str, ...] = ()
    """Numbers that the solution's prose may use though neither question nor formulas show them."""
    unused: bool = False
    """True where a solution may leave a number of the question unmentioned."""
    orders_derive: bool = False
    """True where comparisons in the solution bring in numbers of their own: `6 < 6.02 < 7`."""
    unreduced: bool = False
    """True where the answer may hold a fraction that is not in lowest terms."""


class Level(Frozen):
    """A level within a family: some of its parameters are drawn otherwise."""

    level: Annotated[int, Field(ge=1, le=5)]
    """Difficulty as `level` of families has it."""
    parameters: dict[str, Text] = {}
    """Expressions in the place of the family's own."""
    require: tuple[Text, ...] = ()
    """What must be true beside what the family requires; no two levels may give one question."""


Kind = Literal[
    "added_denominators",
    "forgotten_borrow",
    "forgotten_carry",
    "forgotten_part",
    "inverted",
    "misread_question",
    "order_of_operations",
    "sign_slip",
    "wrong_formula",
    "wrong_operation",
    "wrong_place",
]
"""Kinds of mistakes that pupils make: a closed set, because they are counted."""


class Mistake(Frozen):
    """How a solution goes wrong: a misconception, and what follows from it."""

    when: tuple[Text, ...] = ()
    """What must be true of the parameters and of `let`, for the mistake to be possible."""
    let: dict[str, Text] = {}
    """Values that come out otherwise, in order, worked out behind the right ones; parameters may be among them."""
    solution: Both | None = None
    """The solution as it is written then; the family's own, with these values, where nothing is said."""
    answer: Both | None = None
    """The answer; the family's own, with these values, where nothing is said."""
    wrong_from: Annotated[int, Field(ge=1)] | None = None
    """The first wrong line, from 1, where right lines before it are not those of the right solution."""


class Family(Frozen):
    """One family file."""

    name: str
    area: str
    title: Both
    grade: Grade
    topic: str
    """The topic as a slug: `fractions`, `linear_equations`."""
    covers: tuple[str, ...] = ()
    """What it serves of `curriculum.yaml`: units, and tasks of other libraries; no row depends on it."""
    level: Annotated[int, Field(ge=1, le=5)]
    """Difficulty from 1 (one step) to 5 (many steps or a new idea) among all families."""
    parameters: dict[str, Text] = {}
    """Drawn values in order, each an expression; they are what tells one question from another."""
    require: tuple[Text, ...] = ()
    """What must be true of the parameters; other draws are thrown away."""
    levels: tuple[Level, ...] = ()
    """Levels within the family, the easiest first: larger numbers or more steps."""
    features: dict[str, Text] = {}
    """What tells its problems apart, over parameters and `let`: `carry: ones > 9`."""
    words: dict[str, str | tuple[dict[str, str], ...]] = {}
    """Word lists, drawn with the row: entries of `ja`, `en` and further fields (`ja_counter`, `en_plural`)."""
    let: dict[str, Text] = {}
    """Values worked out from the parameters, in order."""
    question: Variants
    """The question in several phrasings, the same number in both languages."""
    solution: Variants
    """The worked solution in several wordings; every equation in `$`."""
    answer: Both
    """The final answer."""
    mistakes: dict[Kind, Mistake] = {}
    """Wrong solutions, for preference pairs and labelled steps; no right row depends on them."""
    read: Read
    oracle: dict[str, Text]
    """The answer's captures as SymPy works them out from the question's, for validation."""

    @model_validator(mode="after")
    def same_number_of_questions(self) -> "Family":
        """Each phrasing has its twin."""
        if len(self.question.ja) != len(self.question.en):
            ja, en = len(self.question.ja), len(self.question.en)
            raise ValueError(f"question has {ja} phrasings in ja and {en} in en; give as many in both")
        return self

    @model_validator(mode="after")
    def levels_ascend(self) -> "Family":
        """Each level is harder than the one before, and changes parameters that there are."""
        given = [level.level for level in self.levels]
        if given != sorted(set(given)):
            raise ValueError(f"levels must ascend, each once, not {given}")
        for level in self.levels:
            unknown = sorted(level.parameters.keys() - self.parameters.keys())
            if unknown:
                raise ValueError(f"level {level.level} changes {unknown[0]!r}, which is no parameter of the family")
        return self

    def at(self, level: int | None) -> "Family":
        """The family as it is drawn at one of its levels; as it is for None.

        Raises:
            KeyError: it has no such level.
        """
        if level is None:
            return self
        own = {one.level: one for one in self.levels}[level]
        parameters = {**self.parameters, **own.parameters}
        return self.model_copy(update={"parameters": parameters, "require": (*self.require, *own.require)})

    def word_lists(self) -> dict[str, tuple[dict[str, str], ...]]:
        """The word lists, shared ones (`names: shared`) filled in."""
        return {
            name: shared_words()[entries] if isinstance(entries, str) else entries
            for name, entries in self.words.items()
        }

    def fields(self, language: Language) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Variable name -> (word list, texts) in a language: `item`, `item_counter`."""
        found: dict[str, tuple[str, tuple[str, ...]]] = {}
        for name, entries in self.word_lists().items():
            for key in entries[0]:
                if key == language or key.startswith(f"{language}_"):
                    found[name + key[len(language) :]] = (name, tuple(entry[key] for entry in entries))
        return found


def folder() -> Path:
    """Where the family files lie."""
    return Path(str(resources.files("templates"))) / "math"


@cache
def files() -> dict[str, Path]:
    """Family name -> file, in order of area and name."""
    found: dict[str, Path] = {}
    for path in sorted(folder().glob("*/*.yaml")):
        if path.stem in found:
            raise RecipeError(f"{path}: a family named {path.stem!r} lies in {found[path.stem]} already")
        found[path.stem] = path
    return found


@cache
def shared_words() -> Mapping[str, tuple[dict[str, str], ...]]:
    """Word lists that several families use (`words.yaml`)."""
    document = strict_yaml.load(folder() / "words.yaml")
    return {name: tuple(entries) for name, entries in document.data.items()}


def what_rows_depend_on(path: Path) -> bytes:
    """A family file without the fields that no row depends on, so that a run's digest doesn't either."""
    return ASIDE.sub(b"", path.read_bytes())


def listed(value: Any) -> Any:
    """Single texts where lists are meant, as lists of one."""
    return (
        {key: [text] if isinstance(text, str) else text for key, text in value.items()}
        if isinstance(value, dict)
        else value
    )


def load_file(path: Path) -> Family:
    """One family.

    Raises:
        RecipeError: with the file, the line and the field.
    """
    document = strict_yaml.load(path)
    if not isinstance(document.data, dict):
        raise RecipeError(f"{path}: a family file is a mapping of fields, not {type(document.data).__name__}")
    data = dict(document.data)
    for key in ("question", "solution"):
        data[key] = listed(data.get(key))
    if isinstance(data.get("read"), dict):
        data["read"] = {**data["read"], "question": listed(data["read"].get("question"))}
    try:
        return Family(name=path.stem, area=path.parent.name, **data)
    except ValidationError as error:
        first = error.errors()[0]
        place = [part for part in first["loc"] if isinstance(part, str | int)]
        message = re.sub(r"^Value error, ", "", first["msg"])
        raise RecipeError(f"{document.where(*place)}: {'.'.join(map(str, place)) or path.stem}: {message}") from error
    except TypeError as error:
        raise RecipeError(f"{path}: {error}") from error


@cache
def load(name: str) -> Family:
    """The family of this name."""
    return load_file(files()[name])


def matches(glob: str, name: str, area: str) -> bool:
    """True where a glob means this family: by `name` or by `area/name`."""
    return fnmatchcase(name, glob) or fnmatchcase(f"{area}/{name}", glob)


def matching(globs: tuple[str, ...]) -> Iterator[str]:
    """The names of the families that any glob matches.

    Raises:
        RecipeError: for a glob that matches none.
    """
    areas = {name: path.parent.name for name, path in files().items()}
    for glob in globs:
        if not any(matches(glob, name, area) for name, area in areas.items()):
            raise RecipeError(f"families: {glob!r} matches no family; see `factory list families`")
    for name, area in areas.items():
        if any(matches(glob, name, area) for glob in globs):
            yield name
