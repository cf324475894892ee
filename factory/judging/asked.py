"""What judges have in common that put rows to a model by a rubric: how it is asked, and whom it may not listen to."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from factory.component import Judge, ModelName, Run
from factory.engine import Sampling
from factory.errors import FactoryError
from factory.judging import canary
from factory.judging.addressing import addresses_judge
from factory.judging.conversation import BETWEEN, Language
from factory.judging.rubric import LANGUAGES, Rubric, rubrics
from factory.row import Message, Verdict
from factory.source.turns import shared

REFUSED = "addresses_judge"
"""The reason of rows that speak to the judge, and what they are counted under."""
FLAGGED = "speaks to the judge: {}"
PROMPT_FLAGGED = "the prompt speaks to the judge: {}"


class AskedModel(Judge):
    """A judge that asks a model by a rubric."""

    name: ClassVar[str] = ""
    """As verdicts and counts name it."""

    model: ModelName
    """The model that judges."""
    rubric: Annotated[str, Field(min_length=1)] = "mt_bench"
    """What is asked: a name in templates/prompts/<judge>, such as `mt_bench`, or a path to one's own `.j2` file."""
    language: Literal["auto", "ja", "en"] = "auto"
    """The language of the rubric; `auto`: that of the row."""
    reference: str = ""
    """The key of meta that holds a correct answer, which is shown."""
    samples: PositiveInt = 1
    """How often each question is asked."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    """0 gives the likeliest verdict; more than one sample needs more."""
    max_tokens: PositiveInt = 1024
    """The longest verdict with its reasons; a longer one has failed."""
    json_schema: bool = True
    """Whether JSON is asked for, and held to where the engine can; off for models that think aloud first."""
    canary_every: NonNegativeInt = 50
    """One row in so many brings a question with a known verdict; 0 for none."""
    injection: Literal["flag", "reject"] = "flag"
    """What becomes of rows that speak to the judge: they are counted, or are bad and not asked about."""
    max_failed: Annotated[float, Field(ge=0, le=1)] = 0.2
    """The share of verdicts, and of each model's, that may fail before the run stops; looked at from the fiftieth
    on."""
    keep_words: bool = False
    """Whether the model's words stay with the row, whose licence its terms then touch; off, none do, not even those
    that no verdict could be read in."""

    @property
    def keeps_text(self) -> bool:  # type: ignore[override]  # elsewhere of the class, here a setting says it
        """What `keep_words` says."""
        return self.keep_words

    @property
    def chosen_rubric(self) -> str:
        """The name or path of the rubric."""
        return self.rubric

    @cached_property
    def written(self) -> dict[Language, Rubric]:
        """The rubric in the languages that it has."""
        return rubrics(self.chosen_rubric, self.beside(""), self.name)

    @property
    def spoken(self) -> dict[Language, Rubric]:
        """The rubric for each language: its own, or the first."""
        known = self.written
        return {language: known.get(language) or next(iter(known.values())) for language in LANGUAGES}

    @property
    def sampling(self) -> Sampling:
        """How a verdict is drawn."""
        return Sampling(self.max_tokens, self.temperature)

    def check(self) -> list[str]:
        """A rubric or canaries that are not there or broken, and samples that would all be the same."""
        try:
            known = self.written
            for language in LANGUAGES if self.canary_every else ():
                canary.canaries(language)
        except FactoryError as error:
            return [str(error)]
        if self.language != "auto" and self.language not in known:
            return [f"language: the rubric {self.rubric!r} is not in {self.language}; it is in: {', '.join(known)}"]
        if self.samples > 1 and not self.temperature:
            return [f"samples: {self.samples} at temperature 0 are the same answer; set temperature, such as 0.7"]
        return []

    def fingerprint(self) -> str:
        """A hash of the rubric's files and the canaries'."""
        digests = [rubric.prompt.digest for _, rubric in sorted(self.written.items())]
        if self.canary_every:
            digests += [sha256(canary.path_of(language).read_bytes()).hexdigest() for language in LANGUAGES]
        return sha256("".join(digests).encode()).hexdigest()

    def flag(self, prompt: Iterable[str], texts: Iterable[str], run: Run) -> str:
        """What of a row speaks to the judge, as notes say it, which is counted; empty where nothing does."""
        asked = _speaking(prompt)
        found = asked or _speaking(texts)
        run.count(self.name, REFUSED, int(bool(found)))
        return (PROMPT_FLAGGED if asked else FLAGGED).format(found) if found else ""

    def flags(self, candidates: Mapping[str, Sequence[Message]], references: Iterable[str], run: Run) -> dict[str, str]:
        """`flag` of each of several answers to one prompt.

        What all have in common is one text that was written once, and is counted once; each answer counts for itself.

        Args:
            candidates: of each id the conversation that ends with its answer.
            references: the answers that they are held against.
            run: counts.
        """
        if not candidates:
            return {}
        first, *others = candidates.values()
        same = min([len(first) - 1, *(min(shared(first, one), len(one) - 1) for one in others)])
        common = self.flag((content for _, content in first[: max(same, 0)]), references, run)
        own = {
            id: self.flag((), (content for _, content in turns[max(same, 0) :]), run)
            for id, turns in candidates.items()
        }
        return {id: common or flag for id, flag in own.items()}

    def barred(self, flag: str) -> bool:
        """Whether a row with such words is not asked about."""
        return bool(flag) and self.injection == "reject"

    def refused(self, flag: str) -> Verdict:
        """The verdict on such a row."""
        return Verdict(self.name, False, None, REFUSED, flag)

    def note(self, flag: str, words: Sequence[str]) -> str:
        """The model's words where they are kept, else the row's own that speak to it."""
        return BETWEEN.join(words) if self.keep_words else flag

    def counted(self, verdict: Verdict, asked: bool, run: Run) -> Verdict:
        """Count a verdict: as judged or failed where the model was asked, else by why it was not."""
        if asked:
            run.count(self.name, "judged")
            run.count(self.name, "failed", int(verdict.passed is None))
        elif verdict.passed is None:
            run.count(self.name, verdict.reason)
        return verdict


def _speaking(texts: Iterable[str]) -> str:
    """The first words of texts that speak to the judge; empty where there are none."""
    return next((words for words in map(addresses_judge, texts) if words), "")
