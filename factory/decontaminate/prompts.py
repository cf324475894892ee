"""The prompts of benchmarks, read from files or from the Hub by what the registry says of their columns.

A file of the user's own needs no entry: its texts are found under the names that such columns commonly have. One that
`factory twins` wrote says of which benchmark each prompt is a translation.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from factory.decontaminate.registry import TRAIN, Benchmark, Columns, table
from factory.errors import DatasetError
from factory.source import files, hub

CONVERTED = "refs/convert/parquet"
"""Where the Hub keeps every dataset as Parquet, `CONFIG/SPLIT/0000.parquet`, whatever format it was uploaded in."""
MOST_PROMPTS = 1_000_000
"""Per benchmark."""
MOST_LETTERS = 100_000
"""Of one prompt; the rest is not compared."""
OWN = (
    Columns(turns=("turns",)),
    Columns(turns=("messages.content",)),
    *(Columns(prompt=(name,)) for name in ("prompt", "question", "instruction", "problem", "input", "text")),
)
"""Tried in this order on the first record of the user's own file."""

TWIN_OF = "twin_of"
"""The column by which a file of twins is known."""
TWINS = Columns(id=("id",), prompt=("prompt",), answers=("answers",))


class Prompt(NamedTuple):
    """One text that must not be trained on."""

    benchmark: str
    id: str
    text: str
    answers: tuple[str, ...] = ()
    follow_up: bool = False
    """A later turn of a conversation: where it is short it says little by itself."""
    twin_of: str = ""
    """The benchmark that was asked for, where this one is its translation."""


def of_benchmark(name: str, folder: Path | None, twin_of: str = "") -> list[Prompt]:
    """The prompts of a known benchmark: from a folder of benchmarks if it has them, else from the Hub.

    Raises:
        DatasetError: they are in neither place, or can't be read.
        DependencyError: the Hub's library is missing.
    """
    benchmark = table()[name.removesuffix(TRAIN)]
    paths = _in_folder(benchmark, folder, name.endswith(TRAIN)) if folder else []
    paths = paths or _on_hub(name, benchmark)
    found = [prompt for path in paths for prompt in _prompts(path, name, benchmark.columns, twin_of)]
    if not found:
        raise DatasetError(f"benchmark {name}: {', '.join(map(str, paths))} holds no prompt")
    return found


def available(name: str, folder: Path) -> bool:
    """Whether a folder of benchmarks has this one."""
    return bool(_in_folder(table()[name.removesuffix(TRAIN)], folder, name.endswith(TRAIN)))


def of_file(path: Path) -> list[Prompt]:
    """The prompts of the user's own file, as a benchmark of the file's name.

    Raises:
        DatasetError: it can't be read, or has no column that looks like a prompt.
    """
    if not path.is_file():
        raise DatasetError(f"benchmark file {path}: there is no such file; give a .jsonl or .parquet file")
    head = files.head(path)
    first = next((record for _, record in head.chunk.records() if isinstance(record, dict)), {})
    if first.get(TWIN_OF):
        return _twins(path)
    columns = next((known for known in OWN if any(_texts(first, at) for at in (*known.turns, *known.prompt))), None)
    if columns is None:
        raise DatasetError(
            f"benchmark file {path} has none of the columns turns, messages, prompt, question, instruction, problem, "
            f"input, text; it has: {', '.join(map(str, first)) or 'no JSON objects'}"
        )
    return list(_prompts(path, path.name.partition(".")[0], columns, ""))


def _twins(path: Path) -> list[Prompt]:
    """The prompts of a file of twins, each by the name of its benchmark."""
    found = []
    for chunk in files.chunks(path):
        for number, record in chunk.records():
            name = record.get(TWIN_OF) if isinstance(record, dict) else None
            if not isinstance(record, dict) or not isinstance(name, str) or not name:
                raise DatasetError(f"benchmark file {path}: record {number + 1} names no benchmark as {TWIN_OF!r}")
            made = _of_record(number, record, name, TWINS, name)
            found += [prompt._replace(follow_up=bool(record.get("follow_up"))) for prompt in made]
    return found


def _in_folder(benchmark: Benchmark, folder: Path, train: bool) -> list[Path]:
    if not folder.is_dir():
        raise DatasetError(f"benchmarks {folder}: is no folder; give one with the benchmarks' files")
    globs = benchmark.train_files if train else benchmark.files
    found = {path for glob in globs for path in folder.glob(glob) if files.suffix_of(path.name)}
    return sorted(found)


def _on_hub(name: str, benchmark: Benchmark) -> list[Path]:
    there = benchmark.hub
    if there is None:
        raise DatasetError(
            f"benchmark {name} is not on the Hub; get it from {benchmark.url} and give its folder or file"
        )
    split = there.train if name.endswith(TRAIN) else there.split
    listed = hub.listing(there.id, CONVERTED)
    names = [one for one in listed.names if _is_split(PurePosixPath(one), there.config, split)]
    if not names:
        raise DatasetError(f"benchmark {name}: {there.id} has no {there.config}/{split} in Parquet on the Hub")
    return [listed.fetch(one) for one in names]


def _is_split(path: PurePosixPath, config: str, split: str) -> bool:
    return (
        len(path.parts) == 3
        and path.suffix == ".parquet"
        and fnmatchcase(path.parts[0], config)
        and path.parts[1] in (split, f"partial-{split}")
    )


def _prompts(path: Path, name: str, columns: Columns, twin_of: str) -> Iterator[Prompt]:
    count = 0
    for chunk in files.chunks(path):
        for number, record in chunk.records():
            if not isinstance(record, dict):
                raise DatasetError(f"benchmark {name}: {path}: record {number + 1} is no JSON object")
            for prompt in _of_record(number, record, name, columns, twin_of):
                count += 1
                if count > MOST_PROMPTS:
                    raise DatasetError(f"benchmark {name}: {path} holds more than {MOST_PROMPTS:,} prompts")
                yield prompt


def _of_record(number: int, record: dict[str, Any], name: str, columns: Columns, twin_of: str) -> Iterator[Prompt]:
    parts = [text for at in columns.id for text in _texts(record, at)]
    key = "/".join(parts) or str(number)
    answers = tuple(text for at in columns.answers for text in _texts(record, at))
    turns = (_texts(record, at) for at in columns.turns)
    joined = ["\n".join(text for at in columns.prompt for text in _texts(record, at))]
    texts = next((found for found in turns if found), joined)
    for turn, text in enumerate(texts):
        for frame in columns.cut:
            text = text.replace(frame, " ")
        if text.strip():
            place = f"{key}#{turn + 1}" if len(texts) > 1 else key
            yield Prompt(name, place, text[:MOST_LETTERS], answers, turn > 0, twin_of)


def _texts(value: Any, path: str) -> list[str]:
    """The texts at a path: one for a scalar, several for a list; none where there is nothing."""
    for step in path.split("."):
        if isinstance(value, list):
            value = [one.get(step) for one in value if isinstance(one, dict)]
        else:
            value = value.get(step) if isinstance(value, dict) else None
    values = value if isinstance(value, list) else [value]
    return [str(one) for one in values if isinstance(one, str | int | float) and not isinstance(one, bool)]
