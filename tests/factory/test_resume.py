import errno
import json
import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Timer

import pytest

from factory import dataset, durable, pipeline
from factory.errors import DatasetError
from factory.gate_settings import NearDuplicates
from factory.manifest import MANIFEST

RUN = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {here!r})
import synthetic
from factory import pipeline
from factory.errors import FactoryError
from factory.recipe import Part, Recipe

def tell(now):
    print(now.rows_made, flush=True)
    sys.stdin.readline()  # go on when told to, or when nobody tells

if __name__ == "__main__":
    out, workers, limit = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    parts = (Part("sums", synthetic.Sums(count=6000, range=20_000, padding=20)),)
    recipe = Recipe(name="sums", license="apache-2.0", seed=1, shard_rows=500, generate=parts)
    try:
        pipeline.generate(recipe, out, workers=workers, progress=tell)
    except FactoryError as error:
        sys.exit(str(error))
"""


class Stop(BaseException):
    """As a signal would."""


@pytest.fixture
def command(tmp_path):
    """The command line of a run of its own: folder, workers, the largest file that it may write (0 = any)."""
    path = tmp_path / "run.py"
    path.write_text(RUN.format(here=str(Path(__file__).parent)))
    return lambda out, workers=1, limit=0: [sys.executable, str(path), str(tmp_path / out), str(workers), str(limit)]


def to_the_end(command):
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def kill_after(command, rows, spin):
    """Kill the run some moments after it told that so many rows are made; how many it told of."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        for line in run.stdout:
            run.stdin.write("\n")
            run.stdin.flush()
            if int(line) >= rows:
                for _ in range(spin):
                    pass
                run.kill()
                return int(line)
    raise AssertionError("it ended before it could be killed")


@pytest.fixture
def stopped(sums):
    """Run a recipe until so many rows are made, then stop as on a signal."""

    def run(recipe, out, rows, workers=1):
        def stop(now):
            if now.rows_made >= rows:
                raise Stop

        with pytest.raises(Stop):
            pipeline.generate(recipe, out, workers=workers, progress=stop)

    return run


@pytest.mark.parametrize("use", ["Sums", "Coroutines", "Preferences", "Sampled"])
def test_stopped_anywhere_and_run_again_gives_the_same_bytes(sums, generate, stopped, files, tmp_path, use):
    recipe = sums(2000, use=use, range=3000, judges=("Even",))
    generate(recipe, tmp_path / "plain")
    for rows in (50, 700, 750, 1950, 2000):
        stopped(recipe, tmp_path / "stopped", rows)
        assert not list((tmp_path / "stopped").rglob(f"*{durable.TEMPORARY}"))
        assert not (tmp_path / "stopped" / MANIFEST).exists()
    generate(recipe, tmp_path / "stopped")
    assert files(tmp_path / "stopped") == files(tmp_path / "plain")


def test_items_of_finished_shards_are_not_made_again(sums, stopped, tmp_path):
    recipe = sums(1000)
    stopped(recipe, tmp_path, 700)
    seen = []
    pipeline.generate(recipe, tmp_path, workers=1, progress=seen.append)
    assert seen[0].rows_found == 500
    assert [now.rows_made for now in seen] == list(range(550, 1001, 50))


def test_killed_at_random_moments_and_run_again_gives_the_same_bytes(command, files, tmp_path):
    assert to_the_end(command("plain")).returncode == 0
    rng = random.Random(7)
    made = 0
    for workers in (1, 2, 1, 2):
        made = kill_after(command("killed", workers), made + rng.randrange(50, 1000, 50), rng.randrange(100_000))
        assert not (tmp_path / "killed" / MANIFEST).exists()
    assert to_the_end(command("killed", 2)).returncode == 0
    assert files(tmp_path / "killed") == files(tmp_path / "plain")


def test_workers_leave_an_interrupt_of_the_whole_group_to_their_parent(command):
    with subprocess.Popen(
        command("stopped", 2),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # a test run started in the background inherits an ignored SIGINT
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as run:
        run.stdout.readline()
        os.killpg(run.pid, signal.SIGINT)
        _, complaints = run.communicate(timeout=20)
    assert complaints.count("KeyboardInterrupt") == 1
    assert "SpawnProcess" not in complaints


def test_a_full_disk_is_one_sentence_and_nothing_finished_is_lost(command, files, tmp_path):
    full = to_the_end(command("full", limit=12_000))
    assert full.returncode == 1
    assert full.stderr.count("\n") == 1
    assert "no finished shard is lost: make room and run the same command again" in full.stderr
    assert not list((tmp_path / "full").rglob(f"*{durable.TEMPORARY}"))
    assert to_the_end(command("full")).returncode == 0
    assert to_the_end(command("plain")).returncode == 0
    assert files(tmp_path / "full") == files(tmp_path / "plain")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_what_a_full_disk_says_names_the_file_and_the_room(tmp_path, code):
    path = tmp_path / "file"
    durable.temporary(path).write_text("half")
    with (
        pytest.raises(DatasetError, match=r"file can't be written: the .* \([\d,]+ bytes are free\)"),
        durable.disk_errors(path),
    ):
        raise OSError(code, os.strerror(code))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["data/train-00001.parquet", "rejects/rejects-00001.parquet", "state/keys-00001.npy"])
def test_a_damaged_shard_and_those_behind_it_are_made_again(sums, generate, stopped, files, tmp_path, name):
    recipe = sums(1000, range=2000)
    generate(recipe, tmp_path / "plain")
    stopped(recipe, tmp_path / "hurt", 950)
    path = tmp_path / "hurt" / name
    path.write_bytes(path.read_bytes()[:-9] + b"\0" + path.read_bytes()[-8:])
    generate(recipe, tmp_path / "hurt")
    assert files(tmp_path / "hurt") == files(tmp_path / "plain")


@pytest.mark.parametrize("near", [None, 0.9])
def test_sampled_answers_and_what_was_counted_are_kept_beside_the_rows(sums, generate, files, tmp_path, near):
    recipe = sums(700, use="Sampled", surrogates=True)
    if near:
        recipe = recipe.model_copy(update={"duplicates": NearDuplicates(near=near)})
    manifest = generate(recipe, tmp_path)
    samples = list(dataset.read_samples(tmp_path))
    assert manifest.tallies == {"sums": {"asked": 1400}}
    assert sum(file.rows for file in manifest.samples) == len(samples) == 1400
    assert [sample.sample for sample in samples[:4]] == [0, 1, 0, 1]
    rows = {row.id: row for row in dataset.read(tmp_path)}
    assert rows
    for sample in samples:
        assert sample.row_id not in rows or rows[sample.row_id].prompt == sample.prompt
        assert sample.scores[0].score == sample.score == sample.sample
        assert "\ud800" not in sample.text


def test_a_complete_folder_is_left_alone(sums, generate, tmp_path):
    recipe = sums(300)
    first = generate(recipe, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    calls = []
    assert pipeline.generate(recipe, tmp_path, workers=1, progress=calls.append) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before
    assert not calls


@pytest.mark.parametrize("name", ["data/train-00000.parquet", "samples/samples-00000.parquet"])
def test_a_damaged_complete_folder_is_not_called_complete(sums, generate, tmp_path, name):
    generate(sums(300, use="Sampled"), tmp_path)
    (tmp_path / name).write_bytes(b"gone")
    with pytest.raises(DatasetError, match=r"-00000.parquet is damaged or gone; delete"):
        generate(sums(300, use="Sampled"), tmp_path)


def test_another_recipe_is_refused_with_what_differs(sums, generate, stopped, tmp_path):
    stopped(sums(300), tmp_path / "begun", 200)
    generate(sums(300), tmp_path / "complete")
    for folder in (tmp_path / "begun", tmp_path / "complete"):
        with pytest.raises(DatasetError) as refusal:
            generate(sums(400, seed=2), folder)
        assert str(refusal.value) == (
            f"{folder} holds another recipe's rows: seed is 1 there and 2 here; "
            "generate.0.count is 300 there and 400 here; choose another folder, or remake this one with --fresh"
        )


def test_another_version_of_the_package_is_refused(sums, generate, stopped, tmp_path):
    stopped(sums(300), tmp_path, 200)
    run = tmp_path / "state/run.json"
    run.write_text(json.dumps(json.loads(run.read_text()) | {"package": "0.0.1"}))
    with pytest.raises(DatasetError, match=r"made by version 0.0.1, and this is"):
        generate(sums(300), tmp_path)


def test_a_folder_of_other_files_is_refused_and_left_as_it_is(sums, generate, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(DatasetError, match=r"holds other files \(thesis.tex\)"):
        generate(sums(300), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_path_that_is_a_file_is_refused(sums, generate, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="can't be made"):
        generate(sums(300), tmp_path / "file")


def test_a_second_writer_hears_who_holds_the_folder(sums, generate, tmp_path):
    with durable.locked(tmp_path), pytest.raises(DatasetError, match=f"is being written by process {os.getpid()} on"):
        generate(sums(300), tmp_path)
    generate(sums(300), tmp_path)
    assert not (tmp_path / durable.LOCK).exists()


def test_a_holder_that_is_about_to_be_gone_is_waited_for(tmp_path):
    held, go = Event(), Event()

    def hold() -> None:
        with durable.locked(tmp_path):
            held.set()
            go.wait(10)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        assert held.wait(10)
        Timer(0.2, go.set).start()
        with durable.locked(tmp_path):
            assert go.is_set()


def test_the_manifest_is_written_last_and_the_state_is_gone(sums, generate, tmp_path):
    generate(sums(300), tmp_path)
    newest = max((path for path in tmp_path.rglob("*") if path.is_file()), key=lambda path: path.stat().st_mtime_ns)
    assert newest.name == MANIFEST
    assert not (tmp_path / "state").exists()


def test_a_rerun_between_manifest_and_cleaning_cleans(sums, generate, files, tmp_path):
    generate(sums(300), tmp_path)
    before = files(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state/run.json").write_text("{}")
    generate(sums(300), tmp_path)
    assert files(tmp_path) == before
