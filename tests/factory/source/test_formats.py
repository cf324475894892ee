"""Each format of public data becomes the rows that it means, and a record that gives none is refused with a reason."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from factory.row import Message, Pair, Row
from factory.source.chunk import CUT, Chunk
from factory.source.formats import FORMATS, recognised
from factory.source.rows import NOTE, Reading, rows
from factory.source.turns import REASONS

ASKED, SAID, OTHER = Message("user", "Why?"), Message("assistant", "Because."), Message("assistant", "No idea.")
TURNS = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}]
WORSE = [TURNS[0], {"role": "assistant", "content": "No idea."}]
TRL = Path(__file__).parents[4] / "shared" / "data" / "trl_dataset_formats"


def read(*records: Any, bring: str | None = None, form: str = "", **columns: str) -> list[Row | Pair]:
    """The rows of records, as a file of JSON lines and as a Parquet file would bring them."""
    name = form or ("" if columns else recognised(records[0]))
    from factory.source.formats import mapped

    brings = bring or (FORMATS[name] if name else mapped(columns)).brings  # type: ignore[union-attr]
    reading = Reading(name, columns, brings, "s@1", "mit", "", (), "dataset")  # type: ignore[arg-type]
    lines = tuple(record if isinstance(record, bytes) else json.dumps(record).encode() for record in records)
    return [row for group in rows(Chunk(np.arange(len(lines)), lines), reading) for row in group]


def why(*records: Any, **options: Any) -> list[str]:
    """The reason of each record."""
    return [row.verdicts[0].reason if row.verdicts else "" for row in read(*records, **options)]


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"messages": TURNS}, "messages"),
        ({"conversation": TURNS, "model": "m", "turn": 1}, "conversation"),
        ({"conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "Because."}]}, "sharegpt"),
        ({"utterances": [{"name": "user", "text": "Why?"}, {"name": "agent", "text": "Because."}]}, "utterances"),
        ({"instruction": "Why?", "input": "", "output": "Because."}, "alpaca"),
        ({"instruction": "Why?", "context": None, "response": "Because.", "category": "open_qa"}, "dolly"),
        ({"instruction": "Why?", "response": "Because."}, "instruction_response"),
        ({"prompt": "Why?", "response": "Because."}, "prompt_response"),
        ({"prompt": "Why?", "completion": "Because."}, "prompt_completion"),
        ({"prompt": TURNS[:1], "completion": TURNS[1:], "label": True}, "prompt_completion"),
        ({"question": "Why?", "answer": "Because."}, "question_answer"),
        ({"prompt": "Why?", "completions": ["Be", "cause."], "labels": [True, True]}, "stepwise"),
        ({"instruction": "Why?", "instances": [{"input": "", "output": "Because."}]}, "self_instruct"),
    ],
)
def test_a_format_is_known_by_its_columns_and_read(record, name):
    assert recognised(record) == name
    (row,) = read(record)
    assert row.messages == (ASKED, SAID)
    assert row.meta["format"] == name
    assert (row.license, row.source, row.meta["row"]) == ("mit", "s@1", 0)


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"prompt": "Why?", "chosen": "Because.", "rejected": "No idea."}, "preference"),
        ({"prompt": "Why?", "chosen": TURNS, "rejected": WORSE, "score": 1}, "preference"),
        ({"question": "Why?", "chosen": "Because.", "rejected": "No idea."}, "question_preference"),
        ({"chosen": TURNS, "rejected": WORSE}, "implicit_preference"),
        (
            {"chosen": "\n\nHuman: Why?\n\nAssistant: Because.", "rejected": "\n\nHuman: Why?\n\nAssistant: No idea."},
            "implicit_preference",
        ),
        ({"conversation_a": WORSE, "conversation_b": TURNS, "winner": "model_b", "model_a": "x"}, "arena"),
    ],
)
def test_a_preference_is_a_pair_and_its_prompt_what_both_share(record, name):
    assert recognised(record) == name
    (pair,) = read(record)
    assert (pair.prompt, pair.chosen, pair.rejected) == ((ASKED,), (SAID,), (OTHER,))
    assert read(record, bring="conversations")[0].messages == (ASKED, SAID)
    assert read(record, bring="prompts")[0].messages == (ASKED,)


def test_a_dialogue_that_parts_early_keeps_all_turns_behind_the_fork():
    start = "\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Why?\n\nAssistant:"
    (pair,) = read({"chosen": f"{start} Because.", "rejected": f"{start} Go.\n\nHuman: What?\n\nAssistant: Go away."})
    assert [turn.role for turn in pair.prompt] == ["user", "assistant", "user"]
    assert pair.chosen == (SAID,)
    assert [turn.content for turn in pair.rejected] == ["Go.", "What?", "Go away."]


def test_the_context_and_the_system_prompt_are_part_of_what_is_asked():
    (row,) = read({"instruction": "Sum up.", "input": "A text.", "output": "Text.", "system": "Be brief."})
    assert row.messages[:2] == (Message("system", "Be brief."), Message("user", "Sum up.\n\nA text."))


def test_the_final_answer_of_gsm8k_is_kept_apart():
    (row,) = read({"question": "2 x 600?", "answer": "600 + 600\n#### 1,200"})
    assert row.meta["answer"] == "1200"
    assert row.messages[1].content == "600 + 600\n#### 1,200"


def test_what_is_labelled_bad_is_read_and_refused():
    assert why(
        {"prompt": "a", "completion": "b", "label": False}, {"prompt": "a", "completion": "b", "label": True}
    ) == [
        "labelled_bad",
        "",
    ]
    assert why({"prompt": "a", "completions": ["b", "c"], "labels": [True, False]}) == ["labelled_bad"]
    assert why({"prompt": "a", "completion": "b", "label": False}, bring="prompts") == [""]


def tree(text: str, role: str = "prompter", rank: int | None = None, replies: Any = (), **more: Any) -> dict[str, Any]:
    return {
        "message_id": text,
        "text": text,
        "role": role,
        "rank": rank,
        "replies": list(replies),
        "lang": "en",
        **more,
    }


FOREST = tree(
    "q",
    replies=[
        tree("bad", "assistant", 2),
        tree("good", "assistant", 0, [tree("more", replies=[tree("end", "assistant")]), tree("x", deleted=True)]),
        tree("spam", "assistant", 1, review_result=False),
    ],
)


def test_the_best_way_through_a_tree_is_a_conversation_and_ranked_answers_are_pairs():
    (row,) = read(FOREST)
    assert [content for _, content in row.messages] == ["q", "good", "more", "end"]
    assert row.meta["language"] == "en"
    (pair,) = read(FOREST, bring="pairs")
    assert (pair.chosen[0].content, pair.rejected[0].content) == ("good", "bad")
    assert read(FOREST, bring="prompts")[0].messages == (Message("user", "q"),)
    assert why(tree("alone"), bring="pairs") == ["unranked"]
    assert read({"message_tree_id": "q", "prompt": FOREST})[0].messages == row.messages


def test_a_tree_says_which_model_wrote_in_it():
    (row,) = read(tree("q", replies=[tree("a", "assistant", synthetic=True, model_name="chip20b")]))
    assert row.model == "chip20b"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"{", "not_json"),
        (b"[1]", "not_json"),
        (CUT + b'{"messages": "', "too_long"),
        ({"other": 1}, "missing"),
        ({"messages": None}, "missing"),
        ({"messages": []}, "empty"),
        ({"messages": "text"}, "turns"),
        ({"messages": ["text"]}, "turns"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "role"),
        ({"messages": [{"role": "user", "content": " "}]}, "empty"),
        ({"messages": [{"role": "user", "content": None}]}, "missing"),
        ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "not_text"),
        ({"messages": [{"role": "user", "content": "x"}] * 1_001}, "too_long"),
        ({"messages": [{"role": "user", "content": "x" * 600_000}] * 2}, "too_long"),
    ],
)
def test_a_record_without_a_row_is_a_reject_with_its_reason_and_itself(record, reason):
    (row,) = read(record, form="messages")
    (said,) = row.verdicts
    assert (said.passed, said.reason) == (False, reason)
    assert reason in REASONS
    assert said.note
    assert len(said.note) <= NOTE + 1
    assert why({"messages": TURNS}, record, {"messages": TURNS}, form="messages") == ["", reason, ""]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"chosen": "same", "rejected": "same"}, "same_answers"),
        ({"chosen": "one", "rejected": "two"}, "no_prompt"),
        ({"chosen": TURNS, "rejected": TURNS}, "same_answers"),
        ({"chosen": TURNS, "rejected": TURNS[:1]}, "no_answer"),
        ({"conversation_a": TURNS, "conversation_b": WORSE, "winner": "tie (bothbad)"}, "tie"),
    ],
)
def test_a_pair_that_is_none_is_refused_as_a_pair(record, reason):
    (pair,) = read(record)
    assert isinstance(pair, Pair)
    assert pair.verdicts[0].reason == reason


def test_columns_of_any_name_are_read_where_they_are_mapped():
    (row,) = read({"en": "Why?", "ja": "なぜ？"}, prompt="en", response="ja")
    assert row.messages == (ASKED, Message("assistant", "なぜ？"))


def test_prompts_alone_are_taken_only_where_nothing_could_be_their_answer():
    assert recognised(["prompt", "id", "category", "source"]) == "prompts"
    assert recognised(["prompt", "reply"]) == ""
    assert recognised(["text", "label"]) == ""
    assert read({"prompt": "Why?"})[0].messages == (ASKED,)


def test_parts_of_text_are_joined_and_a_nul_is_mended():
    (row,) = read({"messages": [{"role": "user", "content": [{"type": "text", "text": "a\0"}, {"text": "b"}]}]})
    assert row.messages == (Message("user", "a\ufffd\nb"),)


@pytest.mark.parametrize("path", sorted(TRL.glob("*.jsonl")) or [None], ids=lambda path: path and path.stem)
def test_all_of_trls_formats_are_read(path):
    if path is None:
        pytest.skip("the data is not here")
    records = [json.loads(line) for line in path.read_text().splitlines()]
    found = read(*records)
    assert len(found) == len(records)
    assert {row.verdicts[0].reason for row in found if row.verdicts} <= {"labelled_bad"}
    assert all(isinstance(row, Pair) == ("chosen" in records[0]) for row in found)


def test_columns_of_arrow_give_the_same_rows_as_lines_of_json():
    records = [{"messages": TURNS, "license": "cc-by-4.0"}, {"messages": None, "license": None}, {"messages": WORSE}]
    reading = Reading("messages", {"license": "license"}, "conversations", "s@1", "mit", "", (), "dataset")
    batch = pa.RecordBatch.from_pylist(records, schema=pa.Table.from_pylist(records).schema)
    arrow = rows(Chunk(np.arange(3), batch), reading)
    lines = rows(Chunk(np.arange(3), tuple(json.dumps(record).encode() for record in records)), reading)
    assert [[row.messages for row in group] for group in arrow] == [[row.messages for row in group] for group in lines]
    assert [group[0].license for group in arrow] == ["cc-by-4.0", "mit", "mit"]
