"""Who may ask and who may write, tried with raw requests on the real server."""

import http.client
import json
import re
import socket
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest


@pytest.fixture
def ask(both: Any) -> Callable[..., tuple[int, Mapping[str, str], str]]:
    """One request; its own Host where one is given."""

    def send(method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, Mapping[str, str], str]:
        connection = http.client.HTTPConnection(urlsplit(both.url).netloc, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host="Host" in named)
        for name, value in named.items():
            connection.putheader(name, value)
        if body is not None and "Content-Length" not in named:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode() if body is not None else None)
        answer = connection.getresponse()
        found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
        connection.close()
        return found

    return send


@pytest.fixture
def form(both: Any, ask: Any, row_ids: Any) -> tuple[str, dict[str, str]]:
    """Where a decision is sent, and what a page of this start sends."""
    (id, *_) = row_ids(both.folders[0])
    token = re.search(r'name="token" value="([^"]{30,})"', ask("GET", f"/row/rows/{id}")[2])
    assert token
    return f"/decide/rows/{id}", {"token": token[1], "decided": "undo", "back": "?at=3"}


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:80", "localhost@evil.example", "", "0.0.0.0:1"]
)
@pytest.mark.parametrize("path", ["/", "/rows", "/static/view.js", "/json/rows/%230"])
def test_another_host_is_refused(host: str, path: str, ask: Any) -> None:
    status, _, body = ask("GET", path, Host=host)
    assert status in (400, 421)
    assert "Question" not in body


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9000", "[::1]:80", "127.0.0.1"])
def test_this_machine_by_its_names_is_answered(host: str, ask: Any) -> None:
    assert ask("GET", "/help", Host=host)[0] == 200


def test_a_page_of_this_start_may_write(both: Any, ask: Any, form: Any) -> None:
    path, fields = form
    status, headers, _ = ask("POST", path, urlencode(fields), Origin=both.url)
    assert (status, headers["location"]) == (303, path.replace("/decide/", "/row/") + "?at=3")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1", "http://localhost", ""]
)
def test_another_origin_may_not_write(origin: str, ask: Any, form: Any) -> None:
    path, fields = form
    assert ask("POST", path, urlencode(fields), Origin=origin)[0] == 403


def test_no_origin_at_all_may_not_write(ask: Any, form: Any) -> None:
    path, fields = form
    assert ask("POST", path, urlencode(fields))[0] == 403


@pytest.mark.parametrize("token", ["", "x" * 43, "é"])
def test_nobody_writes_without_the_token_of_this_start(token: str, both: Any, ask: Any, form: Any) -> None:
    path, fields = form
    assert ask("POST", path, urlencode({**fields, "token": token}), Origin=both.url)[0] == 403


def test_where_a_form_leads_back_to_is_always_here(both: Any, ask: Any, form: Any) -> None:
    path, fields = form
    for back in ("//evil.example", "http://evil.example", "?x\r\nSet-Cookie: a=b", "\\evil.example"):
        _, headers, _ = ask("POST", path, urlencode({**fields, "back": back}), Origin=both.url)
        assert headers["location"].startswith("/row/rows/")
        assert "set-cookie" not in headers


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"decided": "destroy"}, 400, "is no decision"),
        ({"decided": "edit", "part": "messages", "role": "user", "content": " "}, 400, "says nothing"),
        ({"decided": "edit", "part": "messages"}, 400, "the form is cut"),
        ({"decided": "accept", "note": "x" * 10_001}, 400, "at most 10,000"),
    ],
)
def test_a_wrong_form_is_told_in_one_sentence(
    fields: dict[str, str], status: int, said: str, both: Any, ask: Any, form: Any
) -> None:
    path, good = form
    given, _, body = ask("POST", path, urlencode({**good, **fields}), Origin=both.url)
    assert given == status
    assert said in body
    assert "Traceback" not in body


def test_forms_that_are_too_large_or_say_no_length_are_refused(both: Any, ask: Any, form: Any) -> None:
    path, _ = form
    large = {"Origin": both.url, "Content_Length": "24000001"}
    assert ask("POST", path, "", **large)[0] == 413
    address = urlsplit(both.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as raw:
        head = (f"POST {path} HTTP/1.1", f"Host: {address.netloc}", f"Origin: {both.url}", "Transfer-Encoding: chunked")
        raw.sendall("\r\n".join([*head, "", ""]).encode())
        assert b" 411 " in raw.recv(100)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_not_answered(method: str, ask: Any) -> None:
    assert ask(method, "/rows")[0] == 405


def test_every_answer_forbids_what_no_page_needs(ask: Any, row_ids: Any, both: Any) -> None:
    paths = ["/", "/rows", "/nowhere", f"/json/rows/{row_ids(both.folders[0])[0]}", "/static/view.css", "/live"]
    for path in paths:
        headers = ask("GET", path)[1]
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_a_report_may_hold_its_style_and_nothing_else(both: Any, ask: Any) -> None:
    report = both.folders[0] / "report.html"
    report.write_text("<style>b{}</style><script>alert(1)</script>")
    try:
        status, headers, _ = ask("GET", "/report")
    finally:
        report.unlink()
    assert status == 200
    assert "sandbox" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]
    assert ask("GET", "/report")[0] == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/rows?column=a&op=%3D", 400),
        ("/rows?column=a&op=;drop&value=1", 400),
        ("/rows?offset=-1", 400),
        ("/rows?offset=" + "9" * 30, 400),
        ("/rows?offset=%EF%BC%93", 400),
        ("/rows?sort=nosuch", 400),
        ("/rows?column=nosuch&op=%3C&value=1", 400),
        ("/rows?search=" + "x" * 1_001, 400),
        ("/rows?offset=999999", 200),
        ("/2/rows?sort=verdicts.silent.score&descending=1", 200),
        ("/rows?search=%00%ED%A0%80", 200),
        ("/row/rows/nosuch", 404),
        ("/row/rows/..%2F..%2Fmanifest.json", 404),
        ("/static/../manifest.json", 404),
        ("/static/%2e%2e/tokens.css", 404),
        ("/nosuch/x", 404),
        ("/2/samples", 404),
    ],
)
def test_what_can_not_be_shown_is_told_without_a_traceback(path: str, status: int, ask: Any) -> None:
    given, _, body = ask("GET", path)
    assert given == status
    assert "Traceback" not in body
    assert "factory/viewing" not in body


def test_a_row_can_be_had_as_json(both: Any, ask: Any, row_ids: Any) -> None:
    (id, *_) = row_ids(both.folders[0])
    row = json.loads(ask("GET", f"/json/rows/{id}")[2])
    assert row["id"] == id
    assert row["messages"][0]["role"] == "user"
    assert not [name for name in row if name.startswith("_")]
