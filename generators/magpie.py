"""Questions that an instruct model thinks of itself, and its answers: Magpie, steered by topic, language and manner.

The model is given the text of its own chat template up to where the user's turn begins, and goes on: it writes what a
user would. That is raw completion, never a chat endpoint: a hosted server that only chats can't do it (it puts the
template around the text again, and the model greets); vLLM, SGLang and llama.cpp can, in process or by `/completions`.
A system message before the turn says what the user will ask about; for a template that shows no system message, such
as Gemma 2's, an exchange that came before says it. It is not part of the row. The answer is then asked in chat form.

A row (`ja`, 料理, `short`):

    user:       昆布だしを取るとき、沸騰させてはいけないのはなぜですか？
    assistant:  沸騰させると、昆布のぬめりや雑味が出てしまうためです。……

Source: Magpie, https://arxiv.org/abs/2406.08464; topics in the prompt: swallow-gemma-magpie-v0.1,
https://huggingface.co/datasets/tokyotech-llm/swallow-gemma-magpie-v0.1. What it leaves out: further turns, which
multi_turn adds, and the scoring of the answers, which is a judge's.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import yaml
from pydantic import Field, PositiveInt

from factory import chat_template, licence, prompts, topics
from factory.asking import answer_text
from factory.chat_template import ChatTemplate
from factory.collapse import answer_fault, user_turn_fault
from factory.component import Generator, Item, ModelName, Run
from factory.engine import Fatal, LoginRefused, ModelSettings, Request, Sampling
from factory.errors import RecipeError
from factory.in_order import InOrder
from factory.row import Message, Row, Verdict
from factory.similar import Near
from factory.topics import Topic

Language = Literal["ja", "en"]
JUDGE = "magpie"
PASSED = (Verdict(JUDGE, True),)
Weight = Annotated[float, Field(gt=0)]


class Setting(NamedTuple):
    """What one user's turn is to be about."""

    place: int
    language: Language
    topic: Topic
    manner: str


class State(NamedTuple):
    """What the items of a run share."""

    template: ChatTemplate
    order: InOrder
    questions: Near


class Magpie(Generator):
    """Opens the user's turn of a chat template, lets the model write it, and asks the answer to it."""

    replays: ClassVar[bool] = True

    model: ModelName
    """The model that writes the user's turns: an instruct model behind an engine that completes raw text."""
    answer_model: ModelName | None = None
    """The model that answers; the same one where nothing is said."""
    tokenizer: str = ""
    """The Hub id or folder of the tokenizer whose chat template is opened; empty: the model's own."""
    languages: dict[Language, Weight] = Field(default={"ja": 1.0, "en": 1.0}, min_length=1)
    """The share of each language."""
    topics: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)
    """Globs over topics, as self_instruct's: `俳句`, `Science`, `Science/Physics`."""
    manners: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """How the users write, names of templates/prompts/magpie/manners.yaml; all of them where nothing is said."""
    temperature: Annotated[float, Field(gt=0, le=2)] = 1.0
    """Of the user's turns; lower ones collapse into a few questions."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Of the user's turns."""
    max_question_tokens: PositiveInt = 512
    """A user's turn that is longer is dropped."""
    max_question_characters: PositiveInt = 2_000
    """A user's turn that is longer is dropped."""
    answer_temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    """Of the answers; 0 gives the likeliest one."""
    max_answer_tokens: PositiveInt = 2_048
    """An answer that is longer is dropped."""
    near: Annotated[float, Field(gt=0, le=1)] = 0.7
    """Questions that share this much of their character n-grams with an earlier one are dropped."""
    license: str = ""
    """The licence of the rows, where it is to be another than the models' come to and asks for as much."""

    def check(self) -> list[str]:
        """Manners and prompt files that are not there or broken, an unknown licence."""
        try:
            if self.license:
                licence.check(self.license)
            for language in self.languages:
                for style in ("system", "turns"):
                    if lacking := _prompt(style, language).lacking(("area", "field", "topic", "manner")):
                        return [lacking]
                if not self._topics(language):
                    return [f"topics: {', '.join(self.topics)} matches no topic in {language!r}; see templates/topics"]
        except RecipeError as error:
            return [str(error)]
        wrong = sorted(set(self.manners or ()) - manners().keys())
        return [f"manners: there is no {', '.join(wrong)}; there are: {', '.join(manners())}"] if wrong else []

    def check_models(self, models: Mapping[str, ModelSettings]) -> list[str]:
        """A licence that promises more than the models' allow."""
        try:
            licence.agreed((models[name].license for name in self._models()), self.license)
        except RecipeError as error:
            return [str(error)]
        return []

    def fingerprint(self) -> str:
        """A hash of the topics, the manners and the prompt files."""
        files = [_manners_path()]
        for language in sorted(self.languages):
            files.append(topics.path_of(language))
            files += [prompts.path_of(f"magpie/setting.{style}.{language}") for style in ("system", "turns")]
        return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()

    def items(self, run: Run) -> Iterator[Item]:
        """One row each: language and manner are drawn, and every topic comes before one comes again."""
        seen: Counter[Language] = Counter()
        orders: dict[Language, list[Topic]] = {}
        ways = self.manners or tuple(manners())
        for place in range(self.count):
            draw = run.random("magpie", "setting", place)
            language = draw.choices(tuple(self.languages), tuple(self.languages.values()))[0]
            cycle, at = divmod(seen[language], len(self._topics(language)))
            if not at:
                orders[language] = self._topics(language)
                run.random("magpie", "topics", language, cycle).shuffle(orders[language])
            seen[language] += 1
            yield Item(str(place), 1, Setting(place, language, orders[language][at], draw.choice(ways)))

    async def rows(self, item: Item, run: Run) -> Sequence[Row]:
        """One row, refused with its reason where the question or the answer is none."""
        setting: Setting = item.payload
        state = run.shared(lambda: self._opened(run))
        try:
            question = (await self._question(setting, state.template, run)).strip()
            fault = user_turn_fault(question, setting.language, state.template.special, self.max_question_characters)
            note = ""
            if not fault:
                await state.order.reached(setting.place)
                if earlier := state.questions.find(question):
                    fault, note = "near_duplicate", f"{earlier.similarity:.2f} to: {earlier.text}"
                else:
                    state.questions.add(question)
        finally:
            state.order.passed(setting.place)
        turns: tuple[Message, ...] = (Message("user", question),)
        if not fault:
            answer = await self._answer(turns, setting, run)
            fault = answer_fault(answer, question, setting.language, state.template.special)
            turns = (*turns, Message("assistant", answer))
        return [self._row(turns, setting, run, state, fault, note)]

    async def _question(self, setting: Setting, template: ChatTemplate, run: Run) -> str:
        prompt = template.pre_query(_before(setting, template.takes_system))
        sampling = Sampling(
            max_tokens=self.max_question_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            stop=template.stops,
            seed=_seed(run, "question", setting),
        )
        try:
            return await answer_text(run.engine(self.model), Request(prompt, sampling))
        except LoginRefused:
            raise
        except Fatal as error:
            raise Fatal(f"{error} (magpie asked it to go on with raw text; a server that only chats can't)") from error

    async def _answer(self, turns: tuple[Message, ...], setting: Setting, run: Run) -> str:
        seed = _seed(run, "answer", setting)
        sampling = Sampling(max_tokens=self.max_answer_tokens, temperature=self.answer_temperature, seed=seed)
        return (await answer_text(run.engine(self._models()[1]), Request(turns, sampling))).strip()

    def _row(self, turns: tuple[Message, ...], setting: Setting, run: Run, state: State, fault: str, note: str) -> Row:
        meta: dict[str, Any] = {
            "language": setting.language,
            "area": setting.topic.area,
            "field": setting.topic.field,
            "topic": setting.topic.name,
            "manner": setting.manner,
            "prompt": _prompt("system" if state.template.takes_system else "turns", setting.language).id,
        }
        labels = dict.fromkeys(run.engine(name).label for name in self._models())
        verdicts = (Verdict(JUDGE, False, 0.0, fault, note or turns[-1].content),) if fault else PASSED
        source = f"templates/topics/{setting.language}"
        return Row(turns, self._license(run), source, "magpie", " + ".join(labels), meta, verdicts)

    def _license(self, run: Run) -> str:
        return licence.agreed((run.engine(name).license for name in self._models()), self.license)

    def _topics(self, language: Language) -> list[Topic]:
        return list(topics.matching(topics.tree(language), self.topics))

    def _models(self) -> tuple[str, str]:
        return self.model, self.answer_model or self.model

    def _opened(self, run: Run) -> State:
        name, revision = (self.tokenizer, "") if self.tokenizer else run.engine(self.model).tokenizer
        return State(chat_template.load(name, revision), InOrder(), Near(self.near))


@cache
def manners() -> Mapping[str, Mapping[Language, str]]:
    """How the user writes, by name and language."""
    found: dict[str, dict[Language, str]] = yaml.safe_load(_manners_path().read_text(encoding="utf-8"))
    return found


def _manners_path() -> Path:
    return prompts.folder() / "magpie" / "manners.yaml"


def _before(setting: Setting, takes_system: bool) -> tuple[Message, ...]:
    """The turns that say what the user's turn is to be about."""
    prompt = _prompt("system" if takes_system else "turns", setting.language)
    turns = prompt.request_text(
        area=setting.topic.area,
        field=setting.topic.field,
        topic=setting.topic.name,
        manner=manners()[setting.manner][setting.language],
    )
    if isinstance(turns, str):
        raise RecipeError(f"{prompts.path_of(prompt.name)}: needs turns; begin with {{# system #}} or {{# user #}}")
    return turns


def _prompt(style: str, language: Language) -> prompts.Prompt:
    return prompts.load(f"magpie/setting.{style}.{language}")


def _seed(run: Run, step: str, setting: Setting) -> int:
    return run.random("magpie", step, setting.place).getrandbits(31)
