"""What a store holds, read as a whole: to show, to check, to export, to prune.

A run may be writing meanwhile: nothing here keeps it waiting for longer than a moment.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from factory.answers.codec import dumps, fits, unpack
from factory.answers.file import NAME, File, is_damage, refusal
from factory.errors import RecipeError

_AT_ONCE = 500
"""Rows deleted by one commit, so that a run that writes waits for milliseconds."""


class Model(NamedTuple):
    """The answers of one model."""

    model: str
    answers: int
    prompt_tokens: int
    completion_tokens: int
    first: str
    """The day of the oldest, UTC."""
    last: str


class Contents(NamedTuple):
    """What is in a store."""

    path: str
    bytes: int
    answers: int
    prompt_tokens: int
    completion_tokens: int
    models: list[Model]
    failures: dict[str, int]
    """By reason; each stands for one run alone."""
    runs_with_failures: int

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**self._asdict(), "models": [model._asdict() for model in self.models]}


class Selection(NamedTuple):
    """Which outcomes to delete; all of these conditions together."""

    model: str = ""
    """Its label; empty for every model. Failures belong to a run, not to a model."""
    before: float | None = None
    """Seconds since 1970: older ones only."""


class Selected(NamedTuple):
    """How much that is."""

    answers: int
    failures: int
    bytes: int


class Health(NamedTuple):
    """What a check of everything found."""

    answers: int
    damaged: list[str]
    """The keys of the rows whose checksum does not fit, in hex."""
    faults: list[str]
    """What SQLite itself says of the file."""


def place(path: Path) -> Path:
    """The file, where its folder was given."""
    return path / NAME if path.is_dir() else path


def contents(path: Path) -> Contents:
    """Counts, tokens, models.

    Raises:
        DatasetError: it can't be read.
    """
    with _opened(path) as file:
        models = [
            Model(label, answers, prompt, completion, _day(first), _day(last))
            for label, answers, prompt, completion, first, last in file.reading.execute(
                "select label, count(*), sum(prompt_tokens), sum(completion_tokens), min(made), max(made) "
                "from answers join models on models.id = model group by label order by count(*) desc, label"
            )
        ]
        reasons = file.reading.execute("select reason, count(*) from failures group by reason order by 2 desc, 1")
        failures = dict(reasons.fetchall())
        runs = file.reading.execute("select count(distinct run) from failures").fetchone()[0]
        size = sum(part.stat().st_size for part in (path, path.with_name(f"{path.name}-wal")) if part.exists())
    answers = sum(model.answers for model in models)
    prompt = sum(model.prompt_tokens for model in models)
    completion = sum(model.completion_tokens for model in models)
    return Contents(str(path), size, answers, prompt, completion, models, failures, runs)


def exported(path: Path, damaged: list[str]) -> Iterator[bytes]:
    """Every whole answer as a line of JSON, in the order in which they were paid.

    Args:
        path: the store.
        damaged: gets the key of each answer that can't be given.

    Raises:
        DatasetError: the file can't be read.
    """
    with _opened(path) as file:
        rows = file.reading.execute(
            "select key, label, made, payload, crc from answers left join models on models.id = model "
            "order by answers.rowid"
        )
        for key, label, made, payload, crc in rows:
            if not fits(key, payload, crc):
                damaged.append(_hex(key))
                continue
            text, prompt, completion, tokens, answered_by = unpack(payload)
            values: dict[str, Any] = {"key": key.hex(), "model": label, "made": _moment(made), "text": text}
            values |= {"prompt_tokens": prompt, "completion_tokens": completion}
            if answered_by:
                values["answered_by"] = answered_by
            if tokens:
                values["tokens"] = [token._asdict() for token in tokens]
            yield dumps(values) + b"\n"


def checked(path: Path) -> Health:
    """Compare every checksum, and let SQLite check its own structure.

    Raises:
        DatasetError: the file can't be opened.
    """
    whole = 0
    damaged: list[str] = []
    faults: list[str] = []

    def read(file: File, what: str, statement: str) -> Iterator[tuple[Any, ...]]:
        """The rows, up to the first that can't be read."""
        try:
            yield from file.reading.execute(statement)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            faults.append(f"{what}: {error}")

    with _opened(path) as file:
        faults += [str(line) for (line,) in read(file, "structure", "pragma integrity_check(20)") if line != "ok"]
        for table in ("answers", "failures"):
            for key, payload, crc in read(file, table, f"select key, payload, crc from {table}"):
                if not fits(key, payload, crc):
                    damaged.append(_hex(key))
                elif table == "answers":
                    whole += 1
    return Health(whole, damaged, faults)


def selected(path: Path, selection: Selection) -> Selected:
    """How much a prune would delete.

    Raises:
        DatasetError: the file can't be read.
        RecipeError: it has no answer of that model.
    """
    with _opened(path) as file:
        _known(file, selection.model)
        found = []
        for table, where, values in _conditions(selection):
            count = "select count(*), total(length(payload)) from"
            found.append(file.reading.execute(f"{count} {table} where {where}", values).fetchone())
    failures = found[1][0] if len(found) > 1 else 0
    return Selected(found[0][0], failures, int(sum(size for _, size in found)))


def prune(path: Path, selection: Selection) -> Selected:
    """Delete what is selected and give its room back to the disk; how much it was.

    Raises:
        DatasetError: the file can't be written.
    """
    chosen = selected(path, selection)
    with _opened(path) as file:
        run = file.writing.execute
        for table, where, values in _conditions(selection):
            some = f"delete from {table} where rowid in (select rowid from {table} where {where} limit {_AT_ONCE})"
            while run(some, values).rowcount:
                pass
        while run("pragma freelist_count").fetchone()[0]:
            run(f"pragma incremental_vacuum({_AT_ONCE})").fetchall()
        with suppress(sqlite3.OperationalError):  # a reader may be at it: the log is then given back later
            run("pragma wal_checkpoint(truncate)")
    return chosen


@contextmanager
def _opened(path: Path) -> Iterator[File]:
    with closing(File(path, create=False)) as file:
        try:
            yield file
        except sqlite3.Error as error:
            raise refusal(error, path, file.kind) from error


def _conditions(selection: Selection) -> Iterator[tuple[str, str, tuple[object, ...]]]:
    """Table, condition and its values; failures have no model."""
    age, before = ("made < ?", (selection.before,)) if selection.before is not None else ("true", ())
    if selection.model:
        yield "answers", f"model = (select id from models where label = ?) and {age}", (selection.model, *before)
    else:
        yield "answers", age, before
        yield "failures", age, before


def _known(file: File, model: str) -> None:
    labels = [row[0] for row in file.reading.execute("select label from models order by label")]
    if model and model not in labels:
        raise RecipeError(f"no answer of {model} is in {file.path}; there are {', '.join(labels) or 'none at all'}")


def _hex(key: object) -> str:
    return key.hex() if isinstance(key, bytes) else repr(key)


def _moment(made: int) -> str:
    return datetime.fromtimestamp(made, UTC).isoformat(timespec="seconds")


def _day(made: int) -> str:
    return _moment(made)[:10]
