"""Conversations get further turns; what a user would not say is refused."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from factory import dataset, pipeline
from factory import recipe as recipes
from factory.component import Run
from factory.engine import Completion, Request, Unanswered
from factory.errors import RecipeError
from factory.manifest import Manifest
from factory.row import Message, Row
from generators.multi_turn import MultiTurn, kinds

ROOT = Path(__file__).parents[2]
RECIPE = """
name: extended
seed: {seed}
license: apache-2.0
models:
  writer:
    use: scripted
    license: apache-2.0
    concurrency: {concurrency}
    rules:
      - {{when: 利用者とAIアシスタント, say: ["{{{{n}}}}の場合はどうなりますか？"]}}
      - {{when: between a user and an AI, say: ["What if it were {{{{n}}}} instead?"]}}
      - {{matches: "[ぁ-ん]", say: ["{{{{n}}}}の場合は、答えが{{{{n}}}}に変わります。"]}}
      - {{say: ["Then the answer would be {{{{n}}}}."]}}
generate:
  - use: multi_turn
    count: {count}
    source: data/source.jsonl
    model: writer
"""
QUESTION, ANSWER = "空はなぜ青いのですか？", "太陽の光のうち、波長の短い青い光が空気の粒に当たって散らばるからです。"


def conversation(*texts: str, **more: Any) -> dict[str, Any]:
    roles = ("user", "assistant") * len(texts)
    turns = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    return {"messages": turns, "license": "apache-2.0"} | more


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., recipes.Recipe]:
    def read(
        *changes: str, seed: int = 1, count: int = 20, rows: list[Any] | None = None, concurrency: int = 8
    ) -> recipes.Recipe:
        english = ("Why is the number {} prime?", "Because {} has no divisors but one and itself.")
        made = [
            conversation(*(text.format(n) for text in (english if n % 2 else (QUESTION, ANSWER + "{}"))), id=f"row {n}")
            for n in range(20)
        ]
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data/source.jsonl").write_text("\n".join(map(json.dumps, made if rows is None else rows)))
        (tmp_path / "r.yaml").write_text(RECIPE.format(seed=seed, count=count, concurrency=concurrency))
        return recipes.load(tmp_path / "r.yaml", changes)

    return read


def run(recipe: recipes.Recipe, out: Path) -> tuple[Manifest, list[Row]]:
    manifest = pipeline.generate(recipe, out, workers=1, progress=lambda now: None)
    return manifest, [row for row in dataset.read(out) if isinstance(row, Row)]


class Told:
    """An asker that says what it is told to, and remembers what it was asked."""

    label, license = "told@1", "apache-2.0"

    def __init__(self, *said: str) -> None:
        self.said, self.asked = list(said), list[Request]()

    async def complete(self, request: Request) -> list[Completion | Unanswered]:
        self.asked.append(request)
        return [Completion(self.said.pop(0))]


def extended(asker: Told, path: Path, row: dict[str, Any], **settings: Any) -> Row:
    path.write_text(json.dumps(row))

    class TheRun(Run):
        def engine(self, name: str) -> Any:
            return asker

    one = TheRun(1)
    generator = MultiTurn(count=1, model="m", source=str(path), **settings)
    (item,) = generator.items(one)
    (made,) = asyncio.run(generator.rows(item, one))
    return made


def test_a_row_is_its_parent_with_one_more_turn(load, tmp_path):
    manifest, rows = run(load(), tmp_path / "out")
    assert manifest.rows_kept == 20
    assert [row.meta["parent"] for row in rows] == [f"row {n}" for n in range(20)]
    for row in rows:
        assert [message.role for message in row.messages] == ["user", "assistant", "user", "assistant"]
        assert row.meta["language"] == ("ja" if row.messages[0].content == QUESTION else "en")
        assert row.meta["kinds"][0] in kinds()
        assert row.license == "apache-2.0"
        assert row.source == "source.jsonl"


def test_the_user_is_written_from_the_conversation_and_the_answer_is_asked_in_it(tmp_path):
    asker = Told("夕焼けが赤いのはなぜですか？", "光が空気の中を長く進むためです。")
    source = conversation(QUESTION, ANSWER)
    source["messages"].insert(0, {"role": "system", "content": "簡潔に答えてください。"})
    row = extended(asker, tmp_path / "a.jsonl", source, kinds=("example",))
    writing, answering = asker.asked
    (asked,) = writing.prompt
    assert asked.role == "user"
    assert QUESTION in asked.content
    assert ANSWER in asked.content
    assert "簡潔に答えて" not in asked.content
    assert kinds()["example"]["ja"] in asked.content
    assert [turn.role for turn in answering.prompt] == ["system", "user", "assistant", "user"]
    assert row.messages == (*answering.prompt, Message("assistant", "光が空気の中を長く進むためです。"))


def test_several_turns_are_added_one_after_another(load, tmp_path):
    _, rows = run(load("generate.0.turns=3"), tmp_path / "out")
    assert {len(row.messages) for row in rows} == {8}
    assert all(len(row.meta["kinds"]) == 3 for row in rows)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("もちろんです。ほかにお手伝いできることはありますか？", "as_assistant"),
        ("詳しく教えてくださり、ありがとうございました！", "farewell"),
        ("空は、なぜ青いのですか。", "repeats"),
        ("波長の短い青い光が空気の粒に当たって散らばる", "repeats"),
        ("What about sunsets?", "language"),
        ("夕焼けは？\nアシスタント：赤いです。", "role_label"),
        ("夕焼けはなぜ赤い？<|im_end|>", "template"),
        ("ほう", "too_short"),
    ],
)
def test_what_a_user_would_not_say_is_refused_and_no_answer_is_paid(tmp_path, said, reason):
    asker = Told(said)
    row = extended(asker, tmp_path / "a.jsonl", conversation(QUESTION, ANSWER))
    assert [(one.passed, one.reason, one.note) for one in row.verdicts] == [(False, reason, said)]
    assert len(asker.asked) == 1
    assert row.meta["parent"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (ANSWER, "answer_repeats"),
        ("申し訳ありませんが、お答えできません。", "answer_refusal"),
        ("Because the path through the air is longer.", "answer_language"),
    ],
)
def test_an_answer_that_is_none_is_refused(tmp_path, said, reason):
    row = extended(Told("夕焼けはなぜ赤いのですか？", said), tmp_path / "a.jsonl", conversation(QUESTION, ANSWER))
    assert [(one.reason, one.note) for one in row.verdicts] == [(reason, said)]


def test_a_label_and_quotes_around_the_users_turn_are_taken_off(tmp_path):
    row = extended(
        Told("ユーザー：夕焼けはなぜ赤いのですか？", "長く進むためです。"),
        tmp_path / "a.jsonl",
        conversation(QUESTION, ANSWER),
    )
    assert row.messages[2].content == "夕焼けはなぜ赤いのですか？"
    assert row.verdicts[0].passed


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (conversation("Pourquoi le ciel est-il bleu ?", "À cause de la lumière."), "source_language"),
        (conversation(QUESTION), "source_turns"),
    ],
)
def test_a_conversation_that_cannot_go_on_is_refused_without_asking(tmp_path, row, reason):
    made = extended(Told(), tmp_path / "a.jsonl", row)
    assert [one.reason for one in made.verdicts] == [reason]


def test_what_a_source_holds_is_data_and_no_template(tmp_path):
    hostile = "{{ 7 * 7 }} {% for x in y %}\n{# assistant #}\n空はなぜ青いのですか？"
    asker = Told("夕焼けはなぜ赤いのですか？", "長く進むためです。")
    extended(asker, tmp_path / "a.jsonl", conversation(hostile, ANSWER))
    (asked,) = asker.asked[0].prompt
    assert hostile in asked.content


def test_the_same_seed_makes_the_same_rows_at_any_concurrency_and_the_next_seed_others(load, tmp_path):
    _, one = run(load(concurrency=1), tmp_path / "one")
    _, many = run(load(concurrency=64), tmp_path / "many")
    _, others = run(load(seed=2), tmp_path / "others")
    assert one == many
    assert not {row.id for row in one} & {row.id for row in others}


def test_a_source_with_fewer_rows_is_a_shortfall(load, tmp_path):
    manifest, rows = run(load(count=50), tmp_path / "out")
    assert len(rows) == 20
    assert [(short.asked, short.available) for short in manifest.shortfalls] == [(50, 20)]


def test_a_changed_source_is_another_recipe_and_its_place_is_none(load, tmp_path):
    before = load().digest
    assert load().digest == before
    assert load(rows=[conversation(QUESTION, ANSWER)]).digest != before


@pytest.mark.parametrize(
    ("rows", "changes", "said"),
    [
        ([conversation(QUESTION, ANSWER)], ["generate.0.license=cc0-1.0"], "promises more than apache-2.0 allows"),
        ([conversation(QUESTION, ANSWER, license="")], [], "under unknown and apache-2.0; set `license`"),
        (None, ["generate.0.source=none.jsonl"], "none.jsonl can't be read"),
        (None, ["generate.0.kinds=[deeper]"], "kinds: there is no deeper; there are: deepen"),
        ([{"text": "x"}], [], "source.jsonl:1: needs `messages`"),
        (None, ["generate.0.turns=0"], "turns"),
    ],
)
def test_what_is_wrong_is_one_sentence_before_anything_is_asked(load, rows, changes, said):
    with pytest.raises(RecipeError) as caught:
        load(*changes, rows=rows)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_row_is_under_what_its_source_and_the_models_come_to(load, tmp_path):
    rows = [
        conversation(QUESTION, ANSWER, license="mit"),
        conversation(QUESTION, ANSWER + "！", license="cc-by-sa-4.0"),
    ]
    _, made = run(load("license=cc-by-sa-4.0", rows=rows), tmp_path / "out")
    assert {row.license for row in made} == {"apache-2.0", "cc-by-sa-4.0"}


def test_the_recipe_may_say_the_licence_where_those_of_source_and_model_differ(load, tmp_path):
    rows = [conversation(QUESTION, ANSWER, license="mit"), conversation(QUESTION, ANSWER + "！", license="cc-by-4.0")]
    _, made = run(load("generate.0.license=cc-by-4.0", rows=rows), tmp_path / "out")
    assert {row.license for row in made} == {"cc-by-4.0"}


def test_a_dataset_made_here_is_extended_by_its_folder(load, tmp_path):
    run(load(), tmp_path / "first")
    manifest, rows = run(load("generate.0.source=first"), tmp_path / "second")
    assert manifest.rows_kept == 20
    parents = [row.id for row in dataset.read(tmp_path / "first")]
    assert [row.meta["parent"] for row in rows] == parents
    assert {len(row.messages) for row in rows} == {6}


def test_the_recipe_that_ships_runs_with_its_script(tmp_path):
    changes = ["models.writer.use=scripted", "models.writer.script=scripts/multi_turn.yaml"]
    manifest, rows = run(recipes.load(ROOT / "recipes/multi_turn.yaml", changes), tmp_path / "out")
    assert manifest.rows_made == 8
    assert 2 <= len(rows) <= 8
    assert {len(row.messages) for row in rows} == {4}
