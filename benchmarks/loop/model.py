"""A Llama of about a million random weights, whose tokenizer has a token for each frequent word and number.

    python -m benchmarks.loop.model FOLDER --seed 0 --size small DATASET [DATASET ...]

`factory new-model` makes one that writes byte by byte; here a problem takes a third of the tokens, so that the whole
loop takes minutes.
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

SPECIAL = ("<pad>", "<begin>", "<user>", "<assistant>", "<end>")
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}<end>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
WORDS = r"\d{1,2}| ?[^\W\d]+|\s|."
SHAPES = {
    "small": {"hidden_size": 128, "intermediate_size": 384, "num_hidden_layers": 4, "num_attention_heads": 4},
    "tiny": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2},
}
SPREAD = 0.06
"""Of the random weights: three times the usual one, with which so narrow a model learns twice as fast."""


def save(folder: Path, texts: Iterable[str], seed: int, size: str) -> int:
    """Write the folder of a model; how many weights it has."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = tokenizer_of(texts)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=256,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
        initializer_range=SPREAD,
        **SHAPES[size],
    )
    model = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return sum(one.numel() for one in model.parameters())


def tokenizer_of(texts: Iterable[str]):
    """A tokenizer whose words are those of the texts, with the 256 bytes for all else."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(WORDS), behavior="isolated")
    letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.pre_tokenizer = pre_tokenizers.Sequence([split, letters])
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    pad, begin, _, _, end = SPECIAL
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, bos_token=begin, eos_token=end, pad_token=pad)
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def texts_of(dataset: Path) -> Iterator[str]:
    """The turns of a dataset's rows."""
    import pyarrow.parquet as pq

    for path in sorted(dataset.glob("data/*.parquet")):
        for turns in pq.read_table(path, columns=["messages"])["messages"].to_pylist():
            yield from (turn["content"] for turn in turns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", choices=list(SHAPES), default="small")
    parser.add_argument("datasets", type=Path, nargs="+")
    options = parser.parse_args()
    texts = [text for dataset in options.datasets for text in texts_of(dataset)]
    print(save(options.folder, texts, options.seed, options.size))


if __name__ == "__main__":
    main()
