"""Reward models under transformers, for architectures that vLLM lacks: batched by what waits, on one device.

A batch takes the request that waits longest and those nearest to it in length, so that little is computed for padding.
"""

import asyncio
import gc
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from factory.engine import Fatal, Outcome, Request
from factory.engines._reward_head import Head
from factory.engines._reward_requests import Conversations, answer
from factory.engines._text import shown
from factory.engines._thread import in_thread
from factory.engines._vllm_settings import Local

BATCH_TOKENS = 16_384
"""Tokens of a batch with its padding."""


class Loaded(NamedTuple):
    """A model in memory."""

    model: Any
    tokenizer: Any
    device: str
    longest: int
    padding: int | None


def load(settings: Local) -> Loaded:
    """The model; float32 on a CPU, bfloat16 on a GPU, where nothing else is said.

    Raises:
        Fatal: it can't be loaded, or it lacks weights, which would be filled with random numbers.
    """
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()  # what it lacks is told below
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = settings.dtype if settings.dtype != "auto" else "bfloat16" if device == "cuda" else "float32"
    source = {"revision": settings.revision or None, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(settings.model, **source)
        model, found = AutoModelForSequenceClassification.from_pretrained(
            settings.model, dtype=getattr(torch, dtype), output_loading_info=True, **source
        )
        model = model.to(device).eval()
    except Exception as error:  # transformers and torch raise whatever comes up in a file
        why = f"{type(error).__name__}: {shown(str(error))}"
        raise Fatal(f"transformers can't run {settings.label}: {why}") from error
    if lacking := sorted(found["missing_keys"]):
        raise Fatal(
            f"{settings.label} lacks {len(lacking)} of its weights, such as {lacking[0]}: its scores would be noise; "
            "name a reward model, not the language model that it was made from"
        )
    text = model.config.get_text_config()
    limits = (settings.max_model_len, getattr(text, "max_position_embeddings", None), tokenizer.model_max_length)
    return Loaded(model, tokenizer, device, min(filter(None, limits)), text.pad_token_id)


class Waiting(NamedTuple):
    """A conversation that waits for its score."""

    tokens: list[int]
    logits: "asyncio.Future[list[float]]"


class TransformersEngine:
    """A running model."""

    def __init__(self, settings: Local, loaded: Loaded, head: Head) -> None:
        """Score nothing yet."""
        self._loaded: Loaded | None = loaded
        self._conversations = Conversations(
            loaded.tokenizer, settings.chat_template_kwargs, settings.label, loaded.longest
        )
        self._head, self._label = head, settings.label
        # Without a token for padding, no two conversations go together.
        self._most = settings.max_num_seqs if loaded.padding is not None else 1
        self._waiting: list[Waiting] = []
        self._working: asyncio.Task[None] | None = None

    async def complete(self, request: Request) -> Sequence[Outcome]:
        """The one score.

        Raises:
            Unanswered: the conversation is too long, or the chat template refuses it.
            Fatal: the model has no chat template, or can't compute.
        """
        tokens = self._conversations.tokens(request)
        logits: asyncio.Future[list[float]] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(tokens, logits))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return [answer(self._head.score(await logits), len(tokens))]

    async def close(self) -> None:
        """Give back the memory."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        loaded, self._loaded = self._loaded, None
        on_a_gpu = loaded is not None and loaded.device == "cuda"
        del loaded
        gc.collect()
        if on_a_gpu:
            import torch

            torch.cuda.empty_cache()

    async def _work(self) -> None:
        """Score until nothing waits."""
        await asyncio.sleep(0)  # whoever else asks in this round comes along
        while self._waiting:
            batch = self._batch()
            try:
                logits = await in_thread(partial(self._logits, batch))
            except Exception as error:  # torch raises whatever comes up: no memory, a kernel that is not there
                failure = Fatal(f"transformers can't run {self._label}: {type(error).__name__}: {shown(str(error))}")
                for one in batch:
                    if not one.logits.done():
                        one.logits.set_exception(failure)
            else:
                for one, numbers in zip(batch, logits, strict=True):
                    if not one.logits.done():
                        one.logits.set_result(numbers)

    def _batch(self) -> list[Waiting]:
        """Those to be scored next, taken from what waits."""
        length = len(self._waiting[0].tokens)
        near = sorted(range(len(self._waiting)), key=lambda place: abs(len(self._waiting[place].tokens) - length))
        taken: list[int] = []
        widest = 0
        for place in near[: self._most]:
            widest = max(widest, len(self._waiting[place].tokens))
            if taken and widest * (len(taken) + 1) > BATCH_TOKENS:
                break
            taken.append(place)
        batch = [self._waiting[place] for place in taken]
        chosen = set(taken)
        self._waiting = [one for place, one in enumerate(self._waiting) if place not in chosen]
        return batch

    def _logits(self, batch: Sequence[Waiting]) -> list[list[float]]:
        import torch

        loaded = self._loaded
        if loaded is None:
            raise RuntimeError("it is closed")
        width = max(len(one.tokens) for one in batch)
        padding = loaded.padding or 0
        ids = [one.tokens + [padding] * (width - len(one.tokens)) for one in batch]
        mask = [[1] * len(one.tokens) + [0] * (width - len(one.tokens)) for one in batch]
        with torch.inference_mode():
            made = loaded.model(
                input_ids=torch.tensor(ids, device=loaded.device),
                attention_mask=torch.tensor(mask, device=loaded.device),
            )
        logits: list[list[float]] = made.logits.float().cpu().tolist()
        return logits
