"""Records into rows: conversations, prompts or pairs, each with its licence, its model and where it came from.

A record that gives no row is a row of the rejects: the reason is one of `turns.REASONS`, the record itself its note.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from factory.row import Message, Pair, Row, Verdict
from factory.source.card import hub_id
from factory.source.chunk import CUT, Chunk, parsed
from factory.source.formats import FORMATS, TAGS, Brings, Example, Format, examples, mapped
from factory.source.turns import Unreadable

NOTE = 10_000
"""The most characters of a record that its reject keeps."""
JUDGE = "read"
OWN = frozenset(("license", "source", "generator", "model", "meta", "verdicts"))
"""The columns by which the rows of a dataset made here are known."""


class Reading(NamedTuple):
    """How the records of a source become rows; plain data, so that it travels with them."""

    format: str
    """A name of `FORMATS`; empty where `columns` say all."""
    columns: Mapping[str, str]
    """Part to column, with those of `TAGS`."""
    brings: Brings
    source: str
    """What rows say where they are from: name@revision."""
    license: str
    model: str
    keep: tuple[str, ...]
    generator: str
    meta: Mapping[str, Any] = {}
    """What all rows of the source say."""
    own: bool = False
    """Whether the rows were made here: what they say of themselves then stays."""


def form_of(reading: Reading) -> Format:
    """The format, with the columns of the recipe.

    Raises:
        LookupError: there is none; `sources.opened` has refused it.
    """
    if not reading.format:
        form = mapped(reading.columns)
        if form is None:
            raise LookupError("no part of a record is in any column")
        return form
    form = FORMATS[reading.format]
    needs = {part: reading.columns.get(part, column) for part, column in form.needs.items()}
    may = {part: reading.columns.get(part, column) for part, column in form.may.items()}
    return form._replace(needs=needs, may=may)


def columns_read(reading: Reading) -> set[str]:
    """The columns that reading needs."""
    form = form_of(reading)
    return {
        *form.needs.values(),
        *form.may.values(),
        *reading.columns.values(),
        *reading.keep,
        *(OWN if reading.own else ()),
    }


def rows(chunk: Chunk, reading: Reading) -> list[list[Row | Pair]]:
    """The rows of each record, in order: one, several of a tree, or one that goes to the rejects."""
    form = form_of(reading)
    columns = [*form.needs.items(), *form.may.items()]
    whole = not form.needs.keys().isdisjoint(_TREES)
    found = []
    for number, record in chunk.records():
        try:
            if not isinstance(record, dict):
                raise Unreadable("too_long" if record[:1] == CUT else "not_json")
            get = record.get
            parts = {part: value for part, column in columns if (value := get(column)) is not None}
            said = examples(form, {**record, **parts} if whole else parts, reading.brings)
            tags = _tags(record, number, reading)
            found.append([_row(example, tags, record, reading.brings) for example in said])
        except Unreadable as refused:
            found.append([_reject(record, number, str(refused), reading)])
        except RecursionError:
            found.append([_reject(record, number, "nesting", reading)])
    return found


_TREES = ("message_id", "message_tree_id")
"""Parts of which the whole record is read: the places in a tree are its own."""


class _Tags(NamedTuple):
    """What is said of a record beside its texts."""

    license: str
    source: str
    generator: str
    model: str
    meta: Mapping[str, Any]
    verdicts: tuple[Verdict, ...] = ()


def _tags(record: Mapping[str, Any], number: int, reading: Reading) -> _Tags:
    if reading.own and (own := _own(record, reading)):
        return own
    meta: dict[str, Any] = {**reading.meta, "row": number}
    if reading.format:
        meta["format"] = reading.format
    license, model = reading.license, reading.model
    for tag, column in reading.columns.items():
        if tag not in TAGS or not (value := record.get(column)) or not isinstance(value, str | int):
            continue
        if tag == "license":
            license = _licence(str(value))
        elif tag == "model":
            model = str(value)[:500]
        else:
            meta[tag] = value
    for name in reading.keep:
        if name in record:
            meta[name] = _plain(record[name])
    return _Tags(license, reading.source, reading.generator, model, meta)


def _own(record: Mapping[str, Any], reading: Reading) -> _Tags | None:
    """What a row that was made here says of itself; None where it does not look like one."""
    words = [record.get(name) for name in ("license", "source", "generator", "model")]
    meta = parsed((record.get("meta") or "").encode()) if isinstance(record.get("meta"), str) else None
    said = record.get("verdicts")
    if not all(isinstance(word, str) for word in words) or not isinstance(meta, dict) or not isinstance(said, list):
        return None
    try:
        verdicts = tuple(Verdict(**verdict) for verdict in said)
    except TypeError:
        return None
    license, source, generator, model = map(str, words)
    return _Tags(license, source, generator, model, {**meta, **reading.meta}, verdicts)


_LICENCES: dict[str, str] = {}


def _licence(written: str) -> str:
    """A row's licence as the Hub spells it; remembered, for there are few."""
    found = _LICENCES.get(written)
    if found is None:
        found = hub_id(written[:500])
        if len(_LICENCES) < 1_000:
            _LICENCES[written] = found
    return found


def _row(example: Example, tags: _Tags, record: Any, brings: Brings) -> Row | Pair:
    prompt, chosen, rejected, meta, model, fault = example
    source, generator = tags.source, tags.generator
    about = {**tags.meta, **meta} if meta else tags.meta
    model = model or tags.model
    verdicts = (Verdict(JUDGE, False, None, fault, note(record)),) if fault else tags.verdicts
    if brings == "pairs":
        if rejected is None:
            raise Unreadable("no_answer")
        return Pair(prompt, chosen, rejected, tags.license, source, generator, model, about, verdicts)
    if brings == "prompts":
        messages = _asked((*prompt, *chosen))
        verdicts = tags.verdicts  # a bad answer is no fault of the prompt
        if not messages or messages[-1].role != "user":
            raise Unreadable("no_prompt")
    else:
        messages = prompt + chosen
    return Row(messages, tags.license, source, generator, model, about, verdicts)


def _asked(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The turns before the first answer: no more, for later ones speak of a text that is not there."""
    end = next((place for place, (role, _) in enumerate(messages) if role == "assistant"), len(messages))
    return tuple(messages[:end])


def _reject(record: Any, number: int, reason: str, reading: Reading) -> Row | Pair:
    said = (Verdict(JUDGE, False, None, reason, note(record)),)
    meta = {**reading.meta, "row": number}
    tags = (reading.license, reading.source, reading.generator, reading.model, meta, said)
    return Pair((), (), (), *tags) if reading.brings == "pairs" else Row((), *tags)


def note(record: Any) -> str:
    """A record as JSON, or the line as it was; its beginning where it is long."""
    if isinstance(record, bytes):
        text = record.removeprefix(CUT)[: 4 * NOTE].decode("utf-8", "replace").strip()
    else:
        text = _json(record)
    return (text if len(text) <= NOTE else f"{text[:NOTE]}…").replace("\0", "\ufffd")


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except (orjson.JSONEncodeError, RecursionError):
        try:
            return json.dumps(value, default=str, ensure_ascii=True)
        except (TypeError, ValueError, RecursionError) as error:
            return f"({type(error).__name__} when it was written)"


def _plain(value: Any) -> Any:
    """A value as JSON has it, for meta."""
    return value if isinstance(value, str | int | float | bool | None) else orjson.loads(_json(value))
