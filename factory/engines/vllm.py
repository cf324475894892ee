"""Models that write, run by vLLM in this process: CUDA build or CPU build, one coroutine per request.

vLLM's own loop batches whatever is in flight, so nothing here waits for a batch to fill or to end. When one of its
processes dies the engine is started anew, and what was in flight is asked again.

Left out: prompts with pictures or sound, `trust_remote_code` (a model's code is never run), reasoning parsers (what a
model thinks aloud is part of its text), and engines spread over several machines.
"""

from typing import Any, ClassVar

from pydantic import NonNegativeInt

from factory.engines._vllm_engine import VllmEngine
from factory.engines._vllm_lora import lora_rank
from factory.engines._vllm_process import started
from factory.engines._vllm_requests import Requests
from factory.engines._vllm_settings import Local
from factory.errors import DependencyError


class Vllm(Local):
    """A model in this process; `model` is a Hub id or a folder."""

    ways: ClassVar[frozenset[str]] = Local.ways | {"enable_prefix_caching"}

    folders: ClassVar[tuple[str, ...]] = ("model", "lora", "tokenizer")

    tokenizer: str = ""
    """Another tokenizer than the model's: a Hub id or a folder."""
    lora: str = ""
    """A LoRA adapter put on the model: a Hub id or a folder."""
    quantization: str = ""
    """How vLLM quantizes the weights, such as fp8; where the checkpoint is quantized it says so itself."""
    seed: NonNegativeInt = 0
    """What requests without a seed of their own are drawn from."""
    enable_prefix_caching: bool = True
    """Whether prompts that begin alike share what was computed."""

    def arguments(self) -> dict[str, Any]:
        """What vLLM is started with.

        Raises:
            Fatal: a folder that is named isn't there.
        """
        arguments = super().arguments() | self.model_dump(include={"seed", "enable_prefix_caching"})
        arguments |= {name: getattr(self, name) or None for name in ("tokenizer", "quantization")}
        if self.lora:
            arguments |= {"enable_lora": True, "max_lora_rank": lora_rank(self.lora)}
        return arguments

    async def start(self) -> VllmEngine:
        """The running engine: takes from seconds to minutes, while the event loop goes on.

        Raises:
            DependencyError: vLLM is not installed.
            Fatal: a folder is missing, or vLLM can't run the model: the sentence says why.
        """
        if complaint := self.missing():
            raise DependencyError(complaint)
        process = await started(self.arguments(), self.label)
        requests = Requests(process.llm, self.chat_template_kwargs, self.lora, self.label)
        return VllmEngine(self, process, requests)
