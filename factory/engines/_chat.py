"""Conversations as the tokens that a model's own chat template makes of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from factory.chat_template import TODAY
from factory.engine import Fatal, Unanswered
from factory.engines._text import shown
from factory.row import Message


def tokens(
    tokenizer: Any, conversation: Sequence[Message], template: Mapping[str, Any], label: str, *, answer: bool
) -> list[int]:
    """The tokens of a conversation.

    Args:
        tokenizer: the model's.
        conversation: the turns.
        template: what the template takes beside them; the day, where it writes one, is always the same.
        label: how the model is called in errors.
        answer: whether the model's own turn is begun at the end.

    Raises:
        Unanswered: the template refuses the conversation.
        Fatal: the model has no template.
    """
    from jinja2 import TemplateError

    if not getattr(tokenizer, "chat_template", True):
        raise Fatal(f"{label} has no chat template: name an instruct model, or prompts for raw text")
    turns = [{"role": role, "content": text} for role, text in conversation]
    try:
        made = tokenizer.apply_chat_template(
            turns,
            add_generation_prompt=answer,
            tokenize=True,
            return_dict=False,
            **{"strftime_now": TODAY.strftime, **template},
        )
    except (TemplateError, TypeError, ValueError) as error:
        raise Unanswered("refused", f"the chat template: {shown(str(error))}") from error
    return list(made)


def refuse_longer(length: int, longest: int, *, answer: bool) -> None:
    """Refuse a prompt that the model can't hold, with at least one token of an answer where it is to write one.

    Raises:
        Unanswered: it has more tokens.
    """
    if length + answer > longest:
        raise Unanswered("too_long", f"the prompt has {length:,} tokens, the model takes {longest:,}")
