import io
import logging
import time
from collections.abc import Iterator

import pytest

from factory import secrets
from factory.secrets import HIDDEN, guard_logs, read, scrub


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("Authorization: Bearer abc.def-123", f"Authorization: Bearer {HIDDEN}"),
        ("Incorrect API key provided: sk-ab12***********wxyz.", f"Incorrect API key provided: {HIDDEN}."),
        ("token hf_abcdefghijkl is", f"token {HIDDEN} is"),
        ("http://user:pw@host:80/v1", f"http://{HIDDEN}@host:80/v1"),
        ("through user:pw@host", f"through {HIDDEN}@host"),
        ("GET https://host/v1/models?key=abc&x=1 failed", f"GET https://host/v1/models?{HIDDEN} failed"),
        ("{'api-key': 'abcdef'}", f"{{'api-key': '{HIDDEN}'}}"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, scrubbed: str) -> None:
    assert scrub(text) == scrubbed


@pytest.mark.parametrize(
    "text", ["at 12:30 you@example.com wrote", "http://host:8000/v1", "a sk-b hf_c", "ratio 3:4 @ noon", "問:答@"]
)
def test_ordinary_text_stays(text: str) -> None:
    assert scrub(text) == text


def test_a_value_that_was_read_is_taken_out_in_every_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED", ' pa"ss/wo\\rd \n')
    assert read("PLANTED") == 'pa"ss/wo\\rd'
    for spelling in ('pa"ss/wo\\rd', "pa%22ss%2Fwo%5Crd", 'pa\\"ss/wo\\rd', 'pa"ss/wo\\\\rd'):
        assert scrub(f"it is {spelling}!") == f"it is {HIDDEN}!"


def test_a_placeholder_blackens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED", "EMPTY")
    assert read("PLANTED") == "EMPTY"
    assert scrub("EMPTY") == "EMPTY"
    monkeypatch.delenv("PLANTED")
    assert read("PLANTED") == ""


@pytest.mark.parametrize("text", ["a" * 200_000, "a:" * 100_000, "://" * 60_000, "http://a?" * 20_000, "sk-" * 60_000])
def test_hostile_text_takes_no_quadratic_time(text: str) -> None:
    start = time.process_time()
    scrub(text)
    assert time.process_time() - start < 5  # quadratic: minutes


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    make = logging.getLogRecordFactory()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("library")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield stream
    logger.removeHandler(handler)
    logging.setLogRecordFactory(make)


def test_no_log_record_holds_a_secret(logged: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED", "correct-horse")
    read("PLANTED")
    logger = logging.getLogger("library")
    guard_logs()
    guard_logs()
    logger.debug("sent %s to %r", {"x": "correct-horse"}, "http://a:b@c")
    try:
        raise ValueError("no entry with correct-horse")
    except ValueError:
        logger.exception("failed after %d tries", 3)
    text = logged.getvalue()
    assert "correct-horse" not in text
    assert "a:b" not in text
    assert "failed after 3 tries" in text
    assert f"ValueError: no entry with {HIDDEN}" in text


def test_arguments_of_a_record_without_a_secret_stay_for_its_formatter() -> None:
    make = logging.getLogRecordFactory()
    record = secrets._ScrubbedRecords(make)("library", logging.INFO, "", 1, "%s of %s", ("1", "2"), None)
    assert (record.msg, record.args) == ("%s of %s", ("1", "2"))
