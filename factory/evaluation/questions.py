"""Questions without a gold answer, of one turn or several: those of MT-Bench, of Rakuda, or one's own.

A file of JSON lines (or Parquet) with one question each:

    {"question_id": 81, "category": "writing", "turns": ["Write a blog post ...", "Rewrite it ..."]}
    {"category": "geography", "text": "日本で一番高い山は何ですか？", "reference": "富士山"}

`turns` are the user's, in order; a question of one turn may stand in `text`, `prompt` or `question` instead.
`reference` is a right answer, or a list with one per turn (null where there is none); `system` and `language` may be
there. Source: MT-Bench's and Rakuda's own question files have these columns.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from factory.errors import DatasetError
from factory.language import language
from factory.row import Message
from factory.source import files

ONE_TURN = ("text", "prompt", "question")
"""Columns that hold a question of one turn; the first that is there counts."""
MOST_TURNS = 16
MOST_CHARACTERS = 100_000
"""Of one text."""
MOST = 20_000
"""Questions of one file: they are all kept in memory."""


class Question(NamedTuple):
    """One question, which may go on."""

    turns: tuple[str, ...]
    """What the user says, turn by turn."""
    system: str
    references: tuple[str, ...]
    """A right answer for each turn; empty where none is known."""
    meta: Mapping[str, Any]
    """Its id, category and language."""

    def opening(self) -> tuple[Message, ...]:
        """What comes before the first turn."""
        return (Message("system", self.system),) if self.system else ()

    def about(self, turn: int) -> dict[str, Any]:
        """What rows say of one turn, the reference answer among it."""
        reference = self.references[turn]
        return {**self.meta, **({"reference": reference} if reference else {})}


def read(path: Path, count: int | None) -> tuple[tuple[Question, ...], int]:
    """The questions of a file, in its order, each once; and how many stand there again.

    Raises:
        DatasetError: it can't be read, a record is no question, or there are none.
    """
    if not files.suffix_of(path.name):
        raise DatasetError(f"{path.name} is no file of questions; its name ends in one of: {', '.join(files.SUFFIXES)}")
    found: dict[tuple[str, tuple[str, ...]], Question] = {}
    again = 0
    for chunk in files.chunks(path):
        for number, record in chunk.records():
            if count is not None and len(found) == count:
                return tuple(found.values()), again
            try:
                question = _question(record)
            except ValueError as error:
                raise DatasetError(f"{path.name}: record {number + 1}: {error}") from error
            asked = question.system, question.turns
            again += asked in found
            found.setdefault(asked, question)
            if len(found) > MOST:
                raise DatasetError(f"{path.name} holds more than {MOST:,} questions; set `count`")
    if not found:
        raise DatasetError(f"{path.name} holds no question")
    return tuple(found.values()), again


def fingerprint(questions: Sequence[Question]) -> str:
    """A hash of all that they say."""
    text = json.dumps([[*one[:3], dict(one.meta)] for one in questions], sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()


def _question(record: Any) -> Question:
    """One record.

    Raises:
        ValueError: it is no question; with what would be right.
    """
    if not isinstance(record, Mapping):
        raise ValueError('it is no JSON object; write {"turns": ["..."]}')
    column = next((name for name in ONE_TURN if record.get(name) is not None), "")
    turns = record.get("turns")
    if turns is None and column:
        turns = [record[column]]
    if not isinstance(turns, list) or not 0 < len(turns) <= MOST_TURNS:
        raise ValueError(f"it holds no question; write `turns`, a list of 1 to {MOST_TURNS} texts, or `text`")
    said = tuple(_text(turn, "a turn") for turn in turns)
    meta = {name: record[name] for name in ("id", "question_id", "category") if record.get(name) is not None}
    spoken = record.get("language") or language("\n".join(said))
    system = _text(record["system"], "system") if record.get("system") else ""
    return Question(said, system, _references(record.get("reference"), len(said)), {**meta, "language": spoken})


def _references(given: Any, turns: int) -> tuple[str, ...]:
    answers = given if isinstance(given, list) else [given]
    if len(answers) > turns:
        raise ValueError(f"`reference` has {len(answers)} answers to {turns} turns; give one per turn, in order")
    told = [_text(one, "a reference") if one not in (None, "") else "" for one in answers]
    return (*told, *[""] * (turns - len(told)))


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{what} is no text: {str(value)[:40]!r}")
    if len(value) > MOST_CHARACTERS:
        raise ValueError(f"{what} has {len(value):,} characters, and {MOST_CHARACTERS:,} are the most")
    return value
