"""Models that can't be merged: each is one sentence that begins with file and line, before anything is written."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.errors import LicenceError, RecipeError
from factory.merging.merge import merge
from factory.merging.recipe import load

torch = pytest.importorskip("torch")

UP = "model.layers.0.mlp.up_proj.weight"


def vocabulary(folder: Path, tokens: list[str], added: dict[str, int] | None = None) -> None:
    said = {"model": {"vocab": {token: n for n, token in enumerate(tokens)}}}
    said["added_tokens"] = [{"content": token, "id": n} for token, n in (added or {}).items()]
    (folder / "tokenizer.json").write_text(json.dumps(said))


def lacking(b, folder):
    del b[UP]


def surplus(b, folder):
    b["model.extra.weight"] = torch.zeros(2)


def shaped(b, folder):
    b[UP] = torch.zeros(16, 40).bfloat16()


def typed(b, folder):
    b[UP] = b[UP].float()


def narrow(b, folder):
    b[UP] = b[UP].to(torch.float8_e4m3fn)


def untied(b, folder):
    folder["config"] = {"tie_word_embeddings": True}


def config(**keys):
    def change(b, folder):
        folder["config"] = keys

    return change


def after(change: Callable[[Path], object]):
    def keep(b, folder):
        folder["after"] = change

    return keep


def cut(path: Path) -> None:
    whole = (path / "model.safetensors").read_bytes()
    (path / "model.safetensors").write_bytes(whole[:-100])


def adapter(path: Path) -> None:
    (path / "model.safetensors").rename(path / "adapter_model.safetensors")
    (path / "adapter_config.json").write_text('{"r": 8}')


def pickled(path: Path) -> None:
    (path / "model.safetensors").rename(path / "pytorch_model.bin")


def no_index(path: Path) -> None:
    shutil.copy(path / "model.safetensors", path / "one.safetensors")
    (path / "model.safetensors").rename(path / "two.safetensors")


def index(text: str) -> Callable[[Path], object]:
    return lambda path: (path / "model.safetensors.index.json").write_text(text)


def header(change: Callable[[dict], object]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        raw = (path / "model.safetensors").read_bytes()
        end = 8 + int.from_bytes(raw[:8], "little")
        facts = json.loads(raw[8:end])
        change(facts)
        text = json.dumps(facts).encode()
        (path / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + raw[end:])

    return write


FAULTY = {
    "a tensor less": (lacking, f"b lacks the tensor {UP}, which a has"),
    "a tensor more": (surplus, "a lacks the tensor model.extra.weight, which b has"),
    "another shape": (shaped, f"{UP} has the shape [16, 40] in b and [40, 16] in a; merge models of one size"),
    "another type": (typed, f"{UP} is of type F32 in b and BF16 in a; set `dtype`"),
    "a type too narrow": (narrow, f"{UP} is of type F8_E4M3 in b and BF16 in a"),
    "another vocabulary": (config(vocab_size=50), "its vocabulary is 50 and that of a 48; merge models of one kind"),
    "another architecture": (
        config(architectures=["QwenForCausalLM"]),
        'its architecture is ["QwenForCausalLM"] and that of a ["LlamaForCausalLM"]',
    ),
    "another kind": (config(model_type="qwen2"), 'its model_type is "qwen2" and that of a "llama"'),
    "heads cut otherwise": (config(num_attention_heads=2), "its num_attention_heads is 2 and that of a 4"),
    "heads in its text config": (config(text_config={"num_attention_heads": 2}), "its num_attention_heads is 2"),
    "a tie that is none": (untied, "its config ties lm_head.weight to the embeddings, and yet it holds another"),
    "quantized": (config(quantization_config={"bits": 4}), "is quantized; merge the models as they were before"),
    "half a file": (after(cut), "model.safetensors is damaged or no safetensors file: ValueError: it ends before"),
    "no safetensors file": (
        after(lambda path: (path / "model.safetensors").write_bytes(b"PK\x03\x04" * 99)),
        "its header is longer than it",
    ),
    "an empty file": (after(lambda path: (path / "model.safetensors").write_bytes(b"")), "its header is longer than"),
    "a header that lies": (
        after(header(lambda facts: facts[UP].update(shape=[1, 2]))),
        "it ends before its last tensor does, or says so",
    ),
    "a place before the data": (
        after(header(lambda facts: facts[UP].update(data_offsets=[-1280, 0]))),
        "a shape or a place is no whole number",
    ),
    "an unknown type": (after(header(lambda facts: facts[UP].update(dtype="Q4"))), "the type 'Q4' is unknown"),
    "a header of numbers": (after(header(lambda facts: facts.update({UP: 3}))), "TypeError"),
    "an adapter": (after(adapter), "holds a LoRA adapter, not a model; merge it into its base first"),
    "a pickle": (after(pickled), "holds pickled weights alone (pytorch_model.bin), which may run code"),
    "no index": (after(no_index), "holds 2 safetensors files and no model.safetensors.index.json"),
    "no weights": (
        after(lambda path: (path / "model.safetensors").unlink()),
        "holds no weights; a model's folder holds",
    ),
    "a shard less": (
        after(index('{"weight_map": {"w": "model-00001.safetensors"}}')),
        "lacks model-00001.safetensors, which model.safetensors.index.json names",
    ),
    "a shard elsewhere": (
        after(index('{"weight_map": {"w": "../../secret.safetensors"}}')),
        "'../../secret.safetensors' is no safetensors file of the folder",
    ),
    "an index of something else": (after(index("[1]")), "model.safetensors.index.json is damaged: TypeError"),
    "a tensor the shard lacks": (
        after(index('{"weight_map": {"w": "model.safetensors"}}')),
        "model.safetensors lacks w, which model.safetensors.index.json says is there",
    ),
    "no config": (after(lambda path: (path / "config.json").unlink()), "config.json can't be read: No such file"),
    "a config that is no JSON": (after(lambda path: (path / "config.json").write_text("{")), "config.json is no JSON"),
    "a config of a list": (after(lambda path: (path / "config.json").write_text("[]")), "holds no JSON object"),
    "no folder": (after(shutil.rmtree), "is no folder, and 'b' no id of the Hub (owner/name)"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_model_is_one_sentence_with_its_place(tmp_path, weights, model, recipe, name):
    change, sentence = FAULTY[name]
    b, extra = weights(2), {}
    change(b, extra)
    model("a", weights(1))
    folder = model("b", b, **extra.get("config", {}))
    extra.get("after", lambda path: None)(folder)
    path = recipe("a", "b")
    with pytest.raises(RecipeError) as caught:
        merge(load(path), tmp_path / "out")
    said = str(caught.value)
    assert sentence in said
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if '"model": "b"' in text)
    assert said.startswith(f"{path}:{line}: models.b.model: ")
    assert "\n" not in said
    assert not (tmp_path / "out").exists()


def test_types_that_differ_are_merged_where_one_is_chosen(weights, model, recipe, merged):
    model("a", weights(1)), model("b", weights(2, "float32"))
    assert {one.dtype for one in merged(recipe("a", "b", dtype="bfloat16")).values()} == {torch.bfloat16}


def test_double_precision_is_refused_rather_than_cut(weights, model, recipe, tmp_path):
    model("a", {"w": torch.ones(3).double()}), model("b", {"w": torch.ones(3).double()})
    with pytest.raises(RecipeError, match="holds weights of type F64; those that can be merged are bfloat16, float16"):
        merge(load(recipe("a", "b")), tmp_path / "out")


def test_counts_that_differ_are_refused(model, recipe, tmp_path):
    (
        model("a", {"w": torch.ones(3), "steps": torch.tensor(1)}),
        model("b", {"w": torch.ones(3), "steps": torch.tensor(2)}),
    )
    with pytest.raises(RecipeError, match=r"steps, which holds no weights \(I64\), differs between a and b"):
        merge(load(recipe("a", "b")), tmp_path / "out")


def test_tokens_that_are_numbered_otherwise_are_refused_unless_asked_for(weights, model, recipe, tmp_path):
    for number, name in enumerate("ab"):
        vocabulary(model(name, weights(number)), ["x", "y", "z"] if name == "a" else ["x", "z", "y"])
    with pytest.raises(RecipeError, match=r"models\.b\.model: its token 1 is 'z', and that of a 'y'; set same_vocab"):
        merge(load(recipe("a", "b")), tmp_path / "out")
    merge(load(recipe("a", "b", same_vocabulary=False)), tmp_path / "out")


def test_one_more_token_at_a_free_place_is_no_matter(weights, model, recipe, tmp_path):
    for number, name in enumerate("ab"):
        vocabulary(model(name, weights(number)), ["x", "y"], {"<|im_end|>": 40} if name == "b" else {})
    merge(load(recipe("a", "b")), tmp_path / "out")


def test_another_sentencepiece_model_is_refused(weights, model, recipe, tmp_path):
    for number, name in enumerate("ab"):
        (model(name, weights(number)) / "tokenizer.model").write_bytes(name.encode())
    with pytest.raises(RecipeError, match=r"its tokenizer\.model is another one than that of a; set same_vocabulary"):
        merge(load(recipe("a", "b")), tmp_path / "out")


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"parameters": {"t": {"*.mpl.*": 0.3, "default": 0.5}}}, "parameters.t: no tensor is named like '*.mpl.*'"),
        ({"parameters": {"t": {"*.mlp.*": 0.3}}}, "parameters.t: says nothing of lm_head.weight; add `default: num"),
        (
            {"method": "linear", "of_a": {"weight": 1}, "of_b": {"weight": -1}},
            "models.b: 1, -1 for lm_head.weight makes the sum of the weights 0",
        ),
        (
            {"method": "ties", "base": "start", "of_b": {"weight": [1, 0]}},
            "is not above 0",
        ),
    ],
)
def test_parameters_must_suit_the_tensors(weights, model, recipe, tmp_path, keys, sentence):
    for number, name in enumerate(("start", "a", "b")):
        model(name, weights(number))
    names = ("start", "a", "b") if "base" in keys else ("a", "b")
    with pytest.raises(RecipeError) as caught:
        merge(load(recipe(*names, **keys)), tmp_path / "out")
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("licences", "keys", "sentence"),
    [
        (("apache-2.0", "cc-by-nd-4.0"), {}, "models.b.license: cc-by-nd-4.0 allows no changed works, and a merge is"),
        (("cc-by-sa-4.0", "gpl-3.0"), {}, "no model can be under all of these"),
        (("cc-by-sa-4.0", "cc-by-nc-4.0"), {}, "no model can be under all of these"),
        (("apache-2.0", "cc-by-nc-4.0"), {"license": "mit"}, "license: license 'mit' promises more than cc-by-nc-4.0"),
        (
            ("apache-2.0", "llama3.1"),
            {},
            "name: L008: llama3.1 asks that the model's name begin with 'Llama'; write name: Llama-mer",
        ),
    ],
)
def test_licences_that_do_not_let_it_be_are_told_before_anything_is_read(recipe, tmp_path, licences, keys, sentence):
    models = {f"of_{name}": {"license": one} for name, one in zip("ab", licences, strict=True)}
    with pytest.raises(LicenceError) as caught:
        merge(load(recipe("a", "b", **models, **keys)), tmp_path / "out")
    assert sentence in str(caught.value)
    assert caught.value.exit_code == 4


def test_a_model_of_the_tables_can_not_be_called_freer(recipe, tmp_path):
    path = recipe("a", "b", of_b={"model": "meta-llama/Llama-3.1-8B-Instruct"})
    with pytest.raises(RecipeError, match=r"models\.b\.license: licence 'apache-2.0': .* is under 'llama3\.1'"):
        merge(load(path), tmp_path / "out")


def test_what_has_to_be_done_is_said(weights, model, recipe, tmp_path):
    model("a", weights(1)), model("b", weights(2))
    path = recipe("a", "b", of_b={"license": "llama3.1"}, name="Llama-merged")
    manifest = merge(load(path), tmp_path / "out")
    assert (manifest.license, manifest.computed_license) == ("other", "apache-2.0 AND llama3.1")
    card = (tmp_path / "out/README.md").read_text()
    for duty in ("Keep a name that begins with 'Llama' (llama3.1).", "Built with Llama", "llama3_1/use-policy"):
        assert any(duty in sentence for sentence in manifest.duties)
        assert duty.replace("_", "\\_") in card
    text = (tmp_path / "out/LICENSE").read_text()
    assert "Llama 3.1 Community License Agreement" in text
    assert "Apache License" in text
    assert "license_name: apache-2.0-and-llama3.1\nlicense_link: LICENSE" in card


def test_a_licence_of_the_recipes_own_counts(weights, model, recipe, tmp_path):
    model("a", weights(1)), model("b", weights(2))
    terms = {"name": "House", "url": "https://example.com", "commercial": False, "derivatives": True, "share_alike": ""}
    own = {"licences": {"house-1": {**terms, "attribution": True, "date": "2026-11-20"}}}
    manifest = merge(load(recipe("a", "b", of_b={"license": "house-1"}, licences=own)), tmp_path / "out")
    assert "house-1" in manifest.computed_license
    assert "Make no commercial use of the model (house-1)." in manifest.duties
