"""Evaluations written to a folder, to be run there with scripted models."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # so that tests find scripted_evaluation

SILENT = """
from factory.component import Judge
from factory.engine import Unanswered

class Silent(Judge):
    async def judge(self, rows, run):
        raise Unanswered("refused", "no word")
"""
Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes an evaluation, and the problems that it may ask."""

    import scripted_evaluation

    def write(models: dict[str, Any], *tasks: dict[str, Any], **head: Any) -> Path:
        scripted_evaluation.problems(tmp_path / "math.jsonl")
        path = tmp_path / "evaluation.yaml"
        path.write_text(json.dumps({"name": "tiny", "models": models, "tasks": list(tasks), **head}))
        return path

    return write


@pytest.fixture
def judge_without_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a judge whose model refuses every question."""
    package = tmp_path / "theirs_of_evaluation"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "silent.py").write_text(SILENT)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "theirs_of_evaluation.silent"
    for name in [name for name in sys.modules if name.startswith("theirs_of_evaluation")]:
        del sys.modules[name]
