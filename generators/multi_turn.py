"""Further turns for conversations that exist: the user's next message, written by a model, and the answer to it.

Each turn is of a kind drawn for it (asking for more, for an example, for a change ...), so that the user does not
always say "tell me more". The source is a dataset made here, or any JSONL or Parquet file with `messages`; its rows are
taken in order. A row names the one that it extends in `meta.parent`.

The licence of a row is what those of its source and of the models come to. Where the source says none, the recipe has
to say it (`license`), and nothing is asked before it is known.

A row (one turn added, kind `constraint`):

    user:       3泊4日の北海道旅行の計画を立ててください。
    assistant:  1日目：……
    user:       車を使わず、電車とバスだけで回れる計画に変えてください。
    assistant:  1日目：……

Source: the second turns of lmsys-chat-1m-synth (Gemma 2), with which Llama 3.1 Swallow v0.3 was tuned,
https://huggingface.co/datasets/tokyotech-llm/lmsys-chat-1m-synth. What it leaves out: their scoring of the second
answers (9 of 10 and above kept), which is a judge's.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import yaml
from pydantic import Field, PositiveInt

from factory import licence, prompts
from factory.asking import answer_text
from factory.collapse import answer_fault, farewells, user_turn_fault, without_label
from factory.component import Generator, Item, ModelName, Run, Source
from factory.engine import ModelSettings, Request, Sampling
from factory.errors import DatasetError, RecipeError
from factory.language import language
from factory.row import Message, Row, Verdict
from factory.similar import containment, similarity
from factory.source import conversations as source
from factory.source.settings import Location

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")
JUDGE = "multi_turn"
PASSED = (Verdict(JUDGE, True),)
MOST_TURNS = 8
COPIED_CHARACTERS = 20
"""A message at least this long whose n-grams are all in an earlier turn is a copy of it."""


class Fault(NamedTuple):
    """Why a row is refused: the slug, and what the model wrote."""

    reason: str
    text: str


class MultiTurn(Generator):
    """Writes the user's next turn and the answer to it, so often as is asked."""

    source: Location
    """What is extended: the folder of a dataset made here, or a .jsonl or .parquet file with `messages`; a path that
    begins at the recipe's folder."""
    model: ModelName
    """The model that writes the user's turns."""
    answer_model: ModelName | None = None
    """The model that answers; the same one where nothing is said."""
    turns: Annotated[int, Field(ge=1, le=MOST_TURNS)] = 1
    """How many turns, each a user's message and its answer, are added to a row."""
    kinds: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """What the user's turns do, names of templates/prompts/multi_turn/kinds.yaml; all of them where nothing is said."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 1.0
    """Of the user's turns."""
    max_user_tokens: PositiveInt = 512
    """A user's turn that is longer is dropped."""
    max_user_characters: PositiveInt = 1_000
    """A user's turn that is longer is dropped."""
    answer_temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    """Of the answers; 0 gives the likeliest one."""
    max_answer_tokens: PositiveInt = 2_048
    """An answer that is longer is dropped."""
    license: str = ""
    """The licence of the source, where it says none, or of the rows, where that asks for as much as they come to."""

    def check(self) -> list[str]:
        """A source that can't be read, kinds and prompt files that are not there or broken, an unknown licence."""
        try:
            if self.license:
                licence.check(self.license)
            source.facts(self.beside(self.source))
            for each in LANGUAGES:
                if lacking := _prompt(each).lacking(("messages", "kind")):
                    return [lacking]
        except (RecipeError, DatasetError) as error:
            return [str(error)]
        wrong = sorted(set(self.kinds or ()) - kinds().keys())
        return [f"kinds: there is no {', '.join(wrong)}; there are: {', '.join(kinds())}"] if wrong else []

    def sources(self) -> Sequence[Source]:
        """The conversations that are extended."""
        return (Source(Path(self.source).name, tuple(source.facts(self.beside(self.source)).licenses)),)

    def check_models(self, models: Mapping[str, ModelSettings]) -> list[str]:
        """A source that says no licence where the recipe says none, or a recipe that promises more than is allowed."""
        licenses = [models[name].license for name in self._models()]
        try:
            for licensed in source.facts(self.beside(self.source)).licenses:
                licence.agreed((licensed, *licenses), self.license)
        except (RecipeError, DatasetError) as error:
            return [str(error)]
        return []

    def fingerprint(self) -> str:
        """A hash of the source, the kinds and the prompt files."""
        digest = sha256(source.facts(self.beside(self.source)).digest.encode())
        for path in (_kinds_path(), *(prompts.path_of(_prompt(each).name) for each in LANGUAGES)):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def items(self, run: Run) -> Iterator[Item]:
        """One row of the source each, from its first on."""
        path = self.beside(self.source)
        facts = source.facts(path)
        if facts.rows < self.count:
            run.short(f"multi_turn {self.source}", self.count, facts.rows)
        for place, row in enumerate(islice(source.conversations(path), self.count)):
            yield Item(f"{place}/{row.id}", 1, row)

    async def rows(self, item: Item, run: Run) -> Sequence[Row]:
        """The row with its further turns, or refused with the reason."""
        parent: source.Conversation = item.payload
        messages, used = parent.messages, []
        spoken = language("\n".join(message.content for message in messages if message.role == "user"))
        fault = _unusable(messages, spoken)
        if not fault and (spoken == "ja" or spoken == "en"):
            for turn in range(self.turns):
                kind = run.random("multi_turn", item.key, turn).choice(self.kinds or tuple(kinds()))
                used.append(kind)
                messages, fault = await self._turn(messages, kind, spoken, f"{item.key}/{turn}", run)
                if fault:
                    break
        meta = {"language": spoken, "parent": parent.id, "turns": len(used), "kinds": used}
        verdicts = (Verdict(JUDGE, False, 0.0, fault.reason, fault.text),) if fault else PASSED
        labels = dict.fromkeys(run.engine(name).label for name in self._models())
        license = self._license(parent.license, run)
        return [Row(messages, license, Path(self.source).name, "multi_turn", " + ".join(labels), meta, verdicts)]

    async def _turn(
        self, before: tuple[Message, ...], kind: str, spoken: Language, key: str, run: Run
    ) -> tuple[tuple[Message, ...], Fault | None]:
        """The conversation with one more turn, as far as it came."""
        asked = _prompt(spoken).request_text(messages=before, kind=kinds()[kind][spoken])
        seeds = run.random("multi_turn", "seeds", key)
        sampling = Sampling(self.max_user_tokens, self.temperature, seed=seeds.getrandbits(31))
        raw = await answer_text(run.engine(self.model), Request(asked, sampling))
        text = without_label(raw)
        messages = (*before, Message("user", text))
        if reason := self._user_fault(text, before, spoken):
            return messages, Fault(reason, raw)
        sampling = Sampling(self.max_answer_tokens, self.answer_temperature, seed=seeds.getrandbits(31))
        answer = (await answer_text(run.engine(self._models()[1]), Request(messages, sampling))).strip()
        reason = answer_fault(answer, text, spoken, ()) or ("answer_repeats" if _repeats(answer, before, 0.9) else "")
        return (*messages, Message("assistant", answer)), Fault(reason, answer) if reason else None

    def _user_fault(self, text: str, before: Sequence[Message], spoken: Language) -> str:
        if reason := user_turn_fault(text, spoken, (), self.max_user_characters):
            return reason
        if farewells(text):
            return "farewell"
        return "repeats" if _repeats(text, before, 0.7) else ""

    def _models(self) -> tuple[str, str]:
        return self.model, self.answer_model or self.model

    def _license(self, licensed: str, run: Run) -> str:
        return licence.agreed((licensed, *(run.engine(name).license for name in self._models())), self.license)


def _unusable(messages: Sequence[Message], spoken: str) -> Fault | None:
    """Why a conversation can't be extended."""
    if spoken not in LANGUAGES:
        return Fault("source_language", messages[-1].content)
    if messages[-1].role != "assistant" or messages[0].role == "assistant":
        return Fault("source_turns", messages[-1].content)
    return None


def _repeats(text: str, before: Sequence[Message], near: float) -> bool:
    """Whether a turn is nearly one that was there, or a piece of it."""
    turns = [message.content for message in before if message.role != "system"]
    if any(similarity(text, turn) >= near for turn in turns):
        return True
    return len(text) >= COPIED_CHARACTERS and any(containment(text, turn) >= 0.95 for turn in turns)


@cache
def kinds() -> Mapping[str, Mapping[Language, str]]:
    """What a user's turn does, by name and language."""
    found: dict[str, dict[Language, str]] = yaml.safe_load(_kinds_path().read_text(encoding="utf-8"))
    return found


def _kinds_path() -> Path:
    return prompts.folder() / "multi_turn" / "kinds.yaml"


def _prompt(spoken: Language) -> prompts.Prompt:
    return prompts.load(f"multi_turn/user_turn.chat.{spoken}")
