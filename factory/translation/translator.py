"""One text after another into another language: asked, checked, asked again with the fault named, or given up.

A text goes through these steps, piece by piece: code is copied, spans are masked, the model is asked, spans are put
back, the translation is looked at by every check. What is wrong is named in the next attempt. Where marks got lost
twice, the next attempt is asked without them. A hard fault in the last attempt gives the whole text up; a soft one does
not, and stays known.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from factory.component import Run
from factory.engine import Request, Unanswered
from factory.row import Message
from factory.text_rules.politeness import style
from factory.translation import checks, reply, wording
from factory.translation.glossary import Term
from factory.translation.pieces import pieces, says_nothing
from factory.translation.settings import Translation
from factory.translation.spans import Masked, SpanFault, mask, unmask
from factory.translation.wording import Asked, Part

LOSSES = 2
"""After so many answers from which the spans could not be put back, a text is asked for as it is."""
NOTE = 10_000
"""The most characters that are kept of why a text was given up."""
UNSPACED = frozenset({"ja", "zh", "th"})
"""Languages that write no space between sentences."""
BROKEN = "\ufffd"
"""What stands for bytes that are no letter."""
UNANSWERED = {
    "truncated": "truncated",
    "empty": "empty",
    "filtered": "filtered",
    "too_long": "prompt_too_long",
    "refused": "server_refused",
    "malformed": "malformed",
    "schema": "malformed",
}
"""What an engine's reason is called."""


class NotTranslated(Exception):
    """A text was given up."""

    def __init__(self, reason: str, note: str) -> None:
        """Keep the reason, a slug, and every attempt with the last reply."""
        super().__init__(reason)
        self.reason, self.note = reason, note[:NOTE]


class Problem(NamedTuple):
    """What is wrong with one attempt."""

    reason: str
    hard: bool
    note: str = ""


class Attempt(NamedTuple):
    """What came of asking once."""

    text: str
    problems: tuple[Problem, ...]
    raw: str


class Translator:
    """How texts are translated, for any run."""

    def __init__(self, settings: Translation, folder: Path) -> None:
        """Read prompt, examples and glossary.

        Raises:
            RecipeError: a file can't be read, or lacks what is needed.
        """
        self.settings = settings
        self.wording = settings.worded(folder)
        self.glossary = settings.terms(folder)

    async def piece(self, role: str, text: str, context: Sequence[Part], run: Run) -> "Piece":
        """The translation of a piece.

        Raises:
            NotTranslated: no attempt was good enough.
        """
        tried: list[Attempt] = []
        for number in range(self.settings.attempts):
            reasons = [one.reason for attempt in tried for one in attempt.problems]
            bare = sum(reason.startswith("mark_") and reason != "mark_left" for reason in reasons) >= LOSSES
            masked = Masked(text, (), (), self.settings.mark) if bare else mask(text, self.settings.mark)
            if says_nothing(masked.prose):
                return Piece(text)
            seen = () if "prompt_too_long" in reasons else self._recent(context)
            told = tuple(wording.told(one.reason, one.note) for one in (tried[-1].problems if tried else ()))
            asked = Asked(role, masked.text, _marks(masked), seen, self._terms(masked), told, number)
            attempt = await self._attempt(asked, masked, text, run)
            if not attempt.problems:
                return Piece(attempt.text, (), number + 1, int(bare))
            tried.append(attempt)
        good = [attempt for attempt in tried if not any(problem.hard for problem in attempt.problems)]
        if good:
            best = min(good, key=lambda attempt: len(attempt.problems))
            return Piece(best.text, tuple(one.reason for one in best.problems), len(tried), 0)
        raise NotTranslated(_gravest(tried[-1]).reason, _story(tried))

    async def _attempt(self, asked: Asked, masked: Masked, source: str, run: Run) -> Attempt:
        worded = self.wording.asking(asked, run)
        sampling = self.settings.sampling(asked.attempt, worded.seed, (worded.closing,))
        (outcome,) = await run.engine(self.settings.model).complete(Request(worded.prompt, sampling))
        if isinstance(outcome, Unanswered):
            problem = Problem(UNANSWERED[outcome.reason], True, "" if outcome.text else outcome.note)
            return Attempt("", (problem,), outcome.text)
        said = reply.read(outcome.text, worded)
        if not said:
            return Attempt("", (Problem("empty", True),), outcome.text)
        if wording.fenced(said):
            return Attempt("", (Problem("fence_left", True),), outcome.text)
        try:
            target = unmask(masked, said)
        except SpanFault as fault:
            return Attempt("", (Problem(f"mark_{fault.reason}", True, fault.note),), outcome.text)
        return Attempt(target, self._problems(asked, source, target), outcome.text)

    def _problems(self, asked: Asked, source: str, target: str) -> tuple[Problem, ...]:
        """What the checks say, with the terms and the style that were asked for."""
        if fault := checks.too_long_to_read(source, target):
            return (Problem(*fault),)
        found = [Problem(*fault) for fault in checks.faults(source, target, self.settings.languages)]
        if BROKEN in target and BROKEN not in source:
            found.append(Problem("malformed", True, "letters that are cut in two"))
        if lacking := [term for term in asked.terms if term in self.glossary.missing(term.source, target)]:
            terms = ", ".join(f"{term.source} → {term.target}" for term in lacking)
            found.append(Problem("glossary", True, terms))
        if example := _other_style(target, self.wording.style.get(asked.role, "")):
            found.append(Problem("style", False, example))
        return tuple(found)

    def _terms(self, masked: Masked) -> tuple[Term, ...]:
        return tuple(self.glossary.inside(masked.prose))

    def _recent(self, context: Sequence[Part]) -> tuple[Part, ...]:
        """The last parts, as many as may be shown."""
        left, found = self.settings.context_characters, list[Part]()
        for part in reversed(context):
            left -= len(part.source) + len(part.target)
            if left < 0:
                break
            found.append(part)
        return tuple(reversed(found))


class Piece(NamedTuple):
    """A piece that is done."""

    text: str
    faults: tuple[str, ...] = ()
    """The soft ones that stayed."""
    attempts: int = 0
    unmasked: int = 0
    """1 where it was asked without marks."""


@dataclass(slots=True)
class Work:
    """One row on its way: what is done of it is what the rest is read in."""

    translator: Translator
    run: Run
    parts: list[Part] = field(default_factory=list)
    known: dict[tuple[str, str], Piece] = field(default_factory=dict)
    """So that what stands twice in a row, as in both answers of a pair, is translated alike."""
    faults: dict[str, None] = field(default_factory=dict)
    attempts: int = 0
    """The most that any piece took."""
    unmasked: int = 0
    """How many pieces were asked without marks."""

    async def turn(self, turn: Message) -> Message:
        """A turn in the other language.

        Raises:
            NotTranslated: a piece of it was given up.
        """
        settings, texts = self.translator.settings, list[str]()
        for one in pieces(turn.content.replace("\r\n", "\n"), settings.piece_characters):
            if one.code or says_nothing(one.text):
                texts.append(one.whole)
                continue
            done = await self._done(turn.role, one.text)
            texts.append(f"{one.before}{done.text}{one.after}")
        return Message(turn.role, joined(texts, settings.target_language))

    async def _done(self, role: str, text: str) -> Piece:
        """A piece, which is asked for once in a row."""
        done = self.known.get((role, text))
        if done is None:
            done = self.known[role, text] = await self.translator.piece(role, text, self.parts, self.run)
            self.parts.append(Part(role, text, done.text))
            self.faults |= dict.fromkeys(done.faults)
            self.attempts = max(self.attempts, done.attempts)
            self.unmasked += done.unmasked
        return done

    async def turns(self, turns: Sequence[Message]) -> tuple[Message, ...]:
        """Turns in the other language, one after another.

        Raises:
            NotTranslated: one was given up.
        """
        return tuple([await self.turn(turn) for turn in turns])

    def look(self, source: Sequence[Message], target: Sequence[Message]) -> None:
        """Look at a whole conversation.

        Raises:
            NotTranslated: something is wrong that no single piece tells.
        """
        for fault in checks.conversation_faults(source, target, self.translator.settings.languages):
            if fault.hard:
                raise NotTranslated(fault.reason, fault.note)
            self.faults[fault.reason] = None


def joined(texts: Sequence[str], language: str) -> str:
    """Parts of a text as one; sentences that were cut apart are put together as the language writes them."""
    space = "" if language in UNSPACED else " "
    found = ""
    for text in texts:
        begun, end = text.lstrip(" \t"), found.rstrip(" \t")
        same_line = found and not end.endswith("\n") and not begun.startswith("\n")
        found = f"{end}{space}{begun}" if same_line else found + text
    return found


def _marks(masked: Masked) -> tuple[str, ...]:
    return tuple(masked.style.replace("{}", str(number)) for number in range(len(masked.spans)))


def _gravest(attempt: Attempt) -> Problem:
    return next((problem for problem in attempt.problems if problem.hard), attempt.problems[0])


def _story(tried: Sequence[Attempt]) -> str:
    """Every attempt in a line, then the last reply as it came."""
    lines = [
        f"attempt {number}: " + "; ".join(" ".join([one.reason, *one.note.split()]) for one in attempt.problems)
        for number, attempt in enumerate(tried, 1)
    ]
    return "\n".join([*lines, tried[-1].raw])


def _other_style(text: str, asked: str) -> str:
    """A sentence in the other style, where at least two are and the style that was asked for is the rarer one."""
    if asked not in ("polite", "plain"):
        return ""
    found = style(text)
    right, wrong = (found.polite, found.plain) if asked == "polite" else (found.plain, found.polite)
    return f"{wrong} sentences of {wrong + right} are not {asked}" if wrong >= 2 and wrong > right else ""
