"""Benchmark leaks in the rows of one item: looked for before any judge is asked, in whatever process the item runs.

The index of the benchmarks is made once per process, with the first rows. A copy beyond doubt drops the row where the
recipe says `reject`; what is less sure, and everything where it says `report`, stays with what was found in the row's
verdicts, and is counted. Of a translated row the text that it was translated from is looked at as well.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from factory.errors import RecipeError
from factory.gate_settings import Decontaminate
from factory.row import Message, Pair, Row, Verdict, turns_in

if TYPE_CHECKING:
    from factory.decontaminate.benchmarks import Benchmarks
    from factory.decontaminate.hits import Hit
    from factory.work import Judged

SOURCE, SOURCE_REJECTED = "source_messages", "source_rejected"
"""The keys of meta under which a translated row keeps the turns that it was translated from."""
STAGE = "decontaminate"
"""As rejects name it; the reason is the benchmark."""


class Leaks(NamedTuple):
    """What is looked for, and what is done with it; goes to worker processes as it is."""

    settings: Decontaminate
    folder: Path
    """Where the paths of the settings begin."""

    @property
    def benchmarks(self) -> "Benchmarks":
        """The texts of the benchmarks; the same object for the whole process.

        Raises:
            RecipeError: a benchmark is not known.
            DatasetError: one can't be read.
        """
        return _loaded(self)

    def faults(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """What is wrong with the settings and where, one sentence each; no benchmark is read."""
        from factory.decontaminate import registry

        if not self.settings.benchmarks and not self.settings.files:
            yield (), "names no benchmark; write benchmarks: [mt_bench], or files: [mine.jsonl]"
        for place, name in enumerate(self.settings.benchmarks):
            try:
                registry.chosen([name])
            except RecipeError as error:
                yield ("benchmarks", place), str(error)
        for place, path in enumerate(self.settings.files):
            if not (self.folder / path).is_file():
                yield ("files", place), f"there is no file {self.folder / path}; paths begin at the recipe's folder"
        if self.settings.folder and not (self.folder / self.settings.folder).is_dir():
            yield ("folder",), f"there is no folder {self.folder / self.settings.folder}"

    def look(self, judged: "Judged") -> None:
        """Say which of the rows that are still in hold a benchmark's text, and drop those that are to be."""
        from factory.decontaminate.scan import scan

        places = [place for place in range(len(judged.rows)) if place not in judged.fates]
        if places:
            rows = [_with_source(judged.rows[place]) for place in places]
            self._tell(judged, places, scan(rows, self.benchmarks))

    def _tell(self, judged: "Judged", places: Sequence[int], hits: "Sequence[Hit | None]") -> None:
        for place, hit in zip(places, hits, strict=True):
            if hit is None:
                continue
            judged.leaks[f"{hit.benchmark}: {hit.kind}"] += 1
            drop = hit.certain and self.settings.action == "reject"
            note = f"{hit.kind} {hit.containment:.0%} of {hit.benchmark} {hit.prompt}: {hit.text}"
            if drop:
                judged.fates[place] = (STAGE, hit.benchmark)
                said = Verdict(STAGE, False, round(hit.containment, 4), hit.benchmark, note)
            else:
                said = Verdict(STAGE, True, None, "", f"for review: {note}")  # no score: it is none of quality
            judged.verdicts[place] = (*judged.verdicts[place], said)


def _with_source(row: Row | Pair) -> Row | Pair:
    """A row that says what it was translated from with that: a copy in the other language is one as well."""
    said = [row.meta.get(key) for key in (SOURCE, SOURCE_REJECTED)]
    contents = [one.content for value in said for one in turns_in(value)]
    contents += [value for value in said if isinstance(value, str)]
    if not contents:
        return row
    texts = tuple(Message("source", content) for content in contents)
    return (
        row._replace(messages=row.messages + texts) if isinstance(row, Row) else row._replace(prompt=row.prompt + texts)
    )


@lru_cache(maxsize=4)
def _loaded(leaks: Leaks) -> "Benchmarks":
    from factory.decontaminate.benchmarks import Benchmarks

    settings = leaks.settings
    files = [leaks.folder / path for path in settings.files]
    return Benchmarks.load(settings.benchmarks, files, leaks.folder / settings.folder if settings.folder else None)
