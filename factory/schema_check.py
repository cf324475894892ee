"""Does an answer fit its JSON schema: asked after the fact, since servers silently ignore schemas.

The answer is hostile text, the schema is the component's own: so size and depth of the answer are bounded, nothing is
fetched for a `$ref`, and `uniqueItems` takes linear time. A schema's `pattern` is trusted not to backtrack for ever.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson

from factory.errors import RecipeError

MOST_CHARS = 1_000_000
"""Longer answers are not read: no schema of ours asks for a megabyte."""

MOST_SHOWN = 300


def complaint(text: str, schema: Mapping[str, Any]) -> str:
    """Why the text is no JSON that fits the schema: the place, what is there, what would be right; empty where it fits.

    Raises:
        RecipeError: the schema is none, or refers to something outside itself.
    """
    if len(text) > MOST_CHARS:
        return f"{len(text):,} characters; at most {MOST_CHARS:,} are read"
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return f"not JSON: {error}"[:MOST_SHOWN]
    return _first_error(_validator(orjson.dumps(schema, default=dict)), value)


def _first_error(validator: Any, value: Any) -> str:
    from referencing.exceptions import Unresolvable

    try:
        error = next(validator.iter_errors(value), None)
    except RecursionError:
        return "nested too deeply to be checked"
    except Unresolvable as foreign:
        raise RecipeError(f"the schema's $ref {foreign.ref!r} is not in the schema; nothing is fetched") from foreign
    if error is None:
        return ""
    message = error.message if len(error.message) <= MOST_SHOWN else f"{error.message[:MOST_SHOWN]}..."
    return f"{error.json_path}: {message}"


@lru_cache(maxsize=64)
def _validator(schema: bytes) -> Any:
    from jsonschema import Draft202012Validator, SchemaError, validators
    from referencing import Registry

    checked: Any = validators.extend(Draft202012Validator, {"uniqueItems": _unique})  # type: ignore[no-untyped-call]
    try:
        checked.check_schema(orjson.loads(schema))
    except SchemaError as error:
        raise RecipeError(f"not a JSON schema: {error.json_path}: {error.message}"[:MOST_SHOWN]) from error
    # A registry of its own: the default one would fetch what a $ref names.
    return checked(orjson.loads(schema), registry=Registry())


def _unique(validator: Any, asked: bool, value: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    """As jsonschema does it, but in linear time whatever the items are."""
    from jsonschema import ValidationError

    if asked and validator.is_type(value, "array"):
        seen = {orjson.dumps(item, option=orjson.OPT_SORT_KEYS) for item in value}
        if len(seen) < len(value):
            yield ValidationError("items are not unique")
