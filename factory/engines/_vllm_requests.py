"""Requests and answers in vLLM's words.

The prompt is made into tokens here, by the tokenizer that vLLM holds: its length is known before the engine sees it,
and it is made once however often it is asked.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from itertools import count
from typing import Any

import orjson

from factory.engine import Completion, Outcome, Request, Token, Unanswered
from factory.engines import _chat
from factory.engines._text import clean, shown
from factory.schema_check import complaint

_SEEDS = 1 << 62
"""vLLM takes seeds of 64 bits with a sign, and adds the number of the sample."""


class Requests:
    """What is asked of one model."""

    def __init__(self, llm: Any, template: Mapping[str, Any], lora: str, label: str) -> None:
        """Take tokenizer and limits from the running engine; the same hold when it is started anew."""
        from vllm.lora.request import LoRARequest

        self._tokenizer = llm.get_tokenizer()
        self._longest = int(llm.model_config.max_model_len)
        self._template, self._label = template, label
        self._lora = LoRARequest("lora", 1, lora) if lora else None
        self._numbers = count()

    def prompt(self, request: Request) -> list[int]:
        """The tokens of the prompt.

        Raises:
            Unanswered: they are too many, or the chat template refuses the conversation.
            Fatal: the model has no chat template.
        """
        if isinstance(request.prompt, str):
            tokens = self._raw(request.prompt)
        else:
            tokens = _chat.tokens(self._tokenizer, request.prompt, self._template, self._label, answer=True)
        _chat.refuse_longer(len(tokens), self._longest, answer=True)
        if not tokens:
            raise Unanswered("refused", "the prompt is empty")
        return tokens

    async def outcomes(self, llm: Any, prompt: list[int], request: Request) -> list[Outcome] | None:
        """What the engine says; None where it died.

        Raises:
            Unanswered: it refuses the request.
        """
        from vllm.inputs.engine import tokens_input

        def answers() -> AsyncIterator[Any]:
            sampling, number = _sampling(request, self._longest - len(prompt)), str(next(self._numbers))
            outputs: AsyncIterator[Any] = llm.generate(tokens_input(prompt), sampling, number, lora_request=self._lora)
            return outputs

        output = await final(llm, answers)
        if output is None:
            return None
        found = [_outcome(sample, request) for sample in output.outputs]
        found[0] = _paid(found[0], len(prompt))
        return found

    def _raw(self, text: str) -> list[int]:
        """A text that begins with the model's own first token brings it along: none is put before it."""
        first: str = getattr(self._tokenizer, "bos_token", None) or ""
        own = first and text.startswith(first)
        return list(self._tokenizer.encode(text, add_special_tokens=not own))


async def final(llm: Any, answers: Callable[[], AsyncIterator[Any]]) -> Any | None:
    """What a request comes to; None where the engine died.

    Raises:
        Unanswered: it refuses the request.
    """
    from vllm.exceptions import VLLMClientError
    from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

    try:
        (output,) = [output async for output in answers()]  # the final one alone
    except EngineDeadError:
        return None
    except (VLLMClientError, EngineGenerateError, ValueError) as error:
        if llm.errored:
            return None
        raise Unanswered("refused", shown(str(error.__cause__ or error))) from error
    return output


def _sampling(request: Request, room: int) -> Any:
    """Parameters in which sample `i` of a request with a seed is drawn from seed + i, so that each can be had alone."""
    from vllm.sampling_params import RequestOutputKind, SamplingParams, StructuredOutputsParams

    sampling, schema = request.sampling, request.schema
    return SamplingParams(
        n=request.n,
        max_tokens=min(sampling.max_tokens, room),
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        min_p=sampling.min_p,
        repetition_penalty=sampling.repetition_penalty,
        stop=list(sampling.stop),
        # A stop such as [/INST] is a special token: left out of the text, it would never be met there.
        skip_special_tokens=not (isinstance(request.prompt, str) and sampling.stop),
        seed=None if sampling.seed is None else sampling.seed % _SEEDS,
        logprobs=sampling.logprobs or None,
        structured_outputs=None if schema is None else StructuredOutputsParams(json=orjson.dumps(schema).decode()),
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def _outcome(sample: Any, request: Request) -> Outcome:
    """One sample: a whole answer, or why there is none."""
    text, paid = clean(sample.text), len(sample.token_ids)
    if sample.finish_reason == "length":
        return Unanswered("truncated", text=text, completion_tokens=paid)
    if sample.finish_reason != "stop":
        return Unanswered("malformed", f"finish_reason {sample.finish_reason}", text, completion_tokens=paid)
    if not text.strip():
        return Unanswered("empty", text=text, completion_tokens=paid)
    if request.schema is not None and (note := complaint(text, request.schema)):
        return Unanswered("schema", note, text, completion_tokens=paid)
    return Completion(text, 0, paid, _tokens(sample) if request.sampling.logprobs else ())


def _paid(outcome: Outcome, prompt_tokens: int) -> Outcome:
    """The first sample carries the prompt, which all of them share: the sum over them stays true."""
    if isinstance(outcome, Unanswered):
        outcome.prompt_tokens = prompt_tokens
        return outcome
    return outcome._replace(prompt_tokens=prompt_tokens)


def _tokens(sample: Any) -> tuple[Token, ...]:
    return tuple(_token(chosen, among) for chosen, among in zip(sample.token_ids, sample.logprobs or (), strict=False))


def _token(chosen: int, among: Mapping[int, Any]) -> Token:
    others: Sequence[tuple[str, float]] = [
        (clean(entry.decoded_token or ""), entry.logprob) for token, entry in among.items() if token != chosen
    ]
    return Token(clean(among[chosen].decoded_token or ""), among[chosen].logprob, tuple(others))
