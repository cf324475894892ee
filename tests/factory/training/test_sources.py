"""Data in doubt is refused before a model is loaded: unfinished, of the wrong kind, contaminated, not licensed."""

import json
import shutil
from pathlib import Path

import pytest

from factory.training import sources
from factory.training.recipe import load
from factory.training.terms import of_result, of_start

pytest.importorskip("trl")


def refused(run, path: Path, *changes: str) -> tuple[int, str]:
    words = [word for change in changes for word in ("--set", change)]
    said = run("train", path, "-o", path.parent / "out", *words)
    assert said.stderr.count("\n") == 1, said.stderr
    assert not (path.parent / "out" / "state").exists()
    return said.exit_code, said.stderr


def relicensed(chat: Path, folder: Path, license: str) -> Path:
    """The dataset with another licence on its rows."""
    shutil.copytree(chat, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["licences"] = {license: manifest["rows_kept"]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_a_folder_without_a_manifest_is_refused(run, recipe, chat, tmp_path):
    shutil.copytree(chat, tmp_path / "half")
    (tmp_path / "half" / "manifest.json").unlink()
    code, said = refused(run, recipe("sft", datasets=[{"source": "half"}]))
    assert code == 2
    assert "datasets.0: " in said
    assert "has no manifest.json" in said


def test_a_file_is_refused_with_the_way_to_make_a_dataset_of_it(run, recipe, tmp_path):
    (tmp_path / "rows.jsonl").write_text("{}\n")
    code, said = refused(run, recipe("sft", datasets=[{"source": "rows.jsonl"}]))
    assert (code, "factory gate" in said) == (2, True)


def test_a_damaged_dataset_is_refused(run, recipe, chat, tmp_path):
    shutil.copytree(chat, tmp_path / "cut")
    shard = next((tmp_path / "cut" / "data").iterdir())
    shard.write_bytes(shard.read_bytes()[:-1])
    code, said = refused(run, recipe("sft", datasets=[{"source": "cut"}]))
    assert (code, "is damaged or gone" in said) == (2, True)


@pytest.mark.parametrize(("use", "kind"), [("sft", "liked"), ("dpo", "chat"), ("reward", "chat")])
def test_data_of_the_other_kind_is_refused(run, recipe, request, use, kind):
    data = request.getfixturevalue(kind)
    more = {"reference": "start"} if use == "dpo" else {}
    code, said = refused(run, recipe(use, datasets=[{"source": str(data)}], **more))
    assert code == 2
    assert f"`use: {use}` takes {'conversations' if use == 'sft' else 'preference pairs'}" in said


def test_data_in_which_no_benchmark_was_looked_for_is_refused_unless_that_is_allowed(run, recipe, gated, tmp_path):
    turns = [{"role": "user", "content": "a?"}, {"role": "assistant", "content": "b"}]
    plain = gated(tmp_path, "plain", [{"messages": turns}], "cc0-1.0", benchmarks=False)
    path = recipe("sft", datasets=[{"source": str(plain)}])
    code, said = refused(run, path)
    assert code == 2
    assert "no benchmark was looked for" in said
    assert "allow: [not_decontaminated]" in said
    assert sources.opened(load(path, ["allow=[not_decontaminated]"]))[0][0].benchmarks == ()


def test_benchmarks_that_were_found_and_kept_count_as_not_decontaminated(chat, recipe, tmp_path):
    shutil.copytree(chat, tmp_path / "kept")
    path = tmp_path / "kept" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["benchmarks"]["bench"]["rows"] = {"exact": 2}
    path.write_text(json.dumps(manifest))
    opened = sources.opened(load(recipe("sft", datasets=[{"source": "kept"}])))[0][0]
    assert sources.contaminated(opened) == ""  # they were dropped
    manifest["settings"]["decontaminate"]["action"] = "report"
    path.write_text(json.dumps(manifest))
    with pytest.raises(sources.RecipeError, match="rows that hold texts of bench were found and kept"):
        sources.opened(load(recipe("sft", datasets=[{"source": "kept"}])))


@pytest.mark.parametrize(
    ("license", "code"),
    [("cc-by-nc-4.0", "L001"), ("openai-terms", "L005"), ("llama3", "L007"), ("never-heard-of", "L003")],
)
def test_a_licence_that_bars_a_released_model_is_refused(run, recipe, chat, tmp_path, license, code):
    relicensed(chat, tmp_path / "barred", license)
    exit_code, said = refused(run, recipe("sft", datasets=[{"source": "barred"}]))
    assert exit_code == 4
    assert f"datasets.0: {code} (" in said
    assert license in said


def test_research_lets_in_what_a_released_model_may_not_learn_from(recipe, chat, tmp_path):
    relicensed(chat, tmp_path / "nc", "cc-by-nc-4.0")
    assert sources.opened(load(recipe("sft", datasets=[{"source": "nc"}]), ["policy=research"]))


def test_outputs_may_improve_the_models_of_their_own_maker(recipe, chat, tmp_path):
    relicensed(chat, tmp_path / "theirs", "llama3")
    plan = load(recipe("sft", datasets=[{"source": "theirs"}]))
    assert sources.opened(plan, frozenset({"llama3"}))
    with pytest.raises(sources.LicenceError):
        sources.opened(plan, frozenset({"apache-2.0"}))


def test_a_model_that_learns_from_llama_is_named_so_and_says_what_it_is_built_with(run, recipe, chat, tmp_path):
    relicensed(chat, tmp_path / "llamas", "llama3.1")
    path = recipe("sft", datasets=[{"source": "llamas"}])
    code, said = refused(run, path)
    assert code == 4
    assert "name: L008: llama3.1 asks that the model's name begin with 'Llama'; write name: Llama-tiny" in said
    plan = load(path, ["name=Llama-tiny"])
    ids = of_start(plan, plan.settings.model, tmp_path, ("model",), "")
    terms = of_result(plan, ids, sources.opened(plan, ids)[0])
    assert terms.license == "other"
    assert terms.ids == {"apache-2.0", "llama3.1"}
    assert any("Built with Llama" in duty for duty in terms.duties)


def test_the_licence_of_the_model_has_to_be_known(run, recipe, chat, tiny_model):
    path = recipe("sft", datasets=[{"source": str(chat)}], model={"source": str(tiny_model)})
    code, said = refused(run, path)
    assert code == 2
    assert "model: the licence of " in said


def test_a_maker_is_not_contradicted(recipe, chat):
    path = recipe("sft", datasets=[{"source": str(chat)}], model={"source": "google/gemma-2-2b", "license": "mit"})
    plan = load(path)
    with pytest.raises(sources.RecipeError, match=r"model\.license: licence 'mit': google/gemma-2-2b is under 'gemma'"):
        of_start(plan, plan.settings.model, Path("none"), ("model",), "")


def test_a_licence_may_not_say_less_than_the_folder_of_the_model(recipe, chat):
    path = recipe("sft", datasets=[{"source": str(chat)}])
    plan = load(path)
    with pytest.raises(sources.LicenceError, match=r"model\.license: 'apache-2.0' promises more than llama3.1"):
        of_start(plan, plan.settings.model, path.parent, ("model",), "apache-2.0 AND llama3.1")
    assert of_start(plan, plan.settings.model, path.parent, ("model",), "apache-2.0") == {"apache-2.0"}


def test_a_model_without_derivatives_is_not_trained(recipe):
    plan = load(recipe("sft", datasets=[{"source": "any"}]))
    with pytest.raises(sources.LicenceError, match=r"L002: cc-by-nd-4.0 allows no changed works"):
        of_result(plan, frozenset({"cc-by-nd-4.0"}), [])


def test_a_name_begins_as_every_licence_asks_with_hyphens_for_spaces(recipe):
    path = recipe("sft", datasets=[{"source": "any"}])
    ids = frozenset({"llama3", "llama3.1"})
    of_result(load(path, ["name=Llama-3-tiny"]), ids, [])
    with pytest.raises(sources.LicenceError, match="write name: Llama-3-Llama-tiny"):
        of_result(load(path, ["name=Llama-tiny"]), ids, [])


def test_a_folder_that_is_a_file_is_one_sentence(run, recipe, chat, tmp_path):
    (tmp_path / "f").write_text("")
    for out in (tmp_path / "f", tmp_path / "f" / "below"):
        said = run("train", recipe("sft", datasets=[{"source": str(chat)}]), "-o", out)
        assert (said.exit_code, said.stderr.count("\n"), "can't be written" in said.stderr) == (2, 1, True)


def test_an_edited_chat_template_makes_another_training(recipe, chat, tmp_path):
    from factory.training.training import admitted

    (tmp_path / "own.jinja").write_text("one")
    plan = load(recipe("sft", {"chat_template_path": "own.jinja"}, datasets=[{"source": str(chat)}]))
    before = admitted(plan).digest
    (tmp_path / "own.jinja").write_text("two")
    assert admitted(plan).digest != before
