"""An edited row as a person typed it: its texts checked before they are kept, and put into the row made anew.

What comes from a browser is untrusted: shapes, sizes and characters are looked at here, once.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from factory.errors import RecipeError
from factory.row import Message, Pair, Row

MOST_BYTES = 20_000_000
"""Of an edited row as JSON."""
MOST_TURNS = 1_000
_ROLE = 64
"""Characters of a role."""

Texts = Mapping[str, tuple[Message, ...]]
"""`messages`, or `prompt`, `chosen` and `rejected`."""


def texts(value: Any) -> Texts:
    """The texts of an edited row: `{"messages": [...]}`, or `prompt`, `chosen` and `rejected`.

    Raises:
        RecipeError: it is something else, says nothing, or is too large.
    """
    names = sorted(value) if isinstance(value, Mapping) else []
    if names == ["messages"]:
        found = {"messages": _turns(value["messages"], "messages")}
    elif names == ["chosen", "prompt", "rejected"]:
        found = {name: _turns(value[name], name) for name in ("prompt", "chosen", "rejected")}
        if found["chosen"] == found["rejected"]:
            raise RecipeError("edited: chosen and rejected are the same; a pair needs two different answers")
    else:
        right = "messages, or prompt, chosen and rejected"
        raise RecipeError(f"edited: {', '.join(map(repr, names))[:200] or 'nothing'} is there; write {right}")
    as_json(found)
    return found


def as_json(found: Texts) -> bytes:
    """The texts as they are stored.

    Raises:
        RecipeError: they can't be, or are too large.
    """
    plain = {name: [turn._asdict() for turn in turns] for name, turns in found.items()}
    try:
        written = orjson.dumps(plain)
    except TypeError as error:
        raise RecipeError("edited: a text holds half a surrogate pair; remove that character") from error
    if len(written) > MOST_BYTES:
        raise RecipeError(f"edited: {len(written):,} bytes are too many; at most {MOST_BYTES:,} are kept")
    return written


def applied(row: Row | Pair, edited: Mapping[str, Any]) -> Row | Pair:
    """The row with its new texts; its id changes with them.

    Raises:
        RecipeError: what was edited is no row of that kind.
    """
    found = texts(edited)
    if isinstance(row, Row) and "messages" in found:
        return row._replace(messages=found["messages"])
    if isinstance(row, Pair) and "chosen" in found:
        return row._replace(prompt=found["prompt"], chosen=found["chosen"], rejected=found["rejected"])
    kinds = ("a pair", "a conversation") if isinstance(row, Row) else ("a conversation", "a pair")
    raise RecipeError(f"the review of row {row.id} edits {kinds[0]}, and the row is {kinds[1]}; undo that review")


def _turns(value: Any, name: str) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise RecipeError(f"edited: {name} has no turn; write a list of role and content, or reject the row")
    if len(value) > MOST_TURNS:
        raise RecipeError(f"edited: {name} has {len(value):,} turns; at most {MOST_TURNS:,} are kept")
    return tuple(_turn(one, f"{name}.{place}") for place, one in enumerate(value))


def _turn(value: Any, name: str) -> Message:
    if not isinstance(value, Mapping) or sorted(value) != ["content", "role"]:
        raise RecipeError(f"edited: {name} is no turn; write role and content")
    role, content = value["role"], value["content"]
    if not isinstance(role, str) or not 0 < len(role) <= _ROLE:
        raise RecipeError(f"edited: {name}.role is no role; write user, assistant or system")
    if not isinstance(content, str) or not content.strip():
        raise RecipeError(f"edited: {name}.content says nothing; write a text, or reject the row")
    if "\0" in content:
        raise RecipeError(f"edited: {name}.content holds the character NUL; remove it")
    return Message(role, content)
