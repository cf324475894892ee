"""Which tokens of a conversation the loss is on: those of the assistant's turns, each with the token that ends it.

The conversation is rendered twice, as it is and with a mark in place of each answer; the texts around the marks tell
where the answers lie, and the two renderings are compared, so that a template that changes answers is noticed. What
the template writes before an answer (the header of the turn, an empty block of thoughts) and behind the token that
ends it is not learnt. Where a model's own template changes answers or ends them with no token, the one that TRL trains
with is tried. A template that marks what is learnt itself (`{% generation %}`) may leave answers out.

Source: the training templates of TRL 1.16, trl/chat_template_utils.py.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from factory.chat_template import TODAY
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


class Changed(Refused):
    """The chat template takes a conversation, but does not show its answers as they are."""


class Responses:
    """The tokens of conversations, and which of them are learnt."""

    def __init__(self, name: str, tokenizer: Any) -> None:
        """Find out how the answers are told from the rest.

        Raises:
            RecipeError: the tokenizer has no chat template.
        """
        if not tokenizer.chat_template:
            raise RecipeError(
                f"the tokenizer of {name!r} has no chat template, so conversations can't be shown to the model; begin "
                f"with an instruct model; use: sft can also give it one (args.chat_template_path, a .jinja file)"
            )
        self._name, self._tokenizer = name, tokenizer
        added = list(tokenizer.added_tokens_decoder.values())
        forging = [token.content for token in added if token.special or _CONTROL.fullmatch(token.content)]
        self.special = re.compile(_any_of([*tokenizer.all_special_tokens, *forging]))
        """Tokens that belong to the template: in the text of a turn they would forge another."""
        any_added, end = _any_of([token.content for token in added]), _any_of([tokenizer.eos_token or ""])
        self._ends = re.compile(rf"\s*(?:(?:{any_added}){{0,3}}?(?:{end})|(?:{any_added}))")
        self.marked = _marked_template(tokenizer)
        """The model's own chat template, where it marks what is learnt."""
        self._trained_with = None if self.marked else _training_template(tokenizer)

    def rendered(self, turns: Sequence[Message], template: str | None = None) -> str:
        """The conversation as text, by the model's own template unless another is given.

        Raises:
            Refused: the template refuses it.
        """
        from jinja2 import TemplateError

        try:
            made = self._tokenizer.apply_chat_template(
                _plain(turns), tokenize=False, chat_template=template, strftime_now=TODAY.strftime
            )
            return str(made)
        except (TemplateError, TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
            roles = ", ".join(turn.role for turn in turns[:8]) + (", ..." if len(turns) > 8 else "")
            said = " ".join(str(error).split())[:200]
            raise Refused(f"the chat template of {self._name!r} refuses the turns {roles}: {said}") from error

    def tokens(self, turns: Sequence[Message]) -> Tokens:
        """The tokens of a conversation, with those of its answers as labels.

        Raises:
            Refused: the template refuses it, or ends its answers with no token.
            Changed: the template changes the text of its answers.
        """
        text = self.rendered(turns)
        try:
            spans = self._spans(turns, text, None)
        except Refused:
            if self._trained_with is None:
                raise
            text = self.rendered(turns, self._trained_with)
            spans = self._spans(turns, text, self._trained_with)
        if not self._tokenizer.is_fast:
            return self._piecewise(text, spans)
        found = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        ids, labels, at = found["input_ids"], [], 0
        for token, (start, end) in zip(ids, found["offset_mapping"], strict=True):
            while at < len(spans) and spans[at][1] <= start:
                at += 1
            inside = at < len(spans) and start < spans[at][1] and end > spans[at][0]
            labels.append(token if inside else IGNORED)
        return Tokens(list(ids), labels if self.marked is None else self._both(turns, labels))

    def whole(self, turns: Sequence[Message]) -> str:
        """The conversation as text, in which its last turn is sure to stand as it is.

        Raises:
            Refused: the template refuses it.
            Changed: the template changes the text of the last turn.
        """
        text = self.rendered(turns)
        self._places(turns, text, [len(turns) - 1], None)
        return text

    def length(self, text: str) -> int:
        """How many tokens a rendered conversation has."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _both(self, turns: Sequence[Message], labels: Sequence[int]) -> list[int]:
        """The labels that the template's own marks enclose as well."""
        mask = self._tokenizer.apply_chat_template(
            _plain(turns),
            tokenize=True,
            return_dict=True,
            return_assistant_tokens_mask=True,
            strftime_now=TODAY.strftime,
        )["assistant_masks"]
        return [label if learnt else IGNORED for label, learnt in zip(labels, mask, strict=True)]

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

    def _spans(self, turns: Sequence[Message], text: str, template: str | None) -> list[tuple[int, int]]:
        """Where the answers lie in the text, each with the token that ends it."""
        spans: list[tuple[int, int]] = []
        answers = [place for place, turn in enumerate(turns) if turn.role == ASSISTANT]
        for start, end, behind in self._places(turns, text, answers, template):
            ending = self._ends.match(behind)
            if ending is None:
                raise Refused(
                    f"the chat template of {self._name!r} ends an assistant's turn with {behind[:20]!r}, which begins "
                    f"with no token of its own, so the model would not learn to stop; end it with one"
                )
            spans.append((start, end + ending.end()))
        return spans

    def _places(
        self, turns: Sequence[Message], text: str, hidden: Sequence[int], template: str | None
    ) -> list[tuple[int, int, str]]:
        """Where the contents of turns lie in the text, and what stands behind each until the next.

        The mark stands in place of what follows the thoughts: templates treat an answer with thoughts in another way.
        """
        mark = "ANSWER-4f1c9e"
        while any(mark in turn.content for turn in turns):
            mark += "x"
        parts = [_parted(turns[place].content) for place in hidden]
        marked = list(turns)
        for number, (place, (thoughts, _)) in enumerate(zip(hidden, parts, strict=True)):
            marked[place] = turns[place]._replace(content=f"{thoughts}{mark}-{number}-")
        around = re.split(f"{mark}-[0-9]+-", self.rendered(marked, template))
        if len(around) != len(parts) + 1 or not text.startswith(around[0]):
            raise Changed(self._changes())
        found, at = [], len(around[0])
        for (thoughts, answer), before, behind in zip(parts, around, around[1:], strict=False):
            start = _begins(before, thoughts)
            shown = next((one for one in _stripped(answer) if text.startswith(one + behind, at)), None)
            if start is None or shown is None:
                raise Changed(self._changes())
            found.append((at - len(before) + start, at + len(shown), behind))
            at += len(shown + behind)
        if at != len(text):
            raise Changed(self._changes())
        return found

    def _changes(self) -> str:
        return (
            f"the chat template of {self._name!r} changes or leaves out the text of assistant's turns, so that the "
            f"model would not learn them as they are; a template that shows them whole can be given to it"
        )


_CONTROL = re.compile(r"<[|\uff5c].*[|\uff5c]>", re.DOTALL)
"""How tokens of templates look; some tokenizers (DeepSeek's) don't call those of their roles special."""


def _parted(content: str) -> tuple[str, str]:
    """The thoughts that an answer begins with, and the rest."""
    thoughts, end, answer = content.rpartition("</think>")
    return thoughts + end, answer


def _begins(before: str, thoughts: str) -> int | None:
    """Where the thoughts begin that a text ends with, however white space lies around their tags; None if it doesn't.

    Thoughts that the template puts before those of the answer make it another answer.
    """
    at = len(before)
    for piece in reversed([found for one in re.split("(</?think>)", thoughts) if (found := one.strip())]):
        while at and before[at - 1].isspace():
            at -= 1
        if not before.endswith(piece, 0, at):
            return None
        at -= len(piece)
    return None if thoughts and before[:at].rstrip().endswith("</think>") else at


def _marked_template(tokenizer: Any) -> str | None:
    """The tokenizer's own template, where it marks answers together with the token that ends them."""
    from trl.chat_template_utils import has_generation_markers, is_chat_template_stop_token_trained

    own = tokenizer.get_chat_template()
    if not tokenizer.is_fast or not has_generation_markers(own):
        return None
    return str(own) if is_chat_template_stop_token_trained(tokenizer, chat_template=own) else None


def _training_template(tokenizer: Any) -> str | None:
    """What TRL trains a well-known model with in place of its own template."""
    from trl.chat_template_utils import get_training_chat_template

    try:
        return get_training_chat_template(tokenizer)  # type: ignore[no-any-return]
    except ValueError:
        return None


def _any_of(tokens: Sequence[str]) -> str:
    """A pattern of these texts, the longest first; of nothing where there are none."""
    found = sorted({token for token in tokens if token.strip()}, key=lambda token: (-len(token), token))
    return "|".join(map(re.escape, found)) or "(?!)"


def _stripped(answer: str) -> tuple[str, ...]:
    return answer, answer.strip(), answer.rstrip(), answer.lstrip()


def _plain(turns: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.content} for turn in turns]
