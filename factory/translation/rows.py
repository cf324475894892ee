"""Rows in another language: conversations turn by turn, pairs with one terminology, each with where it comes from.

A turn is asked for with the turns before it and their translations. Of a pair the prompt comes first, then the better
answer, then the worse one, which is shown the better one's words. A row names the one that it is a translation of in
`meta.parents`, and keeps its turns in `meta.source_messages` (of a pair, with the better answer; the worse one is in
`meta.source_rejected`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from factory import licence
from factory.component import Run
from factory.language import drifted
from factory.leaks import SOURCE, SOURCE_REJECTED
from factory.licence.gate import MODELS
from factory.row import Message, Pair, Row, Verdict
from factory.translation.checks import too_long_to_read
from factory.translation.translator import NotTranslated, Translator, Work
from factory.translation.untranslatable import untranslatable

NAME = "translate"
UNTRANSLATABLE = "untranslatable"
"""The key of meta that says why a row stays in its language; and how such reasons begin where rows are dropped."""
OTHER_ANSWER = "other"
"""How prompts call the better answer where the worse one is asked for."""

Kept = Literal["keep", "drop"]


class Renderer(NamedTuple):
    """What rows are translated by."""

    translator: Translator
    untranslatable: Kept
    """What becomes of rows whose matter is their language."""

    async def row(self, row: Row | Pair, run: Run) -> Row | Pair:
        """The row in the other language, or as it was and refused with the reason."""
        settings = self.translator.settings
        if fault := too_long_to_read(*(turn.content for turn in _every_turn(row))):
            return self._refused(row, fault.reason, fault.note)
        turns = row.messages if isinstance(row, Row) else (*row.prompt, *row.chosen)
        users = "\n".join(turn.content for turn in turns if turn.role == "user")
        if (spoken := settings.source_language) in ("en", "ja") and users and _in_another(users, spoken):
            return self._refused(row, "source_language", users)
        if slug := untranslatable(turns, settings.languages):
            run.count(NAME, f"{UNTRANSLATABLE}_{slug}")
            if self.untranslatable == "drop":
                return self._refused(row, f"{UNTRANSLATABLE}_{slug}", users)
            meta = {**row.meta, "language": spoken, "parents": [row.id], UNTRANSLATABLE: slug}
            kept = Verdict(NAME, True, None, "", f"stays in {spoken}: {slug}")
            return row._replace(generator=NAME, meta=meta, verdicts=(kept,))
        work = Work(self.translator, run)
        try:
            return await self._conversation(row, work) if isinstance(row, Row) else await self._pair(row, work)
        except NotTranslated as given_up:
            return self._refused(row, given_up.reason, given_up.note)
        finally:
            run.count(NAME, "asked_again", work.attempts > 1)
            run.count(NAME, "asked_without_marks", work.unmasked > 0)

    async def _conversation(self, row: Row, work: Work) -> Row:
        messages = await work.turns(row.messages)
        work.look(row.messages, messages)
        return row._replace(messages=messages, **self._tags(row, work, {SOURCE: _plain(row.messages)}))

    async def _pair(self, pair: Pair, work: Work) -> Pair:
        prompt = await work.turns(pair.prompt)
        before = len(work.parts)
        chosen = await work.turns(pair.chosen)
        work.parts[before:] = [part._replace(role=OTHER_ANSWER) for part in work.parts[before:]]
        rejected = await work.turns(pair.rejected)
        work.look((*pair.prompt, *pair.chosen), (*prompt, *chosen))
        work.look((*pair.prompt, *pair.rejected), (*prompt, *rejected))
        if chosen == rejected:
            raise NotTranslated("same_answers", "\n".join(turn.content for turn in chosen))
        sources = {SOURCE: _plain((*pair.prompt, *pair.chosen)), SOURCE_REJECTED: _plain(pair.rejected)}
        return pair._replace(prompt=prompt, chosen=chosen, rejected=rejected, **self._tags(pair, work, sources))

    def _tags(self, row: Row | Pair, work: Work, sources: Mapping[str, Any]) -> dict[str, Any]:
        """What is said of a translation beside its texts."""
        translator = self.translator
        asker = work.run.engine(translator.settings.model)
        meta = {
            **row.meta,
            "language": translator.settings.target_language,
            "source_language": translator.settings.source_language,
            "parents": [row.id],
            "source_license": row.license,
            "source_model": row.model,
            "translated_by": translator.wording.prompt.id,
            "attempts": work.attempts,
            "faults": list(work.faults),
            **sources,
        }
        return {
            "license": licence.with_outputs(row.license, asker.license),
            "model": MODELS.join(dict.fromkeys(filter(None, (row.model, asker.label)))),
            "generator": NAME,
            "meta": meta,
            "verdicts": (Verdict(NAME, True),),
        }

    def _refused(self, row: Row | Pair, reason: str, note: str) -> Row | Pair:
        meta = {**row.meta, "parents": [row.id]}
        return row._replace(generator=NAME, meta=meta, verdicts=(Verdict(NAME, False, None, reason, note),))


def _every_turn(row: Row | Pair) -> Sequence[Message]:
    return row.messages if isinstance(row, Row) else (*row.prompt, *row.chosen, *row.rejected)


def _in_another(text: str, spoken: str) -> bool:
    return drifted(text, "ja" if spoken == "ja" else "en")


def _plain(turns: Sequence[Message]) -> list[dict[str, str]]:
    return [turn._asdict() for turn in turns]
