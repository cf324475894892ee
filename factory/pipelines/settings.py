"""What a pipeline's file says: settings, and stages in their order, some of them in rounds."""

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PositiveInt

from factory.versions import PACKAGE

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
Reference = Annotated[str, Field(pattern=r"^\$[a-z][a-z0-9_/-]{0,120}$")]
Recipe = Annotated[str, Field(min_length=1, max_length=1_000)] | dict[str, JsonValue]
"""The path of a recipe, from the pipeline's folder on, or the recipe itself."""

ROUND = "round"
"""What stands for the number of a round, from 1."""


class Kind(NamedTuple):
    """What one kind of stage is to a pipeline."""

    command: str
    """Its command of `factory`."""
    manifest: str = ""
    """The file in its folder whose presence means complete; empty where the command makes no folder."""
    versions: tuple[str, ...] = (PACKAGE,)
    """The packages on whose versions its result depends, so that another version does it anew."""


KINDS: Mapping[str, Kind] = {
    "model": Kind("new-model", "model.json", (PACKAGE, "torch", "transformers")),
    "generate": Kind("generate", "manifest.json"),
    "gate": Kind("gate", "manifest.json"),
    "train": Kind("train", "training.json", (PACKAGE, "torch", "transformers", "trl", "accelerate")),
    "merge": Kind("merge", "merge.json", (PACKAGE, "numpy")),
    "evaluate": Kind("evaluate", "evaluation.json"),
    "publish": Kind("publish"),
}
"""The kinds of stages. What a model answered is stored and paid for, so that no version of an engine is among them."""


class Launch(BaseModel):
    """How a training is spread over the devices of this machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    use: Literal["ddp", "fsdp2", "zero3"]
    """The configuration that ships for accelerate."""
    processes: PositiveInt = 8
    """How many devices; the batch of all of them is so many times that of one."""


class StageSettings(BaseModel):
    """One stage; which kind it is says the one key that names a recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Recipe | None = None
    """A model of random weights, as `factory new-model` makes it."""
    generate: Recipe | None = None
    """A recipe of a dataset."""
    gate: Recipe | None = None
    """What the rows of `dataset` have to pass, as `factory gate` takes it."""
    train: Recipe | None = None
    """A training recipe."""
    merge: Recipe | None = None
    """The recipe of a merge."""
    evaluate: Recipe | None = None
    """A recipe of an evaluation."""
    publish: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Where `dataset` is published: a Hub id, namespace/name."""
    set: dict[Annotated[str, Field(min_length=1)], JsonValue] = {}
    """Changes of the recipe, `key.path: value`."""
    rows: PositiveInt | Reference | None = None
    """Of `generate`: rows in all. Of `gate`: how many rows it takes at most."""
    dataset: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None
    """Of `gate` and `publish`: the dataset, a stage as `$name`, a Hub id or a path from the pipeline's folder on."""
    license: str = ""
    """Of `gate`: the licence of a dataset that says none."""
    short: Literal["go_on", "stop"] = "go_on"
    """What a dataset with fewer rows than asked means: the run goes on with it, or stops. Generators that sample and
    judge come out short as a rule, and an empty dataset is refused by whatever takes it."""
    launch: Launch | None = None
    """Of `train`: over which devices; one where nothing is said."""

    @property
    def kinds(self) -> list[str]:
        """Those that it names; a stage has one."""
        return [kind for kind in KINDS if getattr(self, kind) is not None]


class Carry(BaseModel):
    """What a round hands to the next one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: JsonValue
    """What it stands for in the first round, as `$sft`."""
    then: JsonValue
    """What it stands for in later ones, as `$dpo`: a stage of the round before."""


class Group(BaseModel):
    """Stages that are done several times, each round from the end of the last one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repeat: Annotated[int, Field(ge=1, le=1_000)] | Reference
    """How many rounds."""
    carry: dict[Name, Carry] = {}
    """What changes from round to round: `policy: {first: $sft, then: $dpo}`; stages refer to it as `$policy`."""
    stages: Annotated[dict[Name, StageSettings], Field(min_length=1)]
    """The stages of a round, in their order."""


class Head(BaseModel):
    """What a pipeline's file says beside its stages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")]
    """The pipeline's name: letters, digits, `.`, `_`, `-`; at most 96."""
    description: str = ""
    """What comes out of it."""
    settings: dict[Name, JsonValue] = {}
    """Values that stages refer to as `$name`, and that `--set name=value` changes: text, numbers, lists, mappings."""
    stages: Annotated[dict[Name, dict[str, JsonValue]], Field(min_length=1)]
    """The stages in their order: `name: {kind: recipe}`, or `name: {repeat: 3, carry: ..., stages: ...}`."""
