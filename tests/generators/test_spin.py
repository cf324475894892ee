"""The data's answer is chosen, the checkpoint's own rejected; what teaches nothing has its reason."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from factory import dataset
from factory import recipe as recipes
from factory.component import Item, Judge, Part, Run
from factory.engine import Completion, Outcome, Request, Unanswered
from factory.errors import RecipeError
from factory.preferences.prompts import prompt_of
from factory.row import Message, Pair, Row, Verdict
from factory.source.settings import Source
from generators.spin import Spin

ROOT = Path(__file__).parents[2]
RECIPE = """
name: spin
seed: {seed}
license: apache-2.0
shard_rows: 16
duplicates: exact
models:
  policy:
    use: scripted
    model: checkpoint-{iteration}
    license: apache-2.0
    rules: [{{say: ["I, checkpoint {iteration}, say {{{{n}}}}."]}}]
generate:
  - use: spin
    data: {{source: data.jsonl, license: apache-2.0}}
    model: policy
    iteration: {iteration}
"""
QUESTION = (Message("user", "日本の首都はどこですか？"),)
GOLD = "日本の首都は東京です。"


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., recipes.Recipe]:
    def read(*changes: str, seed: int = 1, iteration: int = 0, count: int = 40) -> recipes.Recipe:
        made = [{"prompt": f"What is {n}?", "response": f"It is {n}."} for n in range(count)]
        (tmp_path / "data.jsonl").write_text("\n".join(map(json.dumps, made)))
        (tmp_path / "rows.jsonl").write_text(json.dumps(made[0] | {"license": "apache-2.0"}))
        (tmp_path / "r.yaml").write_text(RECIPE.format(seed=seed, iteration=iteration))
        return recipes.load(tmp_path / "r.yaml", changes)

    return read


class Told:
    """An asker that gives the outcome it is told to."""

    label, license = "policy@1", "apache-2.0"

    def __init__(self, said: str | Unanswered) -> None:
        self.said, self.asked = said, list[Request]()

    async def complete(self, request: Request) -> list[Outcome]:
        self.asked.append(request)
        return [Completion(self.said) if isinstance(self.said, str) else self.said]


class ByLength(Judge):
    """The longer the better; of texts with a `?` it can't say."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        texts = [row.messages[-1].content for row in rows if isinstance(row, Row)]
        scores = [None if "?" in text else float(len(text)) for text in texts]
        return [Verdict("by_length", None if score is None else True, score) for score in scores]


def paired(said: str | Unanswered, *judges: Judge, row: Row | Pair | None = None) -> tuple[Pair, Run, Told]:
    asker = Told(said)

    class TheRun(Run):
        def engine(self, name: str) -> Any:
            return asker

    one = TheRun(1)
    parts = tuple(Part("by_length", judge) for judge in judges)
    generator = Spin(model="m", data=Source(source="x"), iteration=3, score=parts)
    row = row or Row((*QUESTION, Message("assistant", GOLD)), "apache-2.0", "s", "dataset", "human")
    (pair,) = asyncio.run(generator.rows(Item("0", 1, prompt_of(row)), one))
    assert isinstance(pair, Pair)
    return pair, one, asker


def test_the_datas_answer_is_chosen_against_the_policys_own(load, tmp_path, run):
    manifest, pairs = run(load(), tmp_path / "out")
    assert manifest.rows_made == manifest.rows_kept == len(pairs) == 40
    for n, pair in enumerate(pairs):
        assert pair.prompt == (Message("user", f"What is {n}?"),)
        assert pair.chosen == (Message("assistant", f"It is {n}."),)
        assert pair.rejected[0].content.startswith("I, checkpoint 0, say")
        assert (pair.meta["iteration"], pair.meta["policy"], pair.meta["reference"]) == (0, *["checkpoint-0"] * 2)
        assert pair.model == "checkpoint-0"
    samples = list(dataset.read_samples(tmp_path / "out"))
    assert [(one.text, one.role, one.row_id) for one in samples] == [
        (pair.rejected[0].content, "rejected", pair.id) for pair in pairs
    ]


def test_the_pair_names_who_wrote_either_side_and_the_reference_that_is_said():
    pair, _, _ = paired("首都は大阪です。")
    assert pair.model == "human + policy@1"
    assert (pair.meta["iteration"], pair.meta["reference"], pair.meta["language"]) == (3, "policy@1", "ja")
    generator = Spin(model="m", data=Source(source="x"), iteration=3, reference="base@0")
    assert generator.reference == "base@0"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (GOLD, "equal"),
        (f"  {GOLD}\n", "equal"),
        ("ﾆﾎﾝの首都は東京です。", ""),
        (Unanswered("truncated", "", "日本の"), "truncated"),
        (" \n", "empty"),
    ],
)
def test_what_teaches_nothing_is_refused_with_its_reason(said, reason):
    pair, run, _ = paired(said)
    assert [(one.judge, one.passed, one.reason) for one in pair.verdicts] == [("spin", not reason, reason)]
    assert run.tallies[f"spin: {reason or 'pairs'}"] == 1
    assert len(run.samples) == 1
    assert run.samples[0].role == ("" if reason else "rejected")
    assert pair.chosen[0].content == GOLD


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("首都は大阪。", ""),
        ("首都は東京、東京は首都です。", "own_better"),
        ("日本の首都は大阪です。", "no_signal"),
        ("大阪?", "unscored"),
    ],
)
def test_where_judges_are_named_the_datas_answer_has_to_be_the_better_one(said, reason):
    pair, run, _ = paired(said, ByLength())
    assert [(one.passed, one.reason) for one in pair.verdicts] == [(not reason, reason)]
    assert pair.meta["scores"]["by_length"][0] == len(GOLD)
    if reason != "unscored":
        assert pair.meta["margin"] == pair.meta["score_chosen"] - pair.meta["score_rejected"] == len(GOLD) - len(said)
        assert run.samples[0].score == len(said)
    assert [one.judge for one in run.samples[0].scores] == ["by_length"]


def test_of_a_conversation_the_last_answer_is_chosen_in_the_light_of_the_others():
    turns = (*QUESTION, Message("assistant", GOLD), Message("user", "英語で？"))
    row = Row((*turns, Message("assistant", "Tokyo.")), "apache-2.0", "s", "dataset")
    pair, _, asker = paired("Osaka.", row=row)
    assert asker.asked[0].prompt == pair.prompt == turns
    assert pair.chosen == (Message("assistant", "Tokyo."),)


def test_a_row_without_an_answer_or_that_cannot_be_read_is_refused_without_asking():
    pair, _, asker = paired("x", row=Row(QUESTION, "apache-2.0", "s", "dataset"))
    assert [(one.judge, one.reason) for one in pair.verdicts] == [("spin", "no_answer")]
    bad = (Verdict("read", False, None, "labelled_bad"),)
    row = Row((*QUESTION, Message("assistant", GOLD)), "apache-2.0", "s", "dataset", verdicts=bad)
    other, _, too = paired("x", row=row)
    assert other.verdicts == bad
    assert not asker.asked
    assert not too.asked


def test_earlier_iterations_come_along_as_they_are_each_by_its_own(load, tmp_path, run):
    _, zero = run(load(), tmp_path / "out0")
    manifest, one = run(load("generate.0.earlier=[out0]", iteration=1), tmp_path / "out1")
    assert manifest.rows_asked == manifest.rows_kept == 80
    assert [pair.meta["iteration"] for pair in one] == [1] * 40 + [0] * 40
    assert one[40:] == zero
    manifest, two = run(load("generate.0.earlier=[out1]", iteration=2), tmp_path / "out2")
    assert [pair.meta["iteration"] for pair in two] == [2] * 40 + [1] * 40
    assert two[40:] == one[:40]
    assert {pair.meta["policy"] for pair in two} == {"checkpoint-2", "checkpoint-1"}
    assert manifest.tallies["spin"] == {"pairs": 40, "pairs_of_earlier": 40, "prompts": 40, "samples": 40}
    assert manifest.rows_asked == 80


def test_the_count_is_of_the_data_and_earlier_pairs_come_on_top(load, tmp_path, run):
    run(load(), tmp_path / "out0")
    _, pairs = run(load("generate.0.earlier=[out0]", "generate.0.count=10", iteration=1), tmp_path / "out1")
    assert [pair.meta["iteration"] for pair in pairs] == [1] * 10 + [0] * 40


def test_a_scaled_run_makes_as_many_pairs_as_asked_earlier_ones_counted(load, tmp_path, run):
    run(load("generate.0.count=6"), tmp_path / "out0")
    again = load("generate.0.earlier=[out0]", iteration=1)
    scaled = recipes.with_count(again, 10)
    assert recipes.rows_asked(scaled) == 10
    _, pairs = run(scaled, tmp_path / "out1")
    assert [pair.meta["iteration"] for pair in pairs] == [1] * 4 + [0] * 6
    with pytest.raises(RecipeError, match=r"-n 6: the folders in `earlier` alone bring 6 pairs; ask for more rows"):
        recipes.with_count(again, 6)


def test_the_same_seed_makes_the_same_pairs_and_the_next_seed_others(load, tmp_path, run):
    _, one = run(load(), tmp_path / "one")
    _, again = run(load("shard_rows=7"), tmp_path / "again")
    _, others = run(load(seed=2), tmp_path / "others")
    assert one == again
    assert not {pair.id for pair in one} & {pair.id for pair in others}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["generate.0.earlier=[out0]"], "earlier: iteration 0 has none before it"),
        (["generate.0.iteration=1", "generate.0.earlier=[none]"], "none"),
        (["generate.0.iteration=1", "generate.0.earlier=[rows.jsonl]"], "rows.jsonl holds no pairs"),
        (["generate.0.iteration=-1"], "iteration"),
        (["generate.0.score=[{use: pii}]"], "pii does not rate answers"),
        (["generate.0.data.source=none.jsonl"], "none.jsonl"),
    ],
)
def test_what_is_wrong_is_one_sentence_before_anything_is_asked(load, changes, said):
    with pytest.raises(RecipeError) as caught:
        load(*changes)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_recipe_that_ships_runs_with_its_script(tmp_path, run):
    changes = ["models.policy.use=scripted", "models.policy.script=scripts/spin.yaml"]
    manifest, pairs = run(recipes.load(ROOT / "recipes/spin.yaml", changes), tmp_path / "out")
    assert manifest.rows_made == 8
    assert len(pairs) == 7
    assert manifest.dropped == {"spin: equal": 1}
