"""The versions of the libraries live together, and are those that are written down."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PINNED = dict(
    re.findall(r"^([\w-]+)==(\S+)$", (Path(__file__).parents[3] / "constraints.txt").read_text(), re.MULTILINE)
)
TOGETHER = ("torch", "transformers", "trl", "accelerate", "datasets", "vllm")


@pytest.mark.slow
def test_trainers_and_engines_are_imported_in_one_process():
    for name in TOGETHER:
        pytest.importorskip(name) if name != "vllm" else None
    code = f"import importlib; print([importlib.import_module(name).__version__ for name in {TOGETHER}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    if "No module named 'vllm'" in done.stderr:
        pytest.skip("vllm is not installed")
    assert done.returncode == 0, done.stderr
    found = [version.partition("+")[0] for version in re.findall(r"'([^']+)'", done.stdout.splitlines()[-1])]
    assert dict(zip(TOGETHER, found, strict=True)) == {name: PINNED[name] for name in TOGETHER}
