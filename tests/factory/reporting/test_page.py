import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.manifest import read_manifest
from factory.pages.words import LANGUAGES, table
from factory.preferences.report import preferences
from factory.reporting import REPORT
from factory.reporting.measured import measure
from factory.reporting.page import render, write
from factory.row import Message, Pair, Row, Verdict

sys.path.insert(0, str(Path(__file__).parent))
from hostile import PAYLOADS, Page

LARGEST = 1_000_000


def hostile_rows() -> tuple[list[Row], list[tuple[str, str, Row]]]:
    """Each payload wherever a row has room for a text."""
    kept, dropped = [], []
    for number, text in enumerate(PAYLOADS):
        said = (Verdict(text, True, 0.5, text, text), Verdict("duplicates", None, 0.25 * number, text, text))
        meta = {"family": text, "language": text, "area": text, "topic": text, "difficulty": number % 5, text: text}
        turns = (Message(text, text), Message("user", f"{text} {number}"), Message("assistant", text))
        kept.append(Row(turns, text, text, text, text, meta, said))
        dropped.append((text, text, Row((*turns, Message("user", "x")), text, text, text, text, meta, said)))
    return kept, dropped


def hostile(dataset: Callable[..., Path], payload: str) -> Path:
    kept, dropped = hostile_rows()
    uses = {
        text: {"model": text, "license": text, "answers": 1, "prompt_tokens": 2, "completion_tokens": 3}
        for text in PAYLOADS
    }
    return dataset(
        kept,
        dropped,
        name=payload,
        description=payload,
        license=payload,
        settings={"generate": [{"use": payload, payload: payload}], "judge": [{"use": payload}], "policy": "open"},
        versions={"post-training-factory": payload, payload: payload},
        shortfalls=({"what": payload, "asked": 2, "available": 1},),
        group_drops={text: {f"{text}: {text}": 1} for text in PAYLOADS},
        languages=dict.fromkeys(PAYLOADS, 1),
        models=uses,
        benchmarks={text: {"prompts": 1, "rows": {text: 1}} for text in PAYLOADS},
        tallies={text: {text: 1} for text in PAYLOADS},
        origins=({"role": "source", "name": payload, "license": "mit"},),
    )


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_a_row_or_a_recipe_says_does_anything(dataset: Callable[..., Path], payload: str) -> None:
    text = render(measure(hostile(dataset, payload)))
    page = Page(text)
    assert page.faults == []
    assert "{{" not in payload or payload in "".join(page.texts)
    assert "\u202e" not in text
    assert "\x1b" not in text


def test_pairs_are_as_harmless(dataset: Callable[..., Path]) -> None:
    pairs = [
        Pair(
            (Message("user", text),),
            (Message("assistant", f"{text} a"),),
            (Message("assistant", f"{text} b"),),
            text,
            text,
            text,
        )
        for text in PAYLOADS
    ]
    page = Page(render(measure(dataset(pairs)), "ja"))
    assert page.faults == []


def test_a_page_with_something_in_it_would_be_found() -> None:
    for text in PAYLOADS[:4]:
        assert Page(f'<p title="{text}">{text}</p>').faults != []
    assert Page("<a href='https://evil.example'>x</a>").faults != []
    assert Page("<i style='background:url(x)'></i>").faults != []


def test_the_page_needs_nothing_beside_itself(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    text = render(measure(dataset([row("What is it?")])))
    page = Page(text)
    assert page.faults == []
    assert "url(" not in text
    assert "@import" not in text
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_dataset_gives_the_same_bytes(
    dataset: Callable[..., Path], row: Callable[..., Row], language: str
) -> None:
    rows = [row(f"Solve the equation number {n}.", "x" * n, language="en", family=f"f{n % 7}") for n in range(300)]
    dropped = [
        ("length", "answer_short", row(f"short {n}", said=[Verdict("length", False, n, "answer_short")]))
        for n in range(9)
    ]
    folder = dataset(rows, dropped)
    assert write(folder, language=language) == folder / REPORT
    first = (folder / REPORT).read_bytes()
    write(folder, language=language)
    assert (folder / REPORT).read_bytes() == first
    assert f'<html lang="{language}">'.encode() in first


def test_every_number_is_the_manifests_or_counted(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    dropped = [("length", "answer_short", row(f"d{n}")) for n in range(1_234)]
    folder = dataset([row(f"q{n}") for n in range(4_321)], dropped)
    manifest = read_manifest(folder)
    said = " ".join(" ".join(Page(render(measure(folder))).texts).split())
    for number in (manifest.rows_kept, manifest.rows_made, manifest.dropped["length: answer_short"]):
        assert f"{number:,}" in said
    assert "77.8 % of 5,555 made" in said


def test_dropped_rows_stand_there_with_their_reason_and_what_the_judge_noted(
    dataset: Callable[..., Path], row: Callable[..., Row]
) -> None:
    said = [Verdict("llm", False, 2.0, "low_score", "It never answers.")]
    text = render(measure(dataset([row("kept")], [("llm", "low_score", row("a dropped question", said=said))])))
    assert "a dropped question" in text
    assert "<code>llm: low_score</code>" in text
    assert "It never answers." in text


def test_the_differences_of_a_pair_are_marked(dataset: Callable[..., Path], pair: Callable[..., Pair]) -> None:
    text = render(measure(dataset([pair("The answer is 12 apples.", "The answer is 13 apples.")])))
    assert "<ins>12</ins>" in text
    assert "<del>13</del>" in text


def test_margins_and_sides_are_drawn(dataset: Callable[..., Path], pair: Callable[..., Pair]) -> None:
    pairs = [pair("x" * n, "y", f"q{n}", score_chosen=n, score_rejected=0.0, margin=float(n)) for n in range(1, 40)]
    folder = dataset(pairs)
    manifest = read_manifest(folder)
    found = measure(folder)._replace(
        manifest=manifest.model_copy(update={"preferences": preferences(folder, manifest, lambda what: None)})
    )
    said = " ".join(" ".join(Page(render(found)).texts).split())
    assert "Margins" in said
    assert "The chosen side is longer in 97.4 % of the pairs" in said


def test_a_huge_dataset_has_a_small_page(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    texts = ["$\\frac{1}{2}$ " * 20_000, "<b>" * 50_000, "漢字" * 50_000, "`x` " * 50_000, "\u202e" * 50_000]
    rows = [row(f"{texts[n % 5]}{n}", texts[n % 5], family=f"{n}" * 300) for n in range(40)]
    dropped = [(f"stage{n % 30}", f"reason{n}", row(texts[n % 5] + str(n))) for n in range(60)]
    assert len(render(measure(dataset(rows, dropped))).encode()) < LARGEST


@pytest.mark.parametrize("text", ["日本", "<&>", "$x$ "])
def test_a_page_of_long_conversations_shows_less_of_each(dataset: Callable[..., Path], text: str) -> None:
    turns = tuple(Message("user", text * 800) for _ in range(12))
    rows = [Row(turns, "mit", "s", "g", "", {"family": str(n)}) for n in range(20)]
    dropped = [(f"stage{n % 5}", f"reason{n}", Row(turns, "mit", "s", "g")) for n in range(40)]
    page = render(measure(dataset(rows, dropped)))
    assert len(page.encode()) < LARGEST
    assert f"… +{800 * len(text) - 400:,}" in page or f"… +{800 * len(text) - 100:,}" in page


def test_scores_that_are_no_numbers_are_named(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    said = [Verdict("j", True, float(score), "", "") for score in ("nan", "inf", "-inf", "1e30")]
    page = render(measure(dataset([row("What?", said=said)])))
    for score in ("nan", "inf", "-inf", "1e+30"):
        assert f'<span class="score">{score}</span>' in page


def test_long_reasons_are_cut_and_the_plain_texts_are_among_the_files(
    dataset: Callable[..., Path], row: Callable[..., Row]
) -> None:
    dropped = [(f"{n}{'x' * 40_000}", "y" * 40_000, row(f"{n}?")) for n in range(30)]
    texts = ({"file": "texts/train-00000.parquet", "rows": 1, "bytes": 1, "sha256": "0" * 64},)
    page = render(measure(dataset([row("What?")], dropped, texts=texts)))
    assert len(page.encode()) < LARGEST
    assert "texts/train-00000.parquet" in page


def test_rows_without_turns_or_with_strange_meta_are_shown(dataset: Callable[..., Path]) -> None:
    rows = [
        Row((), "mit", "s", "g"),
        Row((Message("user", ""),), "mit", "s", "g", "", {"family": ["x"], "language": {"a": 1}, "difficulty": "5"}),
        Row((Message("user", "q"),) * 40, "mit", "s", "g", "", {"difficulty": True, "area": None}),
    ]
    said = " ".join(Page(render(measure(dataset(rows)))).texts)
    assert "and 28 more turns" in said


def test_every_word_is_there_in_both_languages() -> None:
    for key, said in table("report").items():
        assert sorted(said) == ["en", "ja"], key
        assert all(isinstance(text, str) and text for text in said.values()), key


def test_of_a_long_turn_the_beginning_is_shown_and_how_much_is_left_out(
    dataset: Callable[..., Path], row: Callable[..., Row], pair: Callable[..., Pair]
) -> None:
    assert "… +8,500" in render(measure(dataset([row("q", "x" * 10_000)], name="row")))
    text = render(measure(dataset([pair("x " * 5_000, "x " * 5_000 + "y")], name="pair")))
    assert "… +8,500" in text
    assert "… +8,501" in text
