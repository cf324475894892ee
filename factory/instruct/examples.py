"""Worked examples, topic to titles to question to answer: those that ship, and those that a recipe brings.

They are shown to the model as what to write like, and count as written already: nothing near to them is taken.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from factory import dataset, prompts, strict_yaml
from factory.errors import DatasetError
from factory.language import language as language_of
from factory.manifest import MANIFEST
from factory.row import Row
from factory.settings import validated

Language = Literal["ja", "en"]
QuestionType = Literal["open", "list", "classification", "passage"]
"""What a question asks: a free answer, several things, a choice among things, or something about a text it brings."""

LONGEST_LINE = 1 << 20
Text = Annotated[str, Field(min_length=1)]


class Example(NamedTuple):
    """One question and all that led to it."""

    topic: str
    titles: tuple[str, ...]
    """The first is the question's; the others were thought of with it."""
    question: str
    answer: str
    """Empty where a seed brings none."""


Examples = Mapping[tuple[Language, QuestionType], tuple[Example, ...]]


class _Worked(BaseModel):
    """One entry of the files that ship."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: Text
    titles: Annotated[tuple[Text, ...], Field(min_length=2)]
    question: Text
    answer: Text


class _File(BaseModel):
    """A file of examples."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    open: Annotated[tuple[_Worked, ...], Field(min_length=1)]
    list: Annotated[tuple[_Worked, ...], Field(min_length=1)]
    classification: Annotated[tuple[_Worked, ...], Field(min_length=1)]
    passage: Annotated[tuple[_Worked, ...], Field(min_length=1)]


class _Seed(BaseModel):
    """One line of a seeds file; other keys are not read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: Text
    question: Text
    answer: str = ""
    topic: str = ""
    type: QuestionType = "open"
    language: Language | None = None


def path_of(language: Language) -> Path:
    """The file of examples that ships for a language."""
    return prompts.folder() / "self_instruct" / f"examples.{language}.yaml"


@cache
def shipped() -> Examples:
    """The examples that ship.

    Raises:
        RecipeError: a file is not what it should be; with the line.
    """
    found: dict[tuple[Language, QuestionType], tuple[Example, ...]] = {}
    for language in get_args(Language):
        file = validated(_File, strict_yaml.load(path_of(language)))
        for kind in get_args(QuestionType):
            worked: tuple[_Worked, ...] = getattr(file, kind)
            found[language, kind] = tuple(Example(one.topic, one.titles, one.question, one.answer) for one in worked)
    return found


def brought(path: Path) -> Examples:
    """The examples in a dataset that this generator made, or in a JSONL file with `title` and `question` per line.

    A line may also say `answer`, `topic`, `type` and `language`.

    Raises:
        DatasetError: it can't be read, or a row lacks what it needs; with its place.
    """
    found: dict[tuple[Language, QuestionType], list[Example]] = {}
    for place, values in _folder(path) if path.is_dir() else _lines(path):
        try:
            seed = _Seed.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"])) or "the row"
            raise DatasetError(f"seeds {place}: {name}: {first['msg']}; each needs `title` and `question`") from error
        language = seed.language or language_of(seed.question)
        if language not in ("ja", "en"):
            raise DatasetError(f"seeds {place}: the question is neither Japanese nor English; say `language`: ja or en")
        example = Example(seed.topic, (seed.title,), seed.question, seed.answer)
        found.setdefault((language, seed.type), []).append(example)
    if not found:
        raise DatasetError(f"seeds {path}: holds no rows")
    return {key: tuple(examples) for key, examples in found.items()}


def digest(path: Path) -> str:
    """SHA-256 of a seeds file, or of a dataset's manifest, which holds those of its files.

    Raises:
        DatasetError: it can't be read.
    """
    try:
        return sha256((path / MANIFEST if path.is_dir() else path).read_bytes()).hexdigest()
    except OSError as error:
        raise DatasetError(f"seeds {path} can't be read: {error.strerror}") from error


def _folder(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, row in enumerate(dataset.read(path), 1):
        if isinstance(row, Row) and [turn.role for turn in row.messages[-2:]] == ["user", "assistant"]:
            question, answer = (turn.content for turn in row.messages[-2:])
            yield f"{path}: row {number}", {**row.meta, "question": question, "answer": answer}
        else:
            raise DatasetError(f"seeds {path}: row {number} is no question and answer")


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), 1):
                if len(line) > LONGEST_LINE:
                    raise DatasetError(f"seeds {path}:{number}: the line is longer than {LONGEST_LINE:,} bytes")
                if line.strip():
                    yield f"{path}:{number}", orjson.loads(line)
    except OSError as error:
        raise DatasetError(f"seeds {path} can't be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise DatasetError(f"seeds {path}:{number}: is not JSON: {error}; write one object per line") from error


def topics_of(examples: Examples, language: Language) -> list[str]:
    """The topics that examples name, each once, in their order."""
    named = [one.topic for (spoken, _), found in examples.items() if spoken == language for one in found if one.topic]
    return list(dict.fromkeys(named))
