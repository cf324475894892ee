import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from factory import dataset
from factory.cli import main
from factory.manifest import read_manifest

OTHERS = Path(__file__).with_name("others")
ROWS = [
    {"prompt": f"Tell me of {what} and why it matters to people in the mountains.", "completion": f"About {what}."}
    for what in ("bread", "BREAD", "river trout", "stone walls", "stone wall!", "winter wood")
]


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(OTHERS)
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    Path("gate.yaml").write_text("duplicates: {near: 0.8}\n")


def gate(*arguments):
    return CliRunner().invoke(main, ["gate", *map(str, arguments)])


def test_anyones_rows_pass_a_recipe_without_generate():
    result = gate("rows.jsonl", "--license", "cc-by-4.0", "-r", "gate.yaml", "-o", "out/Mine 1", "-q")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("4 rows kept of 6 made, 6 asked\n  dropped 1: duplicates: exact\n")
    manifest = read_manifest(Path("out/Mine 1"))
    assert (manifest.name, manifest.seed, manifest.license) == ("mine-1", 0, "cc-by-4.0")
    assert manifest.dropped == {"duplicates: exact": 1, "duplicates: near": 1}


def test_the_recipe_may_say_name_seed_and_licence_itself():
    Path("gate.yaml").write_text("name: mine\nseed: 4\nlicense: cc-by-sa-4.0\n")
    gate("rows.jsonl", "--license", "cc-by-4.0", "-r", "gate.yaml", "-o", "out", "-q")
    manifest = read_manifest(Path("out"))
    assert (manifest.name, manifest.seed, manifest.license) == ("mine", 4, "cc-by-sa-4.0")


def test_what_is_made_here_can_be_gated_again_by_folder_and_stays_as_it_is():
    gate("rows.jsonl", "--license", "cc-by-4.0", "-r", "gate.yaml", "-o", "out/a", "-q")
    assert gate("out/a", "-r", "gate.yaml", "-o", "out/b", "-q").exit_code == 0
    ids = [[row.id for row in dataset.read(Path(folder))] for folder in ("out/a", "out/b")]
    assert ids[0] == ids[1]


def test_a_dataset_says_no_path_of_the_machine_that_made_it(tmp_path):
    gate(tmp_path / "rows.jsonl", "--license", "cc-by-4.0", "-r", "gate.yaml", "-o", "out/a", "-q")
    texts = [
        path.read_text(errors="replace")
        for path in Path("out/a").rglob("*")
        if path.suffix in (".json", ".yaml", ".md")
    ]
    assert len(texts) > 3
    assert not [text for text in texts if str(tmp_path) in text]
    (tmp_path / "moved").mkdir()
    Path("rows.jsonl").rename("moved/rows.jsonl")
    again = gate(tmp_path / "moved/rows.jsonl", "--license", "cc-by-4.0", "-r", "gate.yaml", "-o", "out/a", "-q")
    assert again.exit_code == 0, "the same rows from elsewhere are the same run"


def test_rows_can_be_limited_and_how_they_are_read_can_be_set():
    options = ("--license", "cc-by-4.0", "-r", "gate.yaml", "-q")
    gate("rows.jsonl", *options, "-o", "out/a", "-n", "2")
    assert read_manifest(Path("out/a")).rows_made == 2
    gate("rows.jsonl", *options, "-o", "out/b", "--set", "generate.0.count=3")
    assert read_manifest(Path("out/b")).rows_made == 3


@pytest.mark.parametrize(
    ("written", "arguments", "said"),
    [
        ("generate: []\n", (), "gate.yaml:1: a gate takes its rows from DATASET; remove `generate`"),
        ("", (), "gate.yaml: says nothing; write what rows have to pass"),
        ("- a\n", (), "a list"),
        ("duplicates: {nea: 0.8}\n", (), "gate.yaml:1: duplicates.nea: unknown setting"),
        ("duplicates: {near: 80}\n", (), "duplicates.near: 80 should be less than 1"),
        ("duplicates: fuzzy\n", (), "gate.yaml:1: duplicates: 'fuzzy' is not one of 'exact' or 'off'"),
        ("template_cap: 0\n", (), "gate.yaml:1: template_cap: 0 should be greater than 0"),
        ("seed: 1\n", ("none.jsonl",), "DATASET none.jsonl: generate.0: "),
        ("seed: 1\n", ("rows.jsonl",), "set `license`"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_2(written, arguments, said):
    Path("gate.yaml").write_text(written)
    result = gate(*(arguments or ("rows.jsonl", "--license", "cc-by-4.0")), "-r", "gate.yaml", "-o", "out", "-q")
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("out").exists()
