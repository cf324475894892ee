"""The store on disks as they are: killed, full, shared, foreign."""

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from factory.answers import file
from factory.answers.contents import checked
from factory.answers.filesystem import shared_by_machines
from factory.answers.store import Answers, Keys
from factory.engine import Completion, Request, Unanswered
from factory.errors import DatasetError

KEYS = Keys({"model": "m"})


def key(i):
    return KEYS.of(Request(f"{i}"), (0,))[0]


def answer(i):
    return Completion(f"answer {i}; " * (1 + i % 400), i, 2)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.sqlite"


@pytest.fixture
def filled(path):
    """A store of 300 answers and 5 failures."""
    with Answers(path) as store:
        store.put([(key(i), f"model {i % 3}", answer(i)) for i in range(300)], "run")
        store.put([(key(i), "m", Unanswered("schema", "note", "raw")) for i in range(1000, 1005)], "run")
    return path


CHILD = """
import asyncio, resource, sys
from pathlib import Path
from factory.answers.store import Answers, Keys
from factory.engine import Completion, Request
from factory.errors import DatasetError

path, first, limit = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
keys = Keys({"model": "m"})

def limited(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

async def main():
    store = Answers(path)
    if limit:
        limited(limit)
    at = first
    while at < first + 100_000:
        entries = [
            (keys.of(Request(f"{i}"), (0,))[0], "m", Completion(f"answer {i}; " * (1 + i % 400), i, 2))
            for i in range(at, at + 7)
        ]
        at += 7
        try:
            store.put(entries, "run")
            await store.flush()
        except DatasetError as error:
            print(error, file=sys.stderr, flush=True)
            break
        print(at, flush=True)
    for _ in range(3):
        try:
            await store.flush()
        except DatasetError as error:
            print(error, file=sys.stderr, flush=True)
    limited(resource.RLIM_INFINITY)
    await store.flush()
    store.put([(keys.of(Request(f"{at}"), (0,))[0], "m", Completion(f"answer {at}; " * (1 + at % 400), at, 2))], "run")
    store.close()
    print(at + 1, flush=True)

asyncio.run(main())
"""


def child(path, first, limit=0):
    command = [sys.executable, "-c", CHILD, str(path), str(first), str(limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed(path, first, acknowledgements, spin):
    """Kill a writer some moments after so many acknowledgements; up to which answer it acknowledged."""
    acknowledged = first
    with child(path, first) as writer:
        for line in writer.stdout:
            acknowledged = int(line)
            acknowledgements -= 1
            if acknowledgements <= 0:
                break
        for _ in range(spin):
            pass
        writer.kill()
        return max([acknowledged, *map(int, writer.stdout.read().split("\n")[:-1])])


@pytest.mark.slow
def test_twenty_kills_lose_nothing_acknowledged_and_store_nothing_twice(path):
    rng = random.Random(4)
    acknowledged = 0
    for _ in range(20):
        before = acknowledged
        acknowledged = killed(path, before, rng.randrange(1, 12), rng.randrange(400_000))
        assert acknowledged > before
        with Answers(path) as store:
            assert store.found([key(i) for i in range(acknowledged)], "run") == [answer(i) for i in range(acknowledged)]
            assert not store.remarks
    with sqlite3.connect(path) as connection:
        rows, distinct = connection.execute("select count(*), count(distinct key) from answers").fetchone()
    assert rows == distinct >= acknowledged
    assert checked(path).faults == []


def test_a_full_disk_is_one_sentence_and_the_same_handle_goes_on_when_there_is_room(path):
    with child(path, 0, limit=400_000) as writer:
        out, complaints = writer.communicate(timeout=60)
        assert writer.returncode == 0, complaints
    lines = complaints.splitlines()
    assert len(lines) == 4  # once when it filled up, and at each of three attempts
    assert all(
        "bytes are free); no stored answer is lost: make room and run the same command" in line for line in lines
    )
    acknowledged = [int(line) for line in out.split()]
    assert len(acknowledged) > 3
    last = acknowledged[-1]
    with Answers(path) as store:
        assert store.found([key(i) for i in range(last)], "run") == [answer(i) for i in range(last)]


def until_full(store):
    """Put and flush answer after answer; the number of the one that did not fit."""
    for i in range(1000):
        store.put([(key(i), "m", answer(i))], "run")
        try:
            asyncio.run(store.flush())
        except DatasetError as error:
            assert "the disk is full" in str(error)  # noqa: PT017
            return i
    raise AssertionError("it never filled up")


def test_a_put_after_a_failed_commit_says_so_and_keeps_what_it_was_given(path):
    with Answers(path) as store:
        writing = store._file.writing
        writing.execute(f"pragma max_page_count = {writing.execute('pragma page_count').fetchone()[0]}")
        i = until_full(store)
        with pytest.raises(DatasetError, match="the disk is full"):
            store.put([(key(5000), "m", answer(5000))], "run")
        assert store.found([key(5000), key(i)], "run") == [answer(5000), answer(i)]
        with pytest.raises(DatasetError, match="the disk is full"):
            store.forget_failures("run")
        writing.execute("pragma max_page_count = 1000000")
        asyncio.run(store.flush())
        store.put([(key(5001), "m", answer(5001))], "run")
    with Answers(path) as store:
        every = [*range(i + 1), 5000, 5001]
        assert store.found([key(i) for i in every], "run") == [answer(i) for i in every]


def test_closing_on_a_full_disk_says_that_answers_were_not_stored(path):
    store = Answers(path)
    writing = store._file.writing
    writing.execute(f"pragma max_page_count = {writing.execute('pragma page_count').fetchone()[0]}")
    store.put([(key(i), "m", answer(i)) for i in range(100)], "run")
    with pytest.raises(DatasetError, match=r"100 outcomes could not be stored, and will be asked again: .* is full"):
        store.close()
    with Answers(path) as again:
        assert again.found([key(0)], "run") == [None]


def refused(path):
    with pytest.raises(DatasetError) as refusal:
        Answers(path)
    sentence = str(refusal.value)
    assert refusal.value.exit_code == 2
    assert "\n" not in sentence
    assert str(path) in sentence or str(path.parent) in sentence
    return sentence


def test_a_file_that_is_no_database_is_refused_and_left_alone(path):
    path.write_bytes(b"precious text, not a database " * 99)
    assert "is no store of answers" in refused(path)
    assert path.read_bytes() == b"precious text, not a database " * 99


def test_a_database_of_something_else_is_refused_and_left_alone(path):
    with sqlite3.connect(path) as connection:
        connection.execute("create table answers (x)")
    before = path.read_bytes()
    assert "is a database of something else" in refused(path)
    assert path.read_bytes() == before


def test_a_newer_format_is_refused(filled):
    with sqlite3.connect(filled) as connection:
        connection.execute("pragma user_version = 2")
    assert "written by a newer version (format 2; this one reads 1)" in refused(filled)


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    assert "can't be opened or written" in refused(tmp_path)
    (tmp_path / "file").write_text("")
    assert "can't be made" in refused(tmp_path / "file" / "answers.sqlite")
    if Path("/proc/self").is_dir():
        assert "can't be opened or written" in refused(Path("/proc/self/answers.sqlite"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    assert "can't be opened or written" in refused(tmp_path / "answers.sqlite")


MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
31 22 0:45 / /home rw,relatime shared:3 - nfs4 server:/home rw,vers=4.2
32 31 254:1 / /home/local\\040disk rw - xfs /dev/vdb rw
33 22 0:46 / /scratch rw - lustre 10.0.0.1@tcp:/scratch rw
34 22 0:47 / /bucket rw - fuse.s3fs s3fs rw
35 22 0:48 / /was rw - nfs server:/was rw
36 22 254:2 / /was rw - ext4 /dev/vdc rw
37 22 0:49 / /windows rw - 9p drvfs rw
"""


@pytest.mark.parametrize(
    ("place", "kind"),
    {
        "/data/answers.sqlite": "",
        "/home/me/out/answers.sqlite": "nfs4",
        "/home/local disk/answers.sqlite": "",
        "/homely/answers.sqlite": "",
        "/scratch": "lustre",
        "/bucket/x": "fuse.s3fs",
        "/was/x": "",
        "/windows/x": "9p",
    }.items(),
)
def test_network_file_systems_are_told_by_their_mounts(place, kind):
    assert shared_by_machines(Path(place), MOUNTS) == kind


@pytest.fixture
def network(monkeypatch):
    monkeypatch.setattr(file, "shared_by_machines", lambda path: "nfs4")
    monkeypatch.setattr(file, "ALONE_S", 0.1)


@pytest.mark.usefixtures("network")
def test_on_a_network_file_system_one_process_has_the_store_without_shared_memory(path):
    with Answers(path) as store:
        assert store.remarks == [f"{path} is on nfs4, a network file system: this process has it alone"]
        store.put([(key(i), "m", answer(i)) for i in range(50)], "run")
        store.put([(key(99), "m", Unanswered("empty"))], "run")
        asyncio.run(store.flush())
        assert store.found([key(i) for i in range(51)], "run") == [*map(answer, range(50)), None]
        assert not path.with_name("answers.sqlite-shm").exists()
        assert "is in use by another process, and on nfs4 only one can have it: wait" in refused(path)
    with Answers(path) as store:
        assert store.found([key(3)], "run") == [answer(3)]
        assert not path.with_name("answers.sqlite-shm").exists()
        assert "only one can have it" in refused(path)
