"""The texts around a user's turn, read from a tokenizer's own chat template.

Magpie lets a model write the user's turn: it is given the text up to where that turn begins (the pre-query text) and
stopped where the turn ends. Both come from rendering the template around a sentinel, so that no table of models has to
be kept. The text is for raw completion: a chat endpoint would put the template around it once more, and the model would
greet instead of ask.

Source: Magpie, https://arxiv.org/abs/2406.08464
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any, Protocol, cast

from factory.errors import DependencyError, RecipeError
from factory.row import Message

_QUERY, _ANSWER = "QUERY-4f1c9e", "ANSWER-4f1c9e"
_SYSTEM = "SYSTEM-4f1c9e"
TODAY = datetime(2024, 7, 26)
"""The day that templates write which write one: with today's, what a model is asked would change every day, find no
stored answer and could not be compared. Llama's own fallback."""


class Tokenizer(Protocol):
    """What is used of a `transformers` tokenizer."""

    chat_template: Any
    bos_token: str | None
    eos_token: str | None
    all_special_tokens: list[str]

    def apply_chat_template(self, conversation: Any, /, **options: Any) -> Any:
        """The conversation as the model is given it."""
        ...

    def __call__(self, text: str, /) -> Any:
        """The tokens of a text."""
        ...

    def convert_ids_to_tokens(self, ids: Any, /) -> Any:
        """Tokens as text."""
        ...


class ChatTemplate:
    """The chat template of one tokenizer."""

    def __init__(self, name: str, tokenizer: Tokenizer) -> None:
        """Read what the template does.

        Raises:
            RecipeError: it has none, or one in which no user's turn is to be found.
        """
        if not tokenizer.chat_template:
            raise RecipeError(
                f"tokenizer {name!r} has no chat template, so there is no user's turn to open: name an instruct model, "
                f"or use self_instruct, which a base model can do"
            )
        self.name, self._tokenizer = name, tokenizer
        self._bos = _added_bos(tokenizer)
        self.special = frozenset(filter(str.strip, tokenizer.all_special_tokens))
        """Tokens that belong to the template: they have no place in a turn's text."""
        self.takes_system = self._takes_system()
        """Whether the template shows a system message; Gemma's refuses it, others leave it out without a word."""
        self.stops = self._stops()
        """The texts that end a user's turn: the mark behind it, the mark that begins the next, the end of a text."""

    def pre_query(self, conversation: Sequence[Message] = ()) -> str:
        """The raw text after which the model writes the user's next turn.

        Raises:
            RecipeError: the template refuses the conversation.
        """
        text = self._rendered((*conversation, Message("user", _QUERY)))
        head, found, _ = text.rpartition(_QUERY)
        if not found:
            raise RecipeError(f"the chat template of {self.name!r} doesn't show the text of a user's turn")
        # The engine's tokenizer puts the token that begins a text in front, as it does with any raw text. A blank at
        # the end belongs to the first word: most tokenizers have no other way to write it.
        return head.removeprefix(self._bos).rstrip(" ")

    def _takes_system(self) -> bool:
        try:
            return _SYSTEM in self.pre_query([Message("system", _SYSTEM)])
        except RecipeError:
            return False

    def _stops(self) -> tuple[str, ...]:
        text = self._rendered((Message("user", _QUERY), Message("assistant", _ANSWER)))
        between = text.partition(_QUERY)[2].partition(_ANSWER)[0]
        marks = sorted((token for token in self.special if token in between), key=between.find)[:2]
        marks = marks or [between.strip().partition("\n")[0]]
        stops = [mark for mark in (*marks, self._tokenizer.eos_token) if mark]
        return tuple(dict.fromkeys(stops))

    def _rendered(self, conversation: Sequence[Message]) -> str:
        from jinja2 import TemplateError

        turns = [{"role": message.role, "content": message.content} for message in conversation]
        try:
            text = self._tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=False, strftime_now=TODAY.strftime
            )
        except (TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
            roles = ", ".join(message.role for message in conversation)
            raise RecipeError(f"the chat template of {self.name!r} refuses the turns {roles}: {error}") from error
        return str(text)


def load(name: str, revision: str = "") -> ChatTemplate:
    """The chat template of a tokenizer: a Hub id, or a folder.

    Raises:
        DependencyError: transformers is not installed.
        RecipeError: there is no such tokenizer, or it has no chat template.
    """
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise DependencyError(
            f"reading the chat template of {name!r} needs transformers, which is not installed; "
            f"run: pip install transformers"
        ) from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, revision=revision or None)
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        first = "".join(takewhile(lambda character: character != "\n", str(error)))
        raise RecipeError(
            f"tokenizer {name!r} can't be loaded: {first}; set `tokenizer` to the model's Hub id or to a folder with "
            f"its tokenizer.json and tokenizer_config.json"
        ) from error
    return ChatTemplate(name, cast(Tokenizer, tokenizer))


def _added_bos(tokenizer: Tokenizer) -> str:
    """The token that the tokenizer itself puts before a text; empty where it adds none."""
    bos = tokenizer.bos_token
    if not bos:
        return ""
    tokens = tokenizer.convert_ids_to_tokens(tokenizer("a").input_ids)
    return bos if tokens and tokens[0] == bos else ""
