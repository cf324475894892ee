"""Conversations from elsewhere are read as a stream, and what is wrong with them is one sentence with its place."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from factory.errors import DatasetError
from factory.row import Message
from factory.source import conversations as source

TURNS = [{"role": "user", "content": "なぜ？"}, {"role": "assistant", "content": "さあ。"}]


def lines(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def test_the_rows_of_a_jsonl_file_and_of_a_parquet_file_are_the_same(tmp_path):
    rows = [{"messages": TURNS, "id": f"row {n}", "license": "mit", "other": n} for n in range(600)]
    jsonl = lines(tmp_path / "a.jsonl", *rows)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    found = list(source.conversations(jsonl))
    assert found == list(source.conversations(tmp_path / "a.parquet"))
    assert len(found) == 600
    assert found[599] == source.Conversation(
        "row 599", (Message("user", "なぜ？"), Message("assistant", "さあ。")), "mit"
    )


def test_the_rows_of_a_dataset_made_here_are_read(sums, generate, tmp_path):
    manifest = generate(sums(count=30), tmp_path / "out")
    found = list(source.conversations(tmp_path / "out"))
    facts = source.facts(tmp_path / "out")
    assert len(found) == facts.rows == manifest.rows_kept > 0
    assert facts.licenses == manifest.licences
    assert {row.license for row in found} == set(facts.licenses)


def test_a_row_without_id_is_named_by_its_content_and_one_without_licence_says_none(tmp_path):
    path = lines(
        tmp_path / "a.jsonl", {"messages": TURNS}, {"messages": TURNS[:1]}, {"messages": TURNS, "license": "mit"}
    )
    first, second, third = source.conversations(path)
    assert first.id == third.id != second.id
    assert source.facts(path).licenses == {"": 2, "mit": 1}


def test_a_changed_file_has_another_digest(tmp_path):
    before = source.facts(lines(tmp_path / "a.jsonl", {"messages": TURNS}))
    after = source.facts(lines(tmp_path / "a.jsonl", {"messages": TURNS}, {"messages": TURNS}))
    assert before.digest != after.digest
    assert (before.rows, after.rows) == (1, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"messages": [}', r"a\.jsonl:2: is not JSON"),
        ("[1, 2]", r"a\.jsonl:2: needs `messages`"),
        ('{"messages": []}', r"a\.jsonl:2: needs `messages`, a list of 1 to 1000 turns"),
        (
            '{"messages": [{"role": "tool", "content": "x"}]}',
            r"a\.jsonl:2: a turn needs a `role` \(system, user, assistant\)",
        ),
        ('{"messages": [{"role": "user", "content": null}]}', r"a\.jsonl:2: a turn needs"),
        (
            '{"messages": [{"role": "user", "content": "x"}], "license": 3}',
            r"a\.jsonl:2: `id` and `license` must be text",
        ),
        (
            '{"messages": [{"role": "user", "content": "' + "x" * source.MOST_CHARACTERS + 'x"}]}',
            "has more than 1,048,576",
        ),
        ("x" * (source.MOST_BYTES + 1), r"a\.jsonl:2: the line is longer than 4 MiB"),
    ],
)
def test_what_is_no_conversation_is_one_sentence_with_its_line(tmp_path, text, said):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"messages": TURNS}) + "\n" + text + "\n")
    with pytest.raises(DatasetError, match=said) as caught:
        list(source.conversations(path))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_source_that_is_not_there_or_of_another_kind_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("a,b")
    pq.write_table(pa.table({"text": ["x"]}), tmp_path / "a.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    for name, said in [
        ("a.csv", r"give the folder of a dataset made here, a \.jsonl file or a \.parquet file"),
        ("none.jsonl", "can't be read: No such file"),
        ("a.parquet", "has no column `messages`; it has: text"),
        ("broken.parquet", "can't be read"),
        (".", r"has no manifest\.json"),
    ]:
        with pytest.raises(DatasetError, match=said):
            list(source.conversations(tmp_path / name))


def test_a_text_that_no_store_can_hold_is_mended(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"messages": [{"role": "user", "content": "a\\u0000b"}]}')
    assert next(source.conversations(path)).messages[0].content == "a\ufffdb"
