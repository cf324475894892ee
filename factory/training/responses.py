"""Which tokens of a conversation the loss is on: those of the assistant's turns, each with the token that ends it.

Some chat templates say it themselves (`{% generation %}`), for some of the well-known ones TRL has a version that does.
For all others the conversation is rendered twice, as it is and with a mark in place of each answer; the texts around
the marks tell where the answers lie, and the two renderings are compared, so that a template that changes answers is
noticed. White space behind the end of a turn is the template's, not the model's, and is not learnt.

Source: the training templates of TRL 1.16, trl/chat_template_utils.py.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from factory.errors import RecipeError
from factory.row import Message

IGNORED = -100
"""The label of a token that is not learnt."""

ASSISTANT = "assistant"


class Tokens(NamedTuple):
    """A conversation as the model is given it."""

    ids: list[int]
    labels: list[int]


class Refused(Exception):
    """The chat template doesn't take a conversation, or doesn't tell its answers."""


class Responses:
    """The tokens of conversations, and which of them are learnt."""

    def __init__(self, name: str, tokenizer: Any) -> None:
        """Find out how the answers are told from the rest.

        Raises:
            RecipeError: the tokenizer has no chat template.
        """
        if not tokenizer.chat_template:
            raise RecipeError(
                f"the tokenizer of {name!r} has no chat template, so conversations can't be shown to the model; "
                f"set args.chat_template_path to a .jinja file, or begin with an instruct model"
            )
        self._name, self._tokenizer = name, tokenizer
        self.special = re.compile(_any_of(tokenizer.all_special_tokens))
        """Tokens that belong to the template: in the text of a turn they would forge another."""
        added = [token.content for token in tokenizer.added_tokens_decoder.values()]
        self._ends = re.compile(rf"\s*(?:{_any_of(added)})")
        self.marked = _marked_template(tokenizer)
        """The chat template with marks around answers, where there is one."""

    def rendered(self, turns: Sequence[Message]) -> str:
        """The conversation as text.

        Raises:
            Refused: the template refuses it.
        """
        from jinja2 import TemplateError

        try:
            return str(self._tokenizer.apply_chat_template(_plain(turns), tokenize=False))
        except (TemplateError, TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
            roles = ", ".join(turn.role for turn in turns[:8]) + (", ..." if len(turns) > 8 else "")
            said = " ".join(str(error).split())[:200]
            raise Refused(f"the chat template of {self._name!r} refuses the turns {roles}: {said}") from error

    def tokens(self, turns: Sequence[Message]) -> Tokens:
        """The tokens of a conversation, with those of its answers as labels.

        Raises:
            Refused: the template refuses it, or changes the text of its answers.
        """
        text = self.rendered(turns)
        if self.marked is not None:
            return self._by_marks(turns)
        spans = self._spans(turns, text)
        if not self._tokenizer.is_fast:
            return self._piecewise(text, spans)
        found = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        ids, labels, at = found["input_ids"], [], 0
        for token, (start, end) in zip(ids, found["offset_mapping"], strict=True):
            while at < len(spans) and spans[at][1] <= start:
                at += 1
            inside = at < len(spans) and start < spans[at][1] and end > spans[at][0]
            labels.append(token if inside else IGNORED)
        return Tokens(list(ids), labels)

    def _by_marks(self, turns: Sequence[Message]) -> Tokens:
        found = self._tokenizer.apply_chat_template(
            _plain(turns),
            tokenize=True,
            return_dict=True,
            return_assistant_tokens_mask=True,
            chat_template=self.marked,
        )
        ids = list(found["input_ids"])
        mask = found["assistant_masks"]
        return Tokens(ids, [token if learnt else IGNORED for token, learnt in zip(ids, mask, strict=True)])

    def _piecewise(self, text: str, spans: Sequence[tuple[int, int]]) -> Tokens:
        """For tokenizers that don't say where tokens lie: each piece for itself."""
        ids: list[int] = []
        labels: list[int] = []
        cuts = [0, *(cut for span in spans for cut in span), len(text)]
        for place, (start, end) in enumerate(pairwise(cuts)):
            piece = self._tokenizer(text[start:end], add_special_tokens=False)["input_ids"] if end > start else []
            ids += piece
            labels += piece if place % 2 else [IGNORED] * len(piece)
        return Tokens(ids, labels)

    def _spans(self, turns: Sequence[Message], text: str) -> list[tuple[int, int]]:
        """Where the answers lie in the text, each with the token that ends it."""
        mark = "ANSWER-4f1c9e"
        while any(mark in turn.content for turn in turns):
            mark += "x"
        answers = [turn.content for turn in turns if turn.role == ASSISTANT]
        numbers = iter(range(len(answers)))
        hidden = [
            turn._replace(content=f"{mark}-{next(numbers)}-") if turn.role == ASSISTANT else turn for turn in turns
        ]
        around = re.split(f"{mark}-[0-9]+-", self.rendered(hidden))
        if len(around) != len(answers) + 1 or not text.startswith(around[0]):
            raise Refused(self._changes())
        spans, at = [], len(around[0])
        for answer, behind in zip(answers, around[1:], strict=True):
            shown = next((one for one in _stripped(answer) if text.startswith(one + behind, at)), None)
            if shown is None:
                raise Refused(self._changes())
            ending = self._ends.match(behind)
            if ending is None:
                raise Refused(
                    f"the chat template of {self._name!r} ends an assistant's turn with {behind[:20]!r}, which begins "
                    f"with no token of its own, so the model would not learn to stop; end it with one"
                )
            spans.append((at, at + len(shown) + ending.end()))
            at += len(shown + behind)
        if at != len(text):
            raise Refused(self._changes())
        return spans

    def _changes(self) -> str:
        return (
            f"the chat template of {self._name!r} changes or leaves out the text of assistant's turns, so that they "
            f"can't be found in it; put {{% generation %}} and {{% endgeneration %}} around them"
        )


def _marked_template(tokenizer: Any) -> str | None:
    """The template that marks answers together with the token that ends them: the tokenizer's own, else TRL's."""
    from trl.chat_template_utils import (
        get_training_chat_template,
        has_generation_markers,
        is_chat_template_stop_token_trained,
    )

    if not tokenizer.is_fast:
        return None
    own = tokenizer.get_chat_template()
    if not has_generation_markers(own):
        try:
            own = get_training_chat_template(tokenizer)
        except ValueError:
            return None
    stops = own is not None and is_chat_template_stop_token_trained(tokenizer, chat_template=own)
    return str(own) if stops else None


def _any_of(tokens: Sequence[str]) -> str:
    """A pattern of these texts, the longest first; of nothing where there are none."""
    found = sorted({token for token in tokens if token.strip()}, key=lambda token: (-len(token), token))
    return "|".join(map(re.escape, found)) or "(?!)"


def _stripped(answer: str) -> tuple[str, ...]:
    return answer, answer.strip(), answer.rstrip(), answer.lstrip()


def _plain(turns: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.content} for turn in turns]
