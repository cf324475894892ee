"""A training from its recipe to a finished folder, killed on the way or not, with tiny models on the CPU."""

import json
import os
import shlex
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from factory.training import finished
from factory.training.rows import mixed
from factory.training.settings import Portion, Stage

pytest.importorskip("trl")

KILLED_AT = """
import os, signal, sys
from factory.training import job
made = job._recorder
def recorder(one):
    found = made(one)
    def on_step_end(args, state, control, **others):
        if one.stage.name == {stage!r} and state.global_step == {step}:
            os.kill(os.getpid(), signal.SIGKILL)
    found.on_step_end = on_step_end
    return found
job._recorder = recorder
from factory.cli import main
main()
"""


SHARDED = """
import sys
import accelerate.state as state
from factory.training import job
begin, made = state.PartialState.__init__, job._recorder
def patched(self, *args, **kwargs):
    begin(self, *args, **kwargs)
    if self.distributed_type == state.DistributedType.MULTI_CPU:
        self.distributed_type = state.DistributedType.MULTI_XPU  # accelerate shares nothing out on CPUs; PyTorch does
def recorder(one):
    found = made(one)
    def on_train_end(args, state, control, **others):
        print("shared out:", {str(weight.placements) for weight in others["model"].parameters()}, file=sys.stderr)
    found.on_train_end = on_train_end
    return found
state.PartialState.__init__, job._recorder = patched, recorder
from factory.cli import main
main()
"""


def stages(chat: Path) -> list[dict[str, object]]:
    data = [{"source": str(chat)}]
    return [
        {"name": "first", "datasets": data, "count": 24},
        {"name": "second", "datasets": data, "args": {"learning_rate": 5e-4}},
    ]


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def process(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    values = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"} | environment
    return subprocess.run(command, env=values, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_a_training_that_was_killed_goes_on_and_comes_to_the_same_weights(run, recipe, chat, tmp_path):
    path = recipe("sft", stages=stages(chat))
    assert run("train", path, "-o", tmp_path / "whole").exit_code == 0
    killed = tmp_path / "killed"
    for stage, step in (("first", 2), ("second", 4)):
        code = KILLED_AT.format(stage=stage, step=step)
        done = process(sys.executable, "-c", code, "train", str(path), "-o", str(killed))
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert not (killed / "training.json").exists()
    assert (killed / "state" / "0-first" / "stage.json").is_file()
    (killed / "state" / "1-second" / "checkpoint-99").mkdir()  # one that was being written
    said = process(sys.executable, "-m", "factory.cli", "train", str(path), "-o", str(killed))
    assert said.returncode == 0, said.stderr
    assert "first: step" not in said.stderr  # a finished stage is not run again
    assert "second: step 1 " not in said.stderr  # nor what its last checkpoint holds
    assert finished.read(killed) == finished.read(tmp_path / "whole")
    assert not (killed / "state").exists()
    steps = [(line["stage"], line["step"], line["loss"]) for line in lines(killed) if "loss" in line]
    assert steps == [
        (line["stage"], line["step"], line["loss"]) for line in lines(tmp_path / "whole") if "loss" in line
    ]


@pytest.mark.slow
def test_a_folder_is_complete_or_another_trainings_or_made(run, recipe, chat, tmp_path):
    path, out = recipe("sft", datasets=[{"source": str(chat)}]), tmp_path / "out"
    first = run("train", path, "-o", out, "--json")
    assert first.exit_code == 0, first.output
    done = finished.read(out)
    assert json.loads(first.stdout) == done.model_dump(mode="json")
    when = {file.name: file.stat().st_mtime_ns for file in out.iterdir()}
    again = run("train", path, "-o", out)
    assert (again.exit_code, "is complete already" in again.stderr) == (0, True)
    assert {file.name: file.stat().st_mtime_ns for file in out.iterdir()} == when
    other = run("train", path, "-o", out, "--set", "seed=1")
    assert other.exit_code == 2
    assert "holds another training: seed is 0 there and 1 here" in other.stderr
    (out / "model.safetensors").write_bytes(b"")
    assert "model.safetensors is damaged or gone" in run("train", path, "-o", out).stderr
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("")
    assert "holds other files (thesis.txt)" in run("train", path, "-o", tmp_path / "full").stderr


@pytest.mark.slow
def test_the_card_says_what_the_manifest_says(run, recipe, chat, tmp_path):
    path = recipe("sft", datasets=[{"source": str(chat)}], description="Adds up <small> numbers.")
    assert run("train", path, "-o", tmp_path / "out").exit_code == 0
    done, card = finished.read(tmp_path / "out"), (tmp_path / "out" / "README.md").read_text()
    (stage,) = done.stages
    assert card.startswith("---\nlicense: apache-2.0\nlibrary_name: transformers\n")
    assert "Adds up &lt;small&gt; numbers." in card
    assert stage.datasets[0].sha256[:16] in card
    assert f"| train | {stage.steps} | {stage.rows['trained']} | loss | {stage.metrics['loss']:.6g} |" in card
    assert "Apache License 2.0" in card
    assert "Name the sources and models above" in card  # cc-by-4.0 asks it
    assert done.model in card
    assert done.versions["trl"] in card
    assert not any("runtime" in name or "per_second" in name for name in stage.metrics)


@pytest.mark.slow
def test_two_processes_come_to_the_losses_of_one_with_the_same_global_batch(run, recipe, chat, tmp_path):
    pytest.importorskip("accelerate")
    path = recipe("sft", {"num_train_epochs": 2}, datasets=[{"source": str(chat)}])
    command = ["-m", "factory.cli", "train", str(path)]
    half = "args.per_device_train_batch_size=4"
    printed = run("train", path, "-o", tmp_path / "two", "--set", half, "--launch-command", "ddp", "--processes", "2")
    binaries = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    two = process(*shlex.split(printed.stdout), PATH=binaries)
    assert two.returncode == 0, two.stderr[-3000:]
    one = process(sys.executable, *command, "-o", str(tmp_path / "one"))
    assert one.returncode == 0, one.stderr[-3000:]
    found = {name: [line["loss"] for line in lines(tmp_path / name) if "loss" in line] for name in ("one", "two")}
    assert len(found["one"]) == 12
    assert found["two"] == pytest.approx(found["one"], abs=1e-5)
    assert two.stdout.count("train: 48 rows, 12 steps") == 1  # the first process alone speaks


@pytest.mark.slow
def test_a_model_shared_out_over_two_processes_comes_to_the_losses_of_one(run, recipe, chat, tmp_path):
    pytest.importorskip("accelerate")
    path = recipe("sft", datasets=[{"source": str(chat)}])
    assert run("train", path, "-o", tmp_path / "one").exit_code == 0
    (tmp_path / "sharded.py").write_text(SHARDED)
    half = "args.per_device_train_batch_size=4"
    printed = run("train", path, "-o", tmp_path / "two", "--set", half, "--launch-command", "fsdp2", "--processes", "2")
    command = shlex.split(printed.stdout.replace("-m factory.cli", str(tmp_path / "sharded.py")))
    two = process(*command, PATH=os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]))
    assert two.returncode == 0, two.stderr[-3000:]
    assert "shared out: {'(Shard(dim=0),)'}" in two.stderr
    found = {name: [line["loss"] for line in lines(tmp_path / name) if "loss" in line] for name in ("one", "two")}
    assert len(found["one"]) == 6
    assert found["two"] == pytest.approx(found["one"], abs=1e-5)


def test_every_process_but_the_first_is_silent_where_a_recipe_is_refused(recipe, chat, tmp_path):
    path = recipe("sft", {"learning_rat": 1}, datasets=[{"source": str(chat)}])
    command = [sys.executable, "-m", "factory.cli", "train", str(path), "-o", str(tmp_path / "out")]
    first, second = process(*command, RANK="0"), process(*command, RANK="1")
    assert (first.returncode, second.returncode) == (2, 2)
    assert first.stderr.count("\n") == 1
    assert second.stderr == ""


def test_a_loss_that_is_no_number_ends_the_training_with_advice(run, recipe, chat, tmp_path):
    args = {"learning_rate": 1e30, "max_grad_norm": 0, "logging_nan_inf_filter": False}
    said = run("train", recipe("sft", args, datasets=[{"source": str(chat)}]), "-o", tmp_path / "out")
    assert said.exit_code == 2
    assert "is no number; lower args.learning_rate" in said.stderr
    assert not (tmp_path / "out" / "training.json").exists()


def test_a_mix_keeps_to_its_weights_and_takes_nothing_twice(chat, recipe):
    from factory.training import sources
    from factory.training.recipe import load

    path = recipe("sft", datasets=[{"source": str(chat), "weight": 3}, {"source": str(chat), "weight": 1}], count=40)
    (datasets,) = sources.opened(load(path))
    portions = tuple(Portion(source="x", weight=weight) for weight in (3, 1))
    stage = Stage(name="train", datasets=portions, count=40)
    rows = list(mixed(stage, datasets, 0))
    assert len(rows) == 40
    assert rows == list(mixed(stage, datasets, 0))
    assert rows != list(mixed(stage, datasets, 1))
    from factory.training.rows import taken

    assert taken(stage, datasets) == [30, 10]


@pytest.mark.parametrize(("count", "shares"), [(40, [30, 10]), (60, [45, 15]), (90, [48, 16]), (None, [48, 16])])
def test_a_count_never_breaks_the_weights(chat, recipe, count, shares):
    from factory.training import sources
    from factory.training.recipe import load
    from factory.training.rows import taken

    path = recipe("sft", datasets=[{"source": str(chat), "weight": 3}, {"source": str(chat), "weight": 1}])
    (datasets,) = sources.opened(load(path))
    stage = Stage(name="train", datasets=tuple(one.portion for one in datasets), count=count)
    assert taken(stage, datasets) == shares
    assert len(list(mixed(stage, datasets, 0))) == sum(shares)


@pytest.mark.parametrize("tune", ["lora", "qlora"])
def test_adapters_without_peft_are_refused_with_what_to_install(run, recipe, chat, tmp_path, monkeypatch, tune):
    monkeypatch.setitem(sys.modules, "peft", None)
    said = run("train", recipe("sft", datasets=[{"source": str(chat)}], tune=tune), "-o", tmp_path / "out")
    assert said.exit_code == 2
    assert "needs peft, which is not installed; run: pip install 'post-training-factory[lora]'" in said.stderr


def test_four_bits_need_a_gpu(run, recipe, chat, tmp_path, monkeypatch):
    import torch

    class Peft:
        LoraConfig = Stage  # any class with fields will do

    Peft.LoraConfig.__dataclass_fields__ = {}
    monkeypatch.setitem(sys.modules, "peft", Peft)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    said = run("train", recipe("sft", datasets=[{"source": str(chat)}], tune="qlora"), "-o", tmp_path / "out")
    assert (said.exit_code, "tune: qlora needs a CUDA GPU" in said.stderr) == (2, True)


def test_a_second_process_waits_for_nobody(run, recipe, chat, tmp_path):
    from factory import durable

    path = recipe("sft", datasets=[{"source": str(chat)}])
    (tmp_path / "out").mkdir()
    with durable.locked(tmp_path / "out"):
        began = time.monotonic()
        said = run("train", path, "-o", tmp_path / "out")
        assert time.monotonic() >= began
    assert (said.exit_code, "is being written by process" in said.stderr) == (2, True)
