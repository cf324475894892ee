"""What can be said of a source before its first row is said: its files, its licence, its format."""

import json
from pathlib import Path
from typing import Any

import pytest

from factory.errors import DatasetError, RecipeError
from factory.source import hub, sources
from factory.source.settings import Source

RECORD = {"prompt": "Why?", "response": "Because.", "lang": "en", "n": 1}


def write(path: Path, *records: dict[str, Any], count: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in (records or (RECORD,)) * count))
    return path


def card(folder: Path, text: str) -> None:
    (folder / "README.md").write_text(f"---\n{text}\n---\n# Card\n")


def opened(path: Path, **settings: Any) -> sources.Opened:
    return sources.opened(Source(source=str(path), **settings), path, "dataset")


def test_the_licence_is_the_recipes_else_the_cards(tmp_path):
    path = write(tmp_path / "a.jsonl")
    card(tmp_path, "license: CC-BY-SA-3.0")
    assert opened(path).reading.license == "cc-by-sa-3.0"
    assert opened(path, license="MIT").reading.license == "mit"
    assert opened(tmp_path).licenses == ("cc-by-sa-3.0",)


@pytest.mark.parametrize("head", ["language: en", "license: unknown", "license: [mit, apache-2.0]", "license: {a: b}"])
def test_a_licence_that_nobody_says_is_refused(tmp_path, head):
    path = write(tmp_path / "a.jsonl")
    card(tmp_path, head)
    with pytest.raises(RecipeError, match=r"its licence is unknown .*; set `license` to the Hub id"):
        _ = opened(path).reading


def test_rows_that_each_have_a_licence_need_no_other(tmp_path):
    path = write(tmp_path / "a.jsonl", RECORD | {"license": "CC-BY-4.0"}, RECORD | {"license": None})
    assert opened(path).licenses == ("cc-by-4.0", "unknown")
    assert opened(path, license="mit").licenses == ("cc-by-4.0", "mit")


def test_a_card_that_is_no_yaml_is_one_sentence(tmp_path):
    path = write(tmp_path / "a.jsonl")
    for head in ("license: [", "a: " + "[" * 100_000, "a: " + "[" * 50 + "]" * 50):
        card(tmp_path, head)
        with pytest.raises(DatasetError, match=r"its head is n(ot YAML|ested more than 40 deep)") as caught:
            opened(path)
        assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"format": "alpcaa"}, r"no 'alpcaa'; did you mean 'alpaca'\?"),
        (
            {"format": "alpaca"},
            "alpaca: prompt: there is no column 'instruction'; there are: prompt, response, lang, n",
        ),
        ({"columns": {"promt": "lang"}}, "columns: there is no part 'promt'; there are: messages, prompt"),
        ({"columns": {"prompt": "langu"}}, r"columns.prompt: there is no column 'langu'; did you mean 'lang'\?"),
        ({"bring": "pairs"}, "the format prompt_response holds no pairs"),
        ({"where": {"m": 1}}, "there is no column 'm'"),
        ({"keep": ("m",)}, "there is no column 'm'"),
    ],
)
def test_settings_that_do_not_fit_the_columns_are_one_sentence(tmp_path, settings, said):
    path = write(tmp_path / "a.jsonl")
    with pytest.raises(RecipeError, match=said):
        _ = opened(path, license="mit", **settings).reading


def test_columns_of_no_known_format_are_told(tmp_path):
    path = write(tmp_path / "a.jsonl", {"en": "a", "ja": "b"})
    with pytest.raises(RecipeError, match=r"its columns \(en, ja\) are of no known format; say `format`, or `columns`"):
        _ = opened(path, license="mit").reading


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1/a.jsonl", "https://example.com/a.parquet", "file:///etc/passwd", "s3://bucket/a.jsonl"],
)
def test_addresses_are_not_read(address):
    with pytest.raises(DatasetError, match="addresses are not read; download the file"):
        sources.opened(Source(source=address, license="mit"), Path(address), "dataset")


def test_the_files_of_a_split_are_found_by_their_names(tmp_path):
    for name in ("data/train-00001.jsonl", "data/train-00000.jsonl", "data/test-00000.jsonl", ".hidden/train.jsonl"):
        write(tmp_path / name)
    assert opened(tmp_path).names == ("data/train-00000.jsonl", "data/train-00001.jsonl")
    assert opened(tmp_path, split="test").names == ("data/test-00000.jsonl",)
    assert opened(tmp_path, files=("*1.jsonl",)).names == ("data/train-00001.jsonl",)
    with pytest.raises(DatasetError, match=r"no data for split 'dev'; there is: .*; set `split` or `files`"):
        opened(tmp_path, split="dev")


def test_the_files_of_a_configuration_are_those_of_the_card(tmp_path):
    for name in ("en/a.jsonl", "ja/a.jsonl", "ja/b.jsonl"):
        write(tmp_path / name)
    ja = "{config_name: ja, data_files: [{split: train, path: [ja/a.jsonl]}, {split: test, path: ja/b*}]}"
    card(tmp_path, f"configs: [{{config_name: en, data_files: en/*.jsonl}}, {ja}]")
    assert opened(tmp_path, config="en").names == ("en/a.jsonl",)
    assert opened(tmp_path, config="ja").names == ("ja/a.jsonl",)
    assert opened(tmp_path, config="ja", split="test").names == ("ja/b.jsonl",)
    with pytest.raises(DatasetError, match="no configuration 'default'; set `config` to one of: en, ja"):
        opened(tmp_path)


def test_records_are_counted_through_all_files_and_chosen_by_their_columns(tmp_path):
    write(tmp_path / "train-0.jsonl", RECORD, RECORD | {"lang": "ja"}, count=700)
    write(tmp_path / "train-1.jsonl", RECORD, {"n": True, "prompt": "x"}, count=2)
    found = opened(tmp_path, license="mit")
    assert found.count == 1_404
    assert [int(chunk.numbers[-1]) for chunk in found.chunks()] == [999, 1_399, 1_403]
    assert opened(tmp_path, license="mit", where={"lang": "ja"}).count == 700
    assert opened(tmp_path, license="mit", where={"n": 1}).count == 1_402, "true is not 1"


def test_what_a_source_is_called_changes_with_its_data_and_not_with_its_place(tmp_path):
    one = opened(write(tmp_path / "x" / "a.jsonl"), license="mit")
    same = opened(write(tmp_path / "y" / "a.jsonl"), license="mit")
    other = opened(write(tmp_path / "z" / "a.jsonl", count=2), license="mit")
    assert one.label == same.label != other.label
    assert one.label.startswith("a.jsonl@")
    assert opened(tmp_path / "x" / "a.jsonl", name="mine", license="mit").label.startswith("mine@")
    changed = opened(write(tmp_path / "x" / "a.jsonl", count=3), license="mit")
    assert (changed.label != one.label, changed.count) == (True, 3)


def test_messages_of_one_tree_are_put_together(tmp_path):
    nodes = [("q", None, "prompter"), ("a", "q", "assistant"), ("b", "q", "assistant")]
    records = [
        {"message_tree_id": tree, "message_id": f"{tree}{name}", "parent_id": parent and tree + parent}
        | {"text": f"{tree}{name}", "role": role, "rank": {"a": 1, "b": 0}.get(name), "lang": "en"}
        for tree in ("1", "2", "3")
        for name, parent, role in nodes
    ]
    orphan = records[1] | {"message_tree_id": "4", "parent_id": "gone"}
    from factory.source.blocks import blocks, rows_of

    found = opened(write(tmp_path / "a.jsonl", *records, orphan), license="mit")
    assert found.count == 4
    rows = [row for block in blocks(found.chunks(), found.reading) for row in rows_of(block)]
    assert [[text for _, text in row.messages] for row in rows] == [["1q", "1b"], ["2q", "2b"], ["3q", "3b"], []]
    assert rows[3].verdicts[0].reason == "orphan"
    assert [row.meta["row"] for row in rows] == [0, 3, 6, 9]


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The Hub's cache with one dataset, and no network."""
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    commit, folder = "0123456789abcdef0123456789abcdef01234567", tmp_path / "datasets--owner--name"
    snapshot = folder / "snapshots" / commit
    write(snapshot / "data" / "train-00000.jsonl", count=3)
    card(snapshot, "license: cc-by-4.0")
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(commit)
    hub.listing.cache_clear()
    return commit


def test_a_dataset_of_the_hub_is_read_at_one_commit(cached, tmp_path):
    found = sources.opened(Source(source="owner/name"), tmp_path / "owner" / "name", "dataset")
    assert found.label == f"owner/name@{cached}"
    assert found.licenses == ("cc-by-4.0",)
    assert (found.reading.format, found.count) == ("prompt_response", 3)


def test_a_dataset_that_the_hub_does_not_give_is_one_sentence(cached, tmp_path):
    with pytest.raises(DatasetError, match=r"source other/name@main: it is not in the Hub's cache") as caught:
        sources.opened(Source(source="other/name"), tmp_path / "none", "dataset")
    assert "\n" not in str(caught.value)
