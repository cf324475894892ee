"""A conversation as a judge is shown it, and the language in which it is asked."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from factory.language import language as language_of
from factory.row import Message

Language = Literal["ja", "en"]

SPEAKERS: Mapping[Language, Mapping[str, str]] = {
    "ja": {"system": "システム", "user": "ユーザー", "assistant": "アシスタント"},
    "en": {"system": "System", "user": "User", "assistant": "Assistant"},
}
BETWEEN = "\n\n----\n\n"
"""Between what was said to several questions."""


def told(turns: Sequence[Message], language: Language) -> str:
    """Turns as one text; who speaks is said where there are several."""
    if len(turns) == 1:
        return turns[0].content
    names = SPEAKERS[language]
    return "\n\n".join(f"{names.get(role, role)}: {content}" for role, content in turns)


def language_in(meta: Mapping[str, Any], prompt: Iterable[Message]) -> Language:
    """The language in which a row is asked about: what its meta says, else that of the user's turns."""
    said = meta.get("language")
    if said in ("ja", "en"):
        return "ja" if said == "ja" else "en"
    asked = "\n".join(content for role, content in prompt if role == "user")
    return "ja" if language_of(asked) in ("ja", "mixed") else "en"
