"""Models of the Hub: from its cache where there is no way to it, and from a server that speaks as it does."""

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from factory.errors import RecipeError
from factory.merging.merge import merge
from factory.merging.recipe import load

pytest.importorskip("torch")
constants = pytest.importorskip("huggingface_hub.constants")

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def offline(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))


def cached(tmp_path: Path, name: str, folder: Path) -> None:
    """The folder as the Hub's cache would hold it."""
    place = tmp_path / "cache" / f"models--{name.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs/main").write_text(COMMIT)
    (place / "snapshots").mkdir()
    shutil.move(folder, place / "snapshots" / COMMIT)


def test_a_model_of_the_hub_is_read_from_its_cache(tmp_path, weights, model, recipe, offline):
    model("a", weights(1))
    cached(tmp_path, "org/b", model("b", weights(2)))
    manifest = merge(load(recipe("a", "b", of_b={"model": "org/b"})), tmp_path / "out")
    assert (manifest.parents[1].model, manifest.parents[1].commit) == ("org/b", COMMIT)
    assert manifest.parents[1].content == COMMIT
    card = (tmp_path / "out/README.md").read_text()
    assert "base_model:\n- org/b\nbase_model_relation: merge\n" in card
    assert COMMIT in card


def test_one_that_is_not_there_is_one_sentence(tmp_path, weights, model, recipe, offline):
    model("a", weights(1))
    with pytest.raises(RecipeError) as caught:
        merge(load(recipe("a", "b", of_b={"model": "org/b", "revision": "v2"})), tmp_path / "out")
    assert "models.b.model: " in str(caught.value)
    assert f"{tmp_path}/org/b is no folder, and org/b@v2 can't be had from the Hub: it is not in" in str(caught.value)


def test_a_folder_has_no_revision(tmp_path, weights, model, recipe):
    model("a", weights(1)), model("b", weights(2))
    with pytest.raises(RecipeError, match=r"b is a folder, which has no revisions; remove `revision`"):
        merge(load(recipe("a", "b", of_b={"revision": "main"})), tmp_path / "out")


class Hub(BaseHTTPRequestHandler):
    """As much of the Hub as is asked: what a model holds, and its files."""

    folder: Path
    asked: list[str]

    def do_GET(self):
        self._answer(body=True)

    def do_HEAD(self):
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        files = sorted(one.relative_to(self.folder).as_posix() for one in self.folder.rglob("*") if one.is_file())
        if path.startswith("/api/models/org/b/tree/"):
            facts = [{"type": "file", "path": name, "size": 1, "oid": "0" * 40} for name in files]
            self._send(json.dumps(facts).encode(), "application/json", body)
        elif path.startswith("/api/models/org/b"):
            facts = {"id": "org/b", "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
            self._send(json.dumps(facts).encode(), "application/json", body)
        elif path.startswith(f"/org/b/resolve/{COMMIT}/"):
            name = path.rpartition(f"{COMMIT}/")[2]
            if body:
                self.asked.append(name)
            self._send((self.folder / name).read_bytes(), "application/octet-stream", body)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _send(self, content: bytes, kind: str, body: bool) -> None:
        self.send_response(200)
        for key, value in {
            "Content-Type": kind, "Content-Length": str(len(content)), "ETag": f'"{hash_of(content)}"',
            "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes",
        }.items():  # fmt: skip
            self.send_header(key, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *arguments):
        pass


def hash_of(content: bytes) -> str:
    from hashlib import sha256

    return sha256(content).hexdigest()


@pytest.fixture
def server(tmp_path, monkeypatch):
    Hub.folder, Hub.asked = tmp_path / "served", []
    Hub.folder.mkdir()
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{serving.server_port}"
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    yield Hub
    serving.shutdown()
    serving.server_close()


def test_only_safetensors_and_what_goes_with_them_are_fetched(tmp_path, weights, model, recipe, server):
    model("a", weights(1))
    folder = model("served", weights(2))
    for name in ("LICENSE", "pytorch_model.bin", "tokenizer_config.json", "picture.png"):
        (folder / name).write_text(f'{{"{name}": 1}}')
    manifest = merge(load(recipe("a", "b", of_b={"model": "org/b"})), tmp_path / "out")
    assert manifest.parents[1].commit == COMMIT
    assert sorted(server.asked) == ["LICENSE", "config.json", "model.safetensors", "tokenizer_config.json"]
    assert (tmp_path / "out/licences/b/LICENSE").read_text() == '{"LICENSE": 1}'


def test_a_model_of_pickles_alone_is_not_even_fetched(tmp_path, weights, model, recipe, server):
    model("a", weights(1))
    (server.folder / "pytorch_model.bin").write_bytes(b"evil")
    with pytest.raises(RecipeError, match="org/b has no weights in safetensors on the Hub"):
        merge(load(recipe("a", "b", of_b={"model": "org/b"})), tmp_path / "out")
    assert server.asked == []


def test_a_model_that_the_hub_does_not_have_is_one_sentence(tmp_path, weights, model, recipe, server):
    model("a", weights(1))
    with pytest.raises(RecipeError, match="there is no such model, or you may not see it; see `hf auth login`"):
        merge(load(recipe("a", "b", of_b={"model": "org/none"})), tmp_path / "out")
