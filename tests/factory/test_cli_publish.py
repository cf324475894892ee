"""`factory publish` as a process, against a Hub on loopback."""

import importlib
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from factory.cli import main

pytest.importorskip("huggingface_hub")
KEY = "datasets/me/sums"


@pytest.fixture
def servers(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent / "publishing")
    return importlib.import_module("hub_server")


@pytest.fixture
def hub(servers):
    with servers.HubServer() as server:
        yield server


@pytest.fixture
def start(hub, tmp_path):
    """Begin a command whose Hub is the one on loopback."""

    def begin(*words):
        return hub.begin(*words, home=tmp_path / "hf")

    return begin


@pytest.fixture
def run(start):
    def finish(*words):
        child = start("-m", "factory.cli", "publish", *words)
        out, err = child.communicate(timeout=60)
        return child.returncode, out, err

    return finish


@pytest.fixture
def folder(sums, generate, tmp_path):
    generate(sums(600), tmp_path / "out")
    return tmp_path / "out"


def test_a_dataset_is_published_and_said_in_a_line(folder, run, hub, servers):
    code, out, err = run(folder, "me/sums", "--dry-run")
    assert code == 0, err
    assert "+" in out
    assert "would have 10 files added" in out
    code, out, err = run(folder, "me/sums", "--tag", "v1", "--json")
    assert code == 0, err
    facts = json.loads(out)
    assert hub.repos[KEY].tags == {"v1": facts["commit"]}
    assert servers.TOKEN not in out + err
    assert "1 of 3 files: data/train-00000.parquet" in err
    code, out, err = run(folder, "me/sums", "-q")
    assert (code, err) == (0, "")
    assert "datasets/me/sums: unchanged" in out


def test_a_refusal_is_one_line_and_its_exit_code(folder, run, hub):
    hub.role = {"role": "read"}
    code, out, err = run(folder, "me/sums")
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert "it has the role `read`" in err


def test_a_name_that_is_none_is_the_users_to_fix():
    result = CliRunner().invoke(main, ["publish", "out", "sums"])
    assert result.exit_code == 2
    assert "is no Hub id; write namespace/name" in result.stderr


def test_without_the_library_the_pip_line_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    result = CliRunner().invoke(main, ["publish", "out", "me/sums"])
    assert result.exit_code == 2
    assert "run: pip install 'huggingface_hub" in result.stderr


@pytest.mark.slow
def test_a_stage_of_a_pipeline_publishes_once(folder, start, hub, tmp_path):
    text = f"name: one\nstages:\n  hub: {{publish: me/sums, dataset: {folder}}}\n"
    (tmp_path / "pipeline.yaml").write_text(text)
    for _ in range(2):
        child = start("-m", "factory.cli", "run", tmp_path / "pipeline.yaml", "-o", tmp_path / "run", "-q")
        _, err = child.communicate(timeout=100)
        assert child.returncode == 0, err
        assert "data/train-00000.parquet" in hub.repos[KEY].files()
        assert len(hub.repos[KEY].commits) == 2
    assert hub.count("/commit/") == 1
