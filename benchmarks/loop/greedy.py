"""A folder's model, run by transformers in this process: the likeliest token each time, many questions at once.

It measures the models of the closed loop, sixteen of which are asked five hundred short questions. Under vLLM the start
of a model, in processes of its own, costs about nine seconds of CPU; here nine models were loaded and asked two hundred
questions each in nine.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from factory.engine import Completion, ModelSettings, Outcome, Request, Unanswered
from factory.model_folder import content

BATCH = 256


class Greedy(ModelSettings):
    """A model of transformers."""

    resident: ClassVar[bool] = True

    concurrency: int = BATCH
    """How many requests are in flight at once: a batch."""

    def identity(self) -> dict[str, Any]:
        """The folder counts by what is in it."""
        return super().identity() | {"model": content(self.model)}

    async def start(self) -> "Batches":
        """The model, loaded."""
        return Batches(self.model)


class Batches:
    """The running model: whatever waits is answered together."""

    def __init__(self, folder: str) -> None:
        """Load it."""
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
        self._model = AutoModelForCausalLM.from_pretrained(folder, dtype="float32").eval()
        self._waiting: list[tuple[str, int, asyncio.Future[Outcome]]] = []
        self._running = asyncio.Lock()

    async def complete(self, request: Request) -> Sequence[Outcome]:
        """The same answer each time."""
        turns = [turn._asdict() for turn in request.prompt]
        text = self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((text, request.sampling.max_tokens, future))
        async with self._running:  # whoever comes while a batch runs waits for the next
            if not future.done():
                batch, self._waiting = self._waiting, []
                most = max(most for _, most, _ in batch)
                outcomes = await asyncio.to_thread(self._answered, [one for one, _, _ in batch], most)
                for (_, _, asked), outcome in zip(batch, outcomes, strict=True):
                    asked.set_result(outcome)
        return [await future] * request.n

    def _answered(self, texts: list[str], most: int) -> list[Outcome]:
        import torch

        asked = self._tokenizer(texts, add_special_tokens=False, padding=True, return_tensors="pt")
        with torch.inference_mode():
            whole = self._model.generate(
                input_ids=asked["input_ids"],
                attention_mask=asked["attention_mask"],
                max_new_tokens=most,
                do_sample=False,
            )
        found: list[Outcome] = []
        for ids in whole[:, asked["input_ids"].shape[1] :].tolist():
            if self._tokenizer.eos_token_id not in ids:
                found.append(Unanswered("truncated", "", self._tokenizer.decode(ids)))
                continue
            end = ids.index(self._tokenizer.eos_token_id)
            found.append(Completion(self._tokenizer.decode(ids[:end]), prompt_tokens=0, completion_tokens=end + 1))
        return found

    async def close(self) -> None:
        """Its memory is free with it."""
        del self._model
