"""Large files go by LFS or by Xet; what is published is whole, sent once, and the same bytes again by either way."""

import hashlib
import json
import os
import signal
import sys
import threading

import pytest

KEY = "datasets/me/sums"
WAYS = pytest.mark.parametrize("xet", [False, True], ids=["lfs", "xet"])
pytestmark = pytest.mark.slow


@pytest.fixture
def start(servers, tmp_path):
    """Begin a Python process whose Hub is on loopback, with or without Xet."""
    pytest.importorskip("hf_xet")
    with servers.HubServer() as server:

        def begin(*words, xet):
            return server.begin(*words, home=tmp_path / "hf", xet=xet)

        begin.hub = server
        yield begin


@pytest.fixture
def run(start):
    def finish(folder, xet):
        child = start("-m", "factory.cli", "publish", folder, "me/sums", "-q", "--json", xet=xet)
        out, err = child.communicate(timeout=60)
        assert child.returncode == 0, err
        return json.loads(out)

    return finish


READ = """
import json; from datasets import load_dataset
rows = load_dataset('me/sums', split='train')
print(json.dumps([row['messages'][0]['content'] for row in rows]))
"""


@WAYS
def test_a_dataset_is_created_sent_once_changed_in_a_shard_and_read_back(folder, run, start, with_text, tmp_path, xet):
    from factory import dataset

    hub = start.hub
    assert run(folder, xet)["committed"]
    assert bool(hub.xet.files) is xet
    sent = hub.data_bytes
    assert sent >= 4 * 1000
    hub.data_bytes = 0
    assert not run(folder, xet)["committed"]
    assert hub.data_bytes == 0
    edited = with_text(folder, "What is 1 + 1, then?")
    assert [path for path in run(edited, xet)["changed"] if path.startswith("data/")] == ["data/train-00001.parquet"]
    assert 0 < hub.data_bytes < sent / 2
    out, err = start("-c", READ, xet=xet).communicate(timeout=120)
    expected = [row.messages[0].content for row in dataset.read(edited)]
    assert json.loads(out or "null") == expected, err[-2000:]
    came = [path.read_bytes() for path in (tmp_path / "hf/hub/datasets--me--sums/snapshots").glob("*/data/*.parquet")]
    assert sorted(map(digest, came)) == sorted(digest(path.read_bytes()) for path in (edited / "data").iterdir())


def digest(content):
    return hashlib.sha256(content).hexdigest()


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


@WAYS
def test_a_publish_killed_at_any_request_leaves_no_half_commit_and_the_next_one_ends_it(
    folder, start, sums, generate, tmp_path, xet
):
    hub = start.hub
    kills, killed = 5 if xet else 12, 0
    generate(sums(800, seed=2), tmp_path / "next")
    with start("-c", FORKS, xet=xet) as forks:

        def publish(out, kill_at=10**9):
            before, pids = len(hub.seen), []
            reached = threading.Event()
            hub.on_request = lambda line: kill(pids, reached) if len(hub.seen) - before == kill_at else None
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
        for number in range(kills):
            restore(hub, first)
            kill_at = 1 + number * (total - 1) // (kills - 1)
            code, seen = publish(tmp_path / "next", kill_at)
            repo = hub.repos[KEY]
            assert code == -signal.SIGKILL or (xet and not code and seen < kill_at)  # Xet asks less the next time
            killed += code != 0
            assert all(repo.files(commit) in (first, second) for commit in repo.commits), number
            if number % 2:  # the half of them: each takes a process
                assert publish(tmp_path / "next")[0] == 0
                assert repo.files() == second
                assert len(repo.commits) == 2
        assert killed == kills or (xet and killed >= 3)
        forks.stdin.close()


def kill(pids, reached):
    """Kill the process before its request is answered."""
    reached.wait(30)
    os.kill(pids[0], signal.SIGKILL)


def restore(hub, files):
    """The repository with these files as its only commit, and nothing stored but theirs."""
    servers = sys.modules["hub_server"]
    repo = hub.repos[KEY] = servers.Repo(False)
    kept = {path: servers.File(content, path.endswith(servers.LARGE)) for path, content in files.items()}
    repo.commit("main", kept, "me", "Publish sums")
    hub.xet.files = {one: stored for one, stored in hub.xet.files.items() if one in map(digest, files.values())}
