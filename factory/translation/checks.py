"""What tells a bad translation beside its source, by rules.

A hard fault makes a translation useless; a soft one lowers it, and a recipe may still keep it.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from factory.row import Message
from factory.translation.languages import Languages

Reason = Literal[
    "empty", "copied", "untranslated", "chinese_leak", "refusal", "answered", "meta_words", "translator_note",
    "repetition", "truncated", "too_short", "too_long", "code_changed", "formula_changed", "link_changed",
    "placeholder_changed", "tags_changed", "mark_left", "numbers_changed", "structure_lost", "politeness_mixed",
    "role_markers", "turns_lost",
]  # fmt: skip


class Fault(NamedTuple):
    """What is wrong with a translation."""

    reason: Reason
    hard: bool
    note: str = ""
    """The place in question, in words for a prompt that asks again."""


def faults(source: str, target: str, languages: Languages = Languages()) -> list[Fault]:  # noqa: B008 - frozen
    """What is wrong with the translation of one text (one turn), the gravest first; empty where nothing is."""
    return faults_of([source], [target], languages)[0]


def faults_of(
    sources: Sequence[str],
    targets: Sequence[str],
    languages: Languages = Languages(),  # noqa: B008 - frozen
) -> list[list[Fault]]:
    """`faults` of many texts at once, each with the source at its place: much faster than one by one."""
    raise NotImplementedError


def conversation_faults(
    source: Sequence[Message],
    target: Sequence[Message],
    languages: Languages = Languages(),  # noqa: B008 - frozen
) -> list[Fault]:
    """What is wrong with a translated conversation: lost turns and changed roles, then the faults of its turns.

    The style of the assistant's turns is also compared between turns.
    """
    raise NotImplementedError
