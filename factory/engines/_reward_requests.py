"""Conversations as a reward model reads them, and its scores as answers."""

from collections.abc import AsyncIterator, Mapping
from itertools import count
from typing import Any

from factory.engine import Completion, Outcome, Request, Unanswered
from factory.engines import _chat
from factory.engines._reward_head import Head
from factory.engines._vllm_requests import final


class Conversations:
    """What one reward model reads."""

    def __init__(self, tokenizer: Any, template: Mapping[str, Any], label: str, longest: int) -> None:
        """Take the tokenizer, and the most tokens that the model can hold."""
        self._tokenizer, self._label, self._longest = tokenizer, label, longest
        self._template = template
        self._first = getattr(tokenizer, "bos_token_id", None)

    def tokens(self, request: Request) -> list[int]:
        """The tokens of a whole conversation, with the answer as its last turn.

        Raises:
            Unanswered: they are too many, or it is no conversation, or more is asked than its score.
            Fatal: the model has no chat template.
        """
        if isinstance(request.prompt, str):
            raise Unanswered("refused", "a reward model scores conversations, no raw text")
        if request.n != 1 or request.schema is not None or request.sampling.logprobs:
            raise Unanswered("refused", "a reward model gives one score: no samples, no schema, no log-probabilities")
        tokens = _chat.tokens(self._tokenizer, request.prompt, self._template, self._label, answer=False)
        if self._first is not None and tokens[:2] == [self._first, self._first]:
            del tokens[0]  # written by the template, and once more by the tokenizer
        _chat.refuse_longer(len(tokens), self._longest, answer=False)
        if not tokens:
            raise Unanswered("refused", "the conversation is empty")
        return tokens


class Scores:
    """What is asked of a reward model under vLLM."""

    def __init__(self, llm: Any, template: Mapping[str, Any], label: str, head: Head) -> None:
        """Take tokenizer and limits from the running engine."""
        config = llm.model_config
        self._conversations = Conversations(llm.get_tokenizer(), template, label, int(config.max_model_len))
        self._head, self._numbers = head, count()
        last = getattr(config.pooler_config, "seq_pooling_type", None) == "LAST"
        self._padding = getattr(config.hf_config.get_text_config(), "pad_token_id", None) if last else None

    def prompt(self, request: Request) -> list[int]:
        """The tokens of the conversation, up to the one that the score is read at.

        transformers, in which such models are trained, reads it at the last token that isn't the one for padding, also
        where the template itself ends with that token, as it does where it ends turns; vLLM reads it at the last.

        Raises:
            Unanswered: the request is refused.
            Fatal: the model has no chat template.
        """
        tokens = self._conversations.tokens(request)
        end = len(tokens)
        while end > 1 and tokens[end - 1] == self._padding:
            end -= 1
        return tokens[:end]

    async def outcomes(self, llm: Any, prompt: list[int], request: Request) -> list[Outcome] | None:
        """The score; None where the engine died.

        Raises:
            Unanswered: it refuses the request, or gives no number.
        """
        from vllm.inputs.engine import tokens_input
        from vllm.pooling_params import PoolingParams

        def answers() -> AsyncIterator[Any]:
            pooling = PoolingParams(task="classify", use_activation=False)
            outputs: AsyncIterator[Any] = llm.encode(tokens_input(prompt), pooling, str(next(self._numbers)))
            return outputs

        output = await final(llm, answers)
        return None if output is None else [answer(self._head.score(output.outputs.data.tolist()), len(prompt))]


def answer(score: float, tokens: int) -> Completion:
    """A score as it is stored: the number, as exactly as Python writes it."""
    return Completion(repr(score), prompt_tokens=tokens)
