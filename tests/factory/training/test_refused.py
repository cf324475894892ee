"""What a user can mend is one sentence, told before anything is loaded where that can be; mistakes here are traced."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from factory.training import job

pytest.importorskip("trl")


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A model of one's own, to break."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def data(chat: Path) -> list[dict[str, object]]:
    return [{"source": str(chat)}]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def scrawl(path: Path) -> None:
    path.write_bytes(b"\xff" * 16 + path.read_bytes()[16:])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("command", ["train", "check"])
@pytest.mark.parametrize("damage", [cut, scrawl, empty])
def test_damaged_weights_are_told_before_any_data_is_read(run, recipe, model, tmp_path, command, damage):
    damage(model / "model.safetensors")
    path = recipe("sft", model={"source": "model", "license": "apache-2.0"}, datasets=[{"source": "nowhere/at-all"}])
    said = run(command, path, *(["-o", tmp_path / "out"] if command == "train" else []))
    assert said.exit_code == 2
    assert said.stderr.count("\n") == 1
    assert "model: " in said.stderr
    assert "model.safetensors is damaged or no safetensors file" in said.stderr


@pytest.mark.parametrize("command", ["train", "check"])
@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("./modell", "there is no folder"),
        ("../elsewhere/modell", "there is no folder"),
        ("modell", "is no id of the Hub (owner/name)"),
        ("out/modell", "though there is"),
        ("train.yaml", "is a file; give the folder of a model"),
    ],
)
@pytest.mark.parametrize("which", ["model", "reference"])
def test_a_mistyped_model_is_told_before_any_data_is_read(
    run, recipe, model, tmp_path, command, source, sentence, which
):
    (tmp_path / "out").mkdir()
    starts = {"model": {"source": "model", "license": "apache-2.0"}, "reference": "start"}
    starts |= {which: {"source": source, "license": "apache-2.0"}}
    path = recipe("dpo", **starts, datasets=[{"source": "nowhere/at-all"}])
    said = run(command, path, *(["-o", tmp_path / "new"] if command == "train" else []))
    assert said.exit_code == 2
    assert said.stderr.count("\n") == 1
    assert f"{which}: " in said.stderr
    assert sentence in said.stderr


@pytest.mark.parametrize("command", ["train", "check"])
@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ({"report_to": "swanlab"}, "args.report_to: swanlab needs swanlab, which is not installed; run: pip install"),
        ({"report_to": ["none", "comet_ml"]}, "comet_ml needs comet-ml, which is not installed; run: pip install com"),
        ({"report_to": "wandbb"}, "args.report_to: 'wandbb' is none of none, all, azure_ml, clearml"),
        ({"use_liger_kernel": True}, "needs liger-kernel, which is not installed; run: pip install liger-kernel"),
    ],
)
def test_a_library_that_settings_need_is_told_before_anything_is_read(
    run, recipe, tmp_path, monkeypatch, command, args, sentence
):
    from transformers.integrations import integration_utils

    monkeypatch.setattr(integration_utils, "get_available_reporting_integrations", list)
    monkeypatch.setattr("factory.training.arguments.find_spec", lambda name: None)
    path = recipe("sft", args, model={"source": "nowhere/at-all"}, datasets=[{"source": "nowhere/at-all"}])
    said = run(command, path, *(["-o", tmp_path / "out"] if command == "train" else []))
    assert said.exit_code == 2
    assert said.stderr.count("\n") == 1
    assert sentence in said.stderr


def test_a_setting_that_is_refused_once_the_model_is_there_is_one_sentence(run, recipe, chat, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    said = run("train", recipe("sft", {"optim": "adamw_bnb_8bit"}, datasets=data(chat)), "-o", tmp_path / "out")
    assert said.exit_code == 2
    assert "args: TRL can't train it: " in said.stderr.splitlines()[-1]
    assert "bitsandbytes" in said.stderr.splitlines()[-1]


@pytest.mark.parametrize("kind", [ValueError, TypeError, KeyError, RuntimeError, OSError])
def test_a_mistake_of_the_program_is_traced(run, recipe, chat, tmp_path, monkeypatch, kind):
    def mistaken(one):
        raise kind("this is nobody's setting")

    monkeypatch.setattr(job, "_recorder", mistaken)
    said = run("train", recipe("sft", datasets=data(chat)), "-o", tmp_path / "out")
    assert (said.exit_code, type(said.exception)) == (1, kind)


def raising(error: Exception, step: int):
    """A recorder that raises once so many steps are done."""
    made = job._recorder

    def recorder(one):
        found = made(one)

        def on_step_end(args, state, control, **others):
            if state.global_step == step:
                raise error

        found.on_step_end = on_step_end
        return found

    return recorder


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried")]
)
def test_memory_that_runs_out_is_one_sentence(run, recipe, chat, tmp_path, monkeypatch, error):
    monkeypatch.setattr(job, "_recorder", raising(error, 2))
    said = run("train", recipe("sft", datasets=data(chat)), "-o", tmp_path / "out")
    assert said.exit_code == 2
    assert "the device has too little memory; lower per_device_train_batch_size" in said.stderr


def test_what_a_library_raises_in_the_midst_of_training_is_traced(run, recipe, chat, tmp_path, monkeypatch):
    theirs = {"__name__": "transformers.trainer", "at": 2}
    exec("def broken(args, state, control, **others):\n    if state.global_step == at: raise ValueError", theirs)
    made = job._recorder

    def recorder(one):
        found = made(one)
        found.on_step_end = theirs["broken"]
        return found

    monkeypatch.setattr(job, "_recorder", recorder)
    said = run("train", recipe("sft", datasets=data(chat)), "-o", tmp_path / "out")
    assert (said.exit_code, type(said.exception)) == (1, ValueError)


def test_a_checkpoint_whose_weights_are_cut_is_none(tiny_model, tmp_path):
    for step in (2, 4, 6):
        folder = Path(shutil.copytree(tiny_model, tmp_path / f"checkpoint-{step}"))
        (folder / "trainer_state.json").write_text(json.dumps({"global_step": step}))
    cut(tmp_path / "checkpoint-6" / "model.safetensors")
    (tmp_path / "checkpoint-4" / "trainer_state.json").unlink()
    assert job.newest(tmp_path) == tmp_path / "checkpoint-2"
    job.clean(tmp_path)
    assert [path.name for path in tmp_path.glob("checkpoint-*")] == ["checkpoint-2"]


def test_a_finished_model_whose_weights_changed_in_place_is_damaged(run, recipe, chat, tmp_path):
    path, out = recipe("sft", datasets=data(chat), count=8), tmp_path / "out"
    assert run("train", path, "-o", out).exit_code == 0
    weights = bytearray((out / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (out / "model.safetensors").write_bytes(weights)
    said = run("train", path, "-o", out)
    assert (said.exit_code, "model.safetensors is damaged or gone" in said.stderr) == (2, True)
    said = run("check", recipe("sft", model={"source": "out"}, datasets=data(chat)))
    assert (said.exit_code, "model.safetensors is damaged or gone; train the model again" in said.stderr) == (2, True)
