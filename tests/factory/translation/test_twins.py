"""Benchmarks in another language: made by `factory twins`, and found in rows under the benchmark's name."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from factory import dataset, pipeline
from factory import recipe as recipes
from factory.cli import main
from factory.decontaminate import Benchmarks, scan_texts
from factory.decontaminate.prompts import of_file
from factory.errors import DatasetError

FIRST = "Compose an engaging travel blog post about a recent trip to Hawaii."
SECOND = "Rewrite your previous response. Start every sentence with the letter A."
OTHER = "Describe a vivid and unique character, using strong imagery and creative language."
JA = {
    FIRST: "最近のハワイ旅行について、読む人を引きつける旅行ブログの記事を書いてください。",
    SECOND: "前の回答を書き直してください。すべての文をAの文字で始めてください。",
    OTHER: "強いイメージと創造的な言葉を使って、生き生きとした独特な人物を描写してください。",
}
RECIPE = """
name: twins
seed: 0
license: auto
models:
  translator:
    use: scripted
    license: apache-2.0
    rules: {rules}
generate:
  - use: translate
    model: translator
    dataset: {{source: rows.jsonl, license: apache-2.0}}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rules = [{"matches": rf"<text-\w+>\n{text[:20]}", "say": [said]} for text, said in JA.items()]
    Path("r.yaml").write_text(
        RECIPE.format(rules=json.dumps([*rules, {"say": ["申し訳ありませんが、お応えできません。"]}]))
    )
    Path("rows.jsonl").write_text(json.dumps({"prompt": FIRST, "response": "Aloha!"}) + "\n")
    folder = Path("benchmarks/mt_bench")
    folder.mkdir(parents=True)
    questions = [{"question_id": 81, "turns": [FIRST, SECOND]}, {"question_id": 83, "turns": [OTHER]}]
    (folder / "question.jsonl").write_text("".join(json.dumps(one) + "\n" for one in questions))


def twins(*arguments: str) -> Result:
    return CliRunner().invoke(
        main, ["twins", "mt_bench", "-r", "r.yaml", "-o", "twins.jsonl", "--benchmarks", "benchmarks", *arguments]
    )


def test_the_prompts_of_a_benchmark_get_twins_under_its_name() -> None:
    result = twins()
    assert result.exit_code == 0, result.output
    assert "mt_bench: twins of 3 of 3 prompts" in result.output
    found = of_file(Path("twins.jsonl"))
    assert [(one.benchmark, one.id, one.twin_of, one.follow_up) for one in found] == [
        ("mt_bench", "81#1", "mt_bench", False),
        ("mt_bench", "81#2", "mt_bench", True),
        ("mt_bench", "83", "mt_bench", False),
    ]
    assert [one.text for one in found] == list(JA.values())


def test_a_japanese_copy_of_an_english_benchmark_is_found_and_an_english_one_still_is() -> None:
    twins()
    known = Benchmarks.load(["mt_bench"], [Path("twins.jsonl")], Path("benchmarks"))
    assert known.counts == {"mt_bench": 3}
    japanese, english, clean = scan_texts([JA[FIRST], FIRST, "今日は天気がよいので散歩に行きましょう。"], known)
    assert japanese is not None
    assert english is not None
    assert clean is None
    assert (japanese.benchmark, japanese.prompt, japanese.kind, japanese.certain) == (
        "mt_bench",
        "81#1",
        "translated",
        True,
    )
    assert english.kind == "exact"


def test_no_prompt_is_paid_twice_and_the_file_is_the_same() -> None:
    twins("--answers", "a.sqlite")
    before = Path("twins.jsonl").read_bytes()
    Path("r.yaml").write_text(Path("r.yaml").read_text().replace("apache-2.0", "mit"))
    rest = twins("--answers", "a.sqlite", "--budget", "1")
    assert rest.exit_code == 0, rest.output
    assert Path("twins.jsonl").read_bytes() == before


def test_what_is_refused_has_no_twin_and_is_counted() -> None:
    recipe = json.dumps([{"say": ["申し訳ありませんが、お応えできません。"]}])
    result = twins("--set", f"models.translator.rules={recipe}", "--json", "-q")
    assert result.exit_code == 3
    said = json.loads(result.stdout)
    assert said["benchmarks"] == {"mt_bench": {"prompts": 3, "twins": 0}}
    assert said["refused"] == {"refusal": 3}
    assert Path("twins.jsonl").read_bytes() == b""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mt_bensh", "-r", "r.yaml", "-o", "t.jsonl"], "did you mean mt_bench"),
        (["mt_bench", "-r", "r.yaml", "-o", "t.parquet"], "a name that ends in .jsonl"),
        (["mt_bench", "-r", "none.yaml", "-o", "t.jsonl"], "none.yaml"),
        (["mt_bench", "-r", "other.yaml", "-o", "t.jsonl"], "translates nothing"),
        (["mt_bench", "-r", "r.yaml", "-o", "t.jsonl", "--benchmarks", "rows.jsonl"], "is no folder"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_code_2(arguments: list[str], said: str) -> None:
    Path("other.yaml").write_text(
        "name: o\nseed: 0\nlicense: auto\ngenerate: [{use: dataset, source: rows.jsonl, license: mit}]"
    )
    result = CliRunner().invoke(main, ["twins", *arguments])
    assert result.exit_code == 2
    assert said in result.output
    assert result.output.count("\n") == 1


def test_a_file_that_names_no_benchmark_is_refused() -> None:
    Path("bad.jsonl").write_text('{"twin_of": "mt_bench", "prompt": "x"}\n{"prompt": "y"}\n')
    with pytest.raises(DatasetError, match=r"record 2 names no benchmark"):
        of_file(Path("bad.jsonl"))


def test_a_row_whose_source_copies_a_benchmark_is_dropped_where_no_twin_is_known() -> None:
    known = "{benchmarks: [mt_bench], folder: benchmarks}"
    recipe = recipes.load(Path("r.yaml"), [f"decontaminate={known}", 'models.translator.rules=[{say: ["アロハ。"]}]'])
    options = pipeline.Options(keep_going=True)
    manifest = pipeline.generate(recipe, Path("out"), workers=1, progress=lambda now: None, options=options)
    assert manifest.dropped == {"decontaminate: mt_bench": 1}
    (reject,) = dataset.read_rejects(Path("out"))
    assert reject.row.verdicts[-1].note.startswith("exact 100% of mt_bench")
