"""Rubrics: what a judge is asked, and on which scale it answers.

One is a prompt file (`factory.prompts`), `templates/prompts/llm/<name>.<language>.j2`, with a comment that gives its
scale, `{# scale: 1 to 10 #}`; a rubric that orders several answers (it uses `candidates`) has none. One that makes no
sense without a reference says `{# needs: reference #}`, and no canaries are asked by it. Its texts come fenced, so that
no rubric has to see to that. A user's own is a path beside the recipe: `rubric: rubrics/mine.j2`.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from factory import prompts
from factory.errors import RecipeError
from factory.judging.conversation import Language as Language
from factory.prompts import Prompt

LANGUAGES: tuple[Language, ...] = ("ja", "en")
GIVEN = ("prompt", "answer", "candidates", "reference", "turns", "nonce", "as_json", "low", "high")
"""What a rubric may be filled in with.

`prompt` is the conversation up to the answer, `candidates` a list of `label` and `text`, `turns` how often the user
speaks, `nonce` how the fences end, `as_json` whether JSON is wanted; `reference` is empty where there is none.
"""
MOST_STEPS = 100
"""Whole numbers that a scale may hold and still be given one by one."""

_SCALE = re.compile(
    r"\{#-?\s*scale:\s*([0-9]{1,4}(?:\.[0-9]{1,2})?)\s*(?:to|-)\s*([0-9]{1,4}(?:\.[0-9]{1,2})?)\s*-?#\}"
)
_NEEDS_REFERENCE = re.compile(r"\{#-?\s*needs:\s*reference\s*-?#\}")


class Rubric(NamedTuple):
    """A rubric in one language."""

    prompt: Prompt
    scale: tuple[float, float] | None
    """The lowest and the highest score."""
    needs_reference: bool = False
    """Whether it says nothing without a reference, as one that holds a translation against its source."""

    @property
    def low(self) -> float:
        """The lowest score."""
        return self.scale[0] if self.scale else 0.0

    @property
    def high(self) -> float:
        """The highest score."""
        return self.scale[1] if self.scale else 0.0

    @property
    def lists(self) -> bool:
        """Whether it orders several answers."""
        return "candidates" in self.prompt.variables

    def text(self, values: Mapping[str, Any]) -> Any:
        """The prompt with these values, and the scale.

        Raises:
            RecipeError: it does with a value what can't be done.
        """
        low, high = (int(end) if end == int(end) else end for end in (self.low, self.high))
        empty = {"prompt": "", "answer": "", "candidates": [], "reference": "", "turns": 1}
        return self.prompt.request_text(**{**empty, "low": low, "high": high, **values})

    def complaint(self) -> str:
        """What is wrong with it; empty where nothing is."""
        path = prompts.path_of(self.prompt.name)
        if lacking := self.prompt.lacking(GIVEN):
            return lacking
        if not self.lists and "answer" not in self.prompt.variables:
            return f"{path}: shows no answer; use {{{{ answer }}}}, or candidates where it orders several"
        if not self.lists and self.scale is None:
            return f"{path}: says no scale; write a line such as {{# scale: 1 to 10 #}} below its first turn"
        if not self.lists and self.low >= self.high:
            return f"{path}: its scale is {self.low:g} to {self.high:g}; the first must be the lower one"
        candidates = [{"label": label, "text": "..."} for label in "AB"]
        for as_json in (True, False):
            try:
                self.text({"candidates": candidates, "answer": "...", "nonce": "0", "as_json": as_json})
            except RecipeError as error:
                return str(error)
        return ""

    def schema(self) -> dict[str, Any]:
        """What a JSON answer that gives a score must fit."""
        whole = self.low == int(self.low) and self.high == int(self.high) and self.high - self.low <= MOST_STEPS
        score: dict[str, Any] = {"type": "number", "minimum": self.low, "maximum": self.high}
        if whole:
            score = {"type": "integer", "enum": list(range(int(self.low), int(self.high) + 1))}
        return closed({"reason": {"type": "string"}, "score": score})


def closed(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an object that holds these and nothing else."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def rubrics(name: str, beside: Path, judge: str = "llm") -> dict[Language, Rubric]:
    """The rubric of that name in each language that it is written in; of a path, the same for all.

    Args:
        name: of a file of templates/prompts/<judge>, without its language; or a path that ends in `.j2`.
        beside: where the path begins.
        judge: whose rubrics they are.

    Raises:
        RecipeError: there is none, or it is no prompt file.
    """
    if name.endswith(".j2"):
        own = _read((beside / name).absolute())
        return dict.fromkeys(LANGUAGES, own)
    paths = {language: prompts.path_of(f"{judge}/{name}.{language}") for language in LANGUAGES}
    found = {language: path for language, path in paths.items() if re.fullmatch(r"\w+", name) and path.is_file()}
    if not found:
        known = sorted({path.name.split(".")[0] for path in (prompts.folder() / judge).glob("*.j2")})
        raise RecipeError(f"rubric: there is no {name!r}; there are: {', '.join(known)}, or write a path ending in .j2")
    return {language: _read(path) for language, path in found.items()}


def _read(path: Path) -> Rubric:
    prompt, source = prompts.own(path, "rubric")
    scale = _SCALE.search(source)
    ends = (float(scale[1]), float(scale[2])) if scale else None
    return Rubric(prompt, ends, _NEEDS_REFERENCE.search(source) is not None)
