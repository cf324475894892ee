"""Tasks whose matter is the text itself: spelling, rhymes, English grammar, "translate this".

Translated they would be another task, mostly one without an answer.
"""

from collections.abc import Sequence
from typing import Literal

from factory.row import Message
from factory.translation.languages import Languages

Slug = Literal[
    "spelling", "counting", "wordplay", "grammar", "vocabulary", "translation", "pronunciation", "answer_language"
]


def untranslatable(turns: Sequence[Message], languages: Languages = Languages()) -> Slug | None:  # noqa: B008 - frozen
    """Why a conversation can't be translated; None where it can.

    Args:
        turns: the source conversation; what users ask decides.
        languages: into and from which it would be translated.
    """
    raise NotImplementedError
