import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.reporting.compare import Line, as_json, compare
from factory.reporting.compare_page import render, text
from factory.row import Pair, Row, Verdict

sys.path.insert(0, str(Path(__file__).parent))
from hostile import PAYLOADS, Page


def figures(found: dict[str, list[Line]], section: str) -> dict[str, tuple[object, object]]:
    return {f"{line.what} {line.name}".strip(): (line.first, line.second) for line in found[section]}


def test_both_sides_figures_stand_side_by_side(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    dropped = [("length", "short", row(f"d{n}")) for n in range(3)]
    one = dataset([row(f"q{n}", "x" * 10) for n in range(9)], dropped, "one")
    other = dataset([row(f"r{n}", "x" * 20, said=[Verdict("j", True, 7.0)]) for n in range(20)], name="other")
    found = compare(one, other)
    assert figures(found.lines, "rows")["kept"] == (9, 20)
    assert figures(found.lines, "rows")["kept.share"] == (0.75, 1.0)
    assert figures(found.lines, "dropped") == {"length: short": (0.25, 0.0)}
    assert figures(found.lines, "lengths")["length.median assistant"] == (10, 20)
    assert figures(found.lines, "judges") == {"judge.passed j": (None, 1.0), "judge.score j": (None, 7.0)}


def test_what_only_one_has_is_none_and_never_zero(
    dataset: Callable[..., Path], row: Callable[..., Row], pair: Callable[..., Pair]
) -> None:
    found = compare(dataset([row("q")], name="one"), dataset([pair("yes", "no")], name="other"))
    assert figures(found.lines, "lengths")["length.median chosen"] == (None, 3)
    assert figures(found.lines, "lengths")["length.median user"] == (1, None)
    assert any("–" in line for line in text(found))


def test_rows_in_both_are_those_of_one_id(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    one = dataset([row(f"question number {n}") for n in range(100)], name="one")
    other = dataset([row(f"question number {n}", license="x") for n in range(60, 200)], name="other")
    shared = compare(one, other).shared
    assert (shared.rows, shared.first, shared.second) == (40, 100, 140)


def test_near_questions_are_found_and_shown(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    far = [row(f"{word} {word} {word}") for word in ("abc", "def", "ghi", "jkl")]
    one = dataset([row("How many apples are there in the basket by the door?"), *far[:2]], name="one")
    other = dataset([row("How many apples are there in the basket by the window?"), *far[2:]], name="other")
    found = compare(one, other)
    assert (found.shared.near, found.shared.asked, found.shared.known) == (1, 3, 3)
    assert "<ins>door</ins>" in render(found)
    assert "<del>window</del>" in render(found)


def test_diversity_is_of_equally_many_texts(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    one = dataset([row(f"question {n}") for n in range(50)], name="one")
    other = dataset([row(f"question {n}") for n in range(500)], name="other")
    assert figures(compare(one, other).lines, "diversity")["length.questions diversity.texts"] == (50, 50)


def test_a_dataset_against_itself_differs_in_nothing(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    folder = dataset([row(f"question {n}", "x" * n) for n in range(1, 40)])
    found = compare(folder, folder)
    assert [line for said in found.lines.values() for line in said if line.first != line.second] == []
    assert found.shared.rows == 39
    assert found.shared.near == found.shared.asked == 39


def test_the_same_two_datasets_give_the_same_page(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    one, other = (dataset([row(f"{name} {n}", "x" * n) for n in range(200)], name=name) for name in ("one", "other"))
    assert render(compare(one, other), "ja") == render(compare(one, other), "ja")
    assert as_json(compare(one, other)) == as_json(compare(one, other))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_rows_or_names_say_does_anything(
    dataset: Callable[..., Path], row: Callable[..., Row], payload: str
) -> None:
    said = [Verdict(payload, True, 0.5), Verdict(payload, True, 0.7)]
    rows = [row(f"{payload} {n} and {payload}", payload, said, family=payload, language=payload) for n in range(3)]
    dropped = [(payload, payload, row(payload, said=said))]
    facts = {"license": payload, "languages": {payload: 3}, "licences": {payload: 3}}
    one = dataset(rows, dropped, name=payload, **facts)
    other = dataset([row(f"{payload} {n} and another {payload}") for n in range(3)], name=f"{payload}2")
    found = compare(one, other)
    assert Page(render(found)).faults == []
    assert not any(character in "\n".join(text(found)) for character in ("\x1b", "\x00", "\x07", "\u202e"))


def test_no_name_breaks_the_lines_of_the_terminal(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    names = {"a\nb": 1, "x" * 500: 1, "漢字" * 40: 1}
    folder = dataset([row("q")] * 3, groups=names)
    lines = text(compare(folder, folder))
    assert all(len(line) < 160 for line in lines)
    assert any("a b" in line for line in lines)
