from pathlib import Path

import pytest

from factory.errors import DatasetError, RecipeError
from factory.licence.inherited import of_folder
from factory.row import Message
from factory.training import new_model
from factory.training.responses import Responses

WRITTEN = """\
architecture: llama
name: tiny
license: cc-by-4.0
layers: 2
hidden_size: 32
heads: 2
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    return path


@pytest.mark.slow
def test_the_same_description_gives_the_same_bytes_and_another_seed_other_weights(written, tmp_path):
    made = new_model.new_model(tmp_path / "a", new_model.load(written))
    assert made == new_model.new_model(tmp_path / "b", new_model.load(written))
    other = new_model.new_model(tmp_path / "c", new_model.load(written, ["seed=1"]))
    weights = [{one.file: one.sha256 for one in each.files}["model.safetensors"] for each in (made, other)]
    assert weights[0] != weights[1]
    assert of_folder(tmp_path / "a") == "cc-by-4.0"
    assert sorted(path.name for path in (tmp_path / "a").iterdir() if path.name not in {"model.json", ".lock"}) == [
        one.file for one in made.files
    ]


@pytest.mark.slow
def test_a_finished_model_is_left_alone_and_an_unfinished_one_is_made_anew(written, tmp_path):
    out = tmp_path / "model"
    first = new_model.new_model(out, new_model.load(written))
    stamp = (out / "model.safetensors").stat().st_mtime_ns
    new_model.new_model(out, new_model.load(written))
    assert (out / "model.safetensors").stat().st_mtime_ns == stamp
    with pytest.raises(DatasetError, match="another model: layers is 2 there and 3 here"):
        new_model.new_model(out, new_model.load(written, ["layers=3"]))
    killed = tmp_path / "killed"
    (killed / ".new_model").mkdir(parents=True)
    (killed / ".new_model" / "half").touch()
    (killed / "config.json").write_text("{")
    assert new_model.new_model(killed, new_model.load(written)) == first


def test_its_tokenizer_writes_any_text_and_tells_what_is_learnt():
    pytest.importorskip("transformers")
    tokenizer = new_model.byte_tokenizer()
    text = "三足す4は？\n\U0001f600 \t12"
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert len(ids) == len(text.encode())
    assert tokenizer.decode(ids) == text
    turns = [Message("user", "2+3?"), Message("assistant", "5。"), Message("user", "?"), Message("assistant", "6")]
    learnt = Responses("tiny", tokenizer).tokens(turns)
    kept = [token for token, label in zip(learnt.ids, learnt.labels, strict=True) if label != -100]
    assert tokenizer.decode(kept) == "5。<|im_end|>6<|im_end|>"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("heads=3", "hidden_size: 32 is no multiple of twice the heads"),
        ("kv_heads=4", "kv_heads: 4 does not divide"),
        ("license=mti", "did you mean 'mit'"),
        ("architecture=mamba", "'mamba' is not one of 'llama'"),
        ("name=a/b", "does not fit"),
        ("layer=2", "did you mean 'layers'"),
        ("layers=0", "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(written, change, said):
    with pytest.raises(RecipeError, match=said):
        new_model.load(written, [change])


def test_a_folder_with_other_files_is_refused(written, tmp_path):
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").touch()
    with pytest.raises(DatasetError, match=r"holds other files \(thesis.txt\)"):
        new_model.new_model(out, new_model.load(written))
