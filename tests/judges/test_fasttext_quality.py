import asyncio
from pathlib import Path

import pytest

from factory.classifier.documents import Document
from factory.classifier.model import card_path
from factory.component import Run
from factory.row import Message, Pair, Row, Verdict
from judges.fasttext_quality import FasttextQuality

GOOD = "光合成は植物が光を使って糖を作る反応である。"
BAD = "今だけ無料！クリックして登録！"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("fasttext")
    from factory.classifier.train import Settings, train

    path = tmp_path_factory.mktemp("model") / "quality.bin"
    sides = [[Document(str(n), f"{text}{n}") for n in range(200)] for text in (GOOD, BAD)]
    train(sides[0], sides[1], ("good", "bad"), path, Settings(bucket_bits=12))
    return path


def row(*texts: str) -> Row:
    roles = ("user", "assistant") * len(texts)
    return Row(tuple(map(Message, roles, texts)), "mit", "test", "test")


def judged(judge: FasttextQuality, *rows: Row | Pair) -> list[Verdict]:
    return asyncio.run(judge.judge(rows, Run(seed=0)))


def test_the_assistants_words_are_judged(model: Path) -> None:
    good, bad = judged(FasttextQuality(model=str(model)), row(BAD, GOOD), row(GOOD, BAD))
    assert (good.passed, good.reason) == (True, "")
    assert (bad.passed, bad.reason) == (False, "low_quality")
    assert good.score is not None
    assert bad.score is not None
    assert good.score > bad.score


def test_of_a_pair_the_chosen_side_is_judged(model: Path) -> None:
    sides = [(Message("assistant", text),) for text in (GOOD, BAD)]
    pair = Pair((Message("user", "?"),), *sides, "mit", "test", "test")
    assert judged(FasttextQuality(model=str(model)), pair)[0].passed is True


def test_a_row_without_an_answer_is_unjudged(model: Path) -> None:
    assert judged(FasttextQuality(model=str(model)), row(GOOD)) == [Verdict("fasttext_quality", None, None, "no_text")]


def test_the_recipe_may_set_the_threshold(model: Path) -> None:
    assert judged(FasttextQuality(model=str(model), threshold=0), row("?", BAD))[0].passed is True


def test_the_rows_depend_on_the_model_and_on_its_threshold(model: Path, tmp_path: Path) -> None:
    judge = FasttextQuality(model=str(model))
    card = card_path(model)
    other = tmp_path / "other.bin"
    other.write_bytes(model.read_bytes() + b"x")
    card_path(other).write_bytes(card.read_bytes())
    assert judge.check() == []
    assert judge.fingerprint() != FasttextQuality(model=str(other)).fingerprint()
    assert judge.fingerprint() != FasttextQuality(model=str(model), threshold=0.99).fingerprint()


def test_a_relative_model_lies_beside_the_recipe(model: Path) -> None:
    judge = FasttextQuality(model=model.name)
    judge.place(model.parent)
    assert judge.check() == []
    assert judged(judge, row("?", GOOD))[0].passed is True


def test_a_missing_model_is_named() -> None:
    pytest.importorskip("fasttext")
    (sentence,) = FasttextQuality(model="absent.bin").check()
    assert "no file absent.bin" in sentence
