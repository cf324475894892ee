"""What a recipe says of how texts are translated."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from factory.component import ModelName
from factory.engine import Sampling
from factory.errors import RecipeError
from factory.source.settings import Location
from factory.translation import spans, wording
from factory.translation.glossary import Glossary, Written
from factory.translation.glossary import read as read_glossary
from factory.translation.languages import Languages
from factory.translation.wording import Wording

Role = Literal["system", "user", "assistant"]
Code = Annotated[str, Field(pattern=r"^[a-z]{2}$")]


class Translation(BaseModel):
    """The model that translates, from which language into which, and how it is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: ModelName
    """The model that translates."""
    source_language: Code = "en"
    """The language of the texts, a code of two letters; rows in another one are refused."""
    target_language: Code = "ja"
    """The language into which they are translated."""
    prompt: Location = "chat"
    """How it is asked: `chat`, for instruct models; `base`, examples as a text to go on with, for models without a chat
    template; or a .j2 file of your own, from the recipe's folder on."""
    examples: Location | None = None
    """A YAML file of texts in both languages, `[{en: ..., ja: ...}]`, for a prompt that shows examples; those that ship
    (English and Japanese) where nothing is said."""
    style: dict[Role, str] = {}
    """Role to style, of Japanese `polite` (です・ます) or `plain` (だ・である); polite where nothing is said."""
    glossary: Written | Location = Field(default={})
    """Fixed terms and names, {Tokyo Tower: 東京タワー}, with a list where several will do; or a YAML file of them."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """How often a text is asked for at most; what was wrong is named when it is asked again."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    """Of the first attempt; 0 takes the likeliest words."""
    retry_temperature: Annotated[float, Field(ge=0, le=2)] = 0.5
    """Of the further ones."""
    max_tokens: PositiveInt = 4_096
    """The most tokens of one answer; what is longer is refused as truncated."""
    stop: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """What else ends an answer, for a prompt of your own."""
    piece_characters: Annotated[int, Field(ge=100, le=1_000_000)] = 2_000
    """Texts that are longer are cut at the borders of paragraphs, and asked for piece by piece."""
    context_characters: Annotated[int, Field(ge=0, le=1_000_000)] = 6_000
    """How much of what stands before is shown with a piece, text and translation together."""
    mark: Annotated[str, Field(max_length=20)] = spans.STYLE
    """How marks are written that stand for formulas, links and other spans to be kept, {} being the number."""

    @property
    def languages(self) -> Languages:
        """From which into which."""
        return Languages(self.source_language, self.target_language)

    def sampling(self, attempt: int, seed: int, stop: tuple[str, ...]) -> Sampling:
        """How the answer of an attempt is drawn; the seed makes each attempt an answer of its own."""
        temperature = self.retry_temperature if attempt else self.temperature
        return Sampling(self.max_tokens, temperature, stop=(*stop, *self.stop), seed=seed)

    def worded(self, folder: Path) -> Wording:
        """The words in which the model is asked; paths begin at the folder.

        Raises:
            RecipeError: a file can't be read, or lacks what is needed.
        """
        return wording.wording(self.prompt, self.examples, self.languages, self.style, self.mark, folder)

    def terms(self, folder: Path) -> Glossary:
        """The fixed terms; a path begins at the folder.

        Raises:
            RecipeError: the file can't be read.
        """
        return Glossary(read_glossary(folder / self.glossary) if isinstance(self.glossary, str) else self.glossary)

    def translation_faults(self, folder: Path) -> Iterator[str]:
        """What is wrong with the settings beyond their types, one sentence each."""
        if self.source_language == self.target_language:
            yield f"target_language: {self.target_language!r} is the source_language too; name two languages"
            return
        try:
            spans.mask("", self.mark)
        except ValueError as error:
            yield f"mark: {self.mark!r}: {error}"
        try:
            self.worded(folder)
            self.terms(folder)
        except RecipeError as error:
            yield str(error)

    def data_digest(self, folder: Path) -> str:
        """A hash of the prompt, the examples and the glossary."""
        return f"{self.worded(folder).digest} {self.terms(folder).digest}"
