"""A reward model of 0.2 million weights that has learnt what to prefer: answers that hold a certain word.

As real ones are made: a language model's body under a head of one number, taught on pairs by how much more it gives the
better side (Bradley and Terry). `LIKED` is what it prefers unless told otherwise.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock
from tiny_model import byte_tokenizer, llama_config

from factory.row import Message

STEPS, BATCH, RATE = 80, 16, 3e-3

LIKED = "三七"
"""The word in an answer that it was taught to prefer."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz 。、はいえのと四五六0123456789"

Preference = tuple[tuple[Message, ...], str, str]
"""Prompt, the better answer, the worse one."""


def made(folder: Path, liked: str = LIKED) -> Path:
    """The folder of a model that prefers answers with the word `liked`, made by whoever comes first."""
    with FileLock(f"{folder}.lock"):
        if not (folder / "config.json").exists():
            folder.mkdir(parents=True, exist_ok=True)
            save(folder, lambda rng: preference(rng, liked))
    return folder


def preference(rng: random.Random, liked: str = LIKED) -> Preference:
    """A pair of nonsense answers: the better one holds the word."""
    sides = ["".join(rng.choices(_LETTERS, k=rng.randint(8, 40))) for _ in range(2)]
    place = rng.randrange(len(sides[0]) + 1)
    better = sides[0][:place] + liked + sides[0][place:]
    return (Message("user", "".join(rng.choices(_LETTERS, k=12))),), better, sides[1].replace(liked, "")


def held_out(n: int, liked: str = LIKED) -> Iterator[Preference]:
    """Pairs that it wasn't taught."""
    rng = random.Random("held out")
    return (preference(rng, liked) for _ in range(n))


def save(folder: Path, drawn: Callable[[random.Random], Preference], *, labels: int = 1, steps: int = STEPS) -> float:
    """Teach a new model what these pairs prefer, by its first label; the share it got right in the last steps."""
    import torch
    from transformers import LlamaForSequenceClassification

    tokenizer = byte_tokenizer()
    # One: with more, tests that run side by side wait for one another in every step.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    shape = {"hidden_size": 64, "intermediate_size": 128, "layers": 2, "heads": 2, "kv_heads": 1}
    config = llama_config(tokenizer, **shape)
    config.num_labels = labels
    model = LlamaForSequenceClassification(config)
    rng = random.Random(0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=max(steps, 2))
    right = []
    for _ in range(steps):
        pairs = [drawn(rng) for _ in range(BATCH)]
        texts = [_text(tokenizer, prompt, side) for prompt, *sides in pairs for side in sides]
        batch = tokenizer(texts, add_special_tokens=False, padding=True, return_tensors="pt")
        scores = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits[:, 0].view(-1, 2)
        margin = scores[:, 0] - scores[:, 1]
        loss = -torch.nn.functional.logsigmoid(margin).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        right.append(float((margin > 0).float().mean()))
    torch.set_num_threads(threads)
    model.eval()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return sum(right[-10:]) / max(len(right[-10:]), 1)


def _text(tokenizer, prompt: tuple[Message, ...], answer: str) -> str:
    turns = [turn._asdict() for turn in (*prompt, Message("assistant", answer))]
    return str(tokenizer.apply_chat_template(turns, tokenize=False))
