import io

import pytest
from rich.console import Console

from factory.display import ProgressLine, plain, print_rows, record, summary
from factory.manifest import Manifest
from factory.pipeline import Progress
from factory.row import Message, Pair, Row, Verdict


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b]0;owned\x07title", "]0;ownedtitle"),
        ("a\x1b[2Jb\x9b31m", "a[2Jb31m"),
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("line\r\nnext\tcell\x00\x7f", "line\nnext\tcell"),
        ("half \ud800", "half \ufffd"),
        ("日本語 👩‍👩‍👧 é", "日本語 👩‍👩‍👧 é"),
    ],
)
def test_text_loses_what_could_take_over_a_terminal_and_nothing_else(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_markup_in_rows_is_text() -> None:
    out = io.StringIO()
    row = Row((Message("user", "[bold]a[/i] [link=x]y[/link]"),), "cc0-1.0", "s", "g")
    print_rows(Console(file=out, width=80), [row])
    assert "[bold]a[/i] [link=x]y[/link]" in out.getvalue()


def test_a_pair_shows_both_sides() -> None:
    out = io.StringIO()
    pair = Pair(
        (Message("user", "q"),), (Message("assistant", "good"),), (Message("assistant", "bad"),), "mit", "s", "g"
    )
    print_rows(Console(file=out, width=80), [pair])
    lines = out.getvalue().splitlines()
    assert (
        lines.index("chosen assistant") < lines.index("good") < lines.index("rejected assistant") < lines.index("bad")
    )


def test_a_record_names_every_field() -> None:
    row = Row((Message("user", "q"),), "mit", "s", "g", meta={"a": 1}, verdicts=(Verdict("j", True),))
    assert record(row)["messages"] == [{"role": "user", "content": "q"}]
    assert record(row)["id"] == row.id
    assert record(row)["verdicts"][0]["judge"] == "j"


@pytest.mark.parametrize(("width", "columns"), [(30, 1), (80, 2), (120, 3), (500, 4)])
def test_families_stand_in_as_many_columns_as_fit(width: int, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    groups = {f"a_family_with_a_long_name_{n:02}": 1000 + n for n in range(12)}
    drops = {"a_family_with_a_long_name_03": {"math: wrong_step": 2}}
    manifest = Manifest.model_construct(
        rows_asked=1,
        rows_made=1,
        rows_kept=1,
        dropped={},
        shortfalls=(),
        languages={},
        licences={},
        groups=groups,
        group_drops=drops,
    )
    lines = summary(manifest)[2:]
    table = lines[: 12 // columns]
    assert [line.count("a_family") for line in table] == [columns] * len(table)
    assert {cell for line in table for cell in line.split()} == {*groups, *(f"{n:,}" for n in groups.values())}
    assert lines[len(table) :] == ["  dropped, by family:", "    a_family_with_a_long_name_03 2: math: wrong_step 2"]


def test_without_a_terminal_a_line_comes_every_ten_seconds_and_at_the_end() -> None:
    out = io.StringIO()
    with ProgressLine(out) as line:
        for second in range(1, 25):
            line.show(Progress(100, second * 4, second * 3, second, float(second), 0))
    lines = out.getvalue().splitlines()
    assert lines == [
        "30 of 100 rows, 4 rows/s, dropped 10, 10 s, 15 s to go",
        "60 of 100 rows, 4 rows/s, dropped 20, 20 s, 5 s to go",
        "72 of 100 rows, 4 rows/s, dropped 24, 24 s",
    ]


def test_quiet_is_quiet() -> None:
    out = io.StringIO()
    with ProgressLine(out, quiet=True) as line:
        line.show(Progress(1, 1, 1, 0, 60.0, 0))
    assert out.getvalue() == ""


def test_what_models_do_is_in_the_line() -> None:
    out = io.StringIO()
    with ProgressLine(out) as line:
        line.show(Progress(100, 10, 9, 1, 5.0, 0, tokens=5000, replayed=3, in_flight=64, waiting="the server\x1b[2J"))
    assert " ".join(out.getvalue().split()) == (
        "9 of 100 rows, 2 rows/s, dropped 1, 1,000 tokens/s, 64 in flight, 3 replayed; waiting: the server[2J, 5 s"
    )
