"""Files are read in order and within bounds, whatever they are packed with."""

import gzip
import json
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from factory.errors import DatasetError
from factory.source import files
from factory.source.chunk import CUT, Chunk, plain_records

RECORDS = [{"n": number, "turns": [{"x": "ä" * (number % 4)}] * (number % 3)} for number in range(2_500)]
LINES = "".join(json.dumps(record) + "\n\n" for record in RECORDS).encode()


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def read(path: Path) -> list[tuple[int, object]]:
    return [entry for chunk in files.chunks(path) for entry in chunk.records()]


def test_a_file_gives_the_same_records_whatever_its_form(tmp_path):
    for name, data in [
        ("a.jsonl", LINES),
        ("a.jsonl.gz", gzip.compress(LINES[: len(LINES) // 2]) + gzip.compress(LINES[len(LINES) // 2 :])),
        ("a.jsonl.zst", zstd(LINES)),
        ("a.json", json.dumps(RECORDS, indent=1).encode()),
    ]:
        (tmp_path / name).write_bytes(data)
    pq.write_table(pa.Table.from_pylist(RECORDS), tmp_path / "a.parquet", row_group_size=700)
    for path in tmp_path.iterdir():
        assert read(path) == list(enumerate(RECORDS)), path.name
        assert files.rows_of(path) == 2_500
        assert files.head(path).columns == ("n", "turns")


def test_a_chunk_travels_as_small_as_it_is():
    batch = pa.RecordBatch.from_pylist(RECORDS)
    few = Chunk(np.arange(2_500), batch).take(np.array([7, 5]))
    packed = pickle.dumps(few)
    assert list(pickle.loads(packed).records()) == [(7, RECORDS[7]), (5, RECORDS[5])]
    assert len(packed) < 3_000
    assert plain_records(batch.slice(3, 90)) == batch.slice(3, 90).to_pylist()


def test_nulls_dictionaries_and_structs_are_read_as_arrow_reads_them():
    records = [{"s": {"a": 1, "b": ["x", None]}, "l": None}, {"s": None, "l": [[1], []]}, {"s": {"a": None}, "l": []}]
    table = pa.Table.from_pylist(records).append_column("d", pa.array(["p", "q", None]).dictionary_encode())
    (batch,) = table.to_batches()
    assert plain_records(batch) == batch.to_pylist()
    assert plain_records(batch.slice(1, 2)) == batch.slice(1, 2).to_pylist()


def test_text_of_parquet_that_is_not_utf_8_is_mended(tmp_path):
    text = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(np.array([0, 3], np.int32).tobytes()), pa.py_buffer(b"a\xffb")]
    )
    pq.write_table(pa.table({"text": text}), tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet") == [(0, {"text": "a\ufffdb"})]


def test_a_line_that_is_too_long_is_cut_and_the_next_one_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_LINE", 100)
    (tmp_path / "a.jsonl").write_bytes(b'{"a": 1}\n{"b": "' + b"x" * 5_000 + b'"}\n{"c": 3}\n')
    first, cut, last = read(tmp_path / "a.jsonl")
    assert (first, last) == ((0, {"a": 1}), (2, {"c": 3}))
    assert isinstance(cut[1], bytes)
    assert cut[1].startswith(CUT)
    assert len(cut[1]) == 101


def test_what_unpacks_to_far_more_than_its_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "SMALL", 1 << 20)
    (tmp_path / "lines.jsonl.gz").write_bytes(gzip.compress((b'{"a": "' + b"0" * 1_000 + b'"}\n') * 5_000))
    (tmp_path / "line.jsonl.gz").write_bytes(gzip.compress(b'{"a": "' + b"0" * 20_000_000))
    (tmp_path / "line.jsonl.zst").write_bytes(zstd(b"0" * 20_000_000))
    for name in ("lines.jsonl.gz", "line.jsonl.gz", "line.jsonl.zst"):
        with pytest.raises(DatasetError, match="unpacks to more than 200 times its size"):
            read(tmp_path / name)
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"a": ["0" * 4_000_000] * 2}), path, compression="zstd", use_dictionary=False)
    with pytest.raises(DatasetError, match=r"would unpack to 8,.* in 2 rows"):
        read(path)


def test_a_text_that_a_dictionary_repeats_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_BATCH", 1 << 20)
    pq.write_table(pa.table({"a": ["0" * 10_000] * 1_000}), tmp_path / "a.parquet")
    with pytest.raises(DatasetError, match="1000 rows take 9 MiB"):
        read(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.parquet", b"PAR1", "can't be read"),
        ("a.jsonl.gz", b"no gzip", "can't be read"),
        ("a.json", b'[{"a": 1},', "is no JSON array"),
        ("a.jsonl", b"\n \n", "holds no records"),
    ],
)
def test_a_file_that_is_damaged_is_one_sentence(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DatasetError, match=said) as caught:
        files.head(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_damaged_page_inside_a_file_is_told_when_it_is_reached(tmp_path):
    data = gzip.compress(LINES)
    (tmp_path / "a.jsonl.gz").write_bytes(data[: len(data) // 2])
    with pytest.raises(DatasetError, match="can't be read"):
        read(tmp_path / "a.jsonl.gz")
