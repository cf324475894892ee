"""A Llama of 0.9 million weights that has learnt a few exchanges by heart: small, but it can write."""

import random
from collections.abc import Sequence
from pathlib import Path

from tiny_model import CHATML, SPECIAL, llama

from factory.row import Message

STEPS, BATCH, RATE = 180, 12, 4e-3

Exchange = tuple[tuple[Message, ...], str]


def save(folder: Path, exchanges: Sequence[Exchange]) -> float:
    """Teach a new model the answers of these prompts; the last loss comes back."""
    tokenizer = _tokenizer(exchanges)
    model = llama(tokenizer, hidden_size=128, intermediate_size=384, layers=3, heads=2, kv_heads=2)
    loss = _taught(model, [_tokens(tokenizer, *exchange) for exchange in exchanges], tokenizer.pad_token_id)
    model.eval()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return loss


def _tokenizer(exchanges: Sequence[Exchange]):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=3000,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator([text for prompt, answer in exchanges for text in (prompt[-1].content, answer)], trainer)
    begin, _, end = SPECIAL
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, bos_token=begin, eos_token=end, pad_token=end)
    tokenizer.chat_template = CHATML
    return tokenizer


def _tokens(tokenizer, prompt: tuple[Message, ...], answer: str) -> tuple[list[int], list[int]]:
    turns = [turn._asdict() for turn in prompt]
    text = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    ids = [tokenizer(part, add_special_tokens=False)["input_ids"] for part in (text, answer + tokenizer.eos_token)]
    return ids[0], ids[1]


def _taught(model, exchanges: Sequence[tuple[list[int], list[int]]], pad: int) -> float:
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS)
    rng = random.Random(0)
    for _ in range(STEPS):
        batch = rng.sample(exchanges, min(BATCH, len(exchanges)))
        width = max(len(asked) + len(answer) for asked, answer in batch)
        ids = torch.full((len(batch), width), pad)
        labels = torch.full((len(batch), width), -100)
        for place, (asked, answer) in enumerate(batch):
            end = len(asked) + len(answer)
            ids[place, :end] = torch.tensor(asked + answer)
            labels[place, len(asked) : end] = torch.tensor(answer)
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    return float(loss.detach())
