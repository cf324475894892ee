"""Prompt files: what a model is asked, as text that can be read and changed without reading code.

A file is `templates/prompts/<component>/<step>.<style>.<language>.j2`. Lines `{# system #}`, `{# user #}` and
`{# assistant #}` divide it into the turns of a conversation; a file without them is raw text for a base model to go on
with. It is divided before anything is filled in, and filled in once, strictly and in a sandbox: no row and no model
can forge a turn, or change a prompt by what it holds.
"""

import re
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from factory.errors import RecipeError
from factory.row import Message

_TURN = re.compile(r"^\{#-? *(\w+) *-?#\}[ \t]*\r?\n?", re.MULTILINE)
_ROLES = ("system", "user", "assistant")
MOST_BYTES = 100_000
"""Of a user's own file."""


class Turn(NamedTuple):
    """One turn of a prompt file; raw text has no role."""

    role: str
    template: Template


class Prompt(NamedTuple):
    """A prompt file that is ready to be filled in."""

    name: str
    turns: tuple[Turn, ...]
    variables: frozenset[str]
    """What it wants to be filled in with."""
    digest: str
    """SHA-256 of the file."""

    @property
    def id(self) -> str:
        """How rows name it: `self_instruct/title.chat.ja@1f0c9a3e`, another one after any change of the file."""
        return f"{self.name}@{self.digest[:8]}"

    def lacking(self, given: Iterable[str]) -> str:
        """The sentence on variables that the file wants and nobody gives; empty where it wants none."""
        known = sorted(given)
        wrong = sorted(self.variables.difference(known))
        if not wrong:
            return ""
        return f"{path_of(self.name)}: has no {', '.join(wrong)} to fill in; there are: {', '.join(known) or 'none'}"

    def request_text(self, **values: Any) -> tuple[Message, ...] | str:
        """The conversation, or the raw text, with these values; turns that come out empty are left out.

        Raises:
            RecipeError: a value is missing, or the file does with one what can't be done.
        """
        try:
            texts = [(turn.role, turn.template.render(values)) for turn in self.turns]
        except TemplateError as error:
            raise RecipeError(f"{path_of(self.name)}: {error.message}") from error
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise RecipeError(f"{path_of(self.name)}: {type(error).__name__}: {error}") from error
        if not texts[0][0]:
            return texts[0][1]
        return tuple(Message(role, text.strip()) for role, text in texts if text.strip())


def folder() -> Path:
    """Where the prompt files lie."""
    return Path(str(resources.files("templates"))) / "prompts"


def path_of(name: str) -> Path:
    """The file of that name."""
    return folder() / f"{name}.j2"


def shipped(components: Iterable[str]) -> dict[str, str]:
    """The prompt files of these components and what fills them, by their paths below the folder, with their SHA-256."""
    paths = [path for name in sorted(components) for path in sorted((folder() / name).glob("*.*")) if path.is_file()]
    return {f"{path.parent.name}/{path.name}": sha256(path.read_bytes()).hexdigest() for path in paths}


@cache
def load(name: str) -> Prompt:
    """The prompt file `<component>/<step>.<style>.<language>`.

    Raises:
        RecipeError: there is no such file, or it is not what Jinja or this module understands; with the line.
    """
    path = path_of(name)
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: can't be read: {error}") from error
    return parse(name, source)


def own(path: Path, setting: str) -> tuple[Prompt, str]:
    """A prompt file of the user's, and its text; `setting` is what names it.

    Raises:
        RecipeError: it can't be read, or is not what Jinja or this module understands.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
        source = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise RecipeError(f"{setting}: {path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"{setting}: {path} is not UTF-8; save it as UTF-8") from error
    if len(raw) > MOST_BYTES:
        raise RecipeError(f"{setting}: {path} is larger than {MOST_BYTES:,} bytes")
    # Named by its path without `.j2`, so that errors give the file and the line.
    return parse(str(path.with_suffix("")), source), source


def parse(name: str, source: str) -> Prompt:
    """The prompt in a text.

    Raises:
        RecipeError: it is not what Jinja or this module understands; with the line.
    """
    jinja, turns, variables = _environment(), [], set[str]()
    for role, text, line in _divided(name, source):
        try:
            variables |= meta.find_undeclared_variables(jinja.parse(text))
            turns.append(Turn(role, jinja.from_string(text)))
        except TemplateSyntaxError as error:
            raise RecipeError(f"{path_of(name)}:{line + error.lineno - 1}: {error.message}") from error
        except TemplateError as error:
            raise RecipeError(f"{path_of(name)}: {error.message}") from error
    return Prompt(name, tuple(turns), frozenset(variables), sha256(source.encode()).hexdigest())


def _divided(name: str, source: str) -> list[tuple[str, str, int]]:
    """Role, text and first line of each turn; one without a role where the text names none."""
    marks = list(_TURN.finditer(source))
    if not marks:
        return [("", source, 1)]
    ends = [*(mark.start() for mark in marks[1:]), len(source)]
    found = []
    for mark, end in zip(marks, ends, strict=True):
        line = source.count("\n", 0, mark.start()) + 1
        if mark[1] not in _ROLES:
            raise RecipeError(f"{path_of(name)}:{line}: {mark[1]!r} is no role; write one of {', '.join(_ROLES)}")
        found.append((mark[1], source[mark.end() : end], line + mark[0].count("\n")))
    if source[: marks[0].start()].strip():
        raise RecipeError(f"{path_of(name)}:1: there is text before the first turn; begin with {{# user #}}")
    return found


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
