"""The words in which a model is asked for a translation: prompt file, languages, styles, examples, faults.

The text to translate is untrusted, and mostly an instruction: it stands between tags with a number that its author
can't know (`factory.judging.fence`). The number comes from the run's seed and from all that is asked, so that the same
text in the same context is asked in the same words and paid once, however many rows hold it.
"""

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from factory import prompts, strict_yaml
from factory.answers.key import canonical
from factory.component import Run
from factory.errors import RecipeError
from factory.judging.fence import fence, harmless
from factory.row import Message
from factory.settings import nearest
from factory.translation.glossary import Term
from factory.translation.languages import Languages

FOLDER = "translate"
SHIPPED = ("chat", "base")
GIVEN = (
    "text", "nonce", "role", "source_language", "target_language", "context", "terms", "marks", "style", "faults",
    "examples",
)  # fmt: skip
"""What a prompt may be filled in with.

`context` is a list of `role`, `source`, `target`; `terms` and `examples` of `source`, `target`; `marks` the signs that
must come back; `faults` of `said`, a sentence on the last attempt, and `note`, the place. Texts and notes are harmless,
and the prompt puts the tags around.
"""
MOST_EXAMPLES = 100
_NOTE = 200
_MARK = re.compile(r"⟦(\d{1,3})⟧")
"""As examples write marks."""
_ECHO = re.compile(r"</?(?:text|source|target|translation|quote)-[0-9a-f]{16}>")
_ROLES = {
    "user": "message of the user",
    "assistant": "message of the assistant",
    "system": "instructions for the assistant",
    "other": "another answer of the assistant",
}
"""As prompts call them."""


class Part(NamedTuple):
    """A text that is translated already."""

    role: str
    source: str
    target: str


class Told(NamedTuple):
    """What a model is told of a fault of its last attempt."""

    said: str
    """Our sentence."""
    note: str
    """The place, mostly in the words of the text or of the model: untrusted as they are."""


class Asked(NamedTuple):
    """What is asked for."""

    role: str
    text: str
    """With its marks."""
    marks: tuple[str, ...] = ()
    context: tuple[Part, ...] = ()
    terms: tuple[Term, ...] = ()
    faults: tuple[Told, ...] = ()
    """Of the last attempt."""
    attempt: int = 0


class Worded(NamedTuple):
    """A question that is ready to be asked."""

    prompt: tuple[Message, ...] | str
    nonce: str
    seed: int

    @property
    def opening(self) -> str:
        """What stands before the translation."""
        return f"<translation-{self.nonce}>"

    @property
    def closing(self) -> str:
        """What ends it."""
        return f"</translation-{self.nonce}>"


class Wording(NamedTuple):
    """How one pair of languages is asked for."""

    prompt: prompts.Prompt
    names: Languages
    """What the languages are called."""
    style: Mapping[str, str]
    """The name of the style, by role; empty where there is none."""
    sentences: Mapping[str, str]
    """What is said of each style."""
    examples: tuple[Part, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of all that the model is told beside the texts."""
        told = [self.prompt.digest, self.names, dict(self.style), dict(self.sentences), self.examples, fault_words()]
        return sha256(canonical(told, sort=True)).hexdigest()

    def asking(self, asked: Asked, run: Run) -> Worded:
        """The question in words.

        Raises:
            RecipeError: the prompt does with a value what can't be done.
        """
        drawn = run.random("translate", sha256(canonical([self.names, asked])).hexdigest())
        texts = [asked.text, *(text for part in asked.context for text in part[1:])]
        texts += [fault.note for fault in asked.faults]
        nonce = fence({f"t{place}": text for place, text in enumerate(texts)}, drawn).nonce
        told = self.prompt.request_text(
            text=harmless(asked.text),
            nonce=nonce,
            role=_ROLES.get(asked.role, asked.role),
            source_language=self.names.source,
            target_language=self.names.target,
            context=[Part(_ROLES.get(role, role), *map(harmless, texts)) for role, *texts in asked.context],
            terms=asked.terms,
            marks=asked.marks,
            style=self.sentences.get(self.style.get(asked.role, ""), ""),
            faults=[fault._replace(note=harmless(fault.note)) for fault in asked.faults],
            examples=self.examples,
        )
        return Worded(told, nonce, drawn.getrandbits(31))


def wording(
    prompt: str, examples: str | None, languages: Languages, style: Mapping[Any, str], mark: str, folder: Path
) -> Wording:
    """The words for these settings; paths begin at the folder.

    Raises:
        RecipeError: a language, style or file is not known, or lacks what is needed; with what would be right.
    """
    known = language_names()
    for setting, code in zip(("source_language", "target_language"), languages, strict=True):
        if code not in known:
            raise RecipeError(f"{setting}: {code!r} is not known; there are: {', '.join(known)}")
    if not prompt.endswith(".j2") and prompt not in SHIPPED:
        raise RecipeError(f"prompt: there is no {prompt!r}; there are: {', '.join(SHIPPED)}, or write a path to a .j2")
    own = prompt.endswith(".j2")
    found = prompts.own(folder / prompt, "prompt")[0] if own else prompts.load(f"{FOLDER}/text.{prompt}.en")
    if lacking := found.lacking(GIVEN):
        raise RecipeError(lacking)
    if "text" not in found.variables:
        raise RecipeError(f"{prompts.path_of(found.name)}: shows no text; use {{{{ text }}}} in it")
    shows = "examples" in found.variables
    if examples is not None and not shows:
        raise RecipeError(f"examples: the prompt {prompt!r} shows none; use `base`, or take them out")
    if style and "style" not in found.variables:
        raise RecipeError(f"style: the prompt {prompt!r} asks for none; give `examples` in that style, or take it out")
    shown = _examples(folder / examples if examples else _shipped("examples"), languages, mark) if shows else ()
    sentences: dict[str, str] = _yaml("styles").get(languages.target, {})
    return Wording(
        found,
        Languages(known[languages.source], known[languages.target]),
        _styles(style, sentences, languages.target) if "style" in found.variables else {},
        sentences,
        shown,
    )


def language_names() -> Mapping[str, str]:
    """What the languages are called, by code."""
    names: dict[str, str] = _yaml("languages")
    return names


def fault_words() -> Mapping[str, str]:
    """A sentence for each fault, by its reason."""
    words: dict[str, str] = _yaml("faults")
    return words


def told(reason: str, note: str) -> Told:
    """What a model is told of a fault."""
    return Told(fault_words()[reason], " ".join(note.split())[:_NOTE])


def _styles(asked: Mapping[str, str], known: Mapping[str, str], target: str) -> Mapping[str, str]:
    """The style of each role."""
    for role, name in asked.items():
        if name not in known:
            near = nearest(name, known)
            there = f"there are: {', '.join(known)}" if known else f"none is known for {target!r}; take it out"
            raise RecipeError(f"style: {role}: there is no {name!r}; {near}{there}")
    usual = next(iter(known), "")
    return {role: asked.get(role, usual) for role in ("system", "user", "assistant")} if usual else {}


def _examples(path: Path, languages: Languages, mark: str) -> tuple[Part, ...]:
    """What is shown, with marks as the recipe writes them."""
    document = strict_yaml.load(path)
    try:
        written = TypeAdapter(list[dict[str, str]]).validate_python(document.data)
    except ValidationError as error:
        right = "a list of texts in both languages, [{en: ..., ja: ...}]"
        raise RecipeError(f"examples: {path}: write {right}") from error
    both = [one for one in written if one.get(languages.source) and one.get(languages.target)]
    if not both:
        raise RecipeError(
            f"examples: {path} has none in {languages.source!r} and {languages.target!r}; "
            "give a file with texts in both"
        )
    texts = [[_MARK.sub(lambda sign: mark.replace("{}", sign[1]), one[code]) for code in languages] for one in both]
    return tuple(Part("", source, target) for source, target in texts[:MOST_EXAMPLES])


@cache
def _yaml(name: str) -> Any:
    return strict_yaml.load(_shipped(name)).data


def _shipped(name: str) -> Path:
    return prompts.folder() / FOLDER / f"{name}.yaml"


def fenced(text: str) -> bool:
    """Whether a text holds tags of a prompt."""
    return _ECHO.search(text) is not None
