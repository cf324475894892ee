"""What a global decision needs to know of rows: by what they are compared, and which of two is the better one.

Read from columns, a batch at a time, without making rows: some 60 bytes stay of each.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from factory import columns, dedup
from factory.licence.book import Book
from factory.licence.join import duties
from factory.near import keep
from factory.near.keys import Key, key_text
from factory.parquet import File
from factory.row import Message, Pair, Row
from factory.spool import Spool

BATCH = 2_500
"""Rows that are looked at together."""

Places = npt.NDArray[np.int64]


class Standing(NamedTuple):
    """What is known of each row, in their order."""

    ids: npt.NDArray[np.bytes_]
    keys: dedup.Keys
    """Equal where the folded texts are."""
    ranks: Places
    """From the best, 0, down: by score, licence, length, then id, whatever the order of the rows."""
    answers: list[str | None]
    """Of rows that have one that can be checked."""


def batches(folder: Path, files: Iterable[File]) -> Iterator[pa.RecordBatch]:
    """The rows of Parquet files, some at a time."""
    for file in files:
        with pq.ParquetFile(folder / file.file) as opened:
            yield from opened.iter_batches(batch_size=BATCH)


def standing(found: Iterable[pa.RecordBatch], kind: columns.Kind, key: Key, tables: Book, texts: Spool) -> Standing:
    """What is known of all rows; the texts by which they are compared are added to `texts`."""
    asks: dict[str, int] = {}
    parts = [_facts(columns.batch(kind, (), ()), kind, tables, asks)]
    keys: list[dedup.Keys] = []
    answers: list[str | None] = []
    for batch in found:
        parts.append(_facts(batch, kind, tables, asks))
        compared = key_texts(batch, kind, key)
        keys.append(dedup.hashes(compared))
        texts.add(compared)
        answers += _answers(batch["meta"].to_pylist())
    texts.close()
    ids, scores, licences, lengths = (np.concatenate(column) for column in zip(*parts, strict=True))
    ranks = keep.ranks(scores, licences, lengths, ids)
    return Standing(ids, np.concatenate(keys) if keys else np.empty(0, np.uint64), ranks, answers)


def key_texts(batch: pa.RecordBatch, kind: columns.Kind, key: Key) -> list[str]:
    """By what each row is compared, not yet folded: `factory.near.keys`, of columns."""
    sides = [_turns(batch[name]) for name in columns.TEXTS[kind]]
    if kind == "rows":
        return [key_text(Row(turns, "", "", ""), key) for turns in sides[0]]
    pairs = zip(*sides, strict=True)
    return [key_text(Pair(prompt, chosen, rejected, "", "", ""), key) for prompt, chosen, rejected in pairs]


def _facts(batch: pa.RecordBatch, kind: columns.Kind, tables: Book, asks: dict[str, int]) -> tuple[Any, ...]:
    """Id, score, how much the licence asks, and length."""
    texts = batch["license"].to_pylist()
    for text in {*texts} - asks.keys():
        asks[text] = _asks(tables, text)
    lengths = sum((_lengths(batch[name]) for name in columns.TEXTS[kind]), np.zeros(batch.num_rows, np.int64))
    licences = np.array([asks[text] for text in texts], np.int64)
    return np.array(batch["id"].to_pylist(), "S32"), _scores(batch["verdicts"]), licences, lengths


def _turns(side: pa.ListArray) -> list[tuple[Message, ...]]:
    """The turns of each row."""
    values, offsets = _opened(side)
    fields = zip(values.field("role").to_pylist(), values.field("content").to_pylist(), strict=True)
    turns = list(map(Message._make, fields))
    return [tuple(turns[start:end]) for start, end in pairwise(offsets.tolist())]


def _scores(verdicts: pa.ListArray) -> npt.NDArray[np.float64]:
    values, offsets = _opened(verdicts)
    flat = pc.fill_null(values.field("score"), float("nan")).to_numpy(zero_copy_only=False)
    rows = np.repeat(np.arange(len(verdicts)), np.diff(offsets))
    given = ~np.isnan(flat)
    scores = np.full(len(verdicts), np.nan)
    scores[rows[given]] = flat[given]  # of several, the last one stays
    return scores


def _lengths(side: pa.ListArray) -> npt.NDArray[np.int64]:
    turns, offsets = _opened(side)
    lengths = pc.utf8_length(turns.field("content")).to_numpy(zero_copy_only=False).astype(np.int64)
    upto: Places = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])[offsets]
    return np.diff(upto)


def _opened(lists: pa.ListArray) -> tuple[pa.StructArray, Places]:
    """The values of all lists, and where each list's begin and end in them."""
    offsets = lists.offsets.to_numpy().astype(np.int64)
    return lists.values.slice(offsets[0], offsets[-1] - offsets[0]), offsets - offsets[0]


def _answers(metas: list[str]) -> list[str | None]:
    found = [orjson.loads(meta).get("answer") if '"answer"' in meta else None for meta in metas]
    return [None if answer is None else str(answer) for answer in found]


def _asks(tables: Book, license: str) -> int:
    """How much a licence asks, as a number: what may not be done first, then what must be."""
    found = duties(tables.licence(name) for name in tables.ids(license))
    binding = bool(found.training or found.display or found.policies or found.limits)
    unsure = (found.commercial is not True) + (found.derivatives is not True)
    return 32 * unsure + 8 * binding + 4 * bool(found.share_alike) + (found.attribution is not False)
