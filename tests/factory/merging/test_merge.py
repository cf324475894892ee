import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from factory.errors import DatasetError, RecipeError
from factory.merging import merge as merging
from factory.merging.merge import merge
from factory.merging.recipe import load

torch = pytest.importorskip("torch")

SMALL = {"max_shard_gb": 0.000_002}


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def two(weights, model):
    model("a", weights(1), files=3), model("b", weights(2))


@pytest.mark.parametrize("method", ["slerp", "linear", "dare_ties"])
def test_the_same_recipe_gives_the_same_bytes_on_any_number_of_threads(tmp_path, two, weights, model, recipe, method):
    model("start", weights(0))
    names = ("a", "b") if method != "dare_ties" else ("start", "a", "b")
    keys = {"base": "start", "parameters": {"drop": 0.5}} if method == "dare_ties" else {}
    path = recipe(*names, method=method, **keys, **SMALL)
    for workers in (1, 2, 7):
        merge(load(path), tmp_path / f"out{workers}", workers=workers)
    first = everything(tmp_path / "out1")
    assert first == everything(tmp_path / "out2") == everything(tmp_path / "out7")
    assert {"merge.json", "README.md", "LICENSE", "config.json", "model.safetensors.index.json"} <= first.keys()


def test_how_a_model_is_cut_into_files_changes_nothing(tmp_path, two, weights, model, recipe, merged):
    one = merged(recipe("a", "b"), "one")
    shutil.rmtree(tmp_path / "a")
    model("a", weights(1))
    other = merged(recipe("a", "b", **SMALL), "other")
    assert len(list((tmp_path / "other").glob("*.safetensors"))) > 3
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_file_holds_no_more_than_it_may_but_for_one_tensor(tmp_path, two, recipe, merged):
    merged(recipe("a", "b", **SMALL))
    index = json.loads((tmp_path / "out/model.safetensors.index.json").read_text())
    files = list((tmp_path / "out").glob("*.safetensors"))
    assert {path.name for path in files} == set(index["weight_map"].values())
    for path in files:
        held = [name for name, file in index["weight_map"].items() if file == path.name]
        header = 8 + int.from_bytes(path.read_bytes()[:8], "little")
        assert path.stat().st_size - header <= 2_000 or len(held) == 1
        assert header % 8 == 0


def test_where_it_is_made_already_nothing_is_done(tmp_path, two, recipe):
    path = recipe("a", "b", **SMALL)
    first = merge(load(path), tmp_path / "out")
    times = {file: file.stat().st_mtime_ns for file in (tmp_path / "out").rglob("*")}
    told = []
    assert merge(load(path), tmp_path / "out", tell=lambda *now: told.append(now)) == first
    assert told == []
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "out").rglob("*")} == times


def test_another_recipe_is_refused_and_fresh_remakes(tmp_path, two, recipe):
    merge(load(recipe("a", "b", **SMALL)), tmp_path / "out")
    other = recipe("a", "b", parameters={"t": 0.25})
    with pytest.raises(DatasetError, match=r"another merge: .*parameters\.t is 0\.5 there and 0\.25 here.*--fresh"):
        merge(load(other), tmp_path / "out")
    merge(load(other), tmp_path / "out", fresh=True)
    merge(load(other), tmp_path / "new")
    assert everything(tmp_path / "out") == everything(tmp_path / "new")


def test_fresh_removes_nothing_that_no_merge_wrote(tmp_path, two, recipe):
    path = recipe("a", "b")
    merge(load(path), tmp_path / "out")
    (tmp_path / "out/thesis.tex").write_text("mine")
    before = everything(tmp_path / "out")
    with pytest.raises(DatasetError, match=r"holds other files \(thesis.tex\)"):
        merge(load(path), tmp_path / "out", fresh=True)
    assert everything(tmp_path / "out") == before
    (tmp_path / "out/thesis.tex").unlink()
    merge(load(path), tmp_path / "out", fresh=True)


def test_a_model_that_was_trained_anew_is_another_merge(tmp_path, two, weights, model, recipe):
    path = recipe("a", "b")
    merge(load(path), tmp_path / "out")
    model("b", weights(3))
    with pytest.raises(DatasetError, match=r"another merge: contents\.b"):
        merge(load(path), tmp_path / "out")


def test_damaged_weights_are_told(tmp_path, two, recipe):
    path = recipe("a", "b")
    merge(load(path), tmp_path / "out")
    file = tmp_path / "out/model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(DatasetError, match=r"model.safetensors is damaged"):
        merge(load(path), tmp_path / "out")


def test_a_folder_of_other_files_is_left_alone(tmp_path, two, recipe):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.tex").write_text("mine")
    for fresh in (False, True):
        with pytest.raises(DatasetError, match=r"holds other files \(thesis.tex\)"):
            merge(load(recipe("a", "b")), tmp_path / "out", fresh=fresh)
    assert everything(tmp_path / "out") == {"thesis.tex": b"mine"}


def test_a_model_is_never_written_over(tmp_path, two, recipe):
    before = everything(tmp_path / "a")
    with pytest.raises(DatasetError, match="is the folder of the model a"):
        merge(load(recipe("a", "b")), tmp_path / "a", fresh=True)
    assert everything(tmp_path / "a") == before


@pytest.mark.parametrize("fatal", [1, 4, 6])
def test_one_that_fails_on_the_way_goes_on_and_ends_with_the_same_bytes(tmp_path, two, recipe, monkeypatch, fatal):
    path = recipe("a", "b", **SMALL)
    merge(load(path), tmp_path / "whole")
    writes, real = [], merging.shards.write

    def failing(out, shard, *rest):
        writes.append(shard.file)
        if len(writes) == fatal:
            raise KeyboardInterrupt
        return real(out, shard, *rest)

    monkeypatch.setattr(merging.shards, "write", failing)
    with pytest.raises(KeyboardInterrupt):
        merge(load(path), tmp_path / "out")
    assert not (tmp_path / "out/merge.json").exists()
    begun, writes[:] = list(writes), []
    monkeypatch.setattr(merging.shards, "write", lambda *given: writes.append(given[1].file) or real(*given))
    merge(load(path), tmp_path / "out")
    assert begun[-1] == writes[0]
    assert not set(begun[:-1]) & set(writes)
    assert everything(tmp_path / "out") == everything(tmp_path / "whole")


def test_one_that_is_killed_goes_on_and_ends_with_the_same_bytes(tmp_path, two, recipe):
    path = recipe("a", "b", **SMALL)
    merge(load(path), tmp_path / "whole")
    code = (
        "import sys, time; from pathlib import Path; from factory.merging.merge import merge\n"
        "from factory.merging.recipe import load\n"
        "tell = lambda *_: (print('tensor', flush=True), time.sleep(0.2))\n"
        "merge(load(Path(sys.argv[1])), Path(sys.argv[2]), tell=tell)"
    )
    with subprocess.Popen([sys.executable, "-c", code, path, tmp_path / "out"], stdout=subprocess.PIPE) as process:
        for _ in range(3):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    assert not (tmp_path / "out/merge.json").exists()
    with pytest.raises(DatasetError, match="another merge"):
        merge(load(recipe("a", "b", seed=7, **SMALL)), tmp_path / "out")
    merge(load(recipe("a", "b", **SMALL)), tmp_path / "out")
    assert everything(tmp_path / "out") == everything(tmp_path / "whole")


def test_config_tokenizer_and_templates_are_those_of_the_named_model(tmp_path, two, recipe):
    for name in ("a", "b"):
        folder = tmp_path / name
        (folder / "additional_chat_templates").mkdir()
        for file in (
            "generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja",
            "additional_chat_templates/tool.jinja", "modeling_own.py", "LICENSE", "NOTICE.txt",
            "trainer_state.json", "optimizer.pt", "README.md", ".secret",
        ):  # fmt: skip
            (folder / file).write_text(f"{file} of {name}")
    manifest = merge(load(recipe("a", "b", config_from="b")), tmp_path / "out")
    found = everything(tmp_path / "out")
    assert found["config.json"] == (tmp_path / "b/config.json").read_bytes()
    carried = {name for name in found if found[name].endswith(b" of b")}
    assert carried == {
        "generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja",
        "additional_chat_templates/tool.jinja", "modeling_own.py", "licences/b/LICENSE", "licences/b/NOTICE.txt",
    }  # fmt: skip
    assert found["licences/a/LICENSE"] == b"LICENSE of a"
    assert set(manifest.carried) == carried | {"config.json", "licences/a/LICENSE", "licences/a/NOTICE.txt"}
    assert "trainer_state.json" not in found


def test_another_dtype_is_written_into_the_config(tmp_path, two, recipe, merged, model, weights):
    found = merged(recipe("a", "b", dtype="float32"))
    assert {one.dtype for one in found.values()} == {torch.float32}
    assert json.loads((tmp_path / "out/config.json").read_text())["dtype"] == "float32"


def test_tensors_that_hold_no_weights_are_copied(tmp_path, recipe, merged, model):
    steps = {"steps": torch.arange(9), "mask": torch.tensor([True, False])}
    model("a", {"w": torch.ones(3), **steps}), model("b", {"w": torch.zeros(3), **steps})
    found = merged(recipe("a", "b", method="linear"))
    assert found["w"].tolist() == [0.5] * 3
    assert all(torch.equal(found[name], one) for name, one in steps.items())


def test_a_head_that_is_a_copy_of_the_embeddings_is_left_to_the_tie(weights, model, recipe, merged):
    a, b = weights(1), weights(2)
    a["lm_head.weight"] = a["model.embed_tokens.weight"].clone()
    del b["lm_head.weight"]
    model("a", a, tie_word_embeddings=True), model("b", b, tie_word_embeddings=True)
    found = merged(recipe("a", "b"))
    assert "lm_head.weight" not in found
    assert "model.embed_tokens.weight" in found


def test_what_differs_without_harm_is_told(tmp_path, weights, model, recipe):
    model("a", weights(1), rope_theta=1e4), model("b", weights(2), rope_theta=1e6)
    manifest = merge(load(recipe("a", "b")), tmp_path / "out")
    assert manifest.remarks == ("rope_theta is 10000.0 in a and 1000000.0 in b",)
    assert "rope\\_theta is 10000.0" in (tmp_path / "out/README.md").read_text()


def test_empty_tensors_and_scalars_are_merged_too(recipe, merged, model):
    for name, value in (("a", 1.0), ("b", 3.0)):
        model(name, {"w": torch.full((5,), value), "none": torch.zeros(0, 4), "one": torch.tensor(value)})
    found = merged(recipe("a", "b", method="linear"))
    assert found["one"].item() == 2
    assert found["none"].shape == (0, 4)
    assert merged(recipe("a", "b"), "slerp")["none"].shape == (0, 4)


def test_weights_that_are_no_numbers_are_refused(tmp_path, weights, model, recipe):
    b = weights(2)
    b["model.norm.weight"][3] = float("nan")
    model("a", weights(1)), model("b", b)
    for method in ("slerp", "linear"):
        with pytest.raises(RecipeError, match=r"model\.norm\.weight comes out with values that are infinite or no num"):
            merge(load(recipe("a", "b", method=method)), tmp_path / method)
        assert not (tmp_path / method / "merge.json").exists()


def test_the_recipe_beside_the_model_makes_it_again(tmp_path, weights, model, recipe):
    for number, name in enumerate(("start", "a", "b")):
        model(name, weights(number))
    for method, keys in (("slerp", {}), ("ties", {"base": "start", "of_b": {"weight": [0.5, 1]}})):
        names = ("start", "a", "b") if keys else ("a", "b")
        first = merge(load(recipe(*names, method=method, **keys)), tmp_path / method)
        again = tmp_path / f"{method}.yaml"
        shutil.copy(tmp_path / method / "merge.yaml", again)
        assert merge(load(again), tmp_path / f"{method}-again").files == first.files


def test_the_card_says_what_was_done(tmp_path, two, recipe):
    path = recipe("a", "b", of_b={"license": "cc-by-nc-4.0"}, description="Two | of *them*")
    manifest = merge(load(path), tmp_path / "out")
    card = (tmp_path / "out/README.md").read_text()
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["license"] == "cc-by-nc-4.0"
    assert front["tags"] == ["merge", "post-training-factory", "slerp"]
    assert "Two \\| of \\*them\\*" in card
    assert f"{manifest.parameters:,} weights as bfloat16" in card
    assert manifest.files[0].sha256 in card
    assert "Make no commercial use of the model (cc-by-nc-4.0)." in card
