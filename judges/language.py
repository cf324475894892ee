"""Drops answers that are in no wanted language, or Japanese with Chinese in it.

The script and the commonest words tell the language of an answer (`factory.language`): kana are Japanese, Chinese-only
characters are Chinese; an answer in Latin script is only refused where the little words of another language are in it,
for lists of names have none of any. A text of kanji alone is open: it passes for Japanese unless it has such words;
with `identify: py3langid` that library decides, among Japanese, Chinese, Korean and English, from 20 kanji on: below,
no identifier knows (2 % right on 4 to 8 kanji). An answer that is all code or formulas has no language and passes.

Chinese in a Japanese answer (`factory.text_rules.chinese`): a character that GB2312 or Big5 has and JIS X 0213 has
not, or a sentence of at least ten kanji without kana that has the little words of Chinese. What the prompt has too is
no leak, nor what is quoted.

Reasons: `other_language`, `not_as_asked`, `chinese_leak`. The score is the share of Japanese in the letters of the
answers, a Japanese character counting as two; the note is the language found, or what leaked.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field, PositiveInt

from factory.component import Judge, Run
from factory.language import Language, drifted, foreign, kanji_alone, languages, names_language, shares
from factory.row import Pair, Row, Verdict
from factory.text_rules import turns
from factory.text_rules.chinese import LEAST_KANJI, Leak, leaks

_NOTE = 200
_CANDIDATES = ("ja", "zh", "en", "ko")


class Told(NamedTuple):
    """What is known of one answer."""

    text: str
    language: Language
    share: float
    leak: Leak


class LanguageJudge(Judge):
    """Passes the rows whose answers are in a wanted language, without Chinese in the Japanese ones."""

    rates: ClassVar[bool] = False

    languages: tuple[Literal["ja", "en"], ...] = Field(default=("ja", "en"), min_length=1)
    """What an answer may be in; a mixture of Japanese and English always may."""
    as_asked: bool = False
    """Also refuse an answer in another language than the user's turns, where these don't speak of a language."""
    chinese: bool = True
    """Refuse Japanese answers with Chinese in them."""
    least_kanji: PositiveInt = LEAST_KANJI
    """From how many kanji a sentence without kana may be Chinese."""
    identify: Literal["rules", "py3langid"] = "rules"
    """What decides of kanji without kana; py3langid is the extra `language`."""

    def check(self) -> list[str]:
        """Whether the library that is asked for is there."""
        if self.identify == "py3langid" and find_spec("py3langid") is None:
            return ["identify: py3langid is not installed; run: pip install 'post-training-factory[language]'"]
        return []

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row on all its answers; of a pair, on the chosen side."""
        answers = [turns.answers(row) for row in rows]
        flat = [text for group in answers for text in group]
        spoken = self._identified(flat)
        japanese = [at for at, language in enumerate(spoken) if language in ("ja", "mixed")] if self.chinese else []
        owners = [row for row, group in zip(rows, answers, strict=True) for _ in group]
        sources = [turns.asked(owners[at]) for at in japanese]
        found = leaks([flat[at] for at in japanese], sources, self.least_kanji)
        leaked = dict(zip(japanese, found, strict=True))
        told = iter(
            [
                Told(text, language, share, leaked.get(at, Leak("", ())))
                for at, (text, language, share) in enumerate(zip(flat, spoken, shares(flat), strict=True))
            ]
        )
        return [self._verdict(row, [next(told) for _ in group]) for row, group in zip(rows, answers, strict=True)]

    def _identified(self, texts: Sequence[str]) -> list[Language]:
        found = languages(texts)
        if self.identify == "rules":
            return found
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
        identifier.set_languages(list(_CANDIDATES))
        for at, text in enumerate(texts):
            if kanji_alone(text):
                found[at] = "ja" if identifier.classify(text[:4_000])[0] == "ja" else "other"
        return found

    def _verdict(self, row: Row | Pair, told: Sequence[Told]) -> Verdict:
        if not told:
            return Verdict("language", True)
        score = sum(one.share for one in told) / len(told)
        asked = "\n".join(turns.questions(row)) if self.as_asked else ""
        for one in told:
            if reason := self._fault(one, asked):
                shown = " / ".join((one.leak.characters, *one.leak.sentences)) if one.leak.sentences else one.language
                return Verdict("language", False, score, reason, shown[:_NOTE])
        return Verdict("language", True, score, "", told[0].language)

    def _fault(self, one: Told, asked: str) -> str:
        wrong = one.language in ("ja", "en") and one.language not in self.languages
        if (wrong and drifted(one.text, self.languages[0])) or (one.language == "other" and foreign(one.text)):
            return "other_language"
        if asked and not names_language(asked):
            spoken = languages([asked])[0]
            if spoken in ("ja", "en") and one.language in ("ja", "en") and spoken != one.language:
                return "not_as_asked"
        return "chinese_leak" if one.leak.sentences else ""
