"""A new version of a dataset from what people decided."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from factory import dataset
from factory.cli import main
from factory.manifest import read_manifest
from factory.row import Message, Pair, Verdict
from factory.viewing.reviews import Review, Reviews

EDITED = [{"role": "user", "content": "1+2?"}, {"role": "assistant", "content": "3"}]


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def rows(row):
    rows = [row(f"{n}+{n}?", str(2 * n), Verdict("sums", True, 1.0), answer=str(2 * n), level=n) for n in range(6)]
    rows[4] = rows[4]._replace(license="cc-by-4.0")
    return rows


def factory(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


def decide(out, *reviews):
    store = Reviews.of(out, read_manifest(out).digest)
    for one in reviews:
        store.put(one)


def test_rejected_rows_are_dropped_with_the_note_edited_ones_are_new_and_the_rest_stays(written, rows):
    out = written(rows)
    decide(
        out,
        Review(rows[0].id, "reject", "誤り", reviewer="someone"),
        Review(rows[1].id, "accept", "good"),
        Review(rows[2].id, "edit", "fixed", {"messages": EDITED}, "someone"),
    )
    done = factory("review", "export", out, "-o", "new", "-q", "--workers", "1", "--no-report")
    assert (done.exit_code, done.stderr) == (0, "")
    manifest = read_manifest(Path("new"))
    assert (manifest.rows_made, manifest.rows_kept, manifest.dropped) == (6, 5, {"review: rejected": 1})
    assert (manifest.name, manifest.license) == ("new", "cc-by-4.0")
    assert manifest.tallies == {"review": {"accepted": 1, "edited": 1, "rejected": 1}}
    (gone,) = dataset.read_rejects(Path("new"))
    assert gone.row.verdicts[-1] == Verdict("review", False, None, "rejected", "誤り")
    accepted, edited, *rest = dataset.read(Path("new"))
    assert accepted == rows[1]._replace(verdicts=(*rows[1].verdicts, Verdict("review", True, None, "", "good")))
    assert edited.messages == tuple(Message(**turn) for turn in EDITED)
    assert edited.meta == {"level": 2, "parents": [rows[2].id], "edited_by": "person"}
    assert edited.verdicts == (Verdict("review", True, None, "", "fixed"),)
    assert (edited.license, edited.source, edited.generator) == ("apache-2.0", "somewhere", "anything")
    assert rest == rows[3:]
    assert b"someone" not in b"".join(path.read_bytes() for path in Path("new").rglob("*") if path.is_file())


def test_an_edit_of_the_answer_alone_keeps_the_right_answer_in_meta(written, rows):
    out = written(rows)
    turns = [rows[2].messages[0]._asdict(), {"role": "assistant", "content": "It is 4."}]
    decide(out, Review(rows[2].id, "edit", "", {"messages": turns}))
    assert factory("review", "export", out, "-o", "new", "-q", "--workers", "1", "--no-report").exit_code == 0
    assert [row.meta["answer"] for row in dataset.read(Path("new"))] == ["0", "2", "4", "6", "8", "10"]


def test_rows_that_nobody_looked_at_may_be_left_out(written, rows):
    out = written(rows)
    decide(out, Review(rows[3].id, "accept"))
    factory("review", "export", out, "-o", "new", "-q", "--workers", "1", "--only-reviewed", "--no-report")
    manifest = read_manifest(Path("new"))
    assert (manifest.rows_kept, manifest.dropped) == (1, {"review: undecided": 5})


def test_all_rows_pass_the_gate_that_is_given_edited_ones_too(written, rows):
    out = written(rows)
    long = [{"role": "user", "content": "word " * 900}, {"role": "assistant", "content": "x"}]
    decide(out, Review(rows[3].id, "edit", "", {"messages": long}))
    Path("gate.yaml").write_text("name: gated\njudge:\n  - {use: length, most_question: 1000}\n")
    done = factory("review", "export", out, "-o", "new", "-r", "gate.yaml", "-q", "--workers", "1", "--no-report")
    assert done.exit_code == 0, done.output
    manifest = read_manifest(Path("new"))
    assert manifest.name == "gated"
    assert sum(manifest.dropped.values()) == 1
    Path("gate.yaml").write_text("generate: []\n")
    done = factory("review", "export", out, "-o", "other", "-r", "gate.yaml", "-q")
    assert (done.exit_code, "remove `generate`" in done.stderr) == (2, True)


def test_the_same_decisions_give_the_same_bytes_and_a_further_one_another_digest(written, rows, files):
    out = written(rows)
    decide(out, Review(rows[0].id, "reject"))
    for name, workers in (("a/new", 1), ("b/new", 2)):
        factory("review", "export", out, "-o", name, "-q", "--workers", workers, "--no-report")
    assert files(Path("a/new")) == files(Path("b/new"))
    decide(out, Review(rows[1].id, "reject"))
    done = factory("review", "export", out, "-o", "a/new", "-q", "--workers", "1")
    assert done.exit_code == 2
    assert "holds another recipe's rows" in done.stderr or "other data" in done.stderr


def test_pairs_are_edited_as_pairs_and_nothing_else(written):
    tags = ("apache-2.0", "s", "g")
    pairs = [
        Pair((Message("user", f"q{n}"),), (Message("assistant", "yes"),), (Message("assistant", "no"),), *tags)
        for n in range(3)
    ]
    out = written(pairs)
    new = {"prompt": [EDITED[0]], "chosen": [EDITED[1]], "rejected": [{"role": "assistant", "content": "4"}]}
    decide(out, Review(pairs[0].id, "edit", "", new))
    assert factory("review", "export", out, "-o", "new", "-q", "--workers", "1", "--no-report").exit_code == 0
    edited, *rest = dataset.read(Path("new"))
    assert (edited.chosen, edited.meta["parents"]) == ((Message("assistant", "3"),), [pairs[0].id])
    assert rest == pairs[1:]
    decide(out, Review(pairs[1].id, "edit", "", {"messages": EDITED}))
    done = factory("review", "export", out, "-o", "other", "-q", "--workers", "1")
    assert done.exit_code == 2
    assert f"the review of row {pairs[1].id} edits a conversation, and the dataset holds pairs" in done.stderr


def test_decisions_on_rows_that_are_not_there_change_nothing_and_are_told(written, rows):
    out = written(rows)
    decide(out, Review("0" * 32, "reject"), Review(rows[0].id, "accept"))
    done = factory("review", "export", out, "-o", "new", "-q", "--workers", "1", "--no-report")
    assert "1 decisions are on rows that" in done.stderr
    assert read_manifest(Path("new")).rows_kept == 6


def test_a_dataset_is_never_made_into_the_folder_that_its_rows_are_read_from(written, rows, files):
    out = written(rows)
    decide(out, Review(rows[0].id, "reject"))
    before = files(out)
    Path("gate.yaml").write_text("name: gated\njudge:\n  - {use: length, most_question: 1000}\n")
    Path("link").symlink_to(out)
    for command in (["review", "export", out, "-o", out], ["gate", out, "-r", "gate.yaml", "-o", "link"]):
        done = factory(*command, "--fresh", "-q", "--workers", "1", "--no-report")
        assert (done.exit_code, "are read from there" in done.stderr) == (2, True)
    assert files(out) == before


def test_rows_of_one_id_are_decided_on_together_and_hide_no_decision_on_another(written, rows):
    out = written([rows[0], rows[1], rows[0]._replace(source="elsewhere")])
    decide(out, Review(rows[0].id, "reject"), Review("0" * 32, "reject"))
    done = factory("review", "export", out, "-o", "new", "-q", "--workers", "1", "--no-report")
    assert read_manifest(Path("new")).dropped == {"review: rejected": 2}
    assert "1 decisions are on rows that" in done.stderr


def test_a_licence_that_the_maker_chose_stays(written, rows):
    out = written(rows[:3])
    facts = json.loads((out / "manifest.json").read_text())
    facts["settings"]["license"] = facts["license"] = "cc-by-sa-4.0"
    (out / "manifest.json").write_text(json.dumps(facts))
    decide(out, Review(rows[0].id, "reject"))
    done = factory("review", "export", out, "-o", "new", "-q", "--workers", "1", "--no-report")
    assert (done.exit_code, read_manifest(Path("new")).license) == (0, "cc-by-sa-4.0"), done.output


def test_an_edit_that_changes_nothing_accepts_the_row(written, rows):
    out = written(rows)
    decide(out, Review(rows[0].id, "edit", "", {"messages": [turn._asdict() for turn in rows[0].messages]}))
    factory("review", "export", out, "-o", "new", "-q", "--workers", "1", "--no-report")
    first = next(iter(dataset.read(Path("new"))))
    assert first == rows[0]._replace(verdicts=(*rows[0].verdicts, Verdict("review", True)))


def test_without_a_decision_there_is_nothing_to_export(written, rows):
    out = written(rows)
    done = factory("review", "export", out, "-o", "new", "-q")
    assert (done.exit_code, "nobody has decided on a row of" in done.stderr) == (2, True)
    assert not Path("new").exists()
    Reviews.of(out, "an earlier digest").put(Review(rows[0].id, "reject"))
    assert "the 1 decisions in" in factory("review", "export", out, "-o", "new", "-q").stderr


def test_what_was_decided_is_shown(written, rows):
    out = written(rows)
    decide(out, Review(rows[0].id, "reject", "no"), Review(rows[1].id, "accept"))
    assert factory("review", "show", out).output.startswith("1 accepted, 1 rejected, 0 edited\n")
    assert [one["decided"] for one in json.loads(factory("review", "show", out, "--json").output)] == [
        "reject",
        "accept",
    ]
