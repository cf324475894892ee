"""What anything that completes text must do, and the words in which it is asked and answers.

An engine is one file of `factory/engines/`, found by its name (`use: vllm`): a settings class, `ModelSettings`, whose
`start` gives the running `Engine`. Components never hold an engine: they ask `run.engine(name)`, which looks among the
stored answers first (`factory.asking`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol

from pydantic import Field, NonNegativeFloat, PositiveInt

from factory.component import Component
from factory.errors import EngineError
from factory.row import Message


class Sampling(NamedTuple):
    """How text is drawn. Every field is part of what an answer is stored under."""

    max_tokens: int = 1024
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    """0: all tokens."""
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    stop: tuple[str, ...] = ()
    """Texts that end an answer; they are not part of it."""
    seed: int | None = None
    """Makes equal requests different ones; engines that can, draw from it."""
    logprobs: int = 0
    """How many log-probabilities to bring per token; 0 for none."""


class Request(NamedTuple):
    """One thing asked of a model."""

    prompt: tuple[Message, ...] | str
    """A conversation, or raw text that is continued without any chat template."""
    sampling: Sampling = Sampling()
    n: int = 1
    """How many samples; each is stored for itself, so that a later 8 pays for 4 where 4 are there."""
    schema: Mapping[str, Any] | None = None
    """The JSON schema that the answer must fit; checked after the fact too, since servers silently ignore it."""


class Token(NamedTuple):
    """One token of an answer with its log-probability, and the likeliest others."""

    text: str
    logprob: float
    others: tuple[tuple[str, float], ...] = ()


class Completion(NamedTuple):
    """One finished answer: whole, not empty, cleaned of what no store can hold."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    tokens: tuple[Token, ...] = ()
    """Only where log-probabilities were asked."""
    model: str = ""
    """The name that the server gave, where it is another than was asked."""


Reason = Literal["truncated", "empty", "filtered", "too_long", "schema", "refused", "malformed"]
"""Why a request got no answer: `length` reached, nothing said, content filter, prompt too long for the model, not
what the schema asks, refused by the server as it is, or unreadable however often it was asked."""


class Unanswered(EngineError):
    """This request gets no answer, while others may: the row is dropped with this reason, the run goes on."""

    def __init__(
        self, reason: Reason, note: str = "", text: str = "", *, prompt_tokens: int = 0, completion_tokens: int = 0
    ) -> None:
        """Keep the slug, the engine's own words, the raw text as far as it came, and the tokens that were paid."""
        super().__init__(f"{reason}: {note}" if note else reason)
        self.reason, self.note, self.text = reason, note, text
        self.prompt_tokens, self.completion_tokens = prompt_tokens, completion_tokens


class Fatal(EngineError):
    """The engine says never: quota, no such model. Nothing that is asked later would fare better."""

    exit_code = 5


class LoginRefused(Fatal):
    """The engine does not accept the key."""

    exit_code = 4


class Unreachable(EngineError):
    """The engine stayed away longer than its patience; the same command goes on from here later."""

    exit_code = 75


Outcome = Completion | Unanswered


class Engine(Protocol):
    """A running model."""

    async def complete(self, request: Request) -> Sequence[Outcome]:
        """`request.n` outcomes, in the order of the samples; what a sample lacks is `Unanswered`, never an empty text.

        Raises:
            Unanswered: the request itself is refused (prompt too long ...), so no sample can be had.
            Fatal: no request will be answered.
            Unreachable: patience is at its end.
        """
        ...

    async def close(self) -> None:
        """Give back processes, memory, connections."""
        ...


class Price(NamedTuple):
    """US dollars per million tokens."""

    prompt: NonNegativeFloat
    completion: NonNegativeFloat


class ModelSettings(Component):
    """What a recipe says of a model; each engine adds its own."""

    ways: ClassVar[frozenset[str]] = frozenset({"price", "concurrency"})
    """Settings on which no answer depends: how it is reached, not what it is. They are part of no digest, no store key
    and no card; an engine adds its own (`ways = ModelSettings.ways | {"base_url"}`)."""

    resident: ClassVar[bool] = False
    """True where the running engine holds the memory of this machine or of its GPU, so that several may not fit."""

    writes: ClassVar[bool] = True
    """True where the engine answers with text."""

    scores: ClassVar[bool] = False
    """True where the engine answers a conversation with a number: the text of the `Completion` is its `repr`."""

    model: Annotated[str, Field(min_length=1)]
    """The model's Hub id, its folder, or its name on the server."""
    revision: str = ""
    """The Hub revision: a commit, so that the answers can be had again."""
    license: str
    """The Hub's licence id under which the model's outputs may be used, such as apache-2.0."""
    price: Price | None = None
    """US dollars per million tokens, `[prompt, completion]`, for estimates and budgets."""
    concurrency: PositiveInt = 64
    """How many requests are in flight at once."""

    def identity(self) -> dict[str, Any]:
        """What an answer depends on, as plain JSON values: all settings but `ways`, as far as they are no defaults.

        So a setting that is added later, with what was done before as its default, leaves paid answers valid; a default
        is never changed.
        """
        return self.model_dump(mode="json", exclude=set(self.ways) | {"license"}, exclude_defaults=True)

    @property
    def width(self) -> int:
        """How many requests are worth having under way; an engine that finds out for itself says its most."""
        return self.concurrency

    @property
    def label(self) -> str:
        """How rows and cards name it: `id@revision`; of a folder on this machine, its name alone."""
        name = Path(self.model).name if Path(self.model).is_dir() else self.model
        return f"{name}@{self.revision}" if self.revision else name

    def missing(self) -> str:
        """The sentence with the pip line where a library is not installed; empty where all is there."""
        return ""

    async def start(self) -> Engine:
        """The running engine; called once per run, inside its event loop.

        Raises:
            DependencyError: a library is missing.
            EngineError: it can't be started.
        """
        raise NotImplementedError
