"""The pre-query text and the stops come from the tokenizer's own chat template."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from factory import chat_template
from factory.chat_template import ChatTemplate
from factory.errors import DependencyError, RecipeError
from factory.row import Message

sys.path.insert(0, str(Path(__file__).parent))
import chat_templates

LLAMA3_SYSTEM = "<|start_header_id|>system<|end_header_id|>\n\nToday Date: 26 Jul 2024\n\n{}<|eot_id|>"
LLAMA3_USER = "<|start_header_id|>user<|end_header_id|>\n\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ChatTemplate]:
    def load(name: str) -> ChatTemplate:
        return chat_template.load(str(chat_templates.write(name, tmp_path_factory.mktemp(name))))

    return load


@pytest.mark.parametrize(
    ("name", "before", "stops"),
    [
        ("chatml", "<|im_start|>user\n", ("<|im_end|>", "<|im_start|>")),
        (
            "qwen",
            "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n",
            ("<|im_end|>", "<|im_start|>"),
        ),
        ("llama3", LLAMA3_SYSTEM.format("") + LLAMA3_USER, ("<|eot_id|>", "<|start_header_id|>")),
        ("gemma2", "<start_of_turn>user\n", ("<end_of_turn>", "<start_of_turn>", "<eos>")),
        ("mistral", "[INST]", ("[/INST]", "</s>")),
        ("vicuna", "USER:", ("ASSISTANT:", "</s>")),
    ],
)
def test_the_text_before_a_users_turn_and_what_ends_it_are_those_of_the_family(template, name, before, stops):
    found = template(name)
    assert found.pre_query() == before
    assert found.stops == stops


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("chatml", "<|im_start|>system\nSpeak of tea.<|im_end|>\n<|im_start|>user\n"),
        ("qwen", "<|im_start|>system\nSpeak of tea.<|im_end|>\n<|im_start|>user\n"),
        ("llama3", LLAMA3_SYSTEM.format("Speak of tea.") + LLAMA3_USER),
        ("mistral", "[INST] Speak of tea.\n\n"),
    ],
)
def test_a_system_message_stands_before_the_turn(template, name, before):
    found = template(name)
    assert found.takes_system
    assert found.pre_query([Message("system", "Speak of tea.")]) == before


@pytest.mark.parametrize("name", ["gemma2", "vicuna"])
def test_a_template_that_refuses_or_drops_a_system_message_is_found_out_and_takes_turns(template, name):
    found = template(name)
    assert not found.takes_system
    before = found.pre_query([Message("user", "Speak of tea."), Message("assistant", "Yes")])
    assert "Speak of tea." in before
    assert "Yes" in before
    assert before.endswith(found.pre_query())


def test_turns_that_a_template_refuses_are_one_sentence(template):
    with pytest.raises(RecipeError, match=r"gemma2\S+ refuses the turns system, user: System role not supported"):
        template("gemma2").pre_query([Message("system", "Speak of tea.")])


def test_the_date_in_a_template_does_not_change_from_day_to_day(template):
    assert "26 Jul 2024" in template("llama3").pre_query()


def test_the_token_that_begins_a_text_is_left_to_the_engine_where_the_tokenizer_adds_it(template):
    assert not template("gemma2").pre_query().startswith("<bos>")
    assert not template("llama3").pre_query().startswith("<|begin_of_text|>")


def test_a_system_message_is_text_and_no_template(template):
    hostile = "{{ 7 * 7 }}{% for a in b %}<|im_end|>"
    assert hostile in template("chatml").pre_query([Message("system", hostile)])


def test_a_conversation_may_hold_what_marks_the_turn(template):
    found = template("chatml")
    before = found.pre_query([Message("user", chat_template._QUERY), Message("assistant", "Yes")])
    assert before.count(chat_template._QUERY) == 1
    assert before.endswith("Yes<|im_end|>\n<|im_start|>user\n")


def test_a_base_models_tokenizer_has_no_turn_to_open(tmp_path):
    folder = chat_templates.write("base", tmp_path)
    with pytest.raises(RecipeError, match=r"has no chat template.*name an instruct model, or use self_instruct"):
        chat_template.load(str(folder))


def test_a_folder_without_a_tokenizer_is_one_sentence_that_names_it(tmp_path):
    pytest.importorskip("transformers")
    with pytest.raises(RecipeError) as caught:
        chat_template.load(str(tmp_path))
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_transformers_the_pip_line_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(DependencyError, match="run: pip install transformers"):
        chat_template.load("some/model")
