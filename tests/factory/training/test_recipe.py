"""What a training recipe says is checked before anything is loaded: one sentence, with the file and the line."""

from pathlib import Path

import pytest

from factory.errors import FactoryError
from factory.training import arguments, launch
from factory.training.recipe import is_training, load

SFT = """\
use: sft
name: tiny
seed: 0
model: {source: out/model}
datasets:
  - source: out/data
args:
  learning_rate: 2.0e-5
"""
ROOT = Path(__file__).parents[3]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "t.yaml"
    path.write_text(text)
    return path


def check(path: Path, *changes: str) -> None:
    arguments.check(load(path, changes))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("use: sft", "use: sfft", r"t.yaml:1: use: no trainer 'sfft'; did you mean 'sft'"),
        (
            "use: sft\n",
            "",
            r"t.yaml: use: is missing; write the name of a trainer, one of dpo, reward, sft|use: is missing",
        ),
        ("seed: 0", "seeds: 0", r"t.yaml:3: seeds: unknown setting; did you mean 'seed'"),
        ("name: tiny", "name: a/b", r"t.yaml:2: name: 'a/b' does not fit"),
        ("datasets:\n  - source: out/data\n", "", r"write `datasets`, or `stages`"),
        ("args:\n", "stages: [{name: a, datasets: [{source: b}]}]\nargs:\n", r"not both"),
        ("args:\n", "lora: {r: 8}\nargs:\n", r"t.yaml:7: lora: these are for `tune: lora`"),
        ("args:\n", "allow: [leaks]\nargs:\n", r"'leaks' is not one of 'not_decontaminated'"),
        (
            "  - source: out/data",
            "  - {source: a, weight: 2}\n  - source: b",
            r"t.yaml:5: datasets: some have a `weight`",
        ),
        ("use: sft", "use: dpo", r"reference: is missing; it is the model that the trained one is held near to"),
    ],
)
def test_a_wrong_recipe_is_refused_with_its_line(tmp_path, old, new, sentence):
    with pytest.raises(FactoryError, match=sentence) as refusal:
        load(written(tmp_path, SFT.replace(old, new)))
    assert "\n" not in str(refusal.value)
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "learning_rat",
            "0.1",
            r"args.learning_rat: TRL's SFTConfig has no such setting; did you mean 'learning_rate'",
        ),
        ("beta", "0.1", r"args.beta: TRL's SFTConfig has no such setting"),
        ("learning_rate", "fast", r"args.learning_rate: 'fast': input should be a valid number"),
        ("max_length", "'12'", r"args.max_length: '12' does not fit its type int \| None"),
        ("output_dir", "here", r"args.output_dir: can't be set here: it is the folder of `-o`"),
        ("seed", "3", r"args.seed: can't be set here: it is the recipe's own `seed`"),
        ("assistant_only_loss", "false", r"can't be set here: the loss is on the assistant's turns, always"),
        ("push_to_hub", "true", r"can't be set here: a finished folder is published"),
        ("hub_model_id", "a/b", r"can't be set here: a finished folder is published"),
        ("chat_template_path", "org/model", r"'org/model' is no .jinja file"),
        ("model_init_kwargs", "{revision: abc}", r"the revision is said by `model: {revision: ...}`"),
    ],
)
def test_settings_of_trl_are_checked_by_its_names_and_types(tmp_path, name, value, sentence):
    pytest.importorskip("trl")
    with pytest.raises(FactoryError, match=sentence) as refusal:
        check(written(tmp_path, SFT), f"args.{name}={value}")
    assert "\n" not in str(refusal.value)


def test_whole_numbers_and_names_are_what_trl_takes_for_its_settings(tmp_path):
    pytest.importorskip("trl")
    check(written(tmp_path, SFT), "args.learning_rate=1", "args.lr_scheduler_type=cosine", "args.save_strategy=epoch")


def test_nothing_is_reported_to_anyone_unless_the_recipe_says_so(tmp_path):
    pytest.importorskip("trl")
    path = written(tmp_path, SFT)
    quiet = arguments.built(load(path), {"bf16": False, "use_cpu": True}, str(tmp_path))
    assert quiet.report_to == []
    from huggingface_hub import constants

    assert constants.HF_HUB_DISABLE_TELEMETRY


@pytest.mark.parametrize("name", ["sft", "dpo", "reward"])
def test_recipes_that_ship_are_good(name):
    pytest.importorskip("trl")
    path = ROOT / "recipes" / "train" / f"{name}.yaml"
    assert is_training(path)
    check(path)


def test_stages_take_the_settings_of_the_recipe_and_change_some():
    first, second = load(ROOT / "recipes" / "train" / "sft.yaml").settings.parts
    assert (first.args["learning_rate"], second.args["learning_rate"]) == (2.0e-5, 1.0e-5)
    assert first.args["max_length"] == second.args["max_length"]


@pytest.mark.parametrize("name", launch.CONFIGURATIONS)
def test_the_launch_command_names_a_configuration_that_accelerate_reads(name, tmp_path):
    pytest.importorskip("accelerate")
    from accelerate.commands.config.config_args import load_config_from_file

    path = launch.configuration(name)
    kind = str(load_config_from_file(str(path.absolute())).distributed_type)
    assert kind.endswith({"ddp": "MULTI_GPU", "fsdp2": "FSDP", "zero3": "DEEPSPEED"}[name])
    command = launch.command(name, Path("r.yaml"), Path("out/m"), ["seed=1"], 16, 2)
    assert f"--config_file {path}" in command
    assert "--num_processes 16 --num_machines 2" in command
    assert command.endswith("-m factory.cli train r.yaml -o out/m --set seed=1")


def test_a_configuration_for_one_kind_does_not_name_another():
    texts = {name: launch.configuration(name).read_text() for name in launch.CONFIGURATIONS}
    assert "fsdp_version: 2" in texts["fsdp2"]
    assert "zero_stage: 3" in texts["zero3"]
    assert "zero3_save_16bit_model: true" in texts["zero3"]
