"""Pairs from a real model and a real reward model, both in vLLM: killed on the way, nothing paid twice, fit for TRL."""

import importlib
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from factory import dataset
from factory.manifest import Manifest, read_manifest
from factory.row import Message, Pair

ROOT = Path(__file__).parents[2]
PROMPTS, KILLS = 60, (20, 90)
"""Kills after so many calls of their own: one while answers are sampled, one while they are scored."""
SAMPLES = 8
STORED_S = 0.2
"""After which an answer is surely on the disk: 50 ms are promised, on a machine that has nothing else to do."""
RECIPE = """
name: pairs
seed: 3
license: apache-2.0
shard_rows: 50
models:
  policy: {{use: vllm, model: {policy}, license: apache-2.0, concurrency: 8, {small}}}
  reward: {{use: reward, model: {reward}, license: apache-2.0, concurrency: 32, {small}}}
generate:
  - use: on_policy
    prompts: {{source: prompts.jsonl, license: apache-2.0}}
    model: policy
    samples: 8
    max_tokens: 48
    score: [{{use: reward_model, model: reward}}]
"""
SMALL = "dtype: float32, enforce_eager: true, kv_cache_gib: 0.25, max_model_len: 256"
RUN = """
import os, sys, time
from pathlib import Path
from factory import pipeline, recipe
from factory.engines._vllm_engine import VllmEngine

out, answers = Path(sys.argv[2]), Path(sys.argv[3])
log = os.open(sys.argv[4], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
made = VllmEngine.__init__

def told(event):
    os.write(log, f"{os.getpid()} {event} {time.time()}\\n".encode())

class Counted:
    def __init__(self, requests):
        self.prompt, self.asked = requests.prompt, requests.outcomes

    async def outcomes(self, *request):
        told("begun")  # here, since what the run tells of its calls comes later than they do, and a kill cuts it off
        outcomes = await self.asked(*request)
        told("ended")
        return outcomes

VllmEngine.__init__ = lambda engine, settings, process, requests: made(engine, settings, process, Counted(requests))

def tell(now):
    print(now.calls, flush=True)

if __name__ == "__main__":
    plan = recipe.load(Path(sys.argv[1]))
    pipeline.generate(plan, out, workers=1, progress=tell, options=pipeline.Options(answers=answers, keep_going=True))
"""

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vllm")]
pytest.importorskip("vllm")


class Calls(NamedTuple):
    """What one run asked of its engines."""

    begun: int
    unstored: int
    """Those that a kill may lose: in flight, or answered so shortly before that the answer wasn't on the disk."""

    @classmethod
    def of(cls, events: list[tuple[str, float]]) -> "Calls":
        last = events[-1][1]
        begun = sum(event == "begun" for event, _ in events)
        stored = sum(event == "ended" and at < last - STORED_S for event, at in events)
        return cls(begun, begun - stored)


class Setup(NamedTuple):
    """Where everything lies."""

    folder: Path
    policy: Path

    def command(self, out: str) -> list[str]:
        names = ("run.py", "r.yaml", out, "answers.sqlite", "calls")
        return [sys.executable, *(str(self.folder / name) for name in names)]

    @property
    def calls(self) -> list[Calls]:
        """The calls of each run so far."""
        runs: dict[str, list[tuple[str, float]]] = {}
        for line in (self.folder / "calls").read_text().splitlines():
            process, event, at = line.split()
            runs.setdefault(process, []).append((event, float(at)))
        return [Calls.of(events) for events in runs.values()]


def exchanges() -> list[tuple[tuple[Message, ...], str]]:
    """Many answers to much the same prompts, so that what is learnt is to answer now so, now so."""
    rng = random.Random(0)
    starts = ("はい、", "いいえ、", "三七と", "四六と", "五は", "それは")
    words = (starts, ("三七", "四六", "五", "二と八"), ("です。", "でした。"))
    return [((Message("user", prompt(n)),), "".join(map(rng.choice, words))) for n in range(300)]


def prompt(n: int) -> str:
    return f"問い{n}：数はいくつですか。"


def prepared(folder: Path, reward: Path, prompts: int) -> Setup:
    sys.path.insert(0, str(ROOT / "tests"))
    policy = folder / "policy"
    importlib.import_module("taught_model").save(policy, exchanges())
    lines = [json.dumps({"prompt": prompt(n)}) for n in range(prompts)]
    (folder / "prompts.jsonl").write_text("\n".join(lines))
    (folder / "r.yaml").write_text(RECIPE.format(policy=policy, reward=reward, small=SMALL))
    (folder / "run.py").write_text(RUN)
    return Setup(folder, policy)


def killed_after(command: list[str], calls: int) -> None:
    """Kill the run with all its processes when it tells that so many calls are made."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if int(line) >= calls:
                os.killpg(run.pid, signal.SIGKILL)
                return
    raise AssertionError(f"it ended (exit {run.returncode}) before it made {calls} calls")


def ended(command: list[str]) -> int:
    """How many calls the run made to its end."""
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return int(told[-1])


def contents(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.glob("*/*.parquet"))}


def needed(out: Path) -> int:
    """The calls that the dataset needs: one per prompt, and one per candidate that was scored."""
    tallies = read_manifest(out).tallies
    return tallies["on_policy"]["prompts"] + tallies["reward_model"]["judged"]


def made_with_kills(setup: Setup, kills: tuple[int, ...]) -> list[Calls]:
    """The dataset in `out`, after runs that were killed: the calls of each run."""
    for after in kills:
        killed_after(setup.command("out"), after)
    ended(setup.command("out"))
    return setup.calls


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory, taught_reward: Path) -> Setup:
    return prepared(tmp_path_factory.mktemp("pairs"), taught_reward, PROMPTS)


@pytest.fixture(scope="module")
def calls(setup: Setup) -> list[Calls]:
    return made_with_kills(setup, KILLS)


@pytest.fixture
def made(setup: Setup, calls: Any) -> tuple[Manifest, list[Pair]]:
    out = setup.folder / "out"
    return read_manifest(out), [row for row in dataset.read(out) if isinstance(row, Pair)]


def test_pairs_are_made_of_what_the_reward_model_prefers(made: tuple[Manifest, list[Pair]], setup: Setup) -> None:
    manifest, pairs = made
    assert manifest.rows_made == PROMPTS == manifest.rows_kept + sum(manifest.dropped.values())
    assert len(pairs) >= PROMPTS * 0.8
    liked = importlib.import_module("taught_reward").LIKED
    chosen = sum(liked in pair.chosen[0].content for pair in pairs)
    rejected = sum(liked in pair.rejected[0].content for pair in pairs)
    assert chosen > 5 * rejected
    samples = list(dataset.read_samples(setup.folder / "out"))
    assert len(samples) == PROMPTS * SAMPLES
    assert all(sample.score is not None for sample in samples if not sample.reason)


def test_no_answer_is_paid_twice_beyond_those_in_flight(setup: Setup, calls: list[Calls], made: Any) -> None:
    begun = sum(run.begun for run in calls)
    spare = sum(run.unstored for run in calls[:-1])
    assert len(calls) == len(KILLS) + 1
    assert needed(setup.folder / "out") <= begun <= needed(setup.folder / "out") + spare


def test_run_again_it_asks_nothing_and_gives_the_same_bytes(setup: Setup, calls: list[Calls]) -> None:
    before = contents(setup.folder / "out")
    assert ended(setup.command("again")) == 0
    assert setup.calls == calls
    assert contents(setup.folder / "again") == before
    assert {name.split("/")[0] for name in before} >= {"data", "samples"}


def test_trl_trains_on_it_unchanged(setup: Setup, calls: Any, tmp_path: Path) -> None:
    trl = pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    found = datasets.load_dataset(str(setup.folder / "out"), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(found) == read_manifest(setup.folder / "out").rows_kept
    config = trl.DPOConfig(
        output_dir=str(tmp_path / "dpo"), max_steps=2, per_device_train_batch_size=2, report_to=[], use_cpu=True,
        save_strategy="no", logging_steps=1, bf16=False,
    )  # fmt: skip
    model = AutoModelForCausalLM.from_pretrained(setup.policy)
    tokenizer = AutoTokenizer.from_pretrained(setup.policy)
    trainer = trl.DPOTrainer(model=model, args=config, train_dataset=found, processing_class=tokenizer)
    trainer.train()
    assert trainer.state.global_step == 2
    assert all(loss["loss"] > 0 for loss in trainer.state.log_history if "loss" in loss)
