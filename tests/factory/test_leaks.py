import json

import pytest

from factory import card, dataset, recipe
from factory.errors import RecipeError
from factory.gate_settings import Decontaminate
from factory.leaks import Leaks
from factory.row import Message, Row
from factory.work import Judged

PROMPT = "What is {} plus one?"
REWORDED = "Alice has four crates with seventeen pears each and gives a third of them to her neighbour Bob."


@pytest.fixture
def leaking(sums, tmp_path):
    """A recipe some of whose rows copy a benchmark."""

    def build(action="reject", count=400, **settings):
        (tmp_path / "mine.jsonl").write_text(
            "".join(json.dumps({"question": text}) + "\n" for text in (long_question(7), REWORDED))
        )
        looked_for = Decontaminate(files=("mine.jsonl",), action=action)
        made = sums(count, use="Long", range=50, duplicates="off", **settings)
        return made.model_copy(update={"decontaminate": looked_for, "folder": tmp_path})

    return build


def long_question(number):
    return f"In the town of Kamari there are {number} bakers, who bake {number} loaves on each day of the whole week."


def test_a_copy_of_a_benchmark_is_dropped_and_said_to_be_which(leaking, generate, tmp_path):
    manifest = generate(leaking(), tmp_path / "out")
    dropped = [reject for reject in dataset.read_rejects(tmp_path / "out") if reject.stage == "decontaminate"]
    assert dropped
    assert manifest.dropped["decontaminate: mine"] == len(dropped)
    assert {reject.row.messages[0].content for reject in dropped} == {long_question(7)}
    assert all(row.messages[0].content != long_question(7) for row in dataset.read(tmp_path / "out"))
    said = dropped[0].row.verdicts[-1]
    assert (said.judge, said.passed, said.reason) == ("decontaminate", False, "mine")
    assert "exact 100% of mine 0: in the town of kamari" in said.note
    assert manifest.benchmarks["mine"].prompts == 2
    assert manifest.benchmarks["mine"].rows["exact"] == len(dropped)


def test_what_is_less_sure_stays_for_review(leaking, generate, tmp_path):
    manifest = generate(leaking(), tmp_path / "out")
    assert manifest.benchmarks["mine"].rows["numbers_changed"] > 100
    noted = [v.note for row in dataset.read(tmp_path / "out") for v in row.verdicts if v.judge == "decontaminate"]
    assert noted
    assert all(note.startswith("for review: numbers_changed") for note in noted)


def test_a_report_drops_nothing(leaking, generate, tmp_path):
    manifest = generate(leaking("report"), tmp_path / "out")
    assert "decontaminate: mine" not in manifest.dropped
    assert manifest.benchmarks["mine"].rows["exact"] > 0


def test_worker_processes_look_as_well(leaking, generate, files, tmp_path):
    generate(leaking(), tmp_path / "one")
    generate(leaking(), tmp_path / "two", workers=2)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_the_card_says_what_was_looked_for(leaking, generate, tmp_path):
    manifest = generate(leaking(), tmp_path / "out")
    text = card.render(manifest, [])
    hits = sum(manifest.benchmarks["mine"].rows.values())
    assert f"| mine | 2 | {hits} | exact " in text
    assert "copies are dropped" in text


def test_other_prompts_are_another_digest_and_another_place_is_not(leaking, tmp_path):
    first = leaking().digest
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.jsonl").write_bytes((tmp_path / "mine.jsonl").read_bytes())
    assert leaking().model_copy(update={"folder": elsewhere}).digest == first
    (elsewhere / "mine.jsonl").write_text('{"question": "How many pears does the neighbour of Alice have at last?"}')
    leaking().leaks.benchmarks  # noqa: B018 - known already, by its folder
    other = tmp_path / "other"
    elsewhere.rename(other)
    assert leaking().model_copy(update={"folder": other}).digest != first


RECIPE = "name: a\nseed: 1\nlicense: cc0-1.0\ngenerate:\n- use: math\n  count: 5\ndecontaminate: "


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{benchmarks: [mt_bensh]}", r"a.yaml:7: decontaminate.benchmarks.0: .*'mt_bensh' is not known; did you mean"),
        ("{files: [none.jsonl]}", r"decontaminate.files.0: there is no file .*none.jsonl; paths begin at the recipe's"),
        ("{}", r"a.yaml:7: decontaminate: names no benchmark; write benchmarks: \[mt_bench\]"),
        ("{benchmarks: [mt_bench], action: drop}", r"'drop' is not one of 'reject' or 'report'"),
        ("{benchmarks: [mt_bench], folder: nowhere}", "decontaminate.folder: there is no folder"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_made(tmp_path, written, said):
    (tmp_path / "a.yaml").write_text(RECIPE + written)
    with pytest.raises(RecipeError, match=said):
        recipe.load(tmp_path / "a.yaml")


@pytest.mark.parametrize("source", [5, "text", [{"role": "user", "content": 7}], [[]], {"a": 1}, None])
def test_a_source_that_is_no_conversation_stops_nothing(source, tmp_path):
    (tmp_path / "mine.jsonl").write_text(json.dumps({"question": long_question(7)}) + "\n")
    looked_for = Leaks(Decontaminate(files=("mine.jsonl",)), tmp_path)
    source = long_question(7) if source == "text" else source
    row = Row((Message("user", "Hello."),), "mit", "s", "g", meta={"source_messages": source})
    looking = Judged([row], [()], {})
    looked_for.look(looking)
    assert bool(looking.fates) == (source == long_question(7))
