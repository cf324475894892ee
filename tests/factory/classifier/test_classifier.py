"""A model is trained alike to the bit, told by its card, measured, and applied."""

import json
import random
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from factory.classifier import measure, prepare
from factory.classifier import model as models
from factory.classifier.documents import Document, documents
from factory.cli import main
from factory.errors import DatasetError, DependencyError

SCHOOL = (
    "光合成は植物が光を使って糖を作る反応である。",
    "関数の極限を定義し、連続性を証明する。",
    "明治政府は地租を改正した。",
)
SPAM = ("今だけ無料！クリックして登録！", "激安セール開催中☆送料無料", "このページをブックマークに追加する")


def sentences(kind: tuple[str, ...], count: int) -> list[str]:
    rng = random.Random(kind[0])
    return ["".join(rng.choices(kind, k=3)) + str(n) for n in range(count)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("fasttext")
    place = tmp_path_factory.mktemp("classifier")
    (place / "good.txt").write_text("\n".join(sentences(SCHOOL, 300)), encoding="utf-8")
    bad = [json.dumps({"id": f"b{n}", "text": text}) for n, text in enumerate(sentences(SPAM, 300))]
    (place / "bad.jsonl").write_text("\n".join(bad), encoding="utf-8")
    hard = "".join(f"{text}　今だけ無料！\n" for text in SCHOOL)
    (place / "hard.txt").write_text(hard, encoding="utf-8")
    trained(place, "model.bin")
    return place


def trained(place: Path, out: str, *flags: str) -> str:
    files = [str(place / "good.txt"), str(place / "bad.jsonl")]
    command = ["classifier", "train", *files, "-o", str(place / out), "--bucket-bits", "14", *flags]
    done = CliRunner().invoke(main, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


TRAINED = "import sys; from click.testing import CliRunner; from factory.cli import main\n{waste}\n"
TRAINED += "done = CliRunner().invoke(main, sys.argv[1:]); sys.exit(done.exit_code and done.output)"
# The first size makes glibc keep what is freed; then the heap is full of NaN.
WASTE = "for size in (20_000_000, 300_000, 200_000):\n    waste = [b'\\xff' * size for _ in range(3)]\n    del waste"


def test_a_small_model_is_the_same_whatever_the_heap_held(folder: Path) -> None:
    files = [str(folder / "good.txt"), str(folder / "bad.jsonl")]
    for name, waste in (("waste", WASTE), ("clean", "")):
        flags = ["--bucket-bits", "10", "-o", str(folder / f"{name}.bin")]
        command = [sys.executable, "-c", TRAINED.format(waste=waste), "classifier", "train", *files, *flags]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert (folder / "waste.bin").read_bytes() == (folder / "clean.bin").read_bytes()


def test_two_trainings_give_the_same_bytes_and_another_seed_others(folder: Path) -> None:
    trained(folder, "again.bin")
    trained(folder, "other.bin", "--seed", "1")
    first, again, other = ((folder / f"{name}.bin").read_bytes() for name in ("model", "again", "other"))
    assert first == again
    assert (folder / "model.bin.json").read_bytes() == (folder / "again.bin.json").read_bytes()
    assert first != other


def test_the_order_of_the_texts_plays_no_part(folder: Path, tmp_path: Path) -> None:
    good = (folder / "good.txt").read_text(encoding="utf-8").split("\n")
    (tmp_path / "good.txt").write_text("\n".join(reversed(good)), encoding="utf-8")
    (tmp_path / "bad.jsonl").write_bytes((folder / "bad.jsonl").read_bytes())
    trained(tmp_path, "model.bin")
    assert (tmp_path / "model.bin").read_bytes() == (folder / "model.bin").read_bytes()


def test_the_card_says_what_the_model_is_and_names_no_place(folder: Path) -> None:
    card = models.read_card(folder / "model.bin")
    assert (card.data["positives"].name, card.data["positives"].documents) == ("good.txt", 300)
    assert card.preparation == prepare.VERSION
    assert card.held_out["precision"] >= 0.9
    assert card.settings["thread"] == 1
    assert str(folder) not in models.card_path(folder / "model.bin").read_text(encoding="utf-8")


def test_scores_tell_good_from_bad_and_nothing_from_nothing(folder: Path) -> None:
    model = models.Model(folder / "model.bin")
    good, bad, empty, odd = model.scores(["光合成は反応である。", "激安！無料！", " \n", "\ud83d"])
    assert good is not None
    assert bad is not None
    assert good > 0.8 > 0.2 > bad
    assert empty is None
    assert odd is not None
    assert model.scores([]) == []


def test_hard_negatives_are_told_apart(folder: Path) -> None:
    files = [str(folder / name) for name in ("model.bin", "good.txt", "bad.jsonl")]
    command = ["classifier", "eval", *files, "--hard-negatives", str(folder / "hard.txt"), "--json", "--threshold", "0"]
    facts = json.loads(CliRunner().invoke(main, command).output)
    assert facts["recall"] == facts["negatives_kept"] == facts["hard_negatives_kept"] == 1.0
    assert facts["precision"] == 0.5
    assert facts["auc"] > 0.99
    facts = json.loads(CliRunner().invoke(main, [*command[:-1], "1"]).output)
    assert facts["hard_negatives_kept"] < 1


def test_every_document_is_scored(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores.jsonl"
    command = ["classifier", "apply", str(folder / "model.bin"), str(folder / "bad.jsonl"), "-o", str(out)]
    done = CliRunner().invoke(main, command)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["id"] for line in lines] == [f"b{n}" for n in range(300)]
    passed = sum(line["passed"] for line in lines)
    assert passed < 60
    assert f"{passed} of 300 pass" in done.output


def test_the_top_share_may_set_the_threshold(folder: Path) -> None:
    said = trained(folder, "share.bin", "--top-share", "0.25")
    card = models.read_card(folder / "share.bin")
    assert "top share 0.25" in said
    kept = card.held_out["recall"] * card.held_out["positives"]
    kept += card.held_out["negatives_kept"] * card.held_out["negatives"]
    assert kept <= 0.25 * (card.held_out["positives"] + card.held_out["negatives"])


def test_thresholds_are_the_lowest_that_do() -> None:
    good, bad = np.array([0.2, 0.6, 0.8, 0.9]), np.array([0.1, 0.3, 0.7])
    assert measure.by_precision(good, bad, 1.0) == 0.8
    assert measure.by_precision(good, bad, 0.75) == 0.6
    assert measure.by_precision(np.array([0.1]), bad, 0.9) is None
    assert measure.by_top_share(np.array([0.1, 0.2, 0.3, 0.4]), 0.5) == 0.3
    assert measure.by_top_share(np.array([0.5, 0.5, 0.5]), 0.5) > 0.5
    assert measure.measured(good, bad, 0.6)["recall"] == 0.75
    assert measure.measured(good, bad, 0.6)["auc"] == pytest.approx(9 / 12)
    assert measure.measured(good, bad[:0], 2.0)["precision"] is None


def test_texts_become_single_small_characters_and_can_hold_no_label() -> None:
    lines = prepare.prepared(["ＡＢ　Ｃ\n㍻", "", " \n\0", "__label__positive x", "\ud83d", "あ" * 30_000])
    assert lines[:3] == ["a b c 平 成", "", ""]
    assert lines[3].split() == list("__label__positivex")
    assert lines[4] == "?"
    assert len(lines[5]) == 2 * prepare.LONGEST - 1


def test_preparing_in_pieces_is_preparing_the_whole() -> None:
    rng = random.Random("pieces")
    parts = [
        "か\u3099",
        "ｶﾞ",
        "㌔",
        "ﬁ",
        "é",
        "e\u0301\u0323",
        "ＡＢ",
        "漢字",
        "ABC",
        "（！）",
        "각",
        "\u1112\u1161\u11ab",
        "😀",
        "𝟘",
    ]
    parts += [chr(rng.randrange(0xA0, 0xD800)) for _ in range(2000)] + [chr(code) for code in range(0x3000, 0x3100)]
    texts = ["".join(rng.choices(parts, k=30)) for _ in range(2000)]
    whole = [" ".join("".join(unicodedata.normalize("NFKC", text).lower().split())) for text in texts]
    assert prepare.prepared(texts) == whole


def test_documents_come_from_many_kinds_of_files(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    (tmp_path / "x.jsonl").write_text(f'{{"text": "one"}}\n\n{json.dumps({"id": 7, "messages": turns})}\n')
    assert documents(tmp_path / "x.jsonl") == [Document("1", "one"), Document("7", "a")]
    pq.write_table(pa.table({"text": ["p", "q"]}), tmp_path / "x.parquet")
    assert [one.text for one in documents(tmp_path / "x.parquet")] == ["p", "q"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.jsonl", '{"title": 1}', "x.jsonl:1: no `text`"),
        ("x.jsonl", "[", "x.jsonl:1: not JSON"),
        ("x.csv", "a", "not a kind of file"),
        ("x.txt", "\n\n", "holds no document"),
        ("x.parquet", "no", "can't be read"),
    ],
)
def test_what_is_no_document_is_refused_with_its_place(tmp_path: Path, name: str, content: str, words: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DatasetError, match=words):
        documents(tmp_path / name)


def test_too_few_texts_and_hopeless_precision_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "few.txt").write_text("one")
    few = str(tmp_path / "few.txt")
    done = CliRunner().invoke(main, ["classifier", "train", few, few, "-o", str(tmp_path / "m.bin")])
    assert (done.exit_code, "too few" in done.output) == (2, True)
    same = str(folder / "good.txt")
    done = CliRunner().invoke(main, ["classifier", "train", same, same, "-o", str(tmp_path / "m.bin")])
    assert (done.exit_code, "no threshold is 0.9 precise" in done.output) == (2, True)
    assert not (tmp_path / "m.bin.json").exists()


def test_a_missing_library_is_named_with_its_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fasttext", None)
    models.library.cache_clear()
    with pytest.raises(DependencyError, match=r"pip install 'post-training-factory\[fasttext\]'"):
        models.library()
    models.library.cache_clear()


def test_a_model_of_another_preparation_or_without_card_is_refused(folder: Path, tmp_path: Path) -> None:
    card = json.loads((folder / "model.bin.json").read_text())
    with pytest.raises(DatasetError, match="needs the card"):
        models.read_card(tmp_path / "model.bin")
    (tmp_path / "model.bin.json").write_text(json.dumps(card | {"preparation": 99}))
    with pytest.raises(DatasetError, match="train again"):
        models.read_card(tmp_path / "model.bin")
    (tmp_path / "model.bin").write_text("nothing of fastText's")
    with pytest.raises(DatasetError, match="no fastText model"):
        models.Model(tmp_path / "model.bin")
