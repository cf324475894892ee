"""A row of any table as a page shows it: its texts, its verdicts, and the rest as names and values."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from factory.row import turns_in
from factory.viewing.query import Column

TEXTS = ("messages", "prompt", "chosen", "rejected")
"""Columns that are edited."""
LONGEST = 200_000
"""Characters of a text that is shown as it stands."""
VERDICTS = ("verdicts", "scores")
"""Columns that hold what judges said."""
_ASIDE = ("id", "license", "source", "generator", "model", "language")
_MOST_FACTS = 300
_SHORT = 160
"""Characters from which on a value is a text of its own."""


class Fact(NamedTuple):
    """A name and a value."""

    name: str
    value: Any
    text: str

    @property
    def long(self) -> bool:
        """Whether it is a text rather than a value."""
        return len(self.text) > _SHORT or "\n" in self.text

    @property
    def filtered(self) -> bool:
        """Whether rows can be asked for by it."""
        return not self.long and (self.value is None or isinstance(self.value, str | int | float))


def conversations(row: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, list[Mapping[str, Any]]]:
    """The turns of each column that has some, in the order of the columns; a plain `text` is one turn."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for column in columns:
        value = row.get(column.name)
        if column.kind == "messages" and isinstance(value, list):
            found[column.name] = [turn for turn in value if isinstance(turn, Mapping)]
        elif column.name == "text" and isinstance(value, str):
            found["text"] = [{"role": "assistant", "content": value}]
    return found


def verdicts(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What judges said of it."""
    lists = (row.get(name) for name in VERDICTS)
    return [one for said in lists if isinstance(said, list) for one in said if isinstance(one, Mapping)]


def facts(row: Mapping[str, Any], texts: Mapping[str, Any]) -> list[Fact]:
    """All that is neither a text nor a verdict: the tags first, then fields, nested ones by dotted names."""
    rest = {name: value for name, value in row.items() if name not in texts and name not in VERDICTS}
    rest = {name: rest.pop(name) for name in _ASIDE if name in rest} | rest
    found: list[Fact] = []
    for fact in _flat(rest, ""):
        if len(found) == _MOST_FACTS:
            break
        found.append(fact)
    return found


def editable(row: Mapping[str, Any]) -> bool:
    """Whether its texts are here whole: of an edit of what was cut, the rest would be lost."""
    return not any(name.partition(".")[0] in TEXTS for name in row.get("_cut") or ())


def value_at(row: Mapping[str, Any], name: str) -> Any:
    """The value of a column by its dotted name; None where there is none. A key may hold dots itself."""
    if name in row:
        return row[name]
    head, _, rest = name.partition(".")
    if head in VERDICTS:
        judge, _, field = rest.rpartition(".")
        said = [one for one in row.get(head) or () if isinstance(one, Mapping) and one.get("judge") == judge]
        return said[-1].get(field) if said else None
    parts = name.split(".")
    for many in range(len(parts) - 1, 0, -1):
        inner = row.get(".".join(parts[:many]))
        if isinstance(inner, Mapping) and (found := value_at(inner, ".".join(parts[many:]))) is not None:
            return found
    return None


def short(name: str) -> str:
    """The name of a column as a heading: `meta.` and `verdicts.` go without saying."""
    head, dot, rest = name.partition(".")
    return rest if dot and rest and head in ("meta", *VERDICTS) else name


def told(value: Any) -> str:
    """A value as text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int):
        return str(value)
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()
    except TypeError:
        return str(value)


def as_typed(value: Any) -> str | None:
    """A value as a filter has it; None where there is none."""
    if value is None:
        return None
    return repr(value) if isinstance(value, float) else told(value)


def asks_and_answers(turns: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """What a list shows of a conversation: the last turn, and the one of a user before it."""
    said = [(str(turn.get("role", "")), str(turn.get("content", ""))) for turn in turns]
    if not said:
        return "", ""
    if said[-1][0] == "user":
        return said[-1][1], ""
    return next((text for role, text in reversed(said[:-1]) if role == "user"), ""), said[-1][1]


def _flat(value: Mapping[str, Any], before: str) -> Iterator[Fact]:
    for name, inner in value.items():
        if before == "" and str(name).startswith("_"):
            continue
        path = f"{before}{name}"
        if isinstance(inner, Mapping) and inner and path.count(".") < 6:
            yield from _flat(inner, f"{path}.")
        elif turns := turns_in(inner):
            yield Fact(path, inner, "\n\n".join(f"{turn.role}: {turn.content}" for turn in turns)[:LONGEST])
        else:
            yield Fact(path, inner, told(inner)[:LONGEST])
