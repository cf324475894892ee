"""Models run by vLLM in this process: CUDA build or CPU build, one coroutine per request.

vLLM's own loop batches whatever is in flight, so nothing here waits for a batch to fill or to end. When one of its
processes dies the engine is started anew, and what was in flight is asked again.

Left out: prompts with pictures or sound, `trust_remote_code` (a model's code is never run), reasoning parsers (what a
model thinks aloud is part of its text), and engines spread over several machines.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, JsonValue, NonNegativeInt, PositiveFloat, PositiveInt

from factory.doctor import ON_A_CPU, ON_A_GPU
from factory.engine import Fatal, ModelSettings, Outcome, Request, Unreachable
from factory.engines._vllm_folder import content, lora_rank
from factory.engines._vllm_process import Process, started
from factory.engines._vllm_requests import Requests
from factory.errors import DependencyError

logger = logging.getLogger(__name__)

INSTALL = f"vllm is not installed; run, with a GPU: {ON_A_GPU}; without one: {ON_A_CPU}"


class Vllm(ModelSettings):
    """A model in this process; `model` is a Hub id or a folder."""

    ways: ClassVar[frozenset[str]] = ModelSettings.ways | {
        "tensor_parallel_size",
        "data_parallel_size",
        "gpu_memory_utilization",
        "kv_cache_gib",
        "max_num_seqs",
        "enable_prefix_caching",
        "enforce_eager",
        "restarts",
    }

    tokenizer: str = ""
    """Another tokenizer than the model's: a Hub id or a folder."""
    lora: str = ""
    """A LoRA adapter put on the model: a Hub id or a folder."""
    dtype: str = "auto"
    """What weights and activations are computed in: auto, bfloat16, float16, float32."""
    quantization: str = ""
    """How vLLM quantizes the weights, such as fp8; where the checkpoint is quantized it says so itself."""
    max_model_len: PositiveInt | None = None
    """The longest prompt with its answer, in tokens; without it the model's own."""
    chat_template_kwargs: Mapping[str, JsonValue] = {}
    """What the chat template takes beside the messages, such as {enable_thinking: false}."""
    seed: NonNegativeInt = 0
    """What requests without a seed of their own are drawn from."""
    tensor_parallel_size: PositiveInt = 1
    """Over how many GPUs each layer is split."""
    data_parallel_size: PositiveInt = 1
    """How many copies of the model share the requests."""
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] = 0.9
    """The share of a GPU's memory that weights and keys and values may take."""
    kv_cache_gib: PositiveFloat | None = None
    """Memory for keys and values in GiB; without it what the share leaves on a GPU, 4 with the CPU build."""
    max_num_seqs: PositiveInt = 256
    """How many sequences are computed at once."""
    enable_prefix_caching: bool = True
    """Whether prompts that begin alike share what was computed."""
    enforce_eager: bool = False
    """Whether to leave out compiling and CUDA graphs: starts sooner, runs slower."""
    restarts: NonNegativeInt = 3
    """How often in a run an engine that died is started anew."""
    concurrency: PositiveInt = 512
    """How many requests are in flight at once: more than `max_num_seqs`, so that none of its places stays empty."""

    def identity(self) -> dict[str, Any]:
        """All settings but `ways`; a folder counts by what is in it, not by where it lies."""
        folders = {name: content(value) for name in ("model", "lora", "tokenizer") if (value := getattr(self, name))}
        return super().identity() | folders

    def missing(self) -> str:
        """The sentence with the pip line where vLLM is not installed."""
        return "" if find_spec("vllm") else INSTALL

    def arguments(self) -> dict[str, Any]:
        """What vLLM is started with.

        Raises:
            Fatal: a folder that is named isn't there.
        """
        for name in ("model", "lora", "tokenizer"):
            _demand_folder(name, getattr(self, name))
        arguments = self.model_dump(include=_HANDED_ON) | {"enable_log_requests": False, "disable_log_stats": True}
        arguments |= {name: getattr(self, name) or None for name in ("tokenizer", "revision", "quantization")}
        if self.kv_cache_gib is not None:
            arguments["kv_cache_memory_bytes"] = round(self.kv_cache_gib * 2**30)
        if self.lora:
            arguments |= {"enable_lora": True, "max_lora_rank": lora_rank(self.lora)}
        return arguments

    async def start(self) -> "VllmEngine":
        """The running engine: takes from seconds to minutes, while the event loop goes on.

        Raises:
            DependencyError: vLLM is not installed.
            Fatal: a folder is missing, or vLLM can't run the model: the sentence says why.
        """
        if complaint := self.missing():
            raise DependencyError(complaint)
        return VllmEngine(self, await started(self.arguments(), self.label))


_HANDED_ON = {
    *("model", "dtype", "max_model_len", "seed", "tensor_parallel_size", "data_parallel_size"),
    *("gpu_memory_utilization", "max_num_seqs", "enable_prefix_caching", "enforce_eager"),
}


class VllmEngine:
    """A running model, started anew when it dies."""

    def __init__(self, settings: Vllm, process: Process) -> None:
        """Ask `process` from now on."""
        self._settings, self._process = settings, process
        self._requests = Requests(process.llm, settings.chat_template_kwargs, settings.lora, settings.label)
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._restarting = asyncio.Lock()
        self._deaths = 0
        self._closed = False

    @property
    def waiting(self) -> str:
        """Why nothing is answered just now; empty where all is well."""
        return f"vLLM starts {self._settings.label} anew" if self._restarting.locked() else ""

    async def complete(self, request: Request) -> Sequence[Outcome]:
        """The samples, in order.

        Raises:
            Unanswered: the prompt is too long, or the chat template or vLLM refuses the request.
            Fatal: the model has no chat template, or can't be started anew.
            Unreachable: the engine died once more than it may.
        """
        async with self._slots:
            prompt = self._requests.prompt(request)
            while True:
                process = self._process
                outcomes = await self._requests.outcomes(process.llm, prompt, request)
                if outcomes is not None:
                    return outcomes
                await self._start_anew(process)

    async def close(self) -> None:
        """End vLLM's processes."""
        self._closed = True
        await asyncio.to_thread(self._process.end)

    async def _start_anew(self, dead: Process) -> None:
        """A living engine in the place of the dead one: started by whoever notices first, awaited by the rest."""
        async with self._restarting:
            if self._process is not dead:
                return
            label = self._settings.label
            words = await asyncio.to_thread(dead.last_words)
            if self._closed or self._deaths >= self._settings.restarts:
                times = f"{self._deaths + 1} times" if self._deaths else "once"
                raise Unreachable(f"vLLM died {times} while it ran {label}: {words}; answers that came are kept")
            self._deaths += 1
            logger.warning(
                "vLLM died while it ran %s: %s; it is started anew (%d of %d)",
                *(label, words, self._deaths, self._settings.restarts),
            )
            await asyncio.to_thread(dead.end)
            self._process = await started(self._settings.arguments(), label)


def _demand_folder(name: str, value: str) -> None:
    looks_local = value.startswith(("/", "./", "../", "~")) or value.count("/") > 1
    if looks_local and not Path(value).is_dir():
        raise Fatal(f"{name}: no folder {value}; name one that is there, or a Hub id such as organization/model")
