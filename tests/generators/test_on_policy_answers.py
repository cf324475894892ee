"""One prompt at a time: what is asked of the policy and of the judges, and what becomes of each answer."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from factory.component import Item, Judge, Part, Run
from factory.engine import Completion, Outcome, Request, Unanswered
from factory.engines.vllm import Vllm
from factory.errors import JudgeError
from factory.preferences.prompts import prompt_of
from factory.row import Message, Pair, Row, Verdict
from factory.source.settings import Source
from generators.on_policy import OnPolicy

QUESTION = (Message("user", "What is three plus four?"),)


class Told:
    """An asker that gives the outcomes it is told to."""

    label, license = "told@1", "apache-2.0"

    def __init__(self, *said: str | Unanswered) -> None:
        self.said, self.asked = said, list[Request]()

    async def complete(self, request: Request) -> list[Outcome]:
        self.asked.append(request)
        return [Completion(one) if isinstance(one, str) else one for one in self.said]


class ByLength(Judge):
    """The longer the better; of texts with a `?` it can't say."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        run.count("by_length", "judged", len(rows))
        texts = [row.messages[-1].content for row in rows if isinstance(row, Row)]
        scores = [None if "?" in text else float(len(text)) for text in texts]
        return [Verdict("by_length", None if score is None else True, score) for score in scores]


class Silent(Judge):
    """Gets no answer."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        raise Unanswered("refused", "not today")


class Short(Judge):
    """Forgets one."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        return [Verdict("short", True, 1.0)] * (len(rows) - 1)


def paired(asker: Told, *judges: Judge, row: Row | None = None, **settings: Any) -> tuple[list[Pair], Run]:
    class TheRun(Run):
        def engine(self, name: str) -> Any:
            return asker

    one = TheRun(1)
    parts = tuple(Part(type(judge).__name__, judge) for judge in judges or (ByLength(),))
    generator = OnPolicy(model="m", prompts=Source(source="x"), score=parts, samples=len(asker.said), **settings)
    prompt = prompt_of(row or Row(QUESTION, "apache-2.0", "s", "dataset"))
    return list(asyncio.run(generator.rows(Item("0", 1, prompt), one))), one


def test_prompts_of_conversations_are_all_turns_up_to_the_last_question(tmp_path):
    turns = (Message("system", "Be brief."), *QUESTION, Message("assistant", "7"), Message("user", "And five?"))
    asker = Told("a", "bb")
    row = Row((*turns, Message("assistant", "12")), "apache-2.0", "s", "dataset", meta={"answer": "12", "margin": 9})
    (pair,), _ = paired(asker, row=row)
    assert asker.asked[0].prompt == pair.prompt == turns
    assert (pair.chosen[0].content, pair.rejected[0].content) == ("bb", "a")
    assert pair.meta["answer"] == "12"
    assert pair.meta["margin"] == 1.0


def test_of_pairs_the_prompt_is_answered(tmp_path):
    asker = Told("a", "bb")
    source = Pair(QUESTION, (Message("assistant", "7"),), (Message("assistant", "8"),), "apache-2.0", "s", "d")
    (pair,), _ = paired(asker, row=source)  # type: ignore[arg-type]
    assert pair.prompt == QUESTION


def test_what_a_judge_could_not_score_is_in_no_pair():
    (pair,), run = paired(Told("a", "bb", "????????"))
    assert (pair.chosen[0].content, pair.rejected[0].content) == ("bb", "a")
    assert [sample.score for sample in run.samples] == [1.0, 2.0, None]
    assert run.tallies["on_policy: samples_unscored"] == 1


def test_a_judge_without_an_answer_is_no_verdict_on_the_answers():
    (pair,), run = paired(Told("a", "bb"), ByLength(), Silent())
    assert [(said.passed, said.reason) for said in pair.verdicts] == [(False, "unscored")]
    assert [[(said.judge, said.passed, said.reason) for said in sample.scores] for sample in run.samples] == [
        [("by_length", True, ""), ("Silent", None, "refused")]
    ] * 2


def test_a_judge_that_owes_a_verdict_is_a_bug_with_its_name():
    with pytest.raises(JudgeError, match="'Short' gave 1 verdicts for 2 answers"):
        paired(Told("a", "bb"), Short())


def test_judges_are_not_asked_where_there_is_nothing_to_compare():
    (pair,), run = paired(Told("same", " same\n", Unanswered("empty")))
    assert pair.verdicts[0].reason == "too_few"
    assert pair.verdicts[0].note == "1 empty, 1 repeated"
    assert "by_length: judged" not in run.tallies


def test_a_prompt_that_is_too_long_for_the_policy_is_no_error():
    (pair,), run = paired(Told(*[Unanswered("too_long", "4096 tokens")] * 4))
    assert (pair.verdicts[0].reason, pair.verdicts[0].note) == ("too_few", "4 too_long")
    assert [sample.reason for sample in run.samples] == ["too_long"] * 4


def test_below_the_margin_the_two_answers_stand_in_the_rejects():
    (pair,), _ = paired(Told("a", "bb"), margin=2.0)
    assert pair.verdicts[0].reason == "below_margin"
    assert (pair.chosen[0].content, pair.rejected[0].content) == ("bb", "a")
    (pair,), _ = paired(Told("a", "bb"), threshold=3.0)
    assert pair.verdicts[0].reason == "below_threshold"


def test_all_pairs_of_one_prompt_are_rows_of_their_own():
    pairs, run = paired(Told("a", "bb", "ccc"), pair="all")
    assert [(pair.chosen[0].content, pair.rejected[0].content) for pair in pairs] == [
        ("ccc", "a"), ("bb", "a"), ("ccc", "bb"),
    ]  # fmt: skip
    assert len({pair.id for pair in pairs}) == 3
    assert [sample.role for sample in run.samples] == ["rejected", "chosen", "chosen"]
    assert run.tallies["on_policy: pairs"] == 3


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"tokenizer_config.json": {"chat_template": "{{ x }}"}}, False),
        ({"tokenizer_config.json": {}, "chat_template.jinja": ""}, False),
        ({"tokenizer_config.json": {"eos_token": "x"}}, True),
        ({"tekken.json": {}}, False),
    ],
)
def test_a_base_model_without_a_chat_template_is_told_before_it_is_started(tmp_path, files, fault):
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    generator = OnPolicy(model="m", prompts=Source(source="x"), score=(Part("by_length", ByLength()),))
    faults = generator.check_models({"m": Vllm(model=str(tmp_path), license="apache-2.0")})
    assert [("has no chat template" in one) for one in faults] == [True] * fault
    other = Vllm(model="org/base", license="apache-2.0", tokenizer=str(tmp_path))
    assert bool(generator.check_models({"m": other})) == fault
