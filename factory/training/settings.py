"""What a training recipe says, whichever trainer it uses; a trainer adds fields of its own.

TRL's settings stand under `args` by TRL's names: none is renamed, so that TRL's documentation is the documentation.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PositiveInt

from factory.columns import Kind
from factory.licence.policy import Policy
from factory.source.settings import Location, Source, Text

NOT_DECONTAMINATED = "not_decontaminated"


class Start(BaseModel):
    """A model to begin with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Location
    """A Hub id, or a folder from the recipe's folder on."""
    revision: Text = "main"
    """Of a Hub id: a branch, a tag or, so that it never changes, a commit."""
    license: str = ""
    """The Hub id of its licence; that of its training.json or the table of models where nothing is said."""


class Portion(Source):
    """One dataset of a mix."""

    weight: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """Its share among the datasets; its size where nothing is said. Nothing is taken twice."""


class Stage(BaseModel):
    """One part of a training: it begins where the last one ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")]
    """What its metrics are filed under: lower-case letters, digits, `_`, `-`."""
    datasets: Annotated[tuple[Portion, ...], Field(min_length=1)]
    """What it is trained on."""
    count: PositiveInt | None = None
    """How many rows to take of the mix, at most; as many as the proportions allow where nothing is said."""
    args: dict[str, JsonValue] = {}
    """TRL's settings for this stage; they come before those of the recipe."""


class Training(BaseModel):
    """The settings that every trainer of a recipe has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    takes: ClassVar[Kind] = "rows"
    """What its datasets hold: conversations or preference pairs."""
    configuration: ClassVar[str] = "SFTConfig"
    """TRL's class of the settings under `args`."""
    staged: ClassVar[bool] = False
    """Whether its recipe may have stages."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")]
    """The name of the model that comes out: letters, digits, `.`, `_`, `-`; at most 96."""
    description: str = ""
    """What the model is for; a sentence or two for its card."""
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    """The seed of the mix and of the training."""
    model: Start
    """The model to begin with."""
    datasets: tuple[Portion, ...] = ()
    """What it is trained on: folders of datasets made here, or Hub ids, each with a weight."""
    count: PositiveInt | None = None
    """How many rows to take of the mix, at most; as many as the proportions allow where nothing is said."""
    stages: tuple[Stage, ...] = ()
    """Instead of `datasets`: several trainings, each from the end of the last one."""
    policy: Policy = "open"
    """Which licences data may have, as in the recipe of a dataset: `research` also lets in what a released model may
    not be trained on."""
    allow: tuple[Literal["not_decontaminated"], ...] = ()
    """Checks that are passed over: `not_decontaminated`, data in which no benchmark was looked for."""
    tune: Literal["full", "lora", "qlora"] = "full"
    """Which weights learn: all; low-rank adapters; adapters over a model of 4 bits. Adapters are merged at the end."""
    lora: dict[str, JsonValue] = {}
    """The settings of adapters, by the names of PEFT's LoraConfig."""
    args: dict[str, JsonValue] = {}
    """TRL's settings, by TRL's names."""

    @property
    def parts(self) -> tuple[Stage, ...]:
        """The stages with all that they say; one where the recipe has none."""
        stages = self.stages or (Stage(name="train", datasets=self.datasets, count=self.count),)
        return tuple(stage.model_copy(update={"args": {**self.args, **stage.args}}) for stage in stages)

    def check(self) -> list[str]:
        """Stages and datasets at once or neither, stages of one name, weights that only some have."""
        if self.stages and not self.staged:
            return ["stages: this trainer takes `datasets`; write a recipe for each stage"]
        if bool(self.stages) == bool(self.datasets):
            return ["write `datasets`, or `stages` with datasets of their own" + (", not both" if self.stages else "")]
        if self.stages and self.count:
            return ["count: give it to each of the stages"]
        names = [stage.name for stage in self.stages]
        if doubled := [name for name in names if names.count(name) > 1]:
            return [f"stages: two are named {doubled[0]!r}; give each its own name"]
        for stage in self.parts:
            if len({one.weight is None for one in stage.datasets}) > 1:
                return ["datasets: some have a `weight` and some have none; give it to all, or to none to go by size"]
        if self.lora and self.tune == "full":
            return ["lora: these are for `tune: lora` or `tune: qlora`"]
        return []
