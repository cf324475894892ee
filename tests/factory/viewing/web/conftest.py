"""Datasets of plain rows, of pairs and of hostile rows, their pages served by the real command, and a real browser."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from factory import pipeline
from factory.component import Generator, Item, Run
from factory.recipe import Part, Recipe
from factory.row import Message, Pair, Row, Verdict

CHROMIUM = "/usr/bin/chromium"
WORKED = "Double it: $x^2 = 9$, so\n\n```py\nprint(3)\n```\n\n- one\n- two\n\n\\[\\frac{1}{2}\\]"
PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '<img src="http://evil.example/a.png">',
    "<svg onload=alert(3)>",
    "<iframe srcdoc='<script>alert(4)</script>'></iframe>",
    '<meta http-equiv="refresh" content="0;url=http://evil.example/">',
    '<base href="http://evil.example/">',
    "<style>body{background:url(http://evil.example/b)}</style>",
    '<link rel=stylesheet href="http://evil.example/c.css">',
    '<a href="javascript:alert(5)">x</a> [x](javascript:alert(5))',
    "![x](http://evil.example/d.png)",
    '<object data="data:text/html,<script>alert(6)</script>"></object>',
    "{{ 7 * 7 }} {% raw %} ${7*7} {{ cycler.__init__.__globals__.os.popen('id').read() }}",
    '" autofocus onfocus="alert(7)" x="',
    "' onmouseover='alert(8)",
    '"><script>alert(9)</script><textarea>',
    "</textarea></title></script><script>alert(10)</script>",
    "&lt;script&gt;alert(11)&lt;/script&gt; &#60;img src=x onerror=alert(12)&#62;",
    r"$\href{javascript:alert(13)}{x}$ $\text{<img src=x onerror=alert(14)>}$ $\style{x:url(//evil.example)}{x}$",
    "$$\\text{</math><script>alert(15)</script>}$$",
    '```"onload=alert(16)\n</code></pre><script>alert(17)</script>\n```',
    '<div hx-get="http://evil.example/" hx-trigger="load" hx-on:load="alert(18)" data-hx-get="//evil.example"></div>',
    "\u202egpj.exe\u2066 \x1b]0;title\x07\x1b[2J \u200b\ufeff",
    "<form action=http://evil.example><button id=accept autofocus>go</button></form>",
    "x" * 600 + "<b>" + "無" * 400,
)


class Plain(Generator):
    """Worked answers; one row of five is dropped, for one of two reasons."""

    def items(self, run: Run) -> Iterator[Item]:
        yield Item("all", self.count, None)

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        return [self.row(number) for number in range(self.count)]

    def row(self, number: int) -> Row | Pair:
        reason = {0: "too_short", 5: "off_topic"}.get(number % 10, "")
        said = Verdict("planted", not reason, number % 7 / 7, reason, "as planted")
        language = "日本語" if number % 2 else "english"
        turns = (
            Message("user", f"Question {number} in {language}"),
            Message("assistant", f"Answer {number}. {WORKED}"),
        )
        meta = {"language": language, "difficulty": number % 4, "nested": {"depth": number}}
        return Row(turns, "mit", "generated", "plain", meta=meta, verdicts=(said,))


class Pairs(Plain):
    """Pairs whose answers differ in a word."""

    def row(self, number: int) -> Pair:
        prompt = (Message("user", f"How many are {number} and one?"),)
        sides = [(Message("assistant", f"{number} and one are {total}, of course."),) for total in (number + 1, number)]
        return Pair(
            prompt, *sides, "mit", "generated", "pairs", "", {"margin": number / 10}, (Verdict("silent", True),)
        )


class Hostile(Plain):
    """Each payload as a text, a column's name, a value, a judge's name and note."""

    def row(self, number: int) -> Row:
        bad = PAYLOADS[number % len(PAYLOADS)]
        reason = "planted" if number % 2 else ""
        said = Verdict(bad, not reason, None, reason, bad)
        turns = (Message("user", f"{number} {bad}"), Message(bad[:60], bad), Message("assistant", f"{bad}\n\n{bad}"))
        return Row(turns, "mit", bad, "plain", bad, {bad: bad, "family": bad, "long": bad * 3}, (said,))


@dataclass(frozen=True)
class Served:
    """A server that answers."""

    url: str
    folders: tuple[Path, ...]
    process: subprocess.Popen[str]


def made(folder: Path, generator: Generator, **changes: Any) -> Path:
    """The dataset of a generator; `changes` are those of its manifest."""
    recipe = Recipe(name="planted", license="mit", seed=1, generate=(Part("planted", generator),))
    with ThreadPoolExecutor(1) as thread:  # playwright has an event loop running in this one
        thread.submit(pipeline.generate, recipe, folder, workers=1, progress=lambda now: None).result()
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return folder


COMMAND = """
import signal
from factory.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs the tests in the background has it ignored
main()
"""


@contextmanager
def serving(*folders: Path) -> Iterator[Served]:
    """The real command on a free port, ended as ctrl-C ends it."""
    command = [sys.executable, "-c", COMMAND, "view", *map(str, folders), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.match(r"(http://127\.0\.0\.1:\d+)/ ", line)
        assert found, line + (process.communicate()[1] if process.poll() is not None else "")
        yield Served(found[1], folders, process)
    finally:
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[1]
    assert process.returncode == 130, said
    assert "Traceback" not in said, said


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 rows made, a fifth of them dropped."""
    return made(tmp_path_factory.mktemp("plain") / "plain", Plain(count=240))


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty pairs."""
    return made(tmp_path_factory.mktemp("pairs") / "pairs", Pairs(count=30))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows, columns, a name and a folder that try to be more than text."""
    folder = tmp_path_factory.mktemp("hostile") / "<img src=x onerror=alert(20)> '\" {{7*7}}"
    bad = "<script>alert(21)</script>\u202e{{ 7 * 7 }}"
    return made(folder, Hostile(count=2 * len(PAYLOADS)), name=bad, description=bad)


@pytest.fixture(scope="session")
def both(plain: Path, pairs: Path) -> Iterator[Served]:
    """The pages of two datasets."""
    with serving(plain, pairs) as served:
        yield served


@pytest.fixture(scope="session")
def attacked(hostile: Path) -> Iterator[Served]:
    """The pages of the hostile dataset."""
    with serving(hostile) as served:
        yield served


@pytest.fixture
def serve() -> Callable[..., Any]:
    """Serves a folder."""
    return serving


@pytest.fixture
def fresh(plain: Path, pairs: Path, tmp_path: Path) -> Callable[[str], Any]:
    """Serves a copy of a dataset, whose reviews are its own."""

    def serve(name: str) -> Any:
        source = {"plain": plain, "pairs": pairs}[name]
        return serving(Path(shutil.copytree(source, tmp_path / name)))

    return serve


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's browser; without it, tests that need one are skipped. While it is there, no other event loop can be."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip(f"there is no {CHROMIUM}: `make browser` installs it")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@dataclass
class Watched:
    """What went wrong in the pages of a test."""

    faults: list[str]

    def watch(self, page: Any) -> None:
        """Note dialogs, errors, and requests to elsewhere."""

        def dialog(shown: Any) -> None:
            self.faults.append(f"dialog: {shown.message}")
            shown.dismiss()

        page.on("dialog", dialog)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", lambda said: self.faults.append(f"console: {said.text}") if _bad(said) else None)
        page.on("request", lambda asked: self.faults.append(f"asked: {asked.url}") if _elsewhere(asked.url) else None)
        page.on("popup", lambda popup: self.faults.append(f"popup: {popup.url}"))


def _bad(said: Any) -> bool:
    """An error, but that an address was answered with 4xx, which tests ask for."""
    return said.type == "error" and not re.match(
        r"Failed to load resource:.* status of 4\d\d |Response Status Error", said.text
    )


def _elsewhere(url: str) -> bool:
    return not re.match(r"http://127\.0\.0\.1:\d+/|data:,$", url)


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens an address in a browser of its own; at the end nothing may have gone wrong in it."""
    watched, contexts = Watched([]), []

    def open_(url: str, **settings: Any) -> Any:
        settings = {"viewport": {"width": 1280, "height": 860}, "locale": "en-US", **settings}
        context = chromium.new_context(**settings)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        watched.watch(page)
        page.goto(url)
        page.wait_for_load_state("networkidle")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert watched.faults == []


def ids(folder: Path, table: str = "data") -> list[str]:
    """The ids of a dataset's rows."""
    import pyarrow.parquet as pq

    return [id for file in sorted((folder / table).glob("*.parquet")) for id in pq.read_table(file)["id"].to_pylist()]


@pytest.fixture
def row_ids() -> Callable[..., list[str]]:
    """The ids of a dataset's rows."""
    return ids


@pytest.fixture
def addresses() -> Callable[[Served], list[str]]:
    """Every kind of page of a server's first dataset."""

    def of(served: Served) -> list[str]:
        folder = served.folders[0]
        one, dropped = ids(folder)[0], ids(folder, "rejects")[0]
        paths = [
            "/",
            "/rows",
            "/rows?counted=1&search=a&sort=source",
            "/rejects?counted=1",
            "/review",
            "/help",
            "/nowhere",
        ]
        paths += [f"/row/rows/{one}?at=0", f"/row/rows/{one}?at=0&view=source", f"/row/rows/{one}?at=0&edit=1"]
        paths += [
            f"/row/rejects/{dropped}?at=0",
            f"/why/rejects/{dropped}",
            f"/rows?column={quote('meta.x<y')}&op=%3D&value=1",
        ]
        return [served.url + path for path in paths]

    return of
