"""What the generators that sample answers have in common: the policy that answers, and the judges that score."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from factory.component import ModelName
from factory.engine import ModelSettings, Sampling
from factory.part import Judges, judge_of, numbered
from factory.row import called

Combine = Literal["mean", "standardized"]


class Policy(BaseModel):
    """The model that answers, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: ModelName
    """The policy: the checkpoint that answers. Prompts are conversations, so that it needs a chat template."""
    temperature: Annotated[float, Field(gt=0, le=2)] = 1.0
    """Of its answers."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Of its answers."""
    max_tokens: PositiveInt = 2_048
    """An answer that is longer is no candidate."""

    def sampling(self, seed: int) -> Sampling:
        """How an answer is drawn."""
        return Sampling(self.max_tokens, self.temperature, self.top_p, seed=seed)

    def no_template(self, models: Mapping[str, ModelSettings]) -> list[str]:
        """What is wrong with the policy as far as it is a folder here: a base model has no chat template."""
        return no_template(models, self.model)


class Scoring(BaseModel):
    """The judges that score answers, and what their scores come to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: Annotated[Judges, Field(min_length=1)]
    """The judges that score the answers, each `use: name` with its settings; what one can't score is no candidate."""
    weights: tuple[PositiveFloat, ...] = ()
    """The weight of each judge, where there are several; 1 each where nothing is said."""
    combine: Combine = "mean"
    """What several scores come to: `mean`, as they are; `standardized`, each judge's own in standard deviations from
    its mean over the answers to the prompt, for judges of different scales."""

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each judge; the second of one name has a number."""
        return tuple(called(part.name, number) for part, number in zip(self.score, numbered(self.score), strict=True))

    def scoring_faults(self, threshold: float | None = None) -> list[str]:
        """What is wrong with them: a judge that does not rate answers, weights that are not one for each."""
        faults = [
            f"score: {part.name} does not rate answers (its score is no measure of how good one is); it belongs under "
            "`judge:`"
            for part in self.score
            if not judge_of(part).rates
        ]
        if self.weights and len(self.weights) != len(self.score):
            faults.append(f"weights: {len(self.weights)} for {len(self.score)} judges; give one for each, or none")
        if self.combine == "standardized" and threshold is not None:
            faults.append(
                "threshold: has no meaning for `standardized` scores, whose mean is 0 for each prompt; take it out, or "
                "use `combine: mean` with `weights`"
            )
        return faults


def no_template(models: Mapping[str, ModelSettings], name: str) -> list[str]:
    """What is wrong with a model that is asked with conversations, as far as it is a folder here."""
    settings = models[name]
    if not hasattr(settings, "tokenizer"):
        return []
    folder = Path(settings.tokenizer or settings.model)
    if not folder.is_dir() or _has_template(folder):
        return []
    return [
        f"model: {name!r} ({folder.name}) has no chat template, and prompts are conversations: name a tuned "
        "model, or set `tokenizer` of the model to a folder whose tokenizer_config.json has one"
    ]


def _has_template(folder: Path) -> bool:
    if any((folder / name).is_file() for name in ("chat_template.jinja", "chat_template.json")):
        return True
    if (folder / "additional_chat_templates").is_dir():
        return True
    config = folder / "tokenizer_config.json"
    if not config.is_file():
        return True  # nothing is known: Mistral's own format, for one
    try:
        found: Any = orjson.loads(config.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return True  # the engine says better what is wrong with it
    return bool(isinstance(found, dict) and found.get("chat_template"))
