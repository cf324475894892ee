"""Evaluations written to a folder, to be run there with scripted models."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # so that tests find scripted_evaluation

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
