import random
from collections.abc import Callable

import pytest

from factory.near import kernels

WORDS = ["the", "river", "town", "market", "early", "morning", "bread", "baker", "family", "winter", "letter", "stone"]
LETTERS = [chr(c) for c in (*range(0x3042, 0x3093), *range(0x30A2, 0x30F3), *range(0x4E00, 0x4F00))]


@pytest.fixture(params=["numpy", "numba"])
def compute(request: pytest.FixtureRequest) -> kernels.Kernel:
    """Each kernel."""
    if request.param == "numba":
        pytest.importorskip("numba")
    return kernels.named(request.param)


def text(rng: random.Random, size: int) -> str:
    if rng.random() < 0.5:
        words = [rng.choice(WORDS) + "".join(rng.choices("aeiou", k=2)) for _ in range(size // 7)]
        return " ".join(words).capitalize() + "."
    return "".join(rng.choices(LETTERS, k=size)) + "。"


def changed(original: str, rng: random.Random, share: float) -> str:
    start = rng.randrange(len(original))
    size = max(1, int(len(original) * share))
    return original[:start] + "".join(rng.choices("xyzかき", k=size)) + original[start + size :]


@pytest.fixture
def corpus() -> Callable[..., list[str]]:
    """Makes texts in two languages, of which every fifth is a changed one of those before it."""

    def make(rows: int, size: int = 120, seed: int = 0) -> list[str]:
        rng = random.Random(f"corpus/{seed}")
        made: list[str] = []
        for place in range(rows):
            if place % 5 == 4:
                made.append(changed(made[-rng.randrange(1, 4)], rng, rng.uniform(0.005, 0.2)))
            else:
                made.append(text(rng, max(2, int(size * rng.uniform(0.1, 2)))))
        return made

    return make
