"""A tiny trained reward model under the real vLLM on the CPU: one start for the file."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from factory.component import Run
from factory.engine import Completion, Outcome, Request, Sampling
from factory.engines._reward_requests import Scores
from factory.engines._vllm_engine import VllmEngine
from factory.engines.reward import Reward
from factory.models import Models
from factory.row import Message, Pair, Row
from judges.reward_model import RewardModel

pytestmark = [pytest.mark.xdist_group("vllm"), pytest.mark.slow]

Conversation = tuple[Message, ...]
PAIRS = 60


def settings(model: Path, **more: Any) -> Reward:
    known = {"license": "mit", "dtype": "float32", "max_model_len": 256, "kv_cache_gib": 0.25, "enforce_eager": True}
    return Reward(**{"model": str(model), **known, **more})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scores") / "answers.sqlite"


@pytest.fixture(scope="module")
def sides(taught_reward: Path) -> list[Conversation]:
    import taught_reward as taught

    pairs = taught.held_out(PAIRS)
    return [(*prompt, Message("assistant", side)) for prompt, *both in pairs for side in both]


@pytest.fixture(scope="module")
def models(taught_reward: Path, store: Path) -> Iterator[Models]:
    pytest.importorskip("vllm")
    with Models({"rm": settings(taught_reward)}, answers=store) as models:
        yield models


@pytest.fixture(scope="module")
def scored(models: Models, sides: list[Conversation]) -> list[Outcome]:
    """All at once."""
    return asked(models, sides)


def asked(models: Models, conversations: Sequence[Conversation]) -> list[Outcome]:
    asker = Run(seed=0, models=models).engine("rm")

    async def all_at_once() -> list[Outcome]:
        return [found[0] for found in await asyncio.gather(*(asker.complete(Request(one)) for one in conversations))]

    return models.loop.run_until_complete(all_at_once())


def engine(models: Models) -> VllmEngine:
    running: Any = models._models["rm"]._engine
    assert isinstance(running, VllmEngine)
    return running


def numbers(outcomes: Sequence[Outcome]) -> list[float]:
    assert all(isinstance(outcome, Completion) for outcome in outcomes)
    return [float(outcome.text) for outcome in outcomes]


def under_transformers(folder: Path, conversations: Sequence[Conversation], **more: Any) -> list[float]:
    with Models({"rm": settings(folder, backend="transformers", **more)}) as models:
        return numbers(asked(models, conversations))


def test_the_scores_are_those_of_transformers_and_in_the_order_that_was_taught(
    scored: list[Outcome], models: Models, sides: list[Conversation], taught_reward: Path
) -> None:
    assert engine(models).waiting == ""
    scores = numbers(scored)
    assert scores == pytest.approx(under_transformers(taught_reward, sides), abs=1e-3)
    better = sum(good > bad for good, bad in zip(scores[::2], scores[1::2], strict=True))
    assert better >= 0.95 * PAIRS
    assert all(20 < outcome.prompt_tokens < 256 and outcome.completion_tokens == 0 for outcome in scored)


def test_a_score_that_is_stored_is_not_paid_again(
    scored: list[Outcome], models: Models, sides: list[Conversation], taught_reward: Path, store: Path
) -> None:
    models.flush()
    elsewhere = settings(taught_reward, max_num_seqs=8, backend="vllm", concurrency=2)
    with Models({"rm": elsewhere}, answers=store) as later:
        again = asked(later, sides)
        assert later._models["rm"]._starting is None
        usage = later.usage["rm"]
    assert [outcome.text for outcome in again] == [outcome.text for outcome in scored]
    assert (usage.calls, usage.replayed) == (0, 2 * PAIRS)


def test_a_conversation_scores_the_same_alone_and_among_others(
    scored: list[Outcome], models: Models, sides: list[Conversation]
) -> None:
    running = engine(models)
    alone = [models.loop.run_until_complete(running.complete(Request(side)))[0] for side in sides[:10]]
    assert numbers(alone) == pytest.approx(numbers(scored[:10]), abs=1e-3)


def test_the_longest_conversation_has_a_score_and_a_longer_one_none(models: Models, sides: list[Conversation]) -> None:
    short = (Message("user", "?"), Message("assistant", "@"))
    (least,) = asked(models, [short])
    longest = (short[0], Message("assistant", "@" * (257 - least.prompt_tokens)))
    fits, too_long = asked(models, [longest, (short[0], Message("assistant", longest[1].content + "@"))])
    assert isinstance(fits, Completion)
    assert fits.prompt_tokens == 256
    assert getattr(too_long, "reason", "") == "too_long"


def test_a_template_that_ends_with_the_token_for_padding_is_read_as_transformers_reads_it(
    scored: list[Outcome], models: Models, sides: list[Conversation], taught_reward: Path
) -> None:
    from tiny_model import CHATML

    template = {"chat_template": CHATML.replace("<|im_end|>\n", "<|im_end|>")}
    running = engine(models)
    head = getattr(running._requests, "_head")  # noqa: B009 - of the class behind the protocol
    requests = Scores(running._process.llm, template, "rm", head)

    async def score(side: Conversation) -> Outcome:
        request = Request(side, Sampling())
        outcomes = await requests.outcomes(running._process.llm, requests.prompt(request), request)
        assert outcomes is not None
        return outcomes[0]

    found = [models.loop.run_until_complete(score(side)) for side in sides[:8]]
    expected = under_transformers(taught_reward, sides[:8], chat_template_kwargs=template)
    assert numbers(found) == pytest.approx(expected, abs=1e-3)


def test_the_judge_prefers_the_side_that_the_model_was_taught_to_prefer(
    scored: list[Outcome], models: Models, sides: list[Conversation]
) -> None:
    pairs = [
        Pair(good[:-1], good[-1:], bad[-1:], "mit", "test", "test")
        for good, bad in zip(sides[::2], sides[1::2], strict=True)
    ]
    run = Run(seed=0, models=models)
    judge = RewardModel(model="rm", min_margin=0.0)
    verdicts = models.loop.run_until_complete(judge.judge(pairs, run))
    scores = numbers(scored)
    assert [verdict.score for verdict in verdicts] == [
        good - bad for good, bad in zip(scores[::2], scores[1::2], strict=True)
    ]
    assert sum(verdict.passed is True for verdict in verdicts) >= 0.95 * PAIRS
    assert run.used["rm"][0] == 2 * PAIRS
    candidates = [Row(side, "mit", "test", "test") for side in sides[:2]]
    compared = models.loop.run_until_complete(judge.compare(candidates, run))
    assert [verdict.score for verdict in compared] == scores[:2]
