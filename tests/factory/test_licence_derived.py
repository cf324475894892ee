"""What licences ask of a model made of others, and under what the folder of one says that it is."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.errors import DatasetError
from factory.licence.book import book
from factory.licence.derived import misnamed, shown
from factory.licence.inherited import of_folder
from factory.merging.manifest import Manifest

BOTH = frozenset({"llama3", "llama3.1"})


def test_the_longest_prefix_is_asked_for_first_and_satisfies_the_shorter() -> None:
    fault = misnamed(book(), BOTH, "mix")
    assert fault == "L008: llama3 asks that the model's name begin with 'Llama 3'; write name: Llama-3-mix"
    assert misnamed(book(), BOTH, "Llama-3-mix") == ""
    assert misnamed(book(), frozenset({"llama3.1"}), "Llama-mix") == ""
    assert misnamed(book(), frozenset({"apache-2.0"}), "mix") == ""


def test_what_is_shown_names_its_licence() -> None:
    lines = list(shown([book().licence("llama3.1")]))
    assert any("Built with Llama" in line and line.endswith("(llama3.1).") for line in lines)
    assert any(line.startswith("Observe the acceptable-use policy http") for line in lines)


@pytest.fixture
def merged(tmp_path: Path) -> Callable[[str], Path]:
    """A folder with the manifest of a merge under these licences."""

    def write(computed: str) -> Path:
        manifest = Manifest(
            name="m",
            description="",
            license="other",
            computed_license=computed,
            duties=(),
            digest="0",
            settings={},
            parents=(),
            parameters=1,
            tensors={},
            dtypes=(),
            files=(),
            carried=(),
            remarks=(),
            versions={},
        )
        (tmp_path / "merge.json").write_text(json.dumps(manifest.model_dump(mode="json")))
        return tmp_path

    return write


def test_a_merged_model_is_under_all_that_its_merge_says(merged: Callable[[str], Path]) -> None:
    assert of_folder(merged("apache-2.0 AND llama3.1")) == "apache-2.0 AND llama3.1"


def test_a_damaged_manifest_of_a_merge_is_no_licence(merged: Callable[[str], Path]) -> None:
    folder = merged("mit")
    (folder / "merge.json").write_text("{")
    with pytest.raises(DatasetError, match=r"merge\.json is damaged"):
        of_folder(folder)
