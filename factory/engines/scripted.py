"""Answers from a script instead of a model: for tests, dry runs and the recipes that ship.

The first rule that fits the last turn (or the raw text) answers. Which of its texts is said depends on the prompt, the
seed and the place of the sample alone, never on the order of calls, so that a run is the same however it is scheduled.
"""

import asyncio
import re
from collections.abc import Sequence
from functools import cached_property
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat

from factory import strict_yaml
from factory.component import Component
from factory.engine import Completion, Fatal, ModelSettings, Outcome, Reason, Request, Unanswered
from factory.errors import RecipeError
from factory.settings import validated

PLACEHOLDERS = re.compile(r"\{\{ ?(n|last) ?\}\}")
"""`{{n}}` is a number that goes with prompt and sample, `{{last}}` the last line of the prompt."""

SEARCHED = 4000
"""Characters that a regular expression is let loose on."""


class Rule(BaseModel):
    """What is said to prompts that fit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: str = ""
    """A text that the last turn, or the raw text, must hold; empty fits all."""
    matches: Annotated[str, Field(max_length=200)] = ""
    """A regular expression that must be found in its last 4,000 characters too."""
    say: tuple[str, ...] = ()
    """The answers; one is chosen by the prompt and the sample. `{{n}}` in it is a number, `{{last}}` the last line."""
    fail: Reason | None = None
    """Give no answer, for this reason."""
    delay_s: NonNegativeFloat = 0.0
    """Seconds that the answer takes."""


class Script(Component):
    """What a script file holds."""

    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    """The rules, in the order in which they are tried."""


class Scripted(ModelSettings):
    """Says what a script says."""

    scores: ClassVar[bool] = True

    model: str = "scripted"
    """The name that rows and cards give it."""
    script: str = ""
    """A YAML file with `rules:`, beside the recipe."""
    rules: tuple[Rule, ...] = ()
    """The rules themselves, where there is no file; each `{when: text, say: [answers]}`."""

    def check(self) -> list[str]:
        """Whether there is a script, and each rule answers."""
        if bool(self.script) == bool(self.rules):
            return ["give either script, a YAML file, or rules"]
        try:
            return [complaint for rule in self.spoken for complaint in _complaints(rule)]
        except RecipeError as error:
            return [str(error)]

    def fingerprint(self) -> str:
        """A hash of the script file."""
        return sha256(_read(self.beside(self.script))).hexdigest() if self.script else ""

    @cached_property
    def spoken(self) -> tuple[Rule, ...]:
        """The rules, wherever they are.

        Raises:
            RecipeError: the file can't be read, or is no script.
        """
        return validated(Script, strict_yaml.load(self.beside(self.script))).rules if self.script else self.rules

    async def start(self) -> "Speaker":
        """The engine."""
        return Speaker(self)


class Speaker:
    """The engine of a script."""

    def __init__(self, settings: Scripted) -> None:
        """Compile the rules."""
        self._rules = [(rule, re.compile(rule.matches)) for rule in settings.spoken]
        self._slots = asyncio.Semaphore(settings.concurrency)

    async def complete(self, request: Request) -> Sequence[Outcome]:
        """What the first rule that fits says.

        Raises:
            Fatal: no rule fits.
        """
        text = request.prompt if isinstance(request.prompt, str) else request.prompt[-1].content
        end = text[-SEARCHED:]
        for rule, pattern in self._rules:
            if rule.when in text and pattern.search(end):
                break
        else:
            raise Fatal(f"no rule of the script fits {text[-80:]!r}; add one, or a last one without `when`")
        async with self._slots:
            if rule.delay_s:
                await asyncio.sleep(rule.delay_s)
        return [_said(rule, request, text, sample) for sample in range(request.n)]

    async def close(self) -> None:
        """Nothing is held."""


def _said(rule: Rule, request: Request, text: str, sample: int) -> Outcome:
    if rule.fail:
        return Unanswered(rule.fail, "the script says so", rule.say[0] if rule.say else "")
    place = sample + (request.sampling.seed or 0)
    digest = blake2b(f"{place}\x1f{request.prompt}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    number = int.from_bytes(digest, "big")
    last = text.rstrip().rpartition("\n")[2]
    values = {"n": str(number % 10**6), "last": last}
    answer = rule.say[number % len(rule.say)]
    said = PLACEHOLDERS.sub(lambda found: values[found[1]], answer)
    tokens = sum(len(turn.content) for turn in request.prompt) if not isinstance(request.prompt, str) else len(text)
    return Completion(said, prompt_tokens=-(-tokens // 4), completion_tokens=-(-len(said) // 4))


def _complaints(rule: Rule) -> list[str]:
    if not rule.say and not rule.fail:
        return [f"the rule for {rule.when or rule.matches!r} says nothing; give it say, a list of answers, or fail"]
    if not all(rule.say):
        return [f"the rule for {rule.when or rule.matches!r} has an empty answer; an answer holds text"]
    try:
        re.compile(rule.matches)
    except re.error as error:
        return [f"matches: {rule.matches!r} is no regular expression: {error}"]
    return []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecipeError(f"{path} can't be read: {error.strerror}") from error
