import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from factory.cli import main
from factory.merging.recipe import METHODS, load

RECIPE = """\
name: between
method: slerp
models:
  first: {model: a, license: apache-2.0}
  second: {model: b, license: mit}
parameters: {t: 0.5}
"""
SHIPPED = sorted(Path(str(files("recipes"))).glob("merge/*.yaml"))


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path, handwritten_model):
    monkeypatch.chdir(tmp_path)
    handwritten_model(tmp_path / "a", 1)
    handwritten_model(tmp_path / "b", 2)
    Path("merge.yaml").write_text(RECIPE)


def run(*arguments, out="out"):
    return CliRunner().invoke(main, ["merge", "merge.yaml", "-o", out, *arguments])


def test_a_merge_says_what_it_made():
    result = run()
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [
        "out: 64 weights as float32; tensors: 2 spherical",
        "  licence apache-2.0 (apache-2.0)",
        "  Name the models above with their licences, and keep their notices.",
    ]
    assert "50 % of 0.0 GB merged" in result.stderr


def test_json_is_the_manifest():
    result = run("--json", "-q")
    assert result.stderr == ""
    assert json.loads(result.stdout) == json.loads(Path("out/merge.json").read_text())


def test_a_second_time_it_does_nothing_and_says_the_same():
    first, again = run("-q"), run("-q")
    assert (again.exit_code, again.stdout) == (0, first.stdout)


def test_settings_can_be_changed_and_another_merge_is_refused():
    assert run().exit_code == 0
    result = run("--set", "parameters.t=0.25")
    assert result.exit_code == 2
    assert result.stderr.startswith("out holds another merge: parameters.t is 0.5 there and 0.25 here")
    assert run("--set", "parameters.t=0.25", "--fresh").exit_code == 0


WRONG = {
    "an unknown method": (("method: slerp", "method: slurp"), "merge.yaml:2: method: 'slurp' is not one of", 2),
    "an unknown setting": (("name:", "nane: 1\nname:"), "merge.yaml:1: nane: unknown setting; did you mean 'name'?", 2),
    "an unknown parameter": (("{t: 0.5}", "{p: 0.5}"), "merge.yaml:6: parameters.p: unknown setting; there are: t", 2),
    "a number out of bounds": (("{t: 0.5}", "{t: 2}"), "merge.yaml:6: parameters.t: 2 is not from 0 to 1", 2),
    "no number": (("{t: 0.5}", "{t: [0, x]}"), "merge.yaml:6: parameters.t: 'x' is no number", 2),
    "a parameter of another method": (
        ("method: slerp", "method: dare_linear\nbase: first"),
        "parameters.t: unknown setting; there are: drop, scale",
        2,
    ),
    "a base where none is needed": (
        ("parameters: {t: 0.5}", "base: first"),
        "base: slerp needs none; remove it, or take one of task_arithmetic, ties",
        2,
    ),
    "a base that is not there": (("name:", "base: frist\nname:"), "base: no model 'frist'; did you mean 'first'?", 2),
    "a parent that is not there": (("name:", "config_from: x\nname:"), "config_from: no model 'x'; there are: ", 2),
    "a weight where there are none": (("license: mit", "license: mit, weight: 2"), "slerp has no weights; remove", 2),
    "a licence nobody knows": (
        ("license: mit", "license: mti"),
        "merge.yaml:5: models.second.license: licence 'mti'",
        2,
    ),
    "no licence": ((", license: mit", ""), "merge.yaml:5: models.second.license: is missing", 2),
    "one model": (("  second: {model: b, license: mit}\n", ""), "merge.yaml:3: models: ", 2),
    "three models": (
        ("  second:", "  third: {model: b, license: mit}\n  second:"),
        "models: slerp merges 2 models, and there are 3",
        2,
    ),
    "no such folder": (("model: b", "model: c"), "merge.yaml:5: models.second.model: c is no folder, and 'c' no id", 2),
    "a file": (("model: b", "model: b/config.json"), "b/config.json is a file; give the folder of a model", 2),
    "a name that is a path": (("between", "../between"), "merge.yaml:1: name: '../between' does not fit", 2),
    "no YAML": (("parameters: {t: 0.5}", "parameters: {t: 0.5"), "is not YAML", 2),
    "a type nobody has": (("name:", "dtype: int4\nname:"), "merge.yaml:1: dtype: 'int4' is not one of", 2),
    "a licence that says no": (("license: mit", "license: cc-by-nd-4.0"), "allows no changed works", 4),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_recipe_is_one_sentence(what):
    (old, new), sentence, code = WRONG[what]
    assert old in RECIPE
    Path("merge.yaml").write_text(RECIPE.replace(old, new, 1))
    result = run()
    assert result.exit_code == code, result.stderr
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""
    assert not Path("out").exists()


def test_a_base_is_asked_for_where_one_is_needed():
    Path("merge.yaml").write_text(RECIPE.replace("slerp", "ties").replace("parameters: {t: 0.5}\n", ""))
    result = run()
    assert (result.exit_code, result.stderr) == (
        2,
        "merge.yaml:2: method: ties merges what models add to a base; write base: first, say\n",
    )


def test_what_a_method_can_not_do_without_is_asked_for():
    Path("merge.yaml").write_text(RECIPE.replace("slerp", "dare_linear").replace("parameters: {t: 0.5}\n", ""))
    result = run()
    sentence = "merge.yaml:1: parameters.drop: is missing; it is the share of each tensor's changes that is dropped\n"
    assert (result.exit_code, result.stderr) == (2, sentence)


def test_a_base_has_no_weight():
    text = RECIPE.replace("slerp", "ties\nbase: first").replace("license: apache-2.0", "license: apache-2.0, weight: 1")
    Path("merge.yaml").write_text(text.replace("parameters: {t: 0.5}\n", ""))
    assert "models.first.weight: the base has no weight; remove it" in run().stderr


def test_no_recipe_is_one_sentence():
    result = CliRunner().invoke(main, ["merge", "none.yaml", "-o", "out"])
    assert (result.exit_code, result.stderr) == (2, "none.yaml: can't be read: No such file or directory\n")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_recipe_that_ships_runs(path):
    names = list(load(path).models)
    changes = [f"models.{name}.model={Path.cwd() / ('a' if number % 2 else 'b')}" for number, name in enumerate(names)]
    changes += [f"models.{name}.license=apache-2.0" for name in names]  # these were not made here
    arguments = [part for change in changes for part in ("--set", change)]
    result = CliRunner().invoke(main, ["merge", str(path), "-o", "shipped", *arguments])
    assert result.exit_code == 0, result.stderr
    assert load(path).head.name in Path("shipped/README.md").read_text()


def test_there_is_a_recipe_for_each_way():
    assert {load(path).head.method for path in SHIPPED} <= METHODS.keys()
    assert {"slerp", "linear", "ties"} == {load(path).head.method for path in SHIPPED}


def test_nothing_heavy_is_loaded():
    code = (
        "import sys; from click.testing import CliRunner; from factory.cli import main\n"
        "done = CliRunner().invoke(main, ['merge', 'merge.yaml', '-o', 'out'])\n"
        "assert done.exit_code == 0, done.stderr\n"
        "print([name for name in ('torch', 'transformers', 'huggingface_hub', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_check_knows_the_recipes_of_merges():
    def check(path):
        return CliRunner().invoke(main, ["check", str(path)])

    assert check("merge.yaml").stdout == "merge.yaml: good; slerp of first and second makes between\n"
    Path("merge.yaml").write_text(RECIPE.replace("t: 0.5", "t: 2"))
    wrong = check("merge.yaml")
    assert (wrong.exit_code, wrong.stderr) == (2, "merge.yaml:6: parameters.t: 2 is not from 0 to 1\n")
