"""Trained, merged and new models go to repositories of models, under a name that their licences allow."""

import importlib
from pathlib import Path

import pytest
import yaml

from factory.errors import DatasetError, LicenceError, RecipeError
from factory.merging import manifest as merges
from factory.training import card, finished, new_model


@pytest.fixture
def model(tmp_path: Path):
    def make(*licences: str) -> Path:
        out = tmp_path / "model"
        out.mkdir()
        (out / "model.safetensors").write_bytes(b"weights " * 100)
        for name, text in {
            "config.json": "{}",
            "README.md": "---\nlicense: mit\n---\n",
            "recipe.yaml": "a: 1\n",
        }.items():
            (out / name).write_text(text)
        (out / "timing.json").write_text("{}")
        done = finished.Finished(
            name="tiny",
            digest="d",
            settings={},
            model="base@1",
            license=licences[0],
            licenses=licences,
            duties=(),
            stages=(),
            versions={},
            files=finished.produced(out, ["config.json", "model.safetensors"]),
        )
        finished.write(out, done)
        return out

    return make


def test_a_trained_model_is_published_with_its_card_and_recipe(model, publish, hub):
    folder = model("apache-2.0")
    done = publish(folder, "me/tiny")
    there = hub.repos["models/me/tiny"].files()
    assert done.kind == "model"
    assert set(there) - {".gitattributes", ".factory/publication.json"} == {
        "README.md",
        "config.json",
        "model.safetensors",
        "recipe.yaml",
        "training.json",
    }
    hub.data_bytes = 0
    assert publish(folder, "me/tiny").plan.nothing
    assert hub.data_bytes == 0


def test_a_name_that_the_licence_asks_for_is_asked_of_the_repository(model, publish, hub):
    folder = model("llama3.1")
    with pytest.raises(LicenceError, match="begin with 'Llama'; publish it as me/Llama-tiny") as caught:
        publish(folder, "me/tiny")
    assert caught.value.exit_code == 4
    assert not hub.repos
    assert publish(folder, "me/Llama-tiny").committed


def test_weights_that_are_not_those_of_the_training_are_refused(model, publish, hub):
    folder = model("apache-2.0")
    (folder / "model.safetensors").write_bytes(b"others")
    with pytest.raises(Exception, match=r"model\.safetensors is damaged or gone"):
        publish(folder, "me/tiny")
    assert not hub.repos


@pytest.fixture
def trained(tmp_path: Path):
    """A training as its manifest and its card say it, with weights that nobody learnt."""
    out = tmp_path / "trained"
    out.mkdir()
    (out / "model.safetensors").write_bytes(b"weights " * 100)
    (out / "config.json").write_text("{}")
    data = finished.Learnt(
        name="sums", source="me/sums", sha256="ab" * 32, licenses=("llama3.1",), rows=900, benchmarks=("gsm8k",)
    )
    stage = finished.StageDone(name="train", datasets=(data,), rows={"trained": 900}, steps=9, metrics={"loss": 1.5})
    duties = ("Show with the model or product: Built with Llama (llama3.1).",)
    settings = {"use": "sft", "tune": "full", "seed": 0, "model": {"source": "me/base", "revision": "1"}}
    done = finished.Finished(
        name="Llama-sums",
        digest="d",
        settings=settings,
        model="me/base@1",
        license="llama3.1",
        licenses=("apache-2.0", "llama3.1"),
        duties=duties,
        stages=(stage,),
        versions=card.versions("full"),
        files=finished.produced(out, ["config.json", "model.safetensors"]),
    )
    (out / "README.md").write_text(card.model_card(done, "Sums."))
    (out / "recipe.yaml").write_text(yaml.safe_dump(settings))
    finished.write(out, done)
    return out


def test_the_card_of_a_trained_model_names_data_duties_and_recipe_and_its_licence_the_name(trained, publish, hub):
    with pytest.raises(LicenceError, match="begin with 'Llama'; publish it as me/Llama-sums"):
        publish(trained, "me/sums")
    assert publish(trained, "me/Llama-sums").committed
    text = hub.repos["models/me/Llama-sums"].files()["README.md"].decode()
    for said in ("Built with Llama", "| train | sums | abababababababab | 900 | llama3.1 | gsm8k |", "use: sft"):
        assert said in text
    assert yaml.safe_load(text.split("---\n")[1])["base_model"] == "me/base"
    assert 'from_pretrained("path/or/name"' not in text


@pytest.fixture
def merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Two models of 2 tensors each, merged; under the licence that is given to the first."""
    torch = pytest.importorskip("torch")
    save_file = pytest.importorskip("safetensors.torch").save_file
    merge = importlib.import_module("factory.merging.merge")
    recipes = importlib.import_module("factory.merging.recipe")

    def make(license: str, name: str = "") -> Path:
        for place, one in enumerate(("a", "b")):
            folder = tmp_path / one
            folder.mkdir()
            tensors = {"model.norm.weight": torch.full((16,), 1.0 + place), "lm_head.weight": torch.ones(48, 16)}
            save_file(tensors, folder / "model.safetensors", {"format": "pt"})
            (folder / "config.json").write_text('{"model_type": "llama", "vocab_size": 48, "dtype": "float32"}')
            (folder / "tokenizer.json").write_text('{"model": {"vocab": {"a": 0}}}')
        text = f"name: {name}\nmethod: linear\nlicense: auto\nmodels:\n"
        text += (
            f"  a: {{model: {tmp_path / 'a'}, license: {license}}}\n  b: {{model: {tmp_path / 'b'}, license: mit}}\n"
        )
        (tmp_path / "merge.yaml").write_text(text)
        merge.merge(recipes.load(tmp_path / "merge.yaml"), tmp_path / "merged")
        return tmp_path / "merged"

    return make


def test_a_merge_is_published_with_its_models_licence_and_recipe(merged, publish, hub):
    folder = merged("apache-2.0", "mean")
    assert publish(folder, "me/mean").committed
    there = hub.repos["models/me/mean"].files()
    assert {"README.md", "LICENSE", "merge.yaml", "merge.json", "config.json", "model.safetensors"} <= set(there)
    text = there["README.md"].decode()
    assert "| a |" in text
    assert "factory merge merge.yaml" in text
    assert publish(folder, "me/mean").plan.nothing


def test_a_merge_with_a_llama_is_published_as_one(merged, publish, hub):
    folder = merged("llama3.1", "Llama-mean")
    with pytest.raises(LicenceError, match="publish it as me/Llama-mean"):
        publish(folder, "me/mean")
    assert publish(folder, "me/Llama-mean").committed
    assert "Built with Llama" in hub.repos["models/me/Llama-mean"].files()["README.md"].decode()
    (folder / merges.MANIFEST).write_text("{}")
    with pytest.raises(DatasetError, match=r"merge\.json is damaged"):
        publish(folder, "me/Llama-mean")


@pytest.fixture
def new(tmp_path: Path):
    """A model of random weights as its manifest says it."""

    def make(license: str) -> Path:
        out = tmp_path / "new"
        out.mkdir()
        (out / "model.safetensors").write_bytes(b"random " * 100)
        settings = new_model.NewModel(architecture="llama", name="tiny", license=license, description="To try things.")
        made = new_model.Made(
            name="tiny",
            digest="d" * 64,
            settings=settings.plain,
            license=license,
            parameters=1_234_567,
            versions={"python": "3.11", "post-training-factory": "0.1.0"},
            files=finished.produced(out, ["model.safetensors"]),
        )
        (out / new_model.MODEL).write_text(made.model_dump_json())
        return out

    return make


def test_a_new_model_is_published_with_a_card_and_its_description(new, publish, hub, tmp_path):
    done = publish(new("cc-by-4.0"), "me/tiny")
    there = hub.repos["models/me/tiny"].files()
    assert set(there) - {".gitattributes", ".factory/publication.json"} == {
        "README.md",
        "model.json",
        "model.safetensors",
        "model.yaml",
    }
    text = there["README.md"].decode()
    assert yaml.safe_load(text.split("---\n")[1])["license"] == "cc-by-4.0"
    assert "1,234,567 random weights" in text
    assert 'from_pretrained("me/tiny"' in text
    (tmp_path / "again.yaml").write_bytes(there["model.yaml"])
    assert new_model.load(tmp_path / "again.yaml").description == "To try things."
    assert done.kind == "model"
    assert publish(tmp_path / "new", "me/tiny").plan.nothing


def test_weights_of_a_new_model_that_were_changed_are_refused(new, publish, hub):
    folder = new("mit")
    (folder / "model.safetensors").write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"model\.safetensors is damaged or gone"):
        publish(folder, "me/tiny")
    assert not hub.repos


def test_cards_of_models_are_english(new, publish, hub):
    with pytest.raises(RecipeError, match="cards of models are in English alone; leave out --language"):
        publish(new("mit"), "me/tiny", language="ja")
