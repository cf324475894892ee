r"""Drops translations that are none, by rules that read them beside their source.

The source lies in a row's meta, where the generator `translate` puts it: a list of turns with `role` and `content` (of
a pair the prompt and the better answer, the worse one under a key of its own), or the text of the row's last turn
alone; or turn by turn under several keys. Parallel data of others bring theirs with `keep`, which copies columns to
meta (`recipes/gates/translation.yaml`):

    factory gate rows.jsonl -r recipes/gates/translation.yaml -o out/good --set 'generate.0.keep=[source_messages]'
    factory gate lines.jsonl -r recipes/gates/translation.yaml -o out/good --set 'generate.0.columns={text: ja}' \
        --set 'generate.0.keep=[en]' --set judge.0.source=en
    factory gate answers.jsonl ... --set 'generate.0.keep=[question_en, answer_en]' \
        --set 'judge.0.source=[question_en, answer_en]'

What the checks can and can't see: `factory.translation.checks`; their thresholds and what those were set on:
`factory.translation.beside`; recall by kind of fault and false alarms on pairs that people translated:
`benchmarks/translation.py`.

Reasons: `empty`, `copied`, `untranslated`, `foreign_script`, `chinese_leak`, `refusal`, `answered` (instead of
translated), `meta_words`, `translator_note`, `repetition`, `garbled`, `truncated`, `code_changed`, `formula_changed`,
`link_changed`, `placeholder_changed`, `tags_changed`, `mark_left`, `role_markers`, `turns_lost`, and the soft ones
`too_short`, `too_long`, `numbers_changed`, `structure_lost`, `politeness_mixed`, `untranslated`. The first hard one of
a row counts, else its first soft one; `too_long` is hard where a text has over 100,000 characters, which are not read.
Unjudged: `no_source`, and `unreadable_source` where what lies there is no conversation. The score is 1 without faults,
less a quarter for each soft one, and 0 with a hard one; the note has every fault with its place.

Whether the words are right no rule says. A model's opinion is had from the judge `llm` with its rubric `translation`,
which is shown the source; it reads rows that end with an answer:

    judge:
      - use: translation
      - {use: llm, model: judge, rubric: translation, reference: source_messages, threshold: 7}

What it leaves out: translating back and comparing, which costs as much as such an opinion and says less.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from factory.component import Judge, Run
from factory.row import Message, Pair, Row, Verdict, turns_in
from factory.translation.beside import Limits
from factory.translation.checks import Fault, Reason, conversations_faults
from factory.translation.languages import Languages

NAME = "translation"
Unjudged = Literal["no_source", "unreadable_source", "untranslatable"]

_SOFT_COST = 0.25
_NOTE = 400
_LIMITS = Limits()

Turns = tuple[Message, ...]
Code = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Key = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class Translation(Judge):
    """Passes the rows that are translations of their sources, as far as rules can tell."""

    source: Key | Annotated[tuple[Key, ...], Field(min_length=1)] = "source_messages"
    """The key of meta that holds the source; or several, with the text of one turn each, in their order."""
    source_rejected: Key = "source_rejected"
    """The key of meta that holds the source of a pair's rejected side; without it only the chosen side is read."""
    source_language: Code = "en"
    """The language of the sources, a code of two letters."""
    target_language: Code = "ja"
    """The language of the rows; Japanese is looked at closest."""
    soft: Literal["drop", "keep"] = "drop"
    """What becomes of rows that have soft faults alone: they fail, or pass with a lower score."""
    ignore: tuple[Reason, ...] = ()
    """Faults that don't count."""
    shortest: Annotated[float, Field(gt=0, le=1)] = _LIMITS.shortest
    """The least length, of what is usual for the languages: 0.30 characters of Japanese for one of English."""
    longest: Annotated[float, Field(ge=1)] = _LIMITS.longest
    """The most length: 1.15 characters of Japanese for one of English."""
    slack: NonNegativeInt = _LIMITS.slack
    """Characters that a text may be beyond both."""
    paragraphs: Share = _LIMITS.paragraphs
    """The least share of the source's paragraphs, where it has at least five."""
    entries: Share = _LIMITS.entries
    """The least share of the source's entries of lists and rows of tables."""
    copied_grams: Share = _LIMITS.copied_grams
    """By how much more of a translation's 20-grams may be copies of earlier ones than of the source's."""
    least_sentences: PositiveInt = _LIMITS.least_sentences
    """How many sentences of the rarer style make a mixture of です・ます and だ・である."""
    least_share: Annotated[float, Field(gt=0, le=0.5)] = _LIMITS.least_share
    """What share of both the rarer style must be."""

    def check(self) -> list[str]:
        """Two languages that are one."""
        if self.source_language == self.target_language:
            return [f"target_language: {self.target_language!r} is the source_language too; name two languages"]
        return []

    @property
    def limits(self) -> Limits:
        """The thresholds."""
        return Limits(*(getattr(self, name) for name in Limits._fields))

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row on all its turns, of a pair on both sides."""
        sides = [self._sides(row) for row in rows]
        flat = [one for side in sides if not isinstance(side, str) for one in side]
        found = iter(
            conversations_faults(
                [source for source, _ in flat],
                [target for _, target in flat],
                Languages(self.source_language, self.target_language),
                self.limits,
            )
        )
        return [
            _unread(side) if isinstance(side, str) else self._verdict([fault for _ in side for fault in next(found)])
            for side in sides
        ]

    def _sides(self, row: Row | Pair) -> list[tuple[Turns, Turns]] | Unjudged:
        """The source and translation of a row, or of a pair's two sides; or why they can't be had."""
        target = row.messages if isinstance(row, Row) else (*row.prompt, *row.chosen)
        given: list[tuple[Any, Turns]] = [(self._source(row, target), target)]
        if isinstance(row, Pair) and row.meta.get(self.source_rejected) is not None:
            given.append((row.meta[self.source_rejected], row.rejected))
        sides: list[tuple[Turns, Turns]] = []
        for value, translated in given:
            if value is None:
                return "untranslatable" if row.meta.get("untranslatable") else "no_source"
            if isinstance(value, str):
                sides.append(((translated[-1]._replace(content=value),), translated[-1:]))
            elif source := turns_in(value):
                sides.append((source, translated))
            else:
                return "unreadable_source"
        return sides

    def _source(self, row: Row | Pair, target: Turns) -> Any:
        """What meta holds as the source; of several keys the turns of the translation with their texts."""
        if isinstance(self.source, str):
            return row.meta.get(self.source)
        texts = [row.meta.get(key) for key in self.source]
        if None in texts:
            return None
        roles = [turn.role for turn in target] + ["more"] * len(texts)
        return [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]

    def _verdict(self, faults: Sequence[Fault]) -> Verdict:
        counted = [fault for fault in faults if fault.reason not in self.ignore]
        if not counted:
            return Verdict(NAME, True, 1.0)
        hard = [fault for fault in counted if fault.hard]
        first = (hard or counted)[0]
        note = "; ".join(f"{fault.reason}: {fault.note}" if fault.note else fault.reason for fault in counted)[:_NOTE]
        if hard:
            return Verdict(NAME, False, 0.0, first.reason, note)
        score = max(0.0, 1 - _SOFT_COST * len(counted))
        if self.soft == "keep":
            return Verdict(NAME, True, score, "", note)
        return Verdict(NAME, False, score, first.reason, note)


def _unread(why: Unjudged) -> Verdict:
    """What is said of a row without a source: one that was left in its language since it has to be passes."""
    return Verdict(NAME, True, None, "", why) if why == "untranslatable" else Verdict(NAME, None, None, why)
