"""Questions are written by opening the user's turn of a chat template; what goes wrong is counted."""

import asyncio
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from factory import dataset, pipeline
from factory import recipe as recipes
from factory.component import Item, Run
from factory.engine import Completion, Fatal, LoginRefused, Request, Unanswered
from factory.errors import EngineError, RecipeError
from factory.manifest import Manifest
from factory.row import Message, Row
from generators.magpie import Magpie

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/factory"))
chat_templates = importlib.import_module("chat_templates")

RECIPE = """
name: asked
seed: {seed}
license: apache-2.0
models:
  writer:
    use: scripted
    license: apache-2.0
    concurrency: {concurrency}
    rules:
      - {{matches: 利用者は日本語で|日本語で一つ送ります, say: ["{{{{n}}}}年に{{{{n}}}}が起きたのはなぜですか？"]}}
      - {{matches: user writes in English|request. in English, say: ["Why did {{{{n}}}} come before {{{{n}}}}?"]}}
      - {{matches: "[ぁ-ん]", say: ["{{{{n}}}}の前に{{{{n}}}}があったためです。"]}}
      - {{say: ["Because of {{{{n}}}} and what came before it."]}}
generate:
  - use: magpie
    count: {count}
    model: writer
    tokenizer: {tokenizer}
"""


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    return lambda name: chat_templates.write(name, tmp_path_factory.mktemp(name))


@pytest.fixture
def load(tmp_path: Path, tokenizer: Callable[[str], Path]) -> Callable[..., recipes.Recipe]:
    def read(
        *changes: str, family: str = "chatml", seed: int = 1, count: int = 40, concurrency: int = 8
    ) -> recipes.Recipe:
        text = RECIPE.format(seed=seed, count=count, concurrency=concurrency, tokenizer=tokenizer(family))
        (tmp_path / "r.yaml").write_text(text)
        return recipes.load(tmp_path / "r.yaml", changes)

    return read


def run(recipe: recipes.Recipe, out: Path) -> tuple[Manifest, list[Row]]:
    manifest = pipeline.generate(recipe, out, workers=1, progress=lambda now: None)
    return manifest, [row for row in dataset.read(out) if isinstance(row, Row)]


class Told:
    """An asker that says what it is told to, and remembers what it was asked."""

    label, license = "told@1", "apache-2.0"

    def __init__(self, *said: str | EngineError) -> None:
        self.said, self.asked = list(said), list[Request]()

    async def complete(self, request: Request) -> list[Completion | Unanswered]:
        self.asked.append(request)
        said = self.said.pop(0)
        if isinstance(said, Fatal):
            raise said
        return [said if isinstance(said, Unanswered) else Completion(str(said))]


def ask(magpie: Magpie, asker: Told, items: list[Item] | None = None) -> list[Row]:
    class TheRun(Run):
        def engine(self, name: str) -> Any:
            return asker

    one = TheRun(1)

    async def all_of_them() -> list[Row]:
        return [row for item in items or list(magpie.items(one)) for row in await magpie.rows(item, one)]

    return asyncio.run(all_of_them())


def test_rows_are_questions_with_answers_in_the_language_that_was_drawn(load, tmp_path):
    manifest, rows = run(load(), tmp_path / "out")
    assert manifest.rows_kept == 40
    assert set(manifest.languages) == {"ja", "en"}
    for row in rows:
        question, answer = row.messages
        assert (question.role, answer.role) == ("user", "assistant")
        assert ("なぜですか" in question.content) == (row.meta["language"] == "ja")
        assert row.license == "apache-2.0"
        assert row.generator == "magpie"
        assert {"topic", "area", "field", "manner", "prompt"} <= row.meta.keys()


@pytest.mark.parametrize("family", ["chatml", "qwen", "llama3", "gemma2", "mistral", "vicuna"])
def test_the_model_goes_on_after_the_templates_own_text_steered_by_topic(tokenizer, family):
    magpie = Magpie(count=1, model="m", tokenizer=str(tokenizer(family)), languages={"ja": 1.0})
    asker = Told("なぜ空は青いのですか？", "光が散乱するからです。")
    (row,) = ask(magpie, asker)
    raw, chat = asker.asked
    assert isinstance(raw.prompt, str)
    assert row.meta["topic"] in raw.prompt
    assert "日本語" in raw.prompt
    assert raw.sampling.stop
    assert not raw.prompt.endswith(tuple(raw.sampling.stop))
    assert chat.prompt == (Message("user", "なぜ空は青いのですか？"),)
    assert row.messages == (*chat.prompt, Message("assistant", "光が散乱するからです。"))
    assert row.model == "told@1"


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("何かお手伝いできることはありますか？", "as_assistant"),
        ("Why is the sky blue?", "language"),
        ("空はなぜ青い？<|im_start|>", "template"),
        ("空はなぜ青い？\nassistant\n光です。", "role_label"),
        ("次の文を訳してください：", "unfinished"),
        ("空？", "too_short"),
        ("空はなぜ青い？" + "詳しく、" * 900 + "教えて", "too_long"),
    ],
)
def test_a_question_that_is_none_is_refused_with_its_reason_and_no_answer_is_paid(tokenizer, question, reason):
    magpie = Magpie(count=1, model="m", tokenizer=str(tokenizer("chatml")), languages={"ja": 1.0})
    asker = Told(question)
    (row,) = ask(magpie, asker)
    assert [(said.passed, said.reason) for said in row.verdicts] == [(False, reason)]
    assert row.messages[0].content == question
    assert len(asker.asked) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("申し訳ありませんが、お答えできません。", "answer_refusal"),
        ("Light is scattered.", "answer_language"),
        ("光です。" * 99, "answer_repetition"),
        ("光です。<|im_end|>", "answer_template"),
    ],
)
def test_an_answer_that_is_none_is_refused_with_its_reason_and_kept_in_the_row(tokenizer, answer, reason):
    magpie = Magpie(count=1, model="m", tokenizer=str(tokenizer("chatml")), languages={"ja": 1.0})
    (row,) = ask(magpie, Told("空はなぜ青いのですか？", answer))
    assert [(said.passed, said.reason, said.note) for said in row.verdicts] == [(False, reason, answer)]
    assert row.messages[1].content == answer


def test_a_near_duplicate_of_an_earlier_question_is_refused_and_says_of_which(tokenizer):
    magpie = Magpie(count=2, model="m", tokenizer=str(tokenizer("chatml")), languages={"ja": 1.0})
    asker = Told("昼の空はなぜ青いのですか？", "光です。そうです。", "昼の空は、なぜ青いのですか。")
    first, second = ask(magpie, asker)
    assert [said.passed for said in first.verdicts] == [True]
    assert [(said.reason, said.note) for said in second.verdicts] == [
        ("near_duplicate", "1.00 to: 昼の空はなぜ青いのですか？")
    ]


def test_no_answer_is_not_an_empty_question(tokenizer):
    magpie = Magpie(count=1, model="m", tokenizer=str(tokenizer("chatml")))
    with pytest.raises(Unanswered, match="truncated"):
        ask(magpie, Told(Unanswered("truncated", text="空は")))


def test_an_item_without_an_answer_is_dropped_with_the_engines_reason_and_holds_up_no_other(load, tmp_path):
    fails = "models.writer.rules.0={matches: 利用者は日本語で, fail: truncated, say: [空は]}"
    manifest, _ = run(load(fails), tmp_path / "out")
    assert manifest.dropped.keys() == {"magpie: truncated"}
    assert manifest.rows_kept == 40 - manifest.dropped["magpie: truncated"] == manifest.languages["en"]
    raw = [reject.row.verdicts[0].note for reject in dataset.read_rejects(tmp_path / "out")]
    assert all("空は" in note for note in raw)


def test_the_same_seed_makes_the_same_rows_at_any_concurrency(load, tmp_path, monkeypatch):
    slow = "models.writer.rules.0.delay_s=0.003"
    few = 'models.writer.rules.0.say=["{{n}}年のことはなぜ？", "空はなぜ青いのですか？", "海はなぜ青いのでしょうか？"]'
    one, rows = run(load(slow, few, concurrency=1), tmp_path / "one")
    many, again = run(load(slow, few, concurrency=64), tmp_path / "many")
    assert one.dropped == many.dropped
    assert one.dropped["magpie: near_duplicate"] > 3
    assert rows == again


def test_the_next_seed_shares_no_row(load, tmp_path):
    _, rows = run(load(seed=1), tmp_path / "one")
    _, others = run(load(seed=2), tmp_path / "two")
    assert not {row.id for row in rows} & {row.id for row in others}


def test_the_first_ten_of_fifty_are_the_ten_of_ten(load, tmp_path):
    _, ten = run(load(count=10), tmp_path / "ten")
    _, fifty = run(load(count=50), tmp_path / "fifty")
    assert fifty[:10] == ten


def test_every_topic_comes_before_one_comes_again(tokenizer):
    magpie = Magpie(count=90, model="m", languages={"ja": 1.0}, topics=("暮らし",))
    topics = [item.payload.topic.name for item in magpie.items(Run(1))]
    size = len(set(topics))
    assert 20 < size < 45
    assert len(set(topics[:size])) == size
    assert topics[:size] != topics[size : 2 * size]


def test_another_model_may_answer_and_is_named(load, tmp_path):
    other = "{use: scripted, model: other, license: apache-2.0, rules: [{say: ['答えは{{n}}です。', 'It is {{n}}.']}]}"
    text = tmp_path / "r.yaml"
    load()
    text.write_text(text.read_text().replace("models:\n", f"models:\n  other: {other}\n"))
    _, rows = run(recipes.load(text, ["generate.0.answer_model=other"]), tmp_path / "out")
    assert {row.model for row in rows} == {"scripted + other"}
    both = recipes.load(text, ["generate.0.answer_model=other", "models.other.license=mit"])
    assert {row.license for row in run(both, tmp_path / "both")[1]} == {"apache-2.0"}
    with pytest.raises(RecipeError, match=r"'cc0-1\.0' promises more than apache-2\.0 allows"):
        recipes.load(text, ["generate.0.answer_model=other", "generate.0.license=cc0-1.0"])
    said = recipes.load(text, ["generate.0.answer_model=other", "models.other.license=mit", "generate.0.license=mit"])
    assert {row.license for row in run(said, tmp_path / "said")[1]} == {"mit"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("generate.0.topics=[nothing]", "topics: nothing matches no topic in 'ja'"),
        ("generate.0.manners=[curt]", "manners: there is no curt; there are: short, situation"),
        ("generate.0.license=none", "licence 'none' is not an id of the Hub"),
        ("generate.0.languages={fr: 1}", "'fr' is not one of 'ja' or 'en'"),
        ("generate.0.temperature=0", "temperature"),
    ],
)
def test_a_wrong_setting_is_one_sentence_before_anything_is_asked(load, change, said):
    with pytest.raises(RecipeError, match=said):
        load(change)


def test_a_tokenizer_without_a_chat_template_stops_the_run_before_the_first_call(load, tmp_path):
    with pytest.raises(RecipeError, match="has no chat template"):
        run(load(family="base"), tmp_path / "out")


def test_a_server_that_refuses_raw_text_is_told_from_one_that_refuses_the_key(tokenizer):
    magpie = Magpie(count=1, model="m", tokenizer=str(tokenizer("chatml")))
    with pytest.raises(
        Fatal, match=r"no such address .magpie asked it to go on with raw text; a server that only chats"
    ):
        ask(magpie, Told(Fatal("no such address")))
    with pytest.raises(LoginRefused, match=r"^the key$"):
        ask(magpie, Told(LoginRefused("the key")))


def test_the_recipe_that_ships_runs_with_its_script(tokenizer, tmp_path):
    changes = [
        "models.writer.use=scripted",
        "models.writer.script=scripts/magpie.yaml",
        "generate.0.count=60",
        f"generate.0.tokenizer={tokenizer('gemma2')}",
    ]
    manifest, rows = run(recipes.load(ROOT / "recipes/magpie.yaml", changes), tmp_path / "out")
    assert manifest.rows_kept >= 10
    assert set(manifest.languages) == {"ja", "en"}
    assert "magpie: as_assistant" in manifest.dropped
    assert all(row.model == "Qwen/Qwen2.5-7B-Instruct" for row in rows)
