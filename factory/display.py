"""What people see on a terminal: rows, summaries and progress.

Text made by models or read from datasets is untrusted: control characters that move the cursor, open links or
turn the direction of text are removed, and nothing of it is read as markup.
"""

import re
from collections.abc import Mapping, Sequence
from shutil import get_terminal_size
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.rule import Rule
from rich.text import Text

from factory.row import Pair, Row

if TYPE_CHECKING:
    from factory.dataset import Reject
    from factory.manifest import Manifest
    from factory.progress import Progress

SIDES = ("messages", "prompt", "chosen", "rejected")
"""The fields of a row and of a pair that hold turns."""

MOST_SHOWN = 300
"""Characters of a value of meta that are shown."""
PLAIN_EVERY_S = 10.0
"""Seconds between two progress lines where there is no terminal."""

MOST_COLUMNS = 4
"""Of the table of families."""

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def plain(text: str) -> str:
    """The text without C0 and C1 controls (but newline and tab), escapes and direction marks."""
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text.replace("\r\n", "\n")))


def record(row: Row | Pair) -> dict[str, Any]:
    """The row as plain JSON values, with its id."""
    values = row._asdict()
    for side in SIDES:
        if side in values:
            values[side] = [message._asdict() for message in values[side]]
    verdicts = [verdict._asdict() for verdict in row.verdicts]
    return {"id": row.id, **values, "meta": dict(row.meta), "verdicts": verdicts}


def print_rows(console: Console, rows: Sequence[Row | Pair]) -> None:
    """Print rows readably: a line of facts, one block per turn, then what else is known."""
    for number, row in enumerate(rows, start=1):
        _print_row(console, f"row {number} · {row.id[:8]} · {row.generator} · {row.license}", row)


def print_rejects(console: Console, samples: Mapping[str, "Reject"], counts: Mapping[str, int]) -> None:
    """Print a dropped row for each fate, with what the last judge noted."""
    for fate, (_, _, row) in samples.items():
        number = f"{counts[fate]:,} row{'' if counts[fate] == 1 else 's'}"
        _print_row(console, f"{fate} · {number}, such as {row.id[:8]}", row)
        if row.verdicts and row.verdicts[-1].note:
            console.print(Text(f"{plain(row.verdicts[-1].judge)}: {plain(row.verdicts[-1].note)}\n", style="dim"))


def _print_row(console: Console, title: str, row: Row | Pair) -> None:
    console.print(Rule(Text(plain(title)), align="left"))
    for side in SIDES:
        for role, content in getattr(row, side, ()) if isinstance(row, Pair) or side == "messages" else ():
            shown = role if side in ("messages", "prompt") else f"{side} {role}"
            console.print(Text(plain(shown), style="bold"))
            console.print(Text(f"{plain(content)}\n"))
    if row.meta:
        facts = ", ".join(f"{key}={_short(value)}" for key, value in row.meta.items() if value is not None)
        console.print(Text(f"{plain(facts)}\n", style="dim"))


def _short(value: Any) -> str:
    """A value of meta as far as it is shown: translated rows keep whole conversations there."""
    text = str(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def summary(manifest: "Manifest") -> list[str]:
    """The lines that say what a run did."""
    lines = [f"{manifest.rows_kept:,} rows kept of {manifest.rows_made:,} made, {manifest.rows_asked:,} asked"]
    lines += [f"  dropped {count:,}: {plain(reason)}" for reason, count in manifest.dropped.items()]
    lines += [
        f"  short: {plain(short.what)} yields {short.available:,} of the {short.asked:,} asked"
        for short in manifest.shortfalls
    ]
    for what, counts in (("language", manifest.languages), ("licence", manifest.licences)):
        if counts:
            lines.append(f"  {what}: " + ", ".join(f"{plain(name)} {count:,}" for name, count in counts.items()))
    for name, searched in manifest.benchmarks.items():
        if searched.rows:
            kinds = ", ".join(f"{kind} {count:,}" for kind, count in searched.rows.items())
            lines.append(f"  benchmark {plain(name)} found in {sum(searched.rows.values()):,} rows: {kinds}")
    if manifest.benchmarks:
        prompts = sum(searched.prompts for searched in manifest.benchmarks.values())
        lines.append(f"  {prompts:,} prompts of {len(manifest.benchmarks):,} benchmarks were looked for")
    for name, use in manifest.models.items():
        tokens = f"{use.prompt_tokens:,} + {use.completion_tokens:,} tokens"
        lines.append(f"  {plain(name)}: {use.answers:,} answers of {plain(use.model)}, {tokens}")
    return lines + _by_group(manifest)


def _by_group(manifest: "Manifest") -> list[str]:
    """Kept rows by group in as many columns as fit, then who lost rows and why; nothing where there is one group."""
    names = sorted(manifest.groups.keys() | manifest.group_drops.keys())
    if len(names) < 2:
        return []
    cells = [(plain(name), f"{manifest.groups.get(name, 0):,}") for name in names]
    lines = [f"  kept, by family ({len(names)}):", *_in_columns(cells, get_terminal_size().columns)]
    drops = {name: fates for name, fates in manifest.group_drops.items() if fates}
    if drops:
        lines.append("  dropped, by family:")
    for name, fates in drops.items():
        reasons = ", ".join(f"{plain(reason)} {count:,}" for reason, count in fates.items())
        lines.append(f"    {plain(name)} {sum(fates.values()):,}: {reasons}")
    return lines


def _in_columns(cells: Sequence[tuple[str, str]], width: int) -> list[str]:
    """Names and their counts, read down one column after the other, no line wider than `width` where that can be."""
    for columns in range(min(MOST_COLUMNS, len(cells)), 0, -1):
        height = -(-len(cells) // columns)
        lines = [""] * height
        for top in range(0, len(cells), height):
            column = cells[top : top + height]
            wide = max(cell_len(name) for name, _ in column)
            digits = max(len(count) for _, count in column)
            for at, (name, count) in enumerate(column):
                gap = " " * (wide - cell_len(name))
                lines[at] += f"    {name}{gap} {count:>{digits}}"
        if columns == 1 or max(map(cell_len, lines)) <= width:
            break
    return lines


class ProgressLine:
    """Progress on a stream: a bar on a terminal, else a line every ten seconds and one at the end."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        """Show on `stream`, or nothing at all when quiet."""
        self._console = Console(file=stream, quiet=quiet, highlight=False, markup=False)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[fate]}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=quiet or not self._console.is_terminal,
        )
        self._task = self._bar.add_task("rows", total=None, fate="")
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

    def show(self, now: "Progress") -> None:
        """Show how far it is."""
        speed = (now.rows_made - now.rows_found) / now.seconds if now.seconds > 0 else 0.0
        if now.stage:
            self._bar.update(self._task, completed=now.rows_made, total=now.rows_asked, fate=now.stage)
            self._last = f"{now.rows_made:,} rows made, {now.stage}, {now.seconds:.0f} s"
            return
        fate = f"{speed:,.0f} rows/s, dropped {now.rows_dropped:,}{_asking(now)}"
        self._bar.update(self._task, completed=now.rows_kept, total=now.rows_asked, fate=fate)
        self._last = f"{now.rows_kept:,} of {now.rows_asked:,} rows, {fate}, {now.seconds:.0f} s"
        if self._bar.disable and now.seconds >= self._next_s:
            self._next_s = now.seconds + PLAIN_EVERY_S
            left = (now.rows_asked - now.rows_made) / speed if speed else 0.0
            self._console.print(Text(f"{self._last}, {left:,.0f} s to go" if left > 0 else self._last))


def _asking(now: "Progress") -> str:
    """What models do; nothing where none was asked."""
    if not (now.calls or now.replayed or now.in_flight or now.waiting or now.turn):
        return ""
    speed = now.tokens / now.seconds if now.seconds > 0 else 0.0
    said = f", {plain(now.turn)}" if now.turn else ""
    said += f", {speed:,.0f} tokens/s, {now.in_flight:,} in flight, {now.replayed:,} replayed"
    return said + (f"; waiting: {plain(now.waiting)}" if now.waiting else "")
