"""The rows of a stage, mixed and ready for TRL, as one Arrow file that every process maps instead of reading it.

Conversations are written as tokens and labels, pairs as the turns that TRL takes. A row that can't be learnt from is
left out and counted (so that TRL trains on all that are written); one that the chat template refuses ends the run,
since there will be more of its kind.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from factory import durable
from factory.component import Run
from factory.errors import RecipeError
from factory.row import Pair, Row
from factory.source import blocks, mixture
from factory.training.responses import ASSISTANT, IGNORED, Changed, Refused, Responses
from factory.training.settings import Stage
from factory.training.sources import Dataset

Counts = dict[str, int]
ROWS = "rows.arrow"
COUNTS = "rows.json"
_BATCH = 1_000

_TURNS = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
_SCHEMA = {
    "rows": pa.schema([("input_ids", pa.list_(pa.int32())), ("labels", pa.list_(pa.int32()))]),
    "pairs": pa.schema([("prompt", _TURNS), ("chosen", _TURNS), ("rejected", _TURNS)]),
}


def written(
    folder: Path, stage: Stage, datasets: Sequence[Dataset], responses: Responses, *, seed: int, max_length: int | None
) -> Counts:
    """Write the rows of a stage into its folder, where they are not there yet; how many, and what became of others.

    Raises:
        RecipeError: the chat template refuses a row, or none is left.
        DatasetError: a dataset can't be read, or the disk is full.
    """
    path = folder / ROWS
    if path.is_file():
        counts: Counts = orjson.loads((folder / COUNTS).read_bytes())
        return counts
    tally: Counter[str] = Counter()
    kind = "pairs" if datasets[0].source.reading.brings == "pairs" else "rows"
    from_end = stage.args.get("truncation_mode") == "keep_end" and max_length is not None
    kept = slice(-max_length, None) if from_end and max_length else slice(max_length)

    def record(row: Row | Pair) -> dict[str, Any] | None:
        if kind == "pairs":
            return _pair(row, responses, tally, max_length)
        return _conversation(row, responses, tally, kept)

    records = (found for row in mixed(stage, datasets, seed) if (found := record(row)) is not None)
    durable.write(folder / COUNTS, b"{}")
    with durable.disk_errors(path):
        schema = _SCHEMA[kind]
        with pa.OSFile(str(durable.temporary(path)), "wb") as file, pa.ipc.new_stream(file, schema) as stream:
            for batch in _batches(records):
                tally["trained"] += len(batch)
                stream.write_batch(pa.RecordBatch.from_pylist(batch, schema=schema))
        counts = {name: tally[name] for name in sorted(tally) if tally[name]}
        if not counts.get("trained"):
            raise RecipeError(f"no row can be trained on: {_said(counts) or 'the datasets are empty'}{_hint(counts)}")
        durable.write(folder / COUNTS, orjson.dumps(counts, option=orjson.OPT_INDENT_2))
        durable.publish(path)
    return counts


def mixed(stage: Stage, datasets: Sequence[Dataset], seed: int) -> Iterator[Row | Pair]:
    """The rows of the datasets in their shares, in a random order that the seed decides."""
    run = Run(seed)
    parts = [dataset.part for dataset in datasets]
    draw = _streams(run, stage.name, "sample")
    places = mixture.chosen(parts, _asked(stage, parts), 1.0, {}, draw)
    found = mixture.mixed(parts, places, _streams(run, stage.name, "order"))
    yield from chain.from_iterable(map(blocks.rows_of, found))


def taken(stage: Stage, datasets: Sequence[Dataset]) -> list[int]:
    """How many rows of each dataset the mix takes."""
    parts = [dataset.part for dataset in datasets]
    room = [part.size for part in parts]
    return mixture.shares(_asked(stage, parts), mixture.weights(parts, 1.0), room)


def _asked(stage: Stage, parts: Sequence[mixture.Part]) -> int:
    """How many rows the mix has: no more than its proportions allow, since none is taken twice."""
    most = sum(mixture.shares(None, mixture.weights(parts, 1.0), [part.size for part in parts]))
    return most if stage.count is None else min(stage.count, most)


def loaded(folder: Path) -> Any:
    """The rows as TRL takes them, mapped into memory."""
    import datasets

    return datasets.Dataset.from_file(str(folder / ROWS))


def _streams(run: Run, *key: str) -> Callable[[int], Random]:
    return lambda number: run.random("train", *key, number)


def _batches(records: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    waiting: list[dict[str, Any]] = []
    for record in records:
        waiting.append(record)
        if len(waiting) == _BATCH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _conversation(row: Row | Pair, responses: Responses, tally: Counter[str], kept: slice) -> dict[str, Any] | None:
    """Tokens and labels; `kept` is what TRL leaves of them."""
    if not isinstance(row, Row) or _refused(row):
        tally["unreadable"] += 1
        return None
    if not any(turn.role == ASSISTANT for turn in row.messages):
        tally["no_answer"] += 1
        return None
    if any(responses.special.search(turn.content) for turn in row.messages):
        tally["special_token"] += 1
        return None
    try:
        found = responses.tokens(row.messages)
    except Changed:
        tally["changed_by_template"] += 1
        return None
    except Refused as error:
        raise RecipeError(f"row {row.id} of {row.source}: {error}") from error
    learnt = np.array(found.labels) != IGNORED
    if not learnt[kept].any():
        tally["too_long" if learnt.any() else "no_answer"] += 1
        return None
    tally["cut"] += len(found.ids[kept]) < len(found.ids)
    return {"input_ids": found.ids, "labels": found.labels}


def _pair(row: Row | Pair, responses: Responses, tally: Counter[str], max_length: int | None) -> dict[str, Any] | None:
    if not isinstance(row, Pair) or _refused(row):
        tally["unreadable"] += 1
        return None
    try:
        reason = _unfit(row, responses, max_length)
    except Refused as error:
        raise RecipeError(f"row {row.id} of {row.source}: {error}") from error
    if reason:
        tally[reason] += 1
        return None
    return {name: [turn._asdict() for turn in getattr(row, name)] for name in ("prompt", "chosen", "rejected")}


def _unfit(row: Pair, responses: Responses, max_length: int | None) -> str:
    """Why a pair is not learnt from; empty where it is.

    TRL puts the loss on all that follows the prompt, so each side is one answer and nothing else. It drops some of the
    pairs that are longer than `max_length` and cuts others, so that the end of a turn is not learnt: none gets there.

    Raises:
        Refused: the chat template refuses it.
    """
    if not row.prompt or not row.chosen or not row.rejected:
        return "no_answer"
    if any([turn.role for turn in side] != [ASSISTANT] for side in (row.chosen, row.rejected)):
        return "not_one_answer"
    if row.chosen == row.rejected:
        return "same_answers"
    if any(responses.special.search(turn.content) for turn in (*row.prompt, *row.chosen, *row.rejected)):
        return "special_token"
    try:
        texts = [responses.whole((*row.prompt, *side)) for side in (row.chosen, row.rejected)]
    except Changed:
        return "changed_by_template"
    if texts[0] == texts[1]:
        return "same_answers"
    long = max_length is not None and any(responses.length(text) > max_length for text in texts)
    return "too_long" if long else ""


def _refused(row: Row | Pair) -> bool:
    """Whether it is a record that could not be read, which a source brings as a row that failed."""
    return any(said.passed is False for said in row.verdicts)


def _said(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _hint(counts: Mapping[str, int]) -> str:
    """What to do about what the chat template did."""
    if "changed_by_template" not in counts:
        return ""
    return (
        " (the model's chat template changes or leaves out answers, as many do with thoughts; "
        "begin with a model whose template shows them whole; use: sft can also give it one, args.chat_template_path)"
    )
