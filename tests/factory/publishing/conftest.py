import importlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

hub_library = pytest.importorskip("huggingface_hub")

QUICK = {"tries": 4, "first_s": 0.01, "most_s": 0.05}


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return importlib.import_module("hub_server")


@pytest.fixture
def hub(servers: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """A Hub, to whose only user this process is logged in."""
    monkeypatch.setenv("HF_TOKEN", servers.TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))
    with servers.HubServer() as server:
        yield server


@pytest.fixture
def folder(sums: Callable[..., Any], generate: Callable[..., Any], tmp_path: Path, tmp_path_factory: Any) -> Path:
    """A dataset of four shards; made once, and everyone has a copy."""
    made = tmp_path_factory.getbasetemp() / "published-sums"
    if not (made / "manifest.json").exists():
        generate(sums(1000), made)
    shutil.copytree(made, tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def with_text(tmp_path: Path) -> Callable[..., Path]:
    """A copy of a dataset in which one row has another text; the manifest fits."""
    import pyarrow.parquet as pq

    from factory.manifest import read_manifest, write_manifest
    from factory.parquet import file_of

    def make(folder: Path, text: str, column: str = "messages", shard: int = 1) -> Path:
        out = tmp_path / "edited"
        shutil.copytree(folder, out)
        manifest = read_manifest(out)
        name = manifest.shards[shard].file
        table = pq.read_table(out / name)
        values = table[column].to_pylist()
        values[3] = [{**values[3][0], "content": text}, *values[3][1:]] if column == "messages" else text
        field = table.schema.get_field_index(column)
        pq.write_table(table.set_column(field, table.schema.field(column), [values]), out / name)
        shards = list(manifest.shards)
        shards[shard] = file_of(out, name, table.num_rows)
        write_manifest(out, manifest.model_copy(update={"shards": tuple(shards)}))
        return out

    return make


@pytest.fixture
def publish(hub: Any) -> Callable[..., Any]:
    """Publish a folder as me/sums; what is told is in `publish.told`."""
    from factory.publishing.faults import Patience
    from factory.publishing.publish import Wishes
    from factory.publishing.publish import publish as published

    def run(folder: Path, repo: str = "me/sums", **wishes: Any) -> Any:
        wishes = {"patience": Patience(**QUICK), "endpoint": hub.url} | wishes
        return published(folder, Wishes(repo, **wishes), run.told.append)  # type: ignore[attr-defined]

    run.told = []  # type: ignore[attr-defined]
    return run
