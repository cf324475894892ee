"""Turns of conversations as others write them: lists of turns, dialogues in one text, what two answers share.

What is read is untrusted: its size is bounded, and its text is never more than text.
"""

import re
from collections.abc import Sequence
from typing import Any

from factory.row import Message

MOST_CHARACTERS = 1 << 20
"""The most text in one conversation."""
MOST_TURNS = 1_000

ROLES = {
    **dict.fromkeys(("user", "human", "prompter"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "bard", "bing", "bot", "model", "agent"), "assistant"),
    "system": "system",
}
"""The names of roles in public datasets, and ours."""

_SPEAKER = re.compile(r"\n\n(Human|Assistant):")
_make = Message._make


class Unreadable(ValueError):
    """A record that gives no row; its text is one of `REASONS`."""


REASONS = frozenset({
    "not_json", "too_long", "missing", "not_text", "role", "turns", "empty", "no_prompt", "no_answer", "same_answers",
    "tie", "labelled_bad", "orphan", "unranked", "nesting",
})  # fmt: skip
"""Why a record gives no row."""


def text(value: Any) -> str:
    """A text that every store can hold; parts of text are joined.

    Raises:
        Unreadable: it is something else, or holds pictures or tools.
    """
    if isinstance(value, str):
        return value.replace("\0", "\ufffd") if "\0" in value else value
    if value is None:
        raise Unreadable("missing")
    if isinstance(value, list) and value and all(isinstance(p, dict) and isinstance(p.get("text"), str) for p in value):
        return text("\n".join(part["text"] for part in value))
    raise Unreadable("not_text")


def turns(value: Any) -> tuple[Message, ...]:
    """A list of turns: `role` and `content`, `from` and `value`, or `name` and `text`.

    A system turn that says nothing is left out.

    Raises:
        Unreadable: it is no such list, a role is unknown, or a turn says nothing.
    """
    if not isinstance(value, list) or not value:
        raise Unreadable("missing" if value is None else "empty" if value == [] else "turns")
    if len(value) > MOST_TURNS:
        raise Unreadable("too_long")
    found = []
    for turn in value:
        if not isinstance(turn, dict):
            raise Unreadable("turns")
        get = turn.get
        who = get("role") or get("from") or get("name")
        role = ROLES.get(who) if isinstance(who, str) else None
        if role is None:
            raise Unreadable("role")
        said = get("content")
        if said is None:
            said = get("text") if get("value") is None else get("value")
        if not isinstance(said, str) or "\0" in said:
            said = text(said)
        if said and not said.isspace():
            found.append(_make((role, said)))
        elif role != "system":
            raise Unreadable("empty")
    if not found:
        raise Unreadable("empty")
    return tuple(found)


def either(value: Any, role: str) -> tuple[Message, ...]:
    """One turn of that role from a text, or turns from a list of them."""
    if isinstance(value, list):
        return turns(value)
    said = text(value)
    if not said or said.isspace():
        raise Unreadable("empty")
    return (_make((role, said)),)


def is_dialogue(value: Any) -> bool:
    """Whether a text is a dialogue as hh-rlhf writes it."""
    return isinstance(value, str) and value.startswith(("\n\nHuman:", "\n\nAssistant:"))


def dialogue(value: str) -> tuple[Message, ...]:
    r"""The turns of a text of the form `\n\nHuman: ...\n\nAssistant: ...`.

    Source: https://huggingface.co/datasets/Anthropic/hh-rlhf

    Raises:
        Unreadable: a turn says nothing, or there are too many.
    """
    pieces = _SPEAKER.split(text(value), MOST_TURNS)
    if len(pieces) > 2 * MOST_TURNS or pieces[0]:
        raise Unreadable("turns")
    return turns([
        {"role": "user" if speaker == "Human" else "assistant", "content": said.strip()}
        for speaker, said in zip(pieces[1::2], pieces[2::2], strict=True)
    ])  # fmt: skip


def shared(chosen: Sequence[Message], rejected: Sequence[Message]) -> int:
    """How many turns from the first on are the same."""
    count = 0
    for one, other in zip(chosen, rejected, strict=False):
        if one != other:
            break
        count += 1
    return count


def split_texts(chosen: str, rejected: str) -> tuple[str, str, str]:
    """The prompt that two texts share, and what each goes on with; a space goes with the answer.

    Source: `extract_prompt` of TRL, https://github.com/huggingface/trl/blob/main/trl/data_utils.py
    """
    places = zip(chosen, rejected, strict=False)
    at = next((place for place, (one, other) in enumerate(places) if one != other), min(len(chosen), len(rejected)))
    if at and chosen[at - 1] == " ":
        at -= 1
    return chosen[:at], chosen[at:], rejected[at:]


def bounded(*parts: Sequence[Message]) -> None:
    """Refuse a conversation that is too long.

    Raises:
        Unreadable: it is.
    """
    if sum([len(content) for messages in parts for _, content in messages]) > MOST_CHARACTERS:
        raise Unreadable("too_long")
