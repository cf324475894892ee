"""What people see on a terminal: rows, summaries and progress.

Text made by models or read from datasets is untrusted: control characters that move the cursor, open links or
turn the direction of text are removed, and nothing of it is read as markup.
"""

import re
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.rule import Rule
from rich.text import Text

from factory.row import Message, Pair, Row

PLAIN_EVERY_S = 10.0
"""Seconds between two progress lines where there is no terminal."""

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def plain(text: str) -> str:
    """The text without C0 and C1 controls (but newline and tab), escapes and direction marks."""
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text.replace("\r\n", "\n")))


def turns(row: Row | Pair | Mapping[str, Any]) -> list[tuple[str, str]]:
    """The messages of a row, a pair or a record of a dataset, in order: who speaks, and what."""
    if isinstance(row, Row):
        return [(message.role, message.content) for message in row.messages]
    if isinstance(row, Pair):
        row = {"prompt": row.prompt, "chosen": row.chosen, "rejected": row.rejected}
    if "messages" in row:
        return [_turn(message) for message in row["messages"]]
    prompt = [_turn(message) for message in row.get("prompt", ())]
    return prompt + [
        (f"{side} {role}", content)
        for side in ("chosen", "rejected")
        for role, content in map(_turn, row.get(side, ()))
    ]


def print_rows(console: Console, rows: Sequence[Row | Pair | Mapping[str, Any]]) -> None:
    """Print rows readably: a line of facts, then one block per turn."""
    for number, row in enumerate(rows, start=1):
        facts = row if isinstance(row, Mapping) else {"generator": row.generator, "license": row.license}
        meta = row.get("meta") if isinstance(row, Mapping) else row.meta
        known = [plain(str(facts[key])) for key in ("generator", "license") if key in facts]
        console.print(Rule(Text(" · ".join([f"row {number}", *known])), align="left"))
        for role, content in turns(row):
            console.print(Text(plain(role), style="bold"))
            console.print(Text(plain(content)))
            console.print()
        if isinstance(meta, Mapping) and meta:
            shown = ", ".join(f"{key}={value}" for key, value in meta.items() if value is not None)
            console.print(Text(plain(shown), style="dim"))


def summary(facts: Mapping[str, Any]) -> list[str]:
    """The lines that say what a run did, from its manifest's values."""
    lines = [f"{facts['rows_kept']:,} rows kept of {facts['rows_made']:,} made"]
    lines += [f"  dropped {count:,}: {plain(reason)}" for reason, count in sorted(facts.get("dropped", {}).items())]
    for shortfall in facts.get("shortfalls", ()):
        what, asked, available = shortfall.values() if isinstance(shortfall, Mapping) else shortfall
        lines.append(f"  short: {plain(str(what))} yields {available:,} of the {asked:,} asked")
    return lines


class ProgressLine:
    """Progress on a stream: a bar on a terminal, else a line every ten seconds and one at the end."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        """Show on `stream`, or nothing at all when quiet."""
        self._console = Console(file=stream, quiet=quiet, highlight=False, markup=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=quiet or not self._console.is_terminal,
        )
        self._task = self._bar.add_task("rows", total=None, speed="")
        self._next_s = PLAIN_EVERY_S
        self._last = ""

    def __enter__(self) -> Self:
        """Begin to show."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last state as a line."""
        self._bar.stop()
        if self._last:
            self._console.print(Text(self._last))

    def show(self, kept: int, dropped: int, asked: int, seconds: float) -> None:
        """Show how far it is."""
        speed = f"{kept / seconds:,.0f} rows/s" if seconds > 0 else ""
        fate = f"dropped {dropped:,}"
        self._bar.update(self._task, completed=kept, total=asked, speed=f"{speed} {fate}")
        self._last = f"{kept:,} of {asked:,} rows, {fate}, {speed}, {seconds:.0f} s"
        if self._bar.disable and seconds >= self._next_s:
            self._next_s = seconds + PLAIN_EVERY_S
            self._console.print(Text(self._last))


def _turn(message: Message | Mapping[str, Any] | Sequence[str]) -> tuple[str, str]:
    if isinstance(message, Mapping):
        return str(message.get("role", "")), str(message.get("content", ""))
    role, content = message
    return role, content
