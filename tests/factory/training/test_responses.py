"""The loss is on the assistant's turns and the tokens that end them, on nothing else, whatever the chat template."""

from pathlib import Path

import pytest

from factory.errors import RecipeError
from factory.row import Message
from factory.training.responses import IGNORED, Refused, Responses

pytest.importorskip("trl")

TURNS = (
    Message("user", "What is three plus four?"),
    Message("assistant", "  It is seven.\n"),
    Message("user", "三足す四は? It is seven."),
    Message("assistant", "七です。"),
)
ENDS = {"chatml": "<|im_end|>", "marked": "<|im_end|>", "unterminated_marks": "<|im_end|>", "trimmed": "<|im_end|>"}

MARKED = (
    "{% for message in messages %}{% if message['role'] == 'assistant' %}<|im_start|>assistant\n"
    "{% generation %}{{ message['content'] }}<|im_end|>{% endgeneration %}\n{% else %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
UNTERMINATED = MARKED.replace("<|im_end|>{% endgeneration %}", "{% endgeneration %}<|im_end|>")


@pytest.fixture
def tokenizer(tiny_model: Path):
    from tiny_model import byte_tokenizer

    return byte_tokenizer()


def learnt(responses: Responses, tokenizer, turns=TURNS) -> list[str]:
    """The runs of tokens that are learnt, as text."""
    ids, labels = responses.tokens(turns)
    assert all(label in (token, IGNORED) for token, label in zip(ids, labels, strict=True))
    runs: list[list[int]] = []
    for place, label in enumerate(labels):
        if label == IGNORED:
            continue
        if not runs or labels[place - 1] == IGNORED:
            runs.append([])
        runs[-1].append(label)
    return [tokenizer.decode(run) for run in runs]


def template(name: str, chatml: str) -> str:
    return {
        "chatml": chatml,
        "marked": MARKED,
        "unterminated_marks": UNTERMINATED,
        "trimmed": chatml.replace("message['content']", "message['content'] | trim"),
    }[name]


@pytest.mark.parametrize("name", list(ENDS))
def test_every_answer_is_learnt_with_the_token_that_ends_it_and_nothing_else(tokenizer, name):
    tokenizer.chat_template = template(name, tokenizer.chat_template)
    answers = [turn.content for turn in TURNS if turn.role == "assistant"]
    expected = [(text.strip() if name == "trimmed" else text) + ENDS[name] for text in answers]
    responses = Responses("tiny", tokenizer)
    assert (responses.marked is not None) == (name == "marked")
    assert learnt(responses, tokenizer) == expected


FAMILIES = [("qwen2_5", "<|im_end|>"), ("llama3", "<|eot_id|>"), ("gemma", "<end_of_turn>")]


@pytest.mark.parametrize(("family", "end"), FAMILIES)
def test_templates_of_well_known_models_are_marked_by_trl(tokenizer, family, end):
    import trl

    known = Path(trl.__file__).parent / "chat_templates" / f"{family}.jinja"
    tokenizer.chat_template = known.read_text(encoding="utf-8")
    tokenizer.add_special_tokens({"additional_special_tokens": [end for _, end in FAMILIES]})
    responses = Responses(family, tokenizer)
    assert responses.marked is not None
    found = [text.removesuffix("\n") for text in learnt(responses, tokenizer)]
    assert [text.endswith(end) for text in found] == [True, True]
    assert [text.removesuffix(end).strip() for text in found] == ["It is seven.", "七です。"]


def test_the_whole_conversation_is_what_the_template_renders(tokenizer):
    text = tokenizer.apply_chat_template([turn._asdict() for turn in TURNS], tokenize=False)
    assert tokenizer.decode(Responses("tiny", tokenizer).tokens(TURNS).ids) == text


def test_tokenizers_that_do_not_say_where_tokens_lie_are_asked_piece_by_piece(tokenizer):
    class Slow:
        """A tokenizer without offsets, as the Python ones are."""

        is_fast = False

        def __getattr__(self, name):
            return getattr(tokenizer, name)

        def __call__(self, text, add_special_tokens):
            return {"input_ids": tokenizer(text, add_special_tokens=add_special_tokens)["input_ids"]}

    assert learnt(Responses("slow", Slow()), tokenizer) == ["  It is seven.\n<|im_end|>", "七です。<|im_end|>"]


def test_an_answer_that_looks_like_the_mark_is_still_found(tokenizer):
    turns = (Message("user", "ANSWER-4f1c9e-0-"), Message("assistant", "ANSWER-4f1c9e-1-"))
    assert learnt(Responses("tiny", tokenizer), tokenizer, turns) == ["ANSWER-4f1c9e-1-<|im_end|>"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("<|im_end|>\n", "\n\n"), "begins with no token of its own"),
        (("{{ message['content'] }}", "{{ message['content'] | upper }}"), "changes or leaves out the text"),
        (
            ("{{ message['content'] }}", "{% if loop.last %}{{ message['content'] }}{% endif %}"),
            "changes or leaves out",
        ),
        (("{{ bos_token }}", "{{ raise_exception('no system role') }}"), "refuses the turns user, assistant"),
    ],
)
def test_a_template_that_hides_its_answers_is_refused_in_one_sentence(tokenizer, change, sentence):
    tokenizer.chat_template = tokenizer.chat_template.replace(*change)
    with pytest.raises(Refused, match=sentence) as refusal:
        Responses("tiny", tokenizer).tokens(TURNS)
    assert "\n" not in str(refusal.value)


def test_a_tokenizer_without_a_template_is_refused(tokenizer):
    tokenizer.chat_template = None
    with pytest.raises(RecipeError, match=r"no chat template.*chat_template_path"):
        Responses("tiny", tokenizer)
