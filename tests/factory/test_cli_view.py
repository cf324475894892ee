"""`factory view` says in one sentence what it lacks."""

import socket
import subprocess
import sys
from pathlib import Path

from factory import pipeline
from factory.recipe import load


def view(*arguments: object, code: str = "") -> subprocess.CompletedProcess[str]:
    """In a process of its own: a server changes what Arrow imports."""
    code = f"{code}; from factory.cli import main; main()".lstrip("; ")
    command = [sys.executable, "-c", code, "view", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_too_many_datasets_none_and_a_folder_that_is_none_are_refused(tmp_path: Path) -> None:
    for arguments, said in (
        (["a", "b", "c"], "3 datasets are too many"),
        ([], "Missing argument"),
        ([tmp_path], f"{tmp_path} has no manifest.json"),
    ):
        done = view(*arguments)
        assert done.returncode == 2, done.stderr
        assert said in done.stderr


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(
        "name: one\nseed: 0\nlicense: mit\ngenerate: [{use: math, count: 5, families: [linear_*]}]\n"
    )
    pipeline.generate(load(tmp_path / "r.yaml"), tmp_path / "d", workers=1, progress=lambda now: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = view(tmp_path / "d", "--port", port)
    assert done.returncode == 2
    assert f"port {port} can't be had" in done.stderr


def test_a_missing_library_is_named_with_the_way_to_install_it(tmp_path: Path) -> None:
    done = view(tmp_path, code="import sys; sys.modules['uvicorn'] = None")
    assert done.returncode == 2
    assert "factory view needs uvicorn" in done.stderr
    assert "pip install 'post-training-factory[view]'" in done.stderr
    assert "Traceback" not in done.stderr
