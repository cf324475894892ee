"""Settings against their pydantic model: the validated model, or one sentence that names the place.

Values are checked strictly, as JSON is: text is never taken for a number, nor `yes` for text.
"""

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from factory.document import Document, Steps
from factory.errors import RecipeError

Model = TypeVar("Model", bound=BaseModel)

_KINDS = {
    "bool": "true or false",
    "dict": "a mapping (key: value)",
    "float": "a number",
    "finite_number": "a finite number",
    "int": "a whole number",
    "list": "a list",
    "model": "a mapping (key: value)",
    "string": "text",
    "tuple": "a list",
}
"""What would be right, by the stem of pydantic's error type."""

_WRITTEN = {"Part": "{use: name, ...}"}
"""How settings say what a type's name doesn't tell."""

_NOISE = re.compile(r"^(?:Value error, |Input |List |Dictionary |String |Tuple )| after validation, not .*$")


def validated(model: type[Model], document: Document, path: Steps = (), *, leave_out: Iterable[str] = ()) -> Model:
    """The mapping at `path` as `model`; the keys of `leave_out` are not part of it.

    Raises:
        RecipeError: it doesn't fit; one line, first the place.
    """
    value = document.value(*path)
    if isinstance(value, dict):
        value = {key: setting for key, setting in value.items() if key not in leave_out}
    try:
        return model.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        raise RecipeError(_sentence(model, document, path, error)) from error


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean 'a' or 'b'? ` for the known words that look like this one, else nothing."""
    close = get_close_matches(word, list(known), n=2, cutoff=0.6)
    return f"did you mean {' or '.join(map(repr, close))}? " if close else ""


@cache
def docs(model: type[BaseModel]) -> dict[str, str]:
    """The line under each settings field, by field; inherited fields too."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if not issubclass(owner, BaseModel) or owner.__module__.partition(".")[0] == "pydantic":
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
        body = tree.body if isinstance(tree, ast.ClassDef) else []
        for statement, after in pairwise(body):
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                match after:
                    case ast.Expr(ast.Constant(str(text))):
                        found[statement.target.id] = " ".join(text.split())
    return found


def _sentence(model: type[BaseModel], document: Document, path: Steps, error: ValidationError) -> str:
    sentences = []
    for details in error.errors(include_url=False):
        steps, reason = _reason(model, document, path, details)
        place = document.where(*steps)
        sentence = ": ".join(part for part in (place, ".".join(map(str, steps)), reason) if part)
        # A misspelt setting is also a missing one; the misspelling says more.
        sentences.append((details["type"] == "missing", _line(place), sentence))
    first = min(sentences)[-1]
    return first if len(sentences) == 1 else f"{first} (and {len(sentences) - 1} more)"


def _line(place: str) -> int:
    digits = place.rpartition(":")[2]
    return int(digits) if digits.isdigit() else 0


def _reason(model: type[BaseModel], document: Document, base: Steps, details: ErrorDetails) -> tuple[Steps, str]:
    """Where it is wrong, and what is wrong and would be right."""
    kind, given = details["type"], details["input"]
    steps, missing = _walk(document, base, details["loc"])
    if kind == "missing":
        steps = (*steps, *missing[:1])
        return steps, f"is missing{_purpose(model, steps[len(base) :])}"
    if kind == "extra_forbidden":
        known = list(_owner(model, steps[len(base) : -1]).model_fields)
        return steps, f"unknown setting; {nearest(str(steps[-1]), known)}there are: {', '.join(known)}"
    if kind == "value_error":
        return steps, str(details.get("ctx", {}).get("error", details["msg"]))
    if kind in ("literal_error", "enum"):
        expected = str(details.get("ctx", {}).get("expected", ""))
        words = expected.replace("'", "").replace(" or ", ", ").split(", ")
        hint = nearest(str(given), words).rstrip()
        trap = "" if isinstance(given, str) else _trap(document, steps)
        return steps, trap or f"{_shown(given)} is not one of {expected}{'; ' if hint else ''}{hint}"
    if kind == "string_pattern_mismatch":
        return steps, f"{_shown(given)} does not fit{_purpose(model, steps[len(base) :])}"
    if kind == "string_type" and (trap := _trap(document, steps)):
        return steps, trap
    stem = kind.removesuffix("_type").removesuffix("_from_float").removesuffix("_parsing")
    if stem in _KINDS:
        return steps, f"{_shown(given)} is {_called(given)}; write {_KINDS[stem]}{_unquoted(stem, given)}"
    message = _NOISE.sub("", details["msg"])
    return steps, f"{_shown(given)} {message[:1].lower()}{message[1:]}"


def _trap(document: Document, steps: Steps) -> str:
    try:
        return document.trap(*steps)
    except LookupError:
        return ""


def _walk(document: Document, base: Steps, loc: Steps) -> tuple[Steps, Steps]:
    """The part of pydantic's location that is in the document, and the rest.

    A location also names branches of unions, which are no part of the document.
    """
    steps, value = base, document.value(*base)
    rest = [step for step in loc if step != "[key]"]
    while rest:
        step = rest[0]
        if step in (value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()):
            value = value[step]
        elif len(rest) > 1:
            rest.pop(0)
            continue
        else:
            break
        steps = (*steps, rest.pop(0))
    return steps, tuple(rest)


def _purpose(model: type[BaseModel], steps: Steps) -> str:
    text = docs(_owner(model, steps[:-1])).get(str(steps[-1]), "") if steps else ""
    return f"; it is {text[:1].lower()}{text[1:].rstrip('.')}" if text else ""


def _owner(model: type[BaseModel], steps: Steps) -> type[BaseModel]:
    """The model whose field the next step would be."""
    for step in steps:
        if isinstance(step, str) and step in model.model_fields:
            model = next(_models(model.model_fields[step].annotation), model)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, bool) and value is not None else json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _called(value: Any) -> str:
    if value is None:
        return "nothing"
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a mapping"}
    return names.get(type(value), type(value).__name__)


def _unquoted(stem: str, given: Any) -> str:
    return f": {given} without quotes" if stem in ("int", "float") and isinstance(given, str) and _number(given) else ""


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def shown_type(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """A type as people write it: `int > 0`, `list[str]`, `'exact' | 'off'`."""
    if annotation is None or annotation is type(None):
        return "none"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        text = " | ".join(shown_type(argument) for argument in arguments)
    elif hasattr(annotation, "__metadata__"):
        text = shown_type(arguments[0], annotation.__metadata__)
    elif getattr(origin, "__name__", "") == "Literal" or str(origin) == "typing.Literal":
        text = " | ".join(map(repr, arguments))
    elif origin is not None:
        inner = ", ".join("..." if argument is ... else shown_type(argument) for argument in arguments)
        text = f"{getattr(origin, '__name__', origin)}[{inner}]"
    else:
        text = _WRITTEN.get(name := getattr(annotation, "__name__", str(annotation)), name)
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    bounds = [f"{signs[name]} {getattr(bound, name)}" for bound in metadata for name in signs if hasattr(bound, name)]
    return f"{text} {' and '.join(bounds)}" if bounds else text
