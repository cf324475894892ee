import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result

from factory.cli import main

PLAIN = {
    "learning_rate": 1e-3,
    "num_train_epochs": 1,
    "per_device_train_batch_size": 8,
    "max_length": 256,
    "bf16": False,
    "use_cpu": True,
    "logging_steps": 1,
    "save_steps": 3,
    "gradient_checkpointing": False,
}
"""What fits a tiny model on a CPU."""


def invoked(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def run() -> Callable[..., Result]:
    """Runs a command in this process."""
    return invoked


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """With more, tests that run side by side wait for one another in every step."""
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def made(folder: Path, name: str, records: list[dict[str, object]], license: str, benchmarks: bool = True) -> Path:
    """A dataset folder of these records, in which a benchmark was looked for."""
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records))
    question = "Which river flows through the old town of the capital of Portugal, and where does it end?"
    (folder / "bench.jsonl").write_text(json.dumps({"prompt": question}) + "\n")
    (folder / "gate.yaml").write_text("decontaminate: {files: [bench.jsonl]}\n" if benchmarks else "policy: research\n")
    said = invoked(
        "gate",
        folder / f"{name}.jsonl",
        "--license",
        license,
        "-r",
        folder / "gate.yaml",
        "-o",
        folder / name,
    )
    assert said.exit_code == 0, said.output
    return folder / name


def conversations(n: int) -> list[dict[str, object]]:
    rng = random.Random(0)
    found: list[dict[str, object]] = []
    for place in range(n):
        one, other = rng.randint(1, 50), rng.randint(1, 50)
        turns = [("user", f"What is {one} plus {other}?"), ("assistant", f"It is {one + other}.")]
        if place % 4 == 0:
            turns += [("user", "三足す四は?"), ("assistant", f"七です。{place}")]
        found.append({"messages": [{"role": role, "content": text} for role, text in turns]})
    return found


def pairs(n: int) -> list[dict[str, object]]:
    return [
        {
            "prompt": [{"role": "user", "content": f"What is {place} and {3 * place}?"}],
            "chosen": [{"role": "assistant", "content": f"It is {4 * place}."}],
            "rejected": [{"role": "assistant", "content": f"No idea, {place}."}],
        }
        for place in range(n)
    ]


@pytest.fixture(scope="session")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("data"), "chat", conversations(48), "cc-by-4.0")


@pytest.fixture(scope="session")
def liked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("data"), "liked", pairs(32), "apache-2.0")


@pytest.fixture
def gated() -> Callable[..., Path]:
    """Makes a dataset folder of records."""
    return made


@pytest.fixture
def recipe(tmp_path: Path, tiny_model: Path) -> Callable[..., Path]:
    """Writes a training recipe; `None` leaves a setting out."""

    def written(use: str, args: dict[str, object] | None = None, **settings: object) -> Path:
        values: dict[str, object] = {
            "use": use,
            "name": "tiny",
            "seed": 0,
            "model": {"source": str(tiny_model), "license": "apache-2.0"},
            "args": PLAIN | (args or {}),
            **settings,
        }
        path = tmp_path / "train.yaml"
        path.write_text(json.dumps({key: value for key, value in values.items() if value is not None}))
        return path

    return written


@pytest.fixture
def tiny() -> ModuleType:
    """The module that makes tiny models."""
    return sys.modules["tiny_model"]
