"""Reward models: language models with a head that gives a number instead of text.

A conversation, its answer included, is rendered by the model's own chat template; what comes back is the raw number of
the head, without any activation. It travels as an answer does: a `Completion` whose text is `repr` of the number, so
that it is stored, counted and replayed like any paid answer, and `float` brings it back exactly. Asking for several
samples, a schema or raw text is refused: a score has none.

vLLM's pooling runs it, with continuous batching; transformers does where vLLM lacks the architecture. The two agree to
the precision of the dtype, not to the last bit, and neither gives a conversation alone and in a batch the same last
bits: a score is what was stored.

Left out: models whose head is not one linear layer on a ...ForSequenceClassification (process reward models, gated
mixtures of attributes, Qwen2ForRewardModel), models of encoder type that take question and answer as two texts, and
`trust_remote_code` (a model's code is never run).
"""

import logging
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import FiniteFloat

from factory.engine import Engine
from factory.engines._reward_head import SUFFIX, Head, demand_head, fetched, head, names_in
from factory.engines._reward_requests import Scores
from factory.engines._reward_transformers import TransformersEngine, load
from factory.engines._thread import in_thread
from factory.engines._vllm_engine import VllmEngine
from factory.engines._vllm_process import architectures, started
from factory.engines._vllm_settings import INSTALL, Local
from factory.errors import DependencyError

logger = logging.getLogger(__name__)

Backend = Literal["auto", "vllm", "transformers"]

_WRITERS = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")
"""The suffixes of models that vLLM puts a head on itself."""


class Reward(Local):
    """A reward model in this process; `model` is a Hub id or a folder."""

    ways: ClassVar[frozenset[str]] = Local.ways | {"backend"}

    writes: ClassVar[bool] = False
    scores: ClassVar[bool] = True

    backend: Backend = "auto"
    """What runs it: vllm, transformers, or auto: vllm where it is installed and knows the architecture."""
    labels: Mapping[str, FiniteFloat] = {}
    """What each number of the head counts for, where it gives several, such as {helpfulness: 0.65, verbosity: -0.5}."""

    def missing(self) -> str:
        """The sentence with the pip line where what runs it is not installed."""
        if self.backend == "vllm":
            return super().missing()
        if find_spec("torch") and find_spec("transformers"):
            return ""
        return f"a reward model needs vllm, or torch and transformers: pip install torch transformers; {INSTALL}"

    def arguments(self) -> dict[str, Any]:
        """What vLLM is started with.

        Raises:
            Fatal: the folder isn't there.
        """
        return super().arguments() | {"runner": "pooling"}

    async def start(self) -> Engine:
        """The running engine.

        Raises:
            DependencyError: what runs it is not installed.
            Fatal: it is no reward model, its head was never trained, or it can't be run: the sentence says why.
        """
        if complaint := self.missing():
            raise DependencyError(complaint)
        self.demand_folders()
        found = await in_thread(partial(head, self.model, self.revision, self.label, self.labels))
        backend = self.backend
        if backend == "auto":
            known = find_spec("vllm") is not None and await in_thread(partial(_known, found))
            backend = "vllm" if known else "transformers"
            if backend == "transformers" and find_spec("vllm"):
                logger.warning("vLLM doesn't know %s: transformers runs %s", found.architecture, self.label)
        logger.info("%s is run by %s", self.label, backend)
        if backend == "transformers":
            return TransformersEngine(self, await in_thread(partial(load, self)), found)
        return await self._under_vllm(found)

    async def _under_vllm(self, found: Head) -> VllmEngine:
        """The model under vLLM, which doesn't notice a head without weights."""
        if local := Path(self.model).is_dir():
            await in_thread(self._demand_head)
        process = await started(self.arguments(), self.label)
        try:
            if not local:
                await in_thread(self._demand_head)
            requests = Scores(process.llm, self.chat_template_kwargs, self.label, found)
        except BaseException:
            await in_thread(process.end)
            raise
        return VllmEngine(self, process, requests)

    def _demand_head(self) -> None:
        demand_head(names_in(fetched(self.model, self.revision)), self.label)


def _known(found: Head) -> bool:
    """Whether vLLM has the architecture, or the language model that it is made from."""
    name = found.architecture.removesuffix(SUFFIX)
    return not architectures().isdisjoint({found.architecture, *(f"{name}{suffix}" for suffix in _WRITERS)})
