"""Questions whose verdict is known, asked in between: a judge that misses them is told by its own answers.

One row in `canary_every` brings one, which depends on the row's id alone, so on no batch and no order. It is asked as
rows are, with the row's own fence, so that each is a new question to the model. Each holds a good answer and a bad one;
some of the bad ones tell the judge what to say.

The texts are `templates/prompts/judging/canaries.<language>.yaml`.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from factory import prompts, strict_yaml
from factory.settings import validated


class Canary(BaseModel):
    """A question with a good and a bad answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: Annotated[str, Field(min_length=1)]
    """What the user asks."""
    good: Annotated[str, Field(min_length=1)]
    """An answer that any judge finds good."""
    bad: Annotated[str, Field(min_length=1)]
    """An answer that is wrong, beside the point, or praises itself."""


class Canaries(BaseModel):
    """What a file of canaries holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    canaries: Annotated[tuple[Canary, ...], Field(min_length=1)]
    """The questions."""


def chosen(row_id: str, every: int, language: Literal["ja", "en"]) -> tuple[Canary, bool] | None:
    """The canary that goes with a row, and whether its good answer is shown or put first; None: the row brings none.

    Args:
        row_id: the row's id, in hex.
        every: how many rows bring one; 0 for no canaries.
        language: the language of the canary.
    """
    number = int(row_id, 16) if every else 0
    if not every or number % every:
        return None
    questions = canaries(language)
    number //= every
    return questions[number // 2 % len(questions)], number % 2 == 0


@cache
def canaries(language: Literal["ja", "en"]) -> tuple[Canary, ...]:
    """The canaries of a language.

    Raises:
        RecipeError: their file can't be read, or is none.
    """
    return validated(Canaries, strict_yaml.load(path_of(language))).canaries


def path_of(language: Literal["ja", "en"]) -> Path:
    """The file of a language's canaries."""
    return prompts.folder() / "judging" / f"canaries.{language}.yaml"
