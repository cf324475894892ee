"""Reward models under transformers, and what is read of a model before it runs; under vLLM: test_reward_vllm.py."""

import asyncio
import json
import shutil
from collections.abc import Sequence
from math import nan
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from factory.component import Run
from factory.engine import Fatal, Request, Sampling, Unanswered
from factory.engines import _chat
from factory.engines import _reward_head as heads
from factory.engines import reward as engine
from factory.engines._reward_requests import Conversations, Scores
from factory.engines.reward import Reward
from factory.models import Models
from factory.row import Message

CHAT = (Message("system", "Be kind."), Message("user", "三足す四は？"), Message("assistant", "七です。"))


def settings(model: Path | str, **more: Any) -> Reward:
    known = {"license": "mit", "backend": "transformers", "dtype": "float32", "max_model_len": 256}
    return Reward(**{"model": str(model), **known, **more})


def asked(reward: Reward, *conversations: tuple[Message, ...]) -> list[Any]:
    with Models({"rm": reward}) as models:
        asker = Run(seed=0, models=models).engine("rm")

        async def all_at_once() -> list[Any]:
            return [
                found[0] for found in await asyncio.gather(*(asker.complete(Request(one)) for one in conversations))
            ]

        return models.loop.run_until_complete(all_at_once())


def logits(folder: Path, conversations: Sequence[tuple[Message, ...]]) -> list[list[float]]:
    """What transformers itself says of each, one by one."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    found = []
    for conversation in conversations:
        turns = [turn._asdict() for turn in conversation]
        ids = tokenizer.apply_chat_template(turns, tokenize=True, return_dict=True, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            found.append(model(input_ids=ids).logits[0].tolist())
    return found


@pytest.fixture(scope="module")
def three_headed(taught_reward: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import taught_reward as taught

    folder = tmp_path_factory.mktemp("three")
    taught.save(folder, taught.preference, labels=3, steps=1)
    config = json.loads((folder / "config.json").read_text())
    names = ("helpfulness", "correctness", "verbosity")
    config["id2label"] = {str(place): name for place, name in enumerate(names)}
    config["label2id"] = {name: place for place, name in enumerate(names)}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture
def tokenizer(tiny_model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_model)


@pytest.fixture
def copy(taught_reward: Path, tmp_path: Path) -> Path:
    return shutil.copytree(taught_reward, tmp_path / "copy")


@pytest.mark.slow
def test_under_transformers_what_the_model_was_taught_to_prefer_scores_higher(taught_reward: Path) -> None:
    import taught_reward as taught

    pairs = list(taught.held_out(100))
    sides = [(*prompt, Message("assistant", side)) for prompt, *both in pairs for side in both]
    found = asked(settings(taught_reward), *sides)
    scores = [float(one.text) for one in found]
    better = sum(good > bad for good, bad in zip(scores[::2], scores[1::2], strict=True))
    assert better >= 97
    assert scores == pytest.approx([one for (one,) in logits(taught_reward, sides)], abs=1e-3)
    assert all(one.prompt_tokens > 20 and one.completion_tokens == 0 for one in found)
    assert all(one.text == repr(score) for one, score in zip(found, scores, strict=True))


@pytest.mark.slow
def test_several_numbers_are_weighed_as_the_labels_say(three_headed: Path) -> None:
    weights = {"verbosity": -0.5, "helpfulness": 2.0}
    (found,) = asked(settings(three_headed, labels=weights), CHAT)
    ((helpful, _, verbose),) = logits(three_headed, [CHAT])
    assert float(found.text) == pytest.approx(2 * helpful - 0.5 * verbose, abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ({}, r"gives 3 numbers \(helpfulness, correctness, verbosity\).*write labels: \{name: weight\}"),
        ({"kindness": 1.0}, "has no label 'kindness'; it has: helpfulness, correctness, verbosity"),
    ],
)
def test_a_head_of_several_numbers_needs_to_be_told_its_score(
    three_headed: Path, labels: dict[str, float], sentence: str
) -> None:
    with pytest.raises(Fatal, match=sentence):
        asked(settings(three_headed, labels=labels), CHAT)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["transformers", "vllm"])
def test_a_head_that_was_never_trained_is_refused(copy: Path, backend: str) -> None:
    from safetensors.torch import load_file, save_file

    pytest.importorskip("vllm")
    weights = load_file(copy / "model.safetensors")
    del weights["score.weight"]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(Fatal, match="its scores would be noise; name a reward model") as caught:
        asked(settings(copy, backend=backend), CHAT)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_model_that_writes_is_no_reward_model(tiny_model: Path) -> None:
    with pytest.raises(Fatal, match="its architecture is LlamaForCausalLM; name a model whose architecture is one"):
        asked(settings(tiny_model), CHAT)


@pytest.mark.slow
def test_a_model_without_a_chat_template_is_refused(copy: Path) -> None:
    (copy / "chat_template.jinja").unlink()
    with pytest.raises(Fatal, match="copy has no chat template"):
        asked(settings(copy), CHAT)


@pytest.mark.slow
def test_what_is_too_long_has_no_score_while_the_longest_has(taught_reward: Path) -> None:
    least = asked(settings(taught_reward), CHAT)[0].prompt_tokens
    longest = (*CHAT[:2], Message("assistant", CHAT[2].content + "@" * (256 - least)))
    longer = (*CHAT[:2], Message("assistant", longest[2].content + "@"))
    fits, too_long = asked(settings(taught_reward), longest, longer)
    assert fits.prompt_tokens == 256
    assert (too_long.reason, too_long.note) == ("too_long", "the prompt has 257 tokens, the model takes 256")


@pytest.mark.slow
def test_architectures_that_vllm_lacks_run_under_transformers(
    taught_reward: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("vllm")
    import torch
    from transformers import AutoTokenizer, ElectraConfig, ElectraForSequenceClassification

    tokenizer = AutoTokenizer.from_pretrained(taught_reward)
    torch.manual_seed(0)
    config = ElectraConfig(
        vocab_size=len(tokenizer), embedding_size=32, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, num_labels=1, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    ElectraForSequenceClassification(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    other = (*CHAT[:2], Message("assistant", "八だと思います。"))
    found = asked(settings(tmp_path, backend="auto"), CHAT, other)
    assert "vLLM doesn't know ElectraForSequenceClassification: transformers runs" in caplog.text
    expected = [one for (one,) in logits(tmp_path, [CHAT, other])]
    assert [float(one.text) for one in found] == pytest.approx(expected, abs=1e-3)
    assert engine._known(heads.Head("LlamaForSequenceClassification", ("score",), (1.0,)))


def test_one_token_that_begins_a_text_is_enough(tokenizer: Any) -> None:
    once = Conversations(tokenizer, {}, "rm", 256).tokens(Request(CHAT))
    tokenizer.chat_template = "{{ bos_token }}" + tokenizer.chat_template
    twice = Conversations(tokenizer, {}, "rm", 256).tokens(Request(CHAT))
    assert once == twice
    assert once.count(tokenizer.bos_token_id) == 1
    assert tokenizer.decode(once).endswith("assistant\n七です。<|im_end|>\n")


def test_the_date_in_a_chat_template_is_always_the_same(tokenizer: Any) -> None:
    tokenizer.chat_template = "{{ strftime_now('%Y-%m-%d') }}"
    assert tokenizer.decode(Conversations(tokenizer, {}, "rm", 256).tokens(Request(CHAT))) == "2024-07-26"
    asked = _chat.tokens(tokenizer, CHAT, {}, "m", answer=True)  # as the engine that writes does
    assert tokenizer.decode(asked) == "2024-07-26"
    assert tokenizer.decode(_chat.tokens(tokenizer, CHAT, {"strftime_now": lambda form: "1"}, "m", answer=True)) == "1"


def test_the_score_is_read_where_transformers_reads_it(tokenizer: Any) -> None:
    tokenizer.chat_template = tokenizer.chat_template.replace("<|im_end|>\n", "<|im_end|>")
    padding = SimpleNamespace(pad_token_id=tokenizer.pad_token_id)
    for pooling, kept in (("LAST", 0), ("CLS", 1)):
        config = SimpleNamespace(
            max_model_len=256,
            pooler_config=SimpleNamespace(seq_pooling_type=pooling),
            hf_config=SimpleNamespace(get_text_config=lambda: padding),
        )
        llm = SimpleNamespace(get_tokenizer=lambda: tokenizer, model_config=config)
        tokens = Scores(llm, {}, "rm", heads.Head("x", ("score",), (1.0,))).prompt(Request(CHAT))
        assert tokenizer.decode(tokens).endswith("七です。" + "<|im_end|>" * kept)
        assert tokens.count(tokenizer.pad_token_id) == 2 + kept


@pytest.mark.parametrize(
    "request_",
    [
        Request("raw text"),
        Request(CHAT, n=2),
        Request(CHAT, schema={"type": "object"}),
        Request(CHAT, Sampling(logprobs=1)),
    ],
)
def test_a_reward_model_is_asked_for_one_score_of_a_conversation(request_: Request) -> None:
    with pytest.raises(Unanswered) as caught:
        Conversations(None, {}, "rm", 256).tokens(request_)
    assert caught.value.reason == "refused"


def test_no_number_is_no_score() -> None:
    head = heads.Head("x", ("a", "b"), (1.0, 0.0))
    assert head.score([0.5, nan]) == 0.5
    with pytest.raises(Unanswered, match="the model gave nan") as caught:
        head.score([nan, 0.5])
    assert caught.value.reason == "malformed"


def test_the_names_of_weights_are_read_whatever_the_format(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="no weights in"):
        heads.names_in(tmp_path)
    header = json.dumps({"__metadata__": {}, "score.weight": {}, "model.norm.weight": {}}).encode()
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    assert heads.names_in(tmp_path) == ["score.weight", "model.norm.weight"]
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"a.classifier.dense.bias": "x"}}')
    assert heads.names_in(tmp_path) == ["a.classifier.dense.bias"]
    (tmp_path / "model.safetensors.index.json").unlink()
    (tmp_path / "model.safetensors").write_bytes(b"version https://git-lfs")
    with pytest.raises(Fatal, match=r"can't be read: ValueError: model\.safetensors is no safetensors file"):
        heads.names_in(tmp_path)


def test_weights_that_torch_pickled_are_read_without_running_them(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save({"score.weight": torch.zeros(1, 2)}, tmp_path / "pytorch_model.bin")
    assert heads.names_in(tmp_path) == ["score.weight"]
    torch.save(Path("x"), tmp_path / "pytorch_model.bin")
    with pytest.raises(Fatal, match="can't be read"):
        heads.names_in(tmp_path)


@pytest.mark.parametrize("name", ["score.weight", "classifier.out_proj.bias", "roberta.classifier.weight"])
def test_a_head_is_known_by_its_name(name: str) -> None:
    heads.demand_head(["model.norm.weight", name], "rm")
    for other in ("lm_head.weight", "model.layers.0.rescore.weight", "scores"):
        with pytest.raises(Fatal, match="rm has no trained head"):
            heads.demand_head(["model.norm.weight", other], "rm")


def test_the_copy_of_a_model_on_the_hub_is_where_the_cache_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(Fatal, match="the files of org/rm aren't in the Hub's cache"):
        heads.fetched("org/rm", "")
    kept = tmp_path / "models--org--rm"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("0" * 40)
    (kept / "snapshots" / ("0" * 40)).mkdir(parents=True)
    assert heads.fetched("org/rm", "") == kept / "snapshots" / ("0" * 40)
    assert heads.fetched(str(tmp_path), "") == tmp_path


def test_what_runs_a_model_changes_no_stored_score(tmp_path: Path) -> None:
    plain = Reward(model="org/rm", license="mit")
    assert settings("org/rm", dtype="auto", max_model_len=None).identity() == plain.identity()
    assert settings("org/rm", labels={"a": 1.0}).identity() != settings("org/rm").identity()
    assert "trust_remote_code" not in Reward.model_fields
    with pytest.raises(Fatal, match="no folder /no/such/folder"):
        asked(settings("/no/such/folder"), CHAT)
