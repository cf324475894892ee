"""`factory publish` as a process, against a Hub on loopback; killed at any point, it leaves no half of a dataset."""

import importlib
import json
import os
import signal
import subprocess
import sys
import threading
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
def start(hub, servers, tmp_path):
    """Begin a command whose Hub is the one on loopback."""

    def begin(*words):
        ways = {"HF_ENDPOINT": hub.url, "HF_TOKEN": servers.TOKEN, "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
        environment = os.environ | ways | {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_TELEMETRY": "1"}
        return subprocess.Popen(
            [sys.executable, *map(str, words)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

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
    assert "would have 9 files added" in out
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
def test_what_was_published_is_read_back_row_by_row(folder, run, start):
    assert run(folder, "me/sums", "-q")[0] == 0
    script = (
        "import json; from datasets import load_dataset\n"
        "rows = load_dataset('me/sums', split='train')\n"
        "print(json.dumps([row['id'] + row['messages'][0]['content'] for row in rows]))"
    )
    out, err = start("-c", script).communicate(timeout=120)
    from factory import dataset

    assert json.loads(out or "null") == [row.id + row.messages[0].content for row in dataset.read(folder)], err[-2000:]


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


FORKS = """
import os, sys
import huggingface_hub.hf_api, huggingface_hub._commit_api, huggingface_hub.file_download, pyarrow.parquet
import factory.publishing.publish
from factory.cli import main

for line in sys.stdin:
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        main(["publish", *line.split(), "me/sums", "-q"])
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Publishes as often as it is told to, each time in a process of its own that has imported everything."""


@pytest.mark.slow
def test_a_publish_killed_at_any_request_leaves_no_half_commit_and_the_next_one_ends_it(
    folder, start, hub, sums, generate, tmp_path
):
    generate(sums(800, seed=2), tmp_path / "next")
    with start("-c", FORKS) as forks:

        def publish(out, kill_at=10**9):
            before, pids = len(hub.seen), []
            reached = threading.Event()
            hub.on_request = lambda line: _kill(pids, reached) if len(hub.seen) - before == kill_at else None
            forks.stdin.write(f"{out}\n")
            forks.stdin.flush()
            pids.append(int(forks.stdout.readline()))
            reached.set()
            return int(forks.stdout.readline()), len(hub.seen) - before

        assert publish(folder)[0] == 0
        first = hub.repos[KEY].files()
        code, total = publish(tmp_path / "next")
        second = hub.repos[KEY].files()
        assert code == 0
        assert total >= 12
        for number in range(12):
            _restore(hub, first)
            code, _ = publish(tmp_path / "next", 1 + number * (total - 1) // 11)
            repo = hub.repos[KEY]
            assert code == -signal.SIGKILL
            assert all(repo.files(commit) in (first, second) for commit in repo.commits), number
            if number % 2:  # the half of them: each takes a process
                assert publish(tmp_path / "next")[0] == 0
                assert repo.files() == second
                assert len(repo.commits) == 2
        forks.stdin.close()


def _kill(pids, reached):
    """Kill the process before its request is answered."""
    reached.wait(30)
    os.kill(pids[0], signal.SIGKILL)


def _restore(hub, files):
    """The repository with these files as its only commit."""
    servers = importlib.import_module("hub_server")
    repo = hub.repos[KEY] = servers.Repo(False)
    kept = {path: servers.File(content, path.endswith(servers.LARGE)) for path, content in files.items()}
    repo.commit("main", kept, "me", "Publish sums")
