"""Supervised fine-tuning with a tiny model: what reaches the model, what is learnt, stage after stage."""

import json
from pathlib import Path

import pytest

from factory.row import Message
from factory.training import finished

trl = pytest.importorskip("trl")

MARKED = (
    "{{ bos_token }}{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] }}<|im_end|>{% endgeneration %}"
    "{% else %}{{ message['content'] }}<|im_end|>{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.mark.parametrize("marks", [False, True], ids=["without marks", "with marks"])
def test_the_labels_that_reach_the_model_are_the_assistants_turns(run, recipe, chat, tmp_path, monkeypatch, marks):
    from transformers import AutoTokenizer

    (tmp_path / "marked.jinja").write_text(MARKED)
    seen: list[list[int]] = []
    compute = trl.SFTTrainer.compute_loss

    def watched(self, model, inputs, *others, **values):
        seen.extend(inputs["labels"].tolist())
        return compute(self, model, inputs, *others, **values)

    monkeypatch.setattr(trl.SFTTrainer, "compute_loss", watched)
    args = {"chat_template_path": "marked.jinja"} if marks else {}
    path = recipe("sft", args, datasets=[{"source": str(chat)}])
    said = run("train", path, "-o", tmp_path / "out")
    assert said.exit_code == 0, said.output
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert (tokenizer.chat_template == MARKED) == marks  # what the model learnt with goes with it
    found = sorted(tokenizer.decode([one for one in labels if one != -100]) for labels in seen)
    lines = (chat.parent / "chat.jsonl").read_text().splitlines()
    turns = [[Message(**turn) for turn in json.loads(line)["messages"]] for line in lines]
    answers = ["".join(f"{turn.content}<|im_end|>" for turn in one if turn.role == "assistant") for one in turns]
    assert found == sorted(answers)
    assert any(answer.count("<|im_end|>") == 2 for answer in found)  # every turn of several


@pytest.mark.slow
def test_each_stage_begins_where_the_last_one_ended(run, recipe, chat, tmp_path):
    from safetensors.torch import load_file

    data = [{"source": str(chat)}]
    both = [{"name": "one", "datasets": data}, {"name": "two", "datasets": data, "args": {"learning_rate": 1e-4}}]
    assert run("train", recipe("sft", stages=both), "-o", tmp_path / "both").exit_code == 0
    done = finished.read(tmp_path / "both")
    assert [(stage.name, stage.steps) for stage in done.stages] == [("one", 6), ("two", 6)]
    assert run("train", recipe("sft", stages=both[:1]), "-o", tmp_path / "one").exit_code == 0
    after = recipe("sft", stages=both[1:], model={"source": str(tmp_path / "one")})
    assert run("train", after, "-o", tmp_path / "two").exit_code == 0
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("both", "two", "one")]
    assert all((weights[0][name] == weights[1][name]).all() for name in weights[0])
    assert any((weights[0][name] != weights[2][name]).any() for name in weights[0])
    assert finished.read(tmp_path / "two").licenses == ("apache-2.0",)  # as the folder it began with says


@pytest.mark.slow
def test_what_comes_out_is_a_normal_checkpoint_that_has_learnt(run, recipe, chat, tmp_path, tiny_model):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    out = tmp_path / "out"
    assert (
        run("train", recipe("sft", {"num_train_epochs": 3}, datasets=[{"source": str(chat)}]), "-o", out).exit_code == 0
    )
    files = {path.name for path in out.iterdir()}
    assert files >= {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja", "README.md"}
    assert not files & {"training_args.bin", "state", "optimizer.pt"}
    tokenizer = AutoTokenizer.from_pretrained(out)
    turns = [{"role": "user", "content": "What is 2 plus 3?"}, {"role": "assistant", "content": "It is 5."}]
    ids = torch.tensor([tokenizer(tokenizer.apply_chat_template(turns, tokenize=False))["input_ids"]])
    before, after = (AutoModelForCausalLM.from_pretrained(path)(ids, labels=ids).loss for path in (tiny_model, out))
    assert after < before - 0.5


def test_rows_whose_text_would_forge_a_turn_are_left_out_and_counted(run, recipe, gated, tmp_path):
    def turns(asked: str, answer: str) -> dict[str, object]:
        return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}

    records = [turns("How many?", "Seven of them."), turns("Say <|im_end|> aloud.", "Yes.")]
    data = gated(tmp_path, "odd", records, "cc0-1.0")
    said = run("train", recipe("sft", datasets=[{"source": str(data)}]), "-o", tmp_path / "out")
    assert said.exit_code == 0, said.output
    assert finished.read(tmp_path / "out").stages[0].rows == {"special_token": 1, "trained": 1}


def test_a_system_role_that_the_template_refuses_is_one_sentence(run, recipe, gated, tmp_path):
    turns = [{"role": role, "content": f"the {role} speaks"} for role in ("system", "user", "assistant")]
    data = gated(tmp_path, "systems", [{"messages": turns}], "cc0-1.0")
    strict = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    (tmp_path / "strict.jinja").write_text(strict + MARKED)
    path = recipe("sft", {"chat_template_path": "strict.jinja"}, datasets=[{"source": str(data)}])
    said = run("train", path, "-o", tmp_path / "out")
    assert said.exit_code == 2
    assert "refuses the turns system, user, assistant: System role not supported" in said.stderr
    assert said.stderr.strip().count("\n") == 1  # and the line that the stage began


def test_rows_that_are_cut_or_too_long_are_counted(run, recipe, gated, tmp_path):
    def turns(asked: str, answer: str) -> dict[str, object]:
        return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}

    records = [turns("Short?", "Yes."), turns("Longer?", "y" * 100), turns("z" * 200, "No.")]
    data = gated(tmp_path, "lengths", records, "cc0-1.0")
    path = recipe("sft", {"max_length": 64}, datasets=[{"source": str(data)}])
    said = run("train", path, "-o", tmp_path / "out")
    assert said.exit_code == 0, said.output
    assert finished.read(tmp_path / "out").stages[0].rows == {"cut": 1, "too_long": 1, "trained": 2}
    assert "1 rows were cut at max" in (tmp_path / "out" / "README.md").read_text()
    none = run("train", path, "-o", tmp_path / "none", "--set", "args.max_length=3")
    assert none.exit_code == 2
    assert "datasets: no row can be trained on: 3 too_long" in none.stderr


@pytest.mark.slow
def test_adapters_are_merged_into_a_whole_model(run, recipe, chat, tmp_path, tiny_model):
    pytest.importorskip("peft")
    from safetensors.torch import load_file

    lora = {"tune": "lora", "lora": {"r": 4, "lora_alpha": 8}}
    said = run("train", recipe("sft", datasets=[{"source": str(chat)}], **lora), "-o", tmp_path / "out")
    assert said.exit_code == 0, said.output
    start, end = (load_file(Path(folder) / "model.safetensors") for folder in (tiny_model, tmp_path / "out"))
    changed = {name for name in end if (start[name] != end[name]).any()}
    assert start.keys() == end.keys()
    assert changed
    assert all("proj" in name for name in changed)  # linear layers alone
    assert (tmp_path / "out" / "adapter" / "adapter_model.safetensors").is_file()
    assert "lora" in (tmp_path / "out" / "README.md").read_text()
    stages = [{"name": name, "datasets": [{"source": str(chat)}], "count": 16} for name in ("first", "second")]
    said = run("train", recipe("sft", stages=stages, **lora), "-o", tmp_path / "staged")
    assert said.exit_code == 0, said.output
    assert load_file(tmp_path / "staged" / "model.safetensors").keys() == start.keys()
    assert not (tmp_path / "staged" / "adapter").exists()  # it would be one over a model that is gone
