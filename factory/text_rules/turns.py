"""Which texts of a row a rule looks at, and the verdict on a row from what was found in its texts."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

from factory.row import Message, Pair, Row

Turns = Literal["answers", "questions", "all"]

T = TypeVar("T")


def messages(row: Row | Pair) -> tuple[Message, ...]:
    """The conversation; of a pair the chosen side: what was rejected may be bad."""
    return row.messages if isinstance(row, Row) else (*row.prompt, *row.chosen)


def answers(row: Row | Pair) -> list[str]:
    """What the assistant says; of a pair, on the chosen side alone."""
    turns = row.messages if isinstance(row, Row) else row.chosen
    return [message.content for message in turns if message.role == "assistant"]


def questions(row: Row | Pair) -> list[str]:
    """What the user says."""
    return [message.content for message in messages(row) if message.role == "user"]


def asked(row: Row | Pair) -> str:
    """All that the assistant was given: what it repeats from there is not its own."""
    return "\n".join(message.content for message in messages(row) if message.role != "assistant")


def texts(row: Row | Pair, turns: Turns) -> list[str]:
    """The texts of these turns."""
    if turns == "all":
        return [message.content for message in messages(row)]
    return answers(row) if turns == "answers" else questions(row)


def of_each(
    rows: Sequence[Row | Pair], pick: Callable[[Row | Pair], list[str]], tell: Callable[[list[str]], Sequence[T]]
) -> list[list[T]]:
    """What `tell` says of each picked text, all asked at once, row by row."""
    picked = [pick(row) for row in rows]
    found = iter(tell([text for group in picked for text in group]))
    return [[next(found) for _ in group] for group in picked]
