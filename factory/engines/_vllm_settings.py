"""What a recipe says of any model that runs in this process, whether it writes or scores."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, JsonValue, NonNegativeInt, PositiveFloat, PositiveInt

from factory.doctor import ON_A_CPU, ON_A_GPU
from factory.engine import Fatal, ModelSettings
from factory.model_folder import content

INSTALL = f"vllm is not installed; run, with a GPU: {ON_A_GPU}; without one: {ON_A_CPU}"

_HANDED_ON = {
    *("model", "dtype", "max_model_len", "tensor_parallel_size", "data_parallel_size"),
    *("gpu_memory_utilization", "max_num_seqs", "enforce_eager"),
}


class Local(ModelSettings):
    """A model in this process; `model` is a Hub id or a folder."""

    ways: ClassVar[frozenset[str]] = ModelSettings.ways | {
        "tensor_parallel_size",
        "data_parallel_size",
        "gpu_memory_utilization",
        "kv_cache_gib",
        "max_num_seqs",
        "enforce_eager",
        "restarts",
    }

    resident: ClassVar[bool] = True

    folders: ClassVar[tuple[str, ...]] = ("model",)
    """The settings that may name a folder."""

    dtype: str = "auto"
    """What weights and activations are computed in: auto, bfloat16, float16, float32."""
    max_model_len: PositiveInt | None = None
    """The longest prompt with its answer, in tokens; without it the model's own."""
    chat_template_kwargs: Mapping[str, JsonValue] = {}
    """What the chat template takes beside the messages, as {enable_thinking: false}; its today is always 2024-07-26."""
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
    enforce_eager: bool = False
    """Whether to leave out compiling and CUDA graphs: starts sooner, runs slower."""
    restarts: NonNegativeInt = 3
    """How often in a run an engine that died is started anew."""
    concurrency: PositiveInt = 512
    """How many requests are in flight at once: more than `max_num_seqs`, so that none of its places stays empty."""

    def identity(self) -> dict[str, Any]:
        """All settings but `ways`; a folder counts by what is in it, not by where it lies."""
        found = {name: content(value) for name in self.folders if (value := getattr(self, name))}
        return super().identity() | found

    def missing(self) -> str:
        """The sentence with the pip line where vLLM is not installed."""
        return "" if find_spec("vllm") else INSTALL

    def demand_folders(self) -> None:
        """See that the folders are there.

        Raises:
            Fatal: one that is named isn't.
        """
        for name in self.folders:
            value = getattr(self, name)
            looks_local = value.startswith(("/", "./", "../", "~")) or value.count("/") > 1
            if looks_local and not Path(value).is_dir():
                raise Fatal(
                    f"{name}: no folder {value}; name one that is there, or a Hub id such as organization/model"
                )

    def arguments(self) -> dict[str, Any]:
        """What vLLM is started with.

        Raises:
            Fatal: a folder that is named isn't there.
        """
        self.demand_folders()
        arguments = self.model_dump(include=_HANDED_ON) | {"enable_log_requests": False, "disable_log_stats": True}
        arguments["revision"] = self.revision or None
        if self.kv_cache_gib is not None:
            arguments["kv_cache_memory_bytes"] = round(self.kv_cache_gib * 2**30)
        return arguments
