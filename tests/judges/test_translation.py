"""The judge of translations: rows with their source beside them."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from factory import dataset
from factory.cli import main
from factory.component import Run
from factory.errors import RecipeError
from factory.registry import build
from factory.row import Message, Pair, Row

GATE = Path(__file__).parents[2] / "recipes" / "gates" / "translation.yaml"
GOOD = ("Who invented the microscope?", "顕微鏡を発明したのは誰ですか？")
BAD = ("Who invented the microscope?", "顕微鏡はオランダの眼鏡職人によって発明されました。")
SOFT = ("It has 15 floors.", "16階建てです。")


def turns(*texts):
    return tuple(Message(role, text) for role, text in zip(("user", "assistant") * 4, texts, strict=False))


def plain(messages):
    return [message._asdict() for message in messages]


def row(source, target, **meta):
    return Row(turns(*target), "MIT", "s", "g", meta={"source_messages": plain(turns(*source)), **meta})


def judged(*rows, **settings):
    judge = build("judges", "translation", settings)
    return asyncio.run(judge.judge(rows, Run(0)))


def test_a_good_translation_passes_and_an_answer_does_not():
    good, bad = judged(row([GOOD[0]], [GOOD[1]]), row([BAD[0]], [BAD[1]]))
    assert (good.passed, good.score, good.reason) == (True, 1.0, "")
    assert (bad.passed, bad.score, bad.reason) == (False, 0.0, "answered")
    assert bad.note.startswith("answered: ")


def test_soft_faults_drop_a_row_or_lower_its_score():
    [dropped] = judged(row([SOFT[0]], [SOFT[1]]))
    assert (dropped.passed, dropped.score, dropped.reason) == (False, 0.75, "numbers_changed")
    [kept] = judged(row([SOFT[0]], [SOFT[1]]), soft="keep")
    assert (kept.passed, kept.score, kept.reason, kept.note) == (True, 0.75, "", "numbers_changed: 15")


def test_faults_can_be_ignored():
    [verdict] = judged(row([SOFT[0]], [SOFT[1]]), ignore=["numbers_changed"])
    assert (verdict.passed, verdict.score) == (True, 1.0)


def test_a_lost_turn_is_a_fault():
    [verdict] = judged(row([GOOD[0], "A man."], [GOOD[1]]))
    assert (verdict.passed, verdict.reason) == (False, "turns_lost")


@pytest.mark.parametrize("value", [[], [1], [{"role": "user"}], [{"role": "user", "content": 3}], 7, {"a": 1}])
def test_a_source_that_is_no_conversation_leaves_a_row_unjudged(value):
    [verdict] = judged(Row(turns(GOOD[1]), "MIT", "s", "g", meta={"source_messages": value}))
    assert (verdict.passed, verdict.score, verdict.reason) == (None, None, "unreadable_source")


def test_a_row_without_a_source_is_unjudged():
    [verdict] = judged(Row(turns(GOOD[1]), "MIT", "s", "g"))
    assert (verdict.passed, verdict.score, verdict.reason) == (None, None, "no_source")


def test_a_row_that_stays_in_its_language_passes():
    kept = Row(turns("What rhymes with cat?"), "MIT", "s", "g", meta={"untranslatable": "wordplay"})
    assert [verdict.passed for verdict in judged(row([BAD[0]], [BAD[1]]), kept)] == [False, True]


def test_the_source_may_be_the_text_of_the_last_turn_under_another_key():
    rows = [Row(turns("?", text), "MIT", "s", "g", meta={"original": GOOD[0]}) for text in (GOOD[1], BAD[1])]
    assert [verdict.passed for verdict in judged(*rows, source="original")] == [True, False]


def test_both_sides_of_a_pair_are_read():
    sources = {
        "source_messages": plain(turns(GOOD[0], "A man.")),
        "source_rejected": plain([Message("assistant", "No.")]),
    }
    good = Pair(
        turns(GOOD[1]),
        (Message("assistant", "男性です。"),),
        (Message("assistant", "いいえ。"),),
        "MIT",
        "s",
        "g",
        meta=sources,
    )
    bad = good._replace(rejected=(Message("assistant", "No idea <|im_end|>"),))
    assert [verdict.passed for verdict in judged(good, bad)] == [True, False]
    chosen_only = bad._replace(meta={"source_messages": sources["source_messages"]})
    assert judged(chosen_only)[0].passed


def test_rows_come_back_in_order_whatever_lacks_a_source():
    rows = [row([GOOD[0]], [GOOD[1]]), Row(turns("あ"), "MIT", "s", "g"), row([BAD[0]], [BAD[1]])]
    assert [verdict.passed for verdict in judged(*rows * 50)] == [True, None, False] * 50


@pytest.mark.parametrize("soft", ["drop", "keep"])
def test_a_text_of_ten_megabytes_is_too_long_whichever_side_it_is_on(soft):
    big = ("```\nx = 1\n```\n", "「", "1,")
    rows = [row([GOOD[0]], [unit * (10_000_000 // len(unit))]) for unit in big]
    rows += [row([unit * (10_000_000 // len(unit))], [GOOD[1]]) for unit in big]
    said = judged(row([GOOD[0]], [GOOD[1]]), *rows, soft=soft)
    assert [one.reason for one in said] == ["", *["too_long"] * 6]
    assert {(one.passed, one.score) for one in said[1:]} == {(False, 0.0)}
    assert said[2].note == "too_long: 10,000,000 characters; 100,000 are read at most"


def test_settings_that_make_no_sense_are_refused():
    assert "name two languages" in build("judges", "translation", {"source_language": "ja"}).check()[0]
    with pytest.raises(RecipeError, match="ignore"):
        build("judges", "translation", {"ignore": ["nonsense"]})


def test_the_source_may_be_text_by_text_under_several_keys():
    about = {"question": GOOD[0], "answer": "A man of 7."}
    rows = [Row(turns(GOOD[1], text), "MIT", "s", "g", meta=about) for text in ("7歳の男性です。", "9歳の男性です。")]
    rows += [rows[0]._replace(meta={"question": GOOD[0]}), rows[0]._replace(meta={**about, "answer": 7})]
    rows += [rows[0]._replace(messages=turns(GOOD[1]))]
    said = judged(*rows, source=["question", "answer"])
    assert [one.passed for one in said] == [True, False, None, None, False]
    assert [one.reason for one in said] == [
        "", "numbers_changed", "no_source", "unreadable_source", "turns_lost",
    ]  # fmt: skip


OTHERS = [(GOOD, "It has 15 floors.", "15階建てです。"), (GOOD, *SOFT)]
"""Questions and answers with their translations, the second of which is bad."""


@pytest.mark.parametrize(
    ("record", "changes"),
    [
        (
            lambda question, source, target: {
                "messages": plain(turns(question[1], target)),
                "source_messages": plain(turns(question[0], source)),
            },
            ["generate.0.keep=[source_messages]"],
        ),
        (
            lambda question, source, target: {"en": f"{question[0]} {source}", "ja": f"{question[1]}{target}"},
            ["generate.0.columns={text: ja}", "generate.0.keep=[en]", "judge.0.source=en"],
        ),
        (
            lambda question, source, target: {"q": question[0], "a": source, "frage": question[1], "antwort": target},
            [
                "generate.0.columns={prompt: frage, response: antwort}",
                "generate.0.keep=[q, a]",
                "judge.0.source=[q, a]",
            ],
        ),
    ],
    ids=["conversations", "texts", "questions-and-answers"],
)
def test_parallel_data_of_others_are_judged_by_the_gate_that_ships(record, changes, tmp_path):
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(record(*one)) + "\n" for one in OTHERS))
    given = [part for change in changes for part in ("--set", change)]
    out = tmp_path / "out"
    asked = ["gate", tmp_path / "rows.jsonl", "--license", "mit", "-r", GATE, "-o", out, "-q", *given]
    result = CliRunner().invoke(main, list(map(str, asked)))
    assert result.exit_code == 0, result.output
    assert len(list(dataset.read(out))) == 1
    assert all(reject.reason != "unjudged" for reject in dataset.read_rejects(out))
