"""A Llama of 0.6 million random weights with a tokenizer of its own: it writes nonsense, as a real one would."""

from pathlib import Path

from filelock import FileLock

CHATML = (
    "{{ bos_token }}{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

SPECIAL = ("<|begin|>", "<|im_start|>", "<|im_end|>")

LINES = ["What is three plus four? It is seven.", "三足す四はいくつですか。七です。", '{"title": "a", "ok": true}']
"""What the tokenizer is trained on; as it begins with the 256 bytes, any text can be written in it."""


def made(folder: Path) -> Path:
    """The model's folder, made by whoever comes first."""
    with FileLock(f"{folder}.lock"):
        if not (folder / "config.json").exists():
            folder.mkdir(parents=True, exist_ok=True)
            _save(folder)
    return folder


def _save(folder: Path) -> None:
    tokenizer = byte_tokenizer()
    tokenizer.save_pretrained(folder)
    llama(tokenizer, hidden_size=128, intermediate_size=256, layers=4, heads=4, kv_heads=2).save_pretrained(folder)


def byte_tokenizer():
    """A tokenizer of 300 tokens for English and Japanese, with ChatML."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bytes_first = Tokenizer(models.BPE())
    bytes_first.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_first.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bytes_first.train_from_iterator(LINES, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bytes_first, bos_token="<|begin|>", eos_token="<|im_end|>", pad_token="<|im_end|>"
    )
    tokenizer.chat_template = CHATML
    return tokenizer


def llama(tokenizer, *, hidden_size: int, intermediate_size: int, layers: int, heads: int, kv_heads: int):
    """A Llama of random weights, always the same, for a tokenizer."""
    import torch
    from transformers import LlamaForCausalLM

    torch.manual_seed(0)
    shape = {"hidden_size": hidden_size, "intermediate_size": intermediate_size, "layers": layers}
    return LlamaForCausalLM(llama_config(tokenizer, **shape, heads=heads, kv_heads=kv_heads))


def llama_config(tokenizer, *, hidden_size: int, intermediate_size: int, layers: int, heads: int, kv_heads: int):
    """The shape of a Llama for a tokenizer."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden_size,
        intermediate_size=intermediate_size,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        max_position_embeddings=2048,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
