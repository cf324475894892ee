"""What is decided on a row's page, and which row that page shows."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from factory.manifest import MANIFEST
from factory.row import Message
from factory.viewing.reviews import Reviews

HERE = "http://127.0.0.1"


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Any]:
    """The pages of a dataset, asked without a server."""
    pytest.importorskip("httpx")
    from starlette.testclient import TestClient

    from factory.viewing.web import app, shown

    monkeypatch.setattr(shown, "_REFRESH_S", -1.0)
    return lambda folder: TestClient(app.app(shown.shown([folder])), base_url=HERE, follow_redirects=False)


def decide(pages: Any, row: Any, decided: str, *said: str, roles: tuple[str, ...] = ("user", "assistant")) -> int:
    page = pages.get(f"/row/rows/{row.id}").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    fields = {"token": token[1], "decided": decided}
    if said:
        fields |= {"part": ["messages"] * len(said), "role": list(roles), "content": list(said)}
    body = urlencode(fields, doseq=True)
    return int(pages.post(f"/decide/rows/{row.id}", content=body, headers={"origin": HERE}).status_code)


def test_accepting_an_edited_row_accepts_the_edit(pages: Any, written: Any, row: Any) -> None:
    rows = [row("1?", "2"), row("2?", "3")]
    folder = written(rows)
    client = pages(folder)
    assert decide(client, rows[0], "edit", "1?", "one") == 303
    assert decide(client, rows[0], "accept") == 303
    (kept,) = Reviews.of(folder, "digest of set").all()
    assert (kept.decided, kept.edited["messages"][1]["content"]) == ("edit", "one")
    decide(client, rows[0], "undo")
    decide(client, rows[0], "undo")
    decide(client, rows[0], "accept")
    (kept,) = Reviews.of(folder, "digest of set").all()
    assert (kept.decided, kept.edited) == ("accept", None)


def test_a_row_that_is_not_here_whole_is_not_edited(pages: Any, written: Any, row: Any) -> None:
    long = row()._replace(messages=tuple(Message("user", str(place)) for place in range(1_001)))
    client = pages(written([long]))
    assert 'name="part"' not in client.get(f"/row/rows/{long.id}?edit=1").text
    assert decide(client, long, "edit", "0", "1", roles=("user", "user")) == 400
    assert decide(client, long, "reject") == 303


def test_of_rows_with_one_text_the_one_that_was_opened_is_shown(pages: Any, written: Any, row: Any) -> None:
    rows = [row("same", "2", origin="alpha"), row("other", "2"), row("same", "2", origin="omega")]
    client = pages(written(rows))
    assert ("omega" in (page := client.get(f"/row/rows/{rows[2].id}?at=2").text), "alpha" in page) == (True, False)
    assert "alpha" in client.get(f"/row/rows/{rows[0].id}?at=0").text


def test_decisions_are_of_the_dataset_that_is_there_when_they_are_made(pages: Any, written: Any, row: Any) -> None:
    folder = written([row("old", "1")])
    client = pages(folder)
    assert "old" in client.get("/rows").text
    other = written([new := row("new", "1")], name="other")
    facts = json.loads((other / MANIFEST).read_text())
    for path in other.rglob("*.parquet"):
        path.replace(folder / path.relative_to(other))
    (folder / MANIFEST).unlink()
    assert client.get("/rows").status_code == 503
    (folder / MANIFEST).write_text(json.dumps(facts))
    assert "new" in client.get("/rows").text
    assert decide(client, new, "reject") == 303
    assert Reviews.of(folder, "digest of other").counts()["reject"] == 1


def test_what_a_stage_dropped_leads_to_its_rows_alone(pages: Any, written: Any, row: Any) -> None:
    rows = [row(str(place), "x") for place in range(4)]
    client = pages(written(rows, dropped={0: ("one", "short"), 1: ("two", "short"), 2: ("two", "short")}))
    links = re.findall(r'<a href="(/rejects\?[^"]+)">', client.get("/").text)
    found = [re.search(r"of (\d+)</strong>", client.get(link.replace("&amp;", "&")).text) for link in links]
    assert [one and one[1] for one in found] == ["2", "1"]


def test_a_text_that_does_not_show_makes_no_page_of_fifty_megabytes(pages: Any, written: Any, row: Any) -> None:
    one = row("\x01" * 1_500_000, "2", note="\x02" * 1_500_000)
    client = pages(written([one]))
    assert all(len(client.get(f"/row/rows/{one.id}?view={view}").text) < 20_000_000 for view in ("text", "source"))


@pytest.mark.parametrize("name", ["meta." + "x." * 2_000, "meta." + "x." * 400])
def test_a_column_of_a_thousand_levels_is_refused_in_a_sentence(name: str, pages: Any, written: Any, row: Any) -> None:
    client = pages(written([row(level=1)]))
    answer = client.get("/rows", params={"column": name, "op": "=", "value": "1"})
    assert (answer.status_code, "there is no column" in answer.text or "at most" in answer.text) == (400, True)
