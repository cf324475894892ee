"""`croissant.json` says where the rows are, with hashes and columns, and makes nothing up."""

import json

import pytest

from factory.manifest import read_manifest
from factory.publishing.croissant import croissant

URL = "https://hub.example/datasets/me/sums"


@pytest.fixture
def made(folder):
    return read_manifest(folder), json.loads(croissant(read_manifest(folder), URL))


def test_its_files_are_those_of_the_manifest_with_their_hashes(made):
    manifest, found = made
    files = [one for one in found["distribution"] if one["@type"] == "cr:FileObject"]
    assert [(one["contentUrl"], one["sha256"], one["contentSize"]) for one in files] == [
        (shard.file, shard.sha256, f"{shard.bytes} B") for shard in manifest.shards
    ]
    assert found["license"] == ["https://www.apache.org/licenses/LICENSE-2.0"]
    assert found["url"] == URL
    assert "datePublished" not in found  # nobody has said it


def test_its_fields_are_the_columns_each_from_a_file_that_is_there(made, folder):
    import pyarrow.parquet as pq

    _, found = made
    (records,) = found["recordSet"]
    assert [one["@id"] for one in records["field"]] == [
        f"default/{name}" for name in pq.read_schema(folder / "data" / "train-00000.parquet").names
    ]
    sets = {one["@id"] for one in found["distribution"] if one["@type"] == "cr:FileSet"}
    messages = next(one for one in records["field"] if one["@id"] == "default/messages")
    assert messages["repeated"]
    role = messages["subField"][0]
    assert role["source"] == {
        "fileSet": {"@id": "default-files"},
        "extract": {"column": "messages"},
        "transform": {"jsonPath": "role"},
    }
    assert sets == {"default-files"}


def test_it_is_the_same_bytes_again_and_names_every_licence(made):
    manifest, _ = made
    assert croissant(manifest, URL) == croissant(manifest.model_copy(), URL)
    several = manifest.model_copy(update={"license": "other", "licences": {"cc-by-4.0": 500, "gemma": 500}})
    assert len(json.loads(croissant(several, URL))["license"]) == 2
    unnamed = manifest.model_copy(update={"license": "other", "licences": {"gemma AND mit": 1000}})
    assert json.loads(croissant(unnamed, URL))["license"] == [f"{URL}/blob/main/LICENSE"]


@pytest.mark.slow
def test_mlcroissant_reads_the_rows_by_it(made, folder):
    mlcroissant = pytest.importorskip("mlcroissant")
    manifest, found = made
    (folder / "croissant.json").write_text(json.dumps(found))
    dataset = mlcroissant.Dataset(folder / "croissant.json")
    assert not dataset.metadata.issues.errors
    rows = list(dataset.records("default"))
    assert len(rows) == manifest.rows_kept
    assert rows[0]["default/messages"][0]["default/messages/role"] == b"user"
