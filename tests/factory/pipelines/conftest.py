import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from factory.cli import main

QUICK = """\
name: quick
settings: {rows: 6, t: 0.5}
stages:
  problems:
    generate:
      name: problems
      seed: 0
      license: apache-2.0
      generate:
        - {use: math, count: 20, families: [arithmetic/multiplication_table], languages: {en: 1}}
    rows: $rows
  clean:
    gate: clean.yaml
    dataset: $problems
  pairs:
    generate: on_policy.yaml
    set: {generate.0.prompts.source: $clean, generate.0.samples: 2}
  between:
    merge: &merge
      name: between
      method: slerp
      models: {first: {model: a, license: apache-2.0}, second: {model: b, license: apache-2.0}}
      parameters: {t: $t}
  back:
    merge:
      name: back
      method: slerp
      models: {first: {model: $between}, second: {model: a, license: apache-2.0}}
      parameters: {t: 0.5}
"""
"""A dataset, a gate, pairs of a scripted policy, and a merge of a merge."""

CLEAN = "judge: [{use: length}]\n"

ON_POLICY = """\
name: pairs
seed: 0
license: apache-2.0
models:
  policy:
    use: scripted
    license: apache-2.0
    concurrency: 2
    rules: [{say: ["Answer: 1", "Answer: {{n}}"], delay_s: 0.02}]
generate:
  - use: on_policy
    prompts: {source: problems.jsonl, license: mit}
    model: policy
    samples: 4
    score: [{use: math_answer, unanswered: wrong}]
duplicates: "off"
"""


def laid_out(folder: Path, handwritten_model: Callable[[Path, int], None]) -> None:
    """The quick pipeline and what it names."""
    handwritten_model(folder / "a", 1)
    handwritten_model(folder / "b", 2)
    for name, text in (("quick.yaml", QUICK), ("clean.yaml", CLEAN), ("on_policy.yaml", ON_POLICY)):
        (folder / name).write_text(text)
    (folder / "problems.jsonl").write_text('{"messages": [{"role": "user", "content": "1+1?"}]}\n')


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, handwritten_model: Callable[[Path, int], None]) -> Path:
    """A folder with the quick pipeline and what it names."""
    monkeypatch.chdir(tmp_path)
    laid_out(tmp_path, handwritten_model)
    return tmp_path


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, handwritten_model: Callable[[Path, int], None]) -> Path:
    """The same after a run; to be copied, which leaves it finished: nothing depends on where it lies."""
    folder = tmp_path_factory.mktemp("whole")
    laid_out(folder, handwritten_model)
    result = CliRunner().invoke(main, ["run", str(folder / "quick.yaml"), "-o", str(folder / "out"), "-q"])
    assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, whole: Path) -> Path:
    """A folder with the quick pipeline, what it names, and a finished run of it."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run() -> Callable[..., Result]:
    """Runs `factory run quick.yaml -o out` with more words."""

    def invoke(*words: str, out: str = "out", pipeline: str = "quick.yaml") -> Result:
        return CliRunner().invoke(main, ["run", pipeline, "-o", out, *words])

    return invoke


@pytest.fixture
def plan(run: Callable[..., Result]) -> Callable[..., dict[str, str]]:
    """What `--plan` says: the reasons of each stage that would run."""

    def found(*words: str) -> dict[str, str]:
        result = run("--plan", "--json", *words)
        assert result.exit_code == 0, result.stderr
        return {one["stage"]: "; ".join(one["reasons"]) for one in json.loads(result.stdout) if one["runs"]}

    return found


@pytest.fixture
def started() -> Callable[[Result], list[str]]:
    """The stages whose commands were run, as the run says it."""
    commands = ("generate", "gate", "merge", "train", "new-model", "evaluate")

    def found(result: Result) -> list[str]:
        lines = [line.partition("] ")[2].split(": ") for line in result.stderr.splitlines() if line.startswith("[")]
        return [words[0] for words in lines if words[1] in commands]

    return found
