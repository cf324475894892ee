"""What tells a bad translation beside its source, by rules.

A hard fault makes a translation useless; a soft one (a number, a length, a part left as it was, form, politeness)
lowers it, and a recipe may still keep it. Most checks look at one cheap sign first and read the texts only where it is
there.

Source: the checks of FastAPI's documentation (code, links and headings counted), the filters of NeMo Curator and
OpusFilter (length ratio, numerals), and thresholds measured by `benchmarks/translation.py`. What they leave out:
whether the words are right. For that there are judges that ask a model, such as `llm` with a rubric for translations.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from factory.row import Message
from factory.text_rules.characters import Class, counts, pack
from factory.text_rules.chinese import leaks
from factory.text_rules.politeness import Style, style
from factory.text_rules.repetition import GRAM, LEAST, TIMES, repetitions
from factory.translation import answered, form, kept, remainder, said, sense
from factory.translation.beside import Beside, Limits
from factory.translation.languages import Languages

Reason = Literal[
    "empty", "copied", "untranslated", "foreign_script", "chinese_leak", "refusal", "answered", "meta_words",
    "translator_note", "repetition", "garbled", "truncated", "code_changed", "formula_changed", "link_changed",
    "placeholder_changed", "tags_changed", "mark_left", "role_markers", "turns_lost", "too_short", "too_long",
    "numbers_changed", "structure_lost", "politeness_mixed",
]  # fmt: skip

Check = Callable[[Beside], str]

_CHECKS: tuple[tuple[Reason, bool, Check], ...] = (
    ("copied", True, remainder.copied),
    ("refusal", True, said.refused),
    ("answered", True, answered.answered),
    ("meta_words", True, said.announced),
    ("translator_note", True, said.noted),
    ("role_markers", True, said.labels),
    ("mark_left", True, kept.mark_left),
    ("repetition", True, sense.looped),
    ("garbled", True, sense.garbled),
    ("truncated", True, form.truncated),
    ("foreign_script", True, remainder.foreign_script),
    ("untranslated", False, remainder.untranslated),
    ("untranslated", False, sense.transliterated),
    ("too_short", False, form.too_short),
    ("too_long", False, form.too_long),
    ("numbers_changed", False, kept.numbers_changed),
    ("structure_lost", False, form.structure_lost),
)
_SPAN_CHECKS: tuple[tuple[Reason, bool, Check], ...] = (
    ("code_changed", True, kept.code_changed),
    ("formula_changed", True, kept.formula_changed),
    ("link_changed", True, kept.link_changed),
    ("placeholder_changed", True, kept.placeholder_changed),
    ("tags_changed", True, kept.tags_changed),
)
"""Where the source has spans that a translation must keep."""
_ALL_CHECKS = (*_SPAN_CHECKS, *_CHECKS)
_COMPLETE: frozenset[Reason] = frozenset(("copied", "refusal"))
"""After these nothing else is worth saying: there is no translation."""
_LEAST_KANJI = 7
"""From how many kanji a sentence without kana may be Chinese: fewer than in other texts, for it had an original."""
_KUTEN, _ASCII_END, _NEWLINE = int(Class.KUTEN), int(Class.ASCII_END), int(Class.NEWLINE)
_KANJI, _CHINESE_ONLY, _RARE_KANJI = int(Class.KANJI), int(Class.CHINESE_ONLY), int(Class.RARE_KANJI)
_SENTENCE_ENDS = tuple("。．！？.!?")
_NOTE = 80
READ = 100_000
"""The most characters of a text, source or translation; what is longer is not looked at but called too long."""
_LEAST_LOOP = 80
"""Characters from which a text is looked at for repetitions."""
_ENGLISH_TO_JAPANESE = Languages()
_LIMITS = Limits()


class Fault(NamedTuple):
    """What is wrong with a translation."""

    reason: Reason
    hard: bool
    note: str = ""
    """The place in question, in words for a prompt that asks again."""


def faults(
    source: str, target: str, languages: Languages = _ENGLISH_TO_JAPANESE, limits: Limits = _LIMITS
) -> list[Fault]:
    """What is wrong with the translation of one text (one turn), hard faults first; empty where nothing is."""
    return faults_of([source], [target], languages, limits)[0]


def faults_of(
    sources: Sequence[str],
    targets: Sequence[str],
    languages: Languages = _ENGLISH_TO_JAPANESE,
    limits: Limits = _LIMITS,
) -> list[list[Fault]]:
    """`faults` of many texts at once, each with the source at its place: much faster than one by one."""
    long = {
        at: fault for at, both in enumerate(zip(sources, targets, strict=True)) if (fault := too_long_to_read(*both))
    }
    if long:
        sources, targets = ([("" if at in long else one) for at, one in enumerate(of)] for of in (sources, targets))
    before, after = counts(pack(sources)).tolist(), counts(pack(targets)).tolist()
    found = [
        _of_one(Beside(*one, languages, limits, *classes))
        for one, classes in zip(zip(sources, targets, strict=True), zip(before, after, strict=True), strict=True)
    ]
    _add_repetitions(found, sources, targets, after, limits)
    if languages.target == "ja":
        _add_chinese(found, sources, targets, after)
        ends = [classes[_KUTEN] + classes[_ASCII_END] for classes in after]
        for own, target, sentences in zip(found, targets, ends, strict=True):
            if sentences >= 2 * limits.least_sentences and (note := _mixed([style(target)], limits)):
                own.append(Fault("politeness_mixed", False, note))
    for at, fault in long.items():
        found[at] = [fault]
    return found


def too_long_to_read(*texts: str) -> Fault | None:
    """The fault of a text that is longer than what is read."""
    longest = max(map(len, texts), default=0)
    if longest <= READ:
        return None
    return Fault("too_long", True, f"{longest:,} characters; {READ:,} are read at most")


def conversation_faults(
    source: Sequence[Message],
    target: Sequence[Message],
    languages: Languages = _ENGLISH_TO_JAPANESE,
    limits: Limits = _LIMITS,
) -> list[Fault]:
    """What is wrong with a translated conversation: lost turns and changed roles, then the faults of its turns.

    The style of the assistant's turns is also compared between turns. A reason comes once, with its first note.
    """
    return conversations_faults([source], [target], languages, limits)[0]


def conversations_faults(
    sources: Sequence[Sequence[Message]],
    targets: Sequence[Sequence[Message]],
    languages: Languages = _ENGLISH_TO_JAPANESE,
    limits: Limits = _LIMITS,
) -> list[list[Fault]]:
    """`conversation_faults` of many conversations at once."""
    lost = [_lost(source, target) for source, target in zip(sources, targets, strict=True)]
    whole = [at for at, fault in enumerate(lost) if not fault]
    turns = iter(
        faults_of(
            [turn.content for at in whole for turn in sources[at]],
            [turn.content for at in whole for turn in targets[at]],
            languages,
            limits,
        )
    )
    found: list[list[Fault]] = [[fault] if fault else [] for fault in lost]
    for at in whole:
        of_turns = [fault for _ in targets[at] for fault in next(turns)]
        if languages.target == "ja" and len(targets[at]) > 1:
            answers = [turn.content for turn in targets[at] if turn.role == "assistant"]
            if len(answers) > 1 and (note := _mixed([style(text) for text in answers], limits)):
                of_turns.append(Fault("politeness_mixed", False, note))
        if not of_turns:
            continue
        first = {fault.reason: fault for fault in reversed(of_turns)}
        found[at] = sorted(first.values(), key=lambda fault: (not fault.hard, of_turns.index(fault)))
    return found


def _of_one(both: Beside) -> list[Fault]:
    if not both.target_end:
        return [Fault("empty", True)] if both.source_end else []
    found: list[Fault] = []
    for reason, hard, check in _ALL_CHECKS if both.source_spans else _CHECKS:
        if note := check(both):
            if reason in _COMPLETE:
                return [Fault(reason, hard, note)]
            found.append(Fault(reason, hard, note))
    return found


def _add_repetitions(
    found: Sequence[list[Fault]],
    sources: Sequence[str],
    targets: Sequence[str],
    counted: Sequence[Sequence[int]],
    limits: Limits,
) -> None:
    long = [
        at
        for at, (target, classes) in enumerate(zip(targets, counted, strict=True))
        if len(target) >= _LEAST_LOOP and _may_repeat(target, classes)
    ]
    after = repetitions([targets[at] for at in long])
    doubtful = [
        (at, one) for at, one in zip(long, after, strict=True) if one.reason or (one.share or 0) > limits.copied_grams
    ]
    before = repetitions([sources[at] for at, _ in doubtful])
    for (at, one), own in zip(doubtful, before, strict=True):
        more = (one.share or 0) - (own.share or 0) > limits.copied_grams
        if not own.reason and (one.reason or more):
            found[at].insert(0, Fault("repetition", True, one.piece[:_NOTE]))


def _may_repeat(text: str, classes: Sequence[int]) -> bool:
    """Whether `repetitions` may find anything; of a short text this is told cheaply.

    Without four sentences or a period it has 20-grams twice, and each of them holds a block of ten that begins at a
    multiple of ten.
    """
    ends = classes[_KUTEN] + classes[_ASCII_END] + classes[_NEWLINE] + text.count(".")
    sentences = ends if text.endswith(_SENTENCE_ENDS) else ends + 1
    if len(text) >= LEAST or sentences >= TIMES or "http" in text or "```" in text or "~~~" in text:
        return True
    for place in range(0, len(text) - GRAM // 2 + 1, GRAM // 2):
        if text.find(text[place : place + GRAM // 2]) < place:
            return True
    return False


def _add_chinese(
    found: Sequence[list[Fault]], sources: Sequence[str], targets: Sequence[str], after: Sequence[Sequence[int]]
) -> None:
    some = [
        at for at, classes in enumerate(after) if classes[_KANJI] + classes[_CHINESE_ONLY] + classes[_RARE_KANJI] >= 2
    ]
    for at, leak in zip(
        some, leaks([targets[at] for at in some], [sources[at] for at in some], _LEAST_KANJI), strict=True
    ):
        if leak.sentences:
            found[at].insert(0, Fault("chinese_leak", True, leak.sentences[0][:_NOTE]))


def _mixed(styles: Sequence[Style], limits: Limits) -> str:
    """A sentence of the rarer style, where both are mixed."""
    polite, plain = sum(one.polite for one in styles), sum(one.plain for one in styles)
    rarer = min(polite, plain)
    if rarer < limits.least_sentences or rarer < limits.least_share * (polite + plain):
        return ""
    return next((one.example for one in styles if one.example), f"{polite} polite sentences, {plain} plain ones")[
        :_NOTE
    ]


def _lost(source: Sequence[Message], target: Sequence[Message]) -> Fault | None:
    before, after = [turn.role for turn in source], [turn.role for turn in target]
    if before == after:
        return None
    note = f"{len(after)} turns for {len(before)}" if len(before) != len(after) else f"roles {', '.join(after)}"
    return Fault("turns_lost", True, note[:_NOTE])
