"""Where prompts come from: the registry, folders, the user's own files; and the command that reports."""

import json
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from leaky import clean, prompt

from factory import licence
from factory.cli import main
from factory.decontaminate import Benchmarks, registry, scan_texts
from factory.decontaminate.prompts import Prompt
from factory.errors import DatasetError, RecipeError

REAL = Path(__file__).parents[4] / "shared/data/benchmarks"


def lines(path: Path, *records: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines(
        tmp_path / "b/mt_bench/question.jsonl",
        {"question_id": 81, "turns": [prompt(1, "en"), "Rewrite your answer with the letter A."]},
    )
    lines(tmp_path / "b/ja_mt_bench/question.jsonl", {"question_id": 1, "turns": [prompt(1, "ja")]})
    lines(
        tmp_path / "b/mawps_ja/mawps_test.jsonl",
        {"idx": 4, "question": f"問題：{prompt(2, 'ja')}\n解答：", "answer": "3"},
    )
    lines(tmp_path / "b/gsm8k/train.jsonl", {"question": prompt(3, "en"), "answer": "#### 3"})
    return tmp_path / "b"


def test_every_entry_is_whole_and_its_twins_and_licence_are_known() -> None:
    for name, benchmark in registry.table().items():
        assert benchmark.hub or benchmark.files, name
        assert benchmark.columns.prompt or benchmark.columns.turns, name
        assert set(benchmark.twins) <= registry.table().keys() - {name}, name
        assert licence.known(benchmark.licence), name


def test_names_and_globs_choose_and_bring_their_twins() -> None:
    assert registry.chosen(["mt_bench"]) == {"mt_bench": "", "ja_mt_bench": "mt_bench"}
    assert {"jnli", "jsts", "jsquad"} <= registry.chosen(["j*"]).keys()
    assert registry.chosen(["gsm8k:train"]) == {"gsm8k:train": ""}


@pytest.mark.parametrize(("name", "hint"), [("mtbench", "mt_bench"), ("rakuda:train", "no training set")])
def test_an_unknown_name_is_refused_with_what_would_be_right(name: str, hint: str) -> None:
    with pytest.raises(RecipeError, match=hint):
        registry.chosen([name])


def test_a_training_set_is_known_by_its_place_on_the_hub() -> None:
    assert registry.training_set("openai/gsm8k", "train") == "gsm8k"
    assert registry.training_set("openai/gsm8k", "test") is None


def test_a_folder_gives_prompts_turns_frames_and_twins(folder: Path) -> None:
    benchmarks = Benchmarks.load(["mt_bench", "mawps_ja"], folder=folder)
    assert benchmarks.counts == {"mt_bench": 2, "ja_mt_bench": 1, "mawps_ja": 1}
    told = [one for group in benchmarks.groups for one in group]
    assert {(one.id, one.follow_up, one.twin_of) for one in told} == {
        ("81#1", False, ""), ("81#2", True, ""), ("1", False, "mt_bench"), ("4", False, ""),
    }  # fmt: skip
    assert not any("問題：" in one.text or "解答" in one.text for one in told)


def test_a_training_set_is_looked_for_by_name(folder: Path) -> None:
    (hit,) = scan_texts([prompt(3, "en")], Benchmarks.load(["gsm8k:train"], folder=folder))
    assert hit
    assert hit.benchmark == "gsm8k:train"


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
@pytest.mark.parametrize(
    "record", [{"question": "Q"}, {"prompt": "Q"}, {"turns": ["Q"]}, {"messages": [{"content": "Q"}]}]
)
def test_a_file_of_ones_own_needs_no_entry(tmp_path: Path, suffix: str, record: dict[str, Any]) -> None:
    text = json.dumps(record).replace('"Q"', json.dumps(prompt(5, "ja")))
    path = tmp_path / f"exam.{suffix}"
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist([json.loads(text)]), path)
    else:
        lines(path, json.loads(text))
    (hit,) = scan_texts([prompt(5, "ja")], Benchmarks.load(files=[path]))
    assert hit
    assert (hit.benchmark, hit.prompt) == ("exam", "0")


def test_a_file_without_prompts_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="it has: colour"):
        Benchmarks.load(files=[lines(tmp_path / "x.jsonl", {"colour": "red"})])
    with pytest.raises(DatasetError, match="no such file"):
        Benchmarks.load(files=[tmp_path / "gone.jsonl"])
    with pytest.raises(RecipeError, match="nothing to look for"):
        Benchmarks.load()


def test_a_benchmark_that_is_nowhere_says_where_it_is(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"ja-vicuna-qa-benchmark and give its folder"):
        Benchmarks.load(["ja_vicuna_qa"], folder=tmp_path)


def test_the_fingerprint_is_that_of_the_prompts_in_any_order() -> None:
    some = [Prompt("b", str(number), prompt(number, "en")) for number in range(5)]
    assert Benchmarks(some).fingerprint() == Benchmarks(some[::-1]).fingerprint()
    assert Benchmarks(some).fingerprint() != Benchmarks([*some[:4], some[4]._replace(text="else")]).fingerprint()


def test_too_short_prompts_are_named_and_not_looked_for() -> None:
    benchmarks = Benchmarks([Prompt("b", "0", "国は？"), Prompt("b", "1", prompt(1, "ja"))])
    assert [one.id for one in benchmarks.unsought] == ["0"]
    assert scan_texts(["国は？"], benchmarks) == [None]


def test_the_command_reports_shares_kinds_and_evidence(folder: Path, tmp_path: Path) -> None:
    rows = lines(
        tmp_path / "rows.jsonl",
        *({"instruction": clean(number), "output": [{"text": clean(number + 2)}]} for number in range(9)),
        {"instruction": clean(1), "output": [{"text": f"{prompt(1, 'en')}\x1b[31m"}], "verdicts": prompt(2, "ja")},
    )
    said = CliRunner().invoke(main, ["leaks", str(rows), "--benchmarks", str(folder)])
    assert said.exit_code == 0, said.output
    assert "1 of 10 rows hold a benchmark's text, 1 beyond doubt" in said.output
    assert "rows.jsonl: row 10: exact 100% of 81#1: write a story where" in said.output
    assert "\x1b" not in said.output
    found = json.loads(
        CliRunner().invoke(main, ["leaks", str(rows), "-b", "mt_bench", "--benchmarks", str(folder), "--json"]).stdout
    )
    shares = {share["benchmark"]: share for share in found["shares"]}
    assert (shares["mt_bench"]["held"], shares["mt_bench"]["share"], shares["mt_bench"]["kinds"]) == (
        1,
        0.5,
        {"exact": 1},
    )
    assert shares["ja_mt_bench"]["held"] == 0


def test_a_template_is_reported_as_rows_and_as_no_prompt_held(tmp_path: Path) -> None:
    asked = "「{} {}」の苗字と名前の最後の文字を取り、つなげて答えてください。"
    names = [(chr(0x5C71 + number), chr(0x6C34 + number)) for number in range(60)]
    own = lines(tmp_path / "own.jsonl", *({"question": asked.format(*name)} for name in names))
    rows = lines(tmp_path / "rows.jsonl", {"text": asked.format("鈴木", "花子")})
    said = CliRunner().invoke(main, ["leaks", str(rows), "-f", str(own), "--json"])
    (share,) = json.loads(said.stdout)["shares"]
    assert (share["held"], share["copied"], share["rows"], share["kinds"]) == (0, 0, 1, {"template": 1})


@pytest.mark.parametrize("arguments", [[], ["-b", "mtbench"], ["-f", "gone.jsonl"], ["--benchmarks", "gone"]])
def test_the_command_refuses_what_it_cannot_do(tmp_path: Path, arguments: list[str]) -> None:
    said = CliRunner().invoke(main, ["leaks", str(lines(tmp_path / "r.jsonl", {"text": "x"})), *arguments])
    assert said.exit_code == 2
    assert len(said.stderr.strip().splitlines()) == 1


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="the real benchmarks are not here")
def test_the_real_benchmarks_load_and_every_prompt_is_found_in_its_own_text() -> None:
    benchmarks = Benchmarks.load(Benchmarks.in_folder(REAL), folder=REAL)
    assert len(benchmarks.counts) >= 18
    groups = [group for group in benchmarks.groups if group[0] not in benchmarks.unsought][::5]
    hits = scan_texts([group[0].text for group in groups], benchmarks)
    missed = [
        group for group, hit in zip(groups, hits, strict=True)
        if hit is None or not {(one.benchmark, one.id) for one in group} & {(hit.benchmark, hit.prompt), *hit.others}
    ]  # fmt: skip
    assert len(missed) <= len(groups) // 200
