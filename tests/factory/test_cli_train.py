"""`factory train` and `factory check` on training recipes."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from factory.cli import main

ROOT = Path(__file__).parents[2]
SFT = ROOT / "recipes" / "train" / "sft.yaml"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_the_launch_command_is_printed_and_nothing_is_trained(tmp_path):
    said = run(
        "train", SFT, "-o", tmp_path / "out", "--launch-command", "zero3", "--processes", "16", "--machines", "2"
    )
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith("accelerate launch --config_file ")
    assert "zero3.yaml --num_processes 16 --num_machines 2 " in said.stdout
    assert not (tmp_path / "out").exists()
    plain = run("train", SFT, "-o", tmp_path / "out", "--launch-command")
    assert "ddp.yaml --num_processes 8 " in plain.stdout


@pytest.mark.parametrize("words", [["--launch-command", SFT], [SFT, "--launch-command"], [SFT, "--launch-command=ddp"]])
def test_a_bare_launch_command_takes_no_word_that_is_no_configuration(words, tmp_path):
    said = run("train", *words, "-o", tmp_path / "out")
    assert said.exit_code == 0, said.output
    assert "ddp.yaml --num_processes 8 " in said.stdout
    wrong = run("train", SFT, "-o", tmp_path / "out", "--launch-command=fsdp3")
    assert (wrong.exit_code, "'ddp', 'fsdp2', 'zero3'" in wrong.stderr) == (2, True)


def test_help_gives_examples_and_imports_nothing_heavy():
    said = run("train", "--help")
    assert said.exit_code == 0
    assert "factory train recipes/train/sft.yaml -o out/sft" in said.stdout


def test_check_says_where_a_training_recipe_is_wrong(tmp_path):
    pytest.importorskip("trl")
    path = tmp_path / "t.yaml"
    path.write_text(SFT.read_text().replace("max_length", "max_lenght"))
    said = run("check", path)
    assert said.exit_code == 2
    assert "args.max_lenght: TRL's SFTConfig has no such setting; did you mean 'max_length'" in said.stderr


def test_check_looks_at_the_data_of_a_recipe_of_ones_own(tmp_path):
    pytest.importorskip("trl")
    path = tmp_path / "t.yaml"
    path.write_text(SFT.read_text().replace("../../out", "nowhere"))
    said = run("check", path)
    assert said.exit_code == 2
    assert "stages.0.datasets.0: " in said.stderr


def test_a_recipe_without_a_trainer_is_one_sentence(tmp_path):
    (tmp_path / "t.yaml").write_text("name: a\n")
    said = run("train", tmp_path / "t.yaml", "-o", tmp_path / "out")
    assert said.exit_code == 2
    assert "use: is missing; write the name of a trainer, one of dpo, reward, sft" in said.stderr.replace("merge, ", "")
    assert said.stderr.count("\n") == 1
