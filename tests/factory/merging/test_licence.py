"""A merged model is under all that its parents' folders say."""

import json

import pytest

from factory.errors import LicenceError, RecipeError
from factory.merging.licence import terms
from factory.merging.recipe import load


def trained(folder, *licenses):
    folder.mkdir()
    facts = {"name": "a", "digest": "", "settings": {}, "model": "", "license": "other", "licenses": licenses}
    facts |= {"duties": [], "stages": [], "versions": {}, "files": []}
    (folder / "training.json").write_text(json.dumps(facts))


def test_a_licence_may_not_say_less_than_the_manifest_of_the_folder(recipe, tmp_path):
    trained(tmp_path / "a", "apache-2.0", "llama3.1")
    with pytest.raises(LicenceError, match=r"models\.a\.license: 'apache-2.0' promises more than llama3.1"):
        terms(load(recipe("a", "b")))


def test_a_folder_made_here_needs_no_licence_in_the_recipe(recipe, tmp_path):
    trained(tmp_path / "a", "apache-2.0", "llama3.1")
    found = terms(load(recipe("a", "b", of_a={"license": ""}, name="Llama-merged")))
    assert found.computed == "apache-2.0 AND llama3.1"
    with pytest.raises(RecipeError, match=r"models\.b\.license: is missing"):
        terms(load(recipe("a", "b", of_a={"license": ""}, of_b={"license": ""}, name="Llama-merged")))


def test_the_home_of_nobody_is_one_sentence(recipe):
    with pytest.raises(RecipeError, match=r"models\.a\.model: '~nosuchuser/x': there is no such user"):
        terms(load(recipe("a", "b", of_a={"model": "~nosuchuser/x"})))
