"""A Hub on loopback that speaks its protocol over real HTTP: repositories, commits, LFS, Xet, and faults to order.

The real `huggingface_hub` and `datasets` talk to it. Objects go by Xet, or by LFS where the client is told so before it
is imported (HF_HUB_DISABLE_XET=1). Left out: gating, quotas, pull requests, redirects to another host.
"""

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit

from xet_store import XetStore

TOKEN = "hf_TheTokenOfTheTestDouble0000000000"
LARGE = (".parquet", ".safetensors", ".bin")
XET_TOKEN = "a token of the store"
XET_UNTIL = 4_000_000_000
XET_HEADERS = {"X-Xet-Access-Token": XET_TOKEN, "X-Xet-Token-Expiration": str(XET_UNTIL)}


class File(NamedTuple):
    content: bytes
    large: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def git(self) -> str:
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.content)}\n"
        blob = pointer.encode() if self.large else self.content
        return hashlib.sha1(b"blob %d\0" % len(blob) + blob).hexdigest()

    def entry(self, path: str) -> dict[str, Any]:
        found = {"type": "file", "oid": self.git, "size": len(self.content), "path": path}
        return found | (
            {"lfs": {"oid": self.sha256, "size": len(self.content), "pointerSize": 130}} if self.large else {}
        )


@dataclass
class Repo:
    private: bool
    commits: dict[str, dict[str, File]] = field(default_factory=dict)
    titles: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Commit to its author and its title, the oldest first."""
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)

    def commit(self, branch: str, files: dict[str, File], author: str, title: str) -> str:
        oid = hashlib.sha1(f"{self.branches.get(branch)} {len(self.commits)} {title}".encode()).hexdigest()
        self.commits[oid], self.titles[oid], self.branches[branch] = files, (author, title), oid
        return oid

    def at(self, revision: str) -> str | None:
        found = self.branches.get(revision) or self.tags.get(revision)
        return found or (revision if revision in self.commits else None)

    def files(self, revision: str = "main") -> dict[str, bytes]:
        return {path: file.content for path, file in self.commits[str(self.at(revision))].items()}

    def edit(self, path: str, content: bytes | None, author: str = "a human") -> None:
        """What someone does on the website."""
        files = {name: file for name, file in self.commits[self.branches["main"]].items() if name != path}
        if content is not None:
            files[path] = File(content, path.endswith(LARGE))
        self.commit("main", files, author, f"Update {path}")


class Answer(NamedTuple):
    status: int = 200
    value: Any = None
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes | None = None


def status(code: int, error_code: str = "", text: str = "planted", **headers: str) -> Answer:
    head = {name.replace("_", "-"): value for name, value in headers.items()}
    head |= {"X-Error-Message": text} | ({"X-Error-Code": error_code} if error_code else {})
    return Answer(code, {"error": text}, head)


CUT = Answer(-1)
"""The connection is closed before anything is done."""
LOST = Answer(-2)
"""It is done, and then the connection is closed."""
Fault = Answer | Callable[["HubServer"], Answer | None]


class HubServer:
    """`with HubServer() as hub:`; `hub.fault("POST /api/.../commit", status(503))` plants one for the next match."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.seen: list[str] = []
        """Method and path of each request."""
        self.data_bytes = 0
        """Of objects, or xorbs, that were sent."""
        self.xet = XetStore()
        self.collections: dict[str, dict[str, Any]] = {}
        """By their slugs."""
        self.user: dict[str, Any] = {"type": "user", "name": "me", "orgs": [{"name": "lab", "roleInOrg": "read"}]}
        self.role: dict[str, Any] = {"role": "write"}
        self.on_request: Callable[[str], None] = lambda line: None
        self._faults: list[tuple[str, Fault]] = []
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fault(self, part: str, fault: Fault, times: int = 1) -> None:
        self._faults += [(part, fault)] * times

    def count(self, part: str) -> int:
        return sum(part in line for line in self.seen)

    def begin(self, *words: object, home: Path, xet: bool = False) -> subprocess.Popen[str]:
        """A Python process whose Hub is this one."""
        ways = {"HF_ENDPOINT": self.url, "HF_TOKEN": TOKEN, "HF_HUB_OFFLINE": "0", "HF_HOME": str(home)}
        ways |= {"HF_HUB_DISABLE_XET": "0" if xet else "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
        return subprocess.Popen([sys.executable, *map(str, words)], env=os.environ | ways, text=True, **pipes)

    def make(self, key: str, private: bool = False) -> Repo:
        repo = self.repos[key] = Repo(private)
        repo.commit("main", {".gitattributes": File(b"*.parquet filter=lfs\n", False)}, "hub", "initial commit")
        return repo

    def planted(self, line: str) -> Answer | None:
        for place, (part, fault) in enumerate(self._faults):
            if part in line:
                del self._faults[place]
                return fault(self) if callable(fault) else fault
        return None

    def answer(
        self, method: str, path: str, query: dict[str, list[str]], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        token = headers.get("Authorization", "")
        with self._lock:
            if path.startswith("/objects/"):
                return self._store(path, body)
            if path.startswith("/cas/"):
                return self._cas(method, path.removeprefix("/cas"), headers, body)
            if token != f"Bearer {TOKEN}":
                return status(401, text="Invalid credentials in Authorization header")
            if path == "/api/whoami-v2":
                return Answer(value=self.user | {"auth": {"accessToken": self.role}})
            if path == "/api/repos/create":
                return self._create(json.loads(body))
            if path.startswith("/api/collections"):
                return self._collection(method, path.removeprefix("/api/collections").strip("/"), body)
            if path == "/api/validate-yaml":
                return Answer(value={"errors": [], "warnings": []})
            return self._of_repo(method, path, query, body)

    def _create(self, asked: dict[str, Any]) -> Answer:
        space = asked["organization"] or self.user["name"]
        key = f"{asked.get('type', 'model')}s/{space}/{asked['name']}"
        facts = {
            "url": f"{self.url}/{key.removeprefix('models/')}",
            "name": asked["name"],
            "id": f"{space}/{asked['name']}",
        }
        if key in self.repos:
            return Answer(409, facts | {"error": "You already created this repo"})
        if space != self.user["name"]:
            return status(403, text=f"You don't have the rights to create under {space}")
        self.make(key, asked.get("visibility") == "private")
        return Answer(value=facts)

    def _store(self, path: str, body: bytes) -> Answer:
        _, _, kind, space, name, oid = path.split("/")
        if hashlib.sha256(body).hexdigest() != oid:
            return status(400, text="other bytes")
        self.data_bytes += len(body)
        self.repos[f"{kind}/{space}/{name}"].objects[oid] = body
        return Answer(value={})

    def _collection(self, method: str, path: str, body: bytes) -> Answer:
        asked = json.loads(body or b"{}")
        if not path:
            space, title = asked["namespace"], asked["title"]
            for slug, known in self.collections.items():
                if (known["title"], known["owner"]["name"]) == (title, space):
                    return Answer(409, {"error": "This collection exists already", "slug": slug})
            if space != self.user["name"]:
                return status(403, text=f"You don't have the rights to make collections in {space}")
            slug = f"{space}/{title.lower().replace(' ', '-')}-{len(self.collections):024x}"
            facts = {"slug": slug, "title": title, "owner": {"name": space}, "items": [], "position": 0, "upvotes": 0}
            facts |= {"lastUpdated": "2026-01-01T00:00:00.000Z", "private": asked["private"], "theme": "blue"}
            self.collections[slug] = facts
            return Answer(value=facts)
        slug = path.removesuffix("/items")
        if slug not in self.collections:
            return status(404, text="Collection not found")
        found = self.collections[slug]
        if path.endswith("/items"):
            item = asked["item"] | {"_id": "0" * 24, "position": len(found["items"])}
            if any(one["id"] == item["id"] for one in found["items"]):
                return Answer(409, {"error": "Item already in the collection"})
            found["items"].append(item)
        return Answer(value=found)

    def _cas(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if not path.startswith("/data/") and headers.get("Authorization") != f"Bearer {XET_TOKEN}":
            return status(401, text="no token of this store")
        self.data_bytes += len(body) if "/xorbs/" in path else 0
        wanted = "" if path.startswith("/data/") else headers.get("Range", "")
        code, value, content = self.xet.answer(method, path, wanted, body, f"{self.url}/cas")
        return Answer(code, value, body=content)

    def _of_repo(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> Answer:
        words = path.strip("/").split("/")
        words = words[1:] if words[0] == "api" else words if words[0] == "datasets" else ["models", *words]
        kind, space, name, *rest = [*words, "", ""]
        key = f"{kind}/{space}/{name.removesuffix('.git')}"
        repo = self.repos.get(key)
        if repo is None:
            return status(404, "RepoNotFound", "Repository not found")
        verb, rest = rest[0], [unquote(one) for one in rest[1:] if one]
        if verb == "info":
            return self._batch(key, repo, json.loads(body))
        revision = rest[0] if rest else "main"
        if verb == "refs":
            refs = {"branches": repo.branches, "tags": repo.tags}
            return Answer(
                value={
                    what: [{"name": one, "ref": f"refs/{one}", "targetCommit": at} for one, at in found.items()]
                    for what, found in refs.items()
                }
                | {"converts": []}
            )
        if verb == "branch":
            repo.branches.setdefault(revision, repo.branches["main"])
            return Answer(201, {})
        commit = repo.at(revision)
        if commit is None:
            return status(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        files = repo.commits[commit]
        match verb:
            case "" | "revision":
                return Answer(value=_info(f"{space}/{name}", repo, commit))
            case "preupload":
                asked = [one["path"] for one in json.loads(body)["files"]]
                return Answer(value={"files": [_mode(one, files) for one in asked]})
            case "commit":
                return self._commit(repo, revision, body, key)
            case "commits":
                return Answer(value=[_logged(oid, *repo.titles[oid]) for oid in [commit]])
            case "tree":
                return _tree(files, "/".join(rest[1:]), "true" in query.get("recursive", [""])[0].lower())
            case "paths-info":
                asked = parse_qs(body.decode()).get("paths") or json.loads(body)["paths"]
                return Answer(value=[files[one].entry(one) for one in asked if one in files])
            case "xet-write-token" | "xet-read-token":
                facts = {"casUrl": f"{self.url}/cas", "exp": XET_UNTIL, "accessToken": XET_TOKEN}
                return Answer(value=facts, headers=XET_HEADERS | {"X-Xet-Cas-Url": facts["casUrl"]})
            case "tag":
                tag = json.loads(body)["tag"]
                if tag in repo.tags:
                    return status(409, text="Tag already exists")
                repo.tags[tag] = commit
                return Answer(201, {})
            case "resolve":
                path = "/".join(rest[1:])
                if path not in files:
                    return status(404, "EntryNotFound", "Entry not found")
                there = self.xet.files.get(files[path].sha256) if files[path].large else None
                auth = f'<{self.url}/api/{kind}/{space}/{name}/xet-read-token/{commit}>; rel="xet-auth"'
                headers = {"X-Xet-Hash": there.name, "Link": auth} if there else {}
                return _resolved(commit, files[path], headers)
        return status(404, text=f"the double knows no {verb}")

    def _batch(self, key: str, repo: Repo, asked: dict[str, Any]) -> Answer:
        objects = []
        for one in asked["objects"]:
            upload = {"href": f"{self.url}/objects/{key}/{one['oid']}"}
            objects.append(one if one["oid"] in repo.objects else one | {"actions": {"upload": upload}})
        return Answer(value={"transfer": "basic", "objects": objects})

    def _commit(self, repo: Repo, branch: str, body: bytes, key: str) -> Answer:
        lines = [json.loads(line) for line in body.splitlines()]
        files = dict(repo.commits[repo.branches[branch]])
        header = lines[0]["value"]
        if header.get("parentCommit") not in (None, repo.branches[branch]):
            return status(412, text="The commit's parent is not the head of the branch")
        for line in lines[1:]:
            value = line["value"]
            match line["key"]:
                case "file":
                    files[value["path"]] = File(base64.b64decode(value["content"]), False)
                case "lfsFile" if value["oid"] in self.xet.files:
                    files[value["path"]] = File(self.xet.content(value["oid"]), True)
                case "lfsFile" if value["oid"] in repo.objects:
                    files[value["path"]] = File(repo.objects[value["oid"]], True)
                case "deletedFile":
                    del files[value["path"]]
                case other:
                    return status(400, text=f"{other}: unknown object")
        oid = repo.commit(branch, files, str(self.user["name"]), header["summary"])
        return Answer(
            value={
                "success": True,
                "commitOid": oid,
                "commitUrl": f"{self.url}/{key.removeprefix('models/')}/commit/{oid}",
                "hookOutput": "",
            }
        )


def _info(name: str, repo: Repo, commit: str) -> dict[str, Any]:
    files = [{"rfilename": path} for path in repo.commits[commit]]
    when = "2026-01-01T00:00:00.000Z"
    facts = {"id": name, "sha": commit, "private": repo.private, "gated": False, "siblings": files, "tags": []}
    return facts | {"lastModified": when, "createdAt": when, "downloads": 0, "likes": 0, "disabled": False}


def _mode(path: str, files: dict[str, File]) -> dict[str, Any]:
    mode = {"path": path, "uploadMode": "lfs" if path.endswith(LARGE) else "regular", "shouldIgnore": False}
    there = files.get(path)
    return mode | ({"oid": there.sha256 if there.large else there.git} if there else {})


def _logged(oid: str, author: str, title: str) -> dict[str, Any]:
    facts = {"id": oid, "title": title, "message": "", "date": "2026-01-01T00:00:00.000Z"}
    return facts | {"authors": [{"user": author}], "parents": []}


def _tree(files: dict[str, File], folder: str, recursive: bool) -> Answer:
    inside = {path: file for path, file in files.items() if not folder or path.startswith(f"{folder}/")}
    if folder and not inside:
        return status(404, "EntryNotFound", f"{folder} does not exist")
    start = len(folder) + 1 if folder else 0
    folders = sorted({path[: path.index("/", start)] for path in inside if "/" in path[start:]})
    entries = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": one} for one in folders]
    return Answer(
        value=entries
        + [one.entry(path) for path, one in sorted(inside.items()) if recursive or "/" not in path[start:]]
    )


def _resolved(commit: str, file: File, more: Mapping[str, str]) -> Answer:
    etag = file.sha256 if file.large else file.git
    headers = {"X-Repo-Commit": commit, "ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
    headers |= {"X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(len(file.content))} if file.large else {}
    return Answer(headers=headers | more, body=file.content)


def _handler(hub: HubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = self._chunks()
            parts = urlsplit(self.path)
            line = f"{self.command} {parts.path}"
            hub.seen.append(line)
            hub.on_request(line)
            planted = hub.planted(line)
            if planted is CUT:
                return self._close()
            answer = planted if planted and planted is not LOST else None
            answer = answer or hub.answer(self.command, parts.path, parse_qs(parts.query), self.headers, body)
            return self._close() if planted is LOST else self._send(answer)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_any

        def _chunks(self) -> bytes:
            found = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return found

        def _close(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        def _send(self, answer: Answer) -> None:
            body = json.dumps(answer.value).encode() if answer.body is None else answer.body
            code, headers = answer.status, dict(answer.headers)
            if answer.body is not None and (wanted := self.headers.get("Range")):
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                end = min(int(last) if last else len(body) - 1, len(body) - 1)
                headers["Content-Range"] = f"bytes {first}-{end}/{len(body)}"
                code, body = 206, body[int(first) : end + 1]
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def handle(self) -> None:
            with suppress(ConnectionError):  # whoever asked was killed
                super().handle()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
