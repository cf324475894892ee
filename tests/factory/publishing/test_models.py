"""Trained and merged models go to repositories of models, under a name that their licences allow."""

from pathlib import Path

import pytest

from factory.errors import LicenceError
from factory.training import finished


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
