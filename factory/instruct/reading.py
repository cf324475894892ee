"""What a model wrote, read as titles, as a question, as an answer; or the reason why it is none.

Small and base models number their lists, talk before the list, put the answer behind the question, go on with the next
example: what can be cut off surely is cut off, everything else is refused with a slug that is counted. The reasons that
any written turn may have (`factory.collapse`) come first, those of this method after them.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import orjson

from factory.collapse import answer_fault, greets, unfinished, user_turn_fault
from factory.instruct.examples import Language, QuestionType
from factory.language import drifted
from factory.similar import folded, similarity
from factory.text_rules.repetition import loops

LONGEST_TITLE: dict[Language, int] = {"ja": 40, "en": 90}
SHORTEST_TITLE: dict[Language, int] = {"ja": 3, "en": 6}
LONGEST_QUESTION = 1_500
SAME = 0.8
"""From this similarity on, one text only repeats the other."""
TELLING = 20
"""Characters from which a text says something: a label or a number has no language, and is easily in a question."""
FEW_WORDS = 8
"""Words that a line needs before it must hold one of those that no English sentence does without."""

_MARK = re.compile(r"\s*(?:#+\s*)?(?:\(?\d{1,2}\s?[.)．、:：）]|[①-⑳]|[-*•●・‣]\s?)\s*(?=\S)")
_TITLE_LABEL = re.compile(r"(?:タイトル|title)\s*\d*\s*[:：]\s*", re.IGNORECASE)
_QUESTION_LABEL = re.compile(r"\A\W*(?:質問文?|問題|question|q)\s*\d*[*\s]*[:：][*\s]*", re.IGNORECASE)
_ANSWER_LABEL = re.compile(r"\A\W*(?:回答|answer)[*\s]*[:：][*\s]*", re.IGNORECASE)
_ANSWERED = re.compile(r"\n\W*(?:回答|答え|解答|模範解答|answer)[*\s]*[:：].*\Z", re.IGNORECASE | re.DOTALL)
_ASKED = re.compile(r"\A\W*Q\s*[:：]\s*(.+?)\n\W*A\s*[:：].*\Z", re.DOTALL)
_BROKEN_OFF = re.compile(r"(?:[:：,，、(（「『【\[{;；=–—]|\b(?:the|an|of|and|or|with))\Z", re.IGNORECASE)
"""A title may well end with a dash of its own or with "to", "is", "for"."""
_QUOTES = (("「", "」"), ("『", "』"), ('"', '"'), ("“", "”"), ("**", "**"))
_TALK = re.compile(
    r"\A[\s*#>]*(?:(?:sure|certainly|of course|okay)\b"
    r"|(?:here (?:is|are)|here's|below (?:is|are))\b.{0,60}\b(?:questions?|titles?)\b"
    r"|i(?:'d| would) be happy|はい[、。,!！]|承知|かしこまり|もちろん|了解(?:しま|です)"
    r"|(?:以下|次|こちら)(?:は|が|に|の).{0,40}(?:質問|タイトル)(?:です|例|案|の例|の案|の一覧|になります|を(?:示|挙|作)))",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"\[[A-Za-z][A-Za-z _'/-]{1,40}\](?!\()|<[A-Za-z][A-Za-z _-]{2,40}>(?!.*</)"
    r"|［[^］\n]{1,20}(?:名|入力|文章|テキスト)］|[〇○◯]{2,}|[×✕]{2,}|\b[Xx]{3,}\b|\bTODO\b|\bLorem ipsum\b"
    r"|ここに.{0,12}(?:入力|挿入|記入)|\binsert .{0,20}here\b"
    r"|\A(?:タイトル|title|質問|question|話題|topic)\s*\d*\W*\Z",
    re.IGNORECASE,
)
_MEDIA = re.compile(
    r"https?://|www\.\w|!\[[^\]]*\]\("
    r"|(?:この|こちらの|次の|下の|上の|以下の|添付の?|左の|右の)"
    r"(?:画像|写真|図(?![書鑑工案])|グラフ|動画|音声|音楽|ファイル|リンク(?:先|の|を)|イラスト|地図)"
    r"|(?:画像|動画|写真|イラスト|音声)を(?:見|聞|聴|作成|生成|描|アップロード)|絵を(?:描いて|見て)"
    r"|\b(?:this|these|the following|attached|above|below|given)\s+"
    r"(?:images?|pictures?|photos?|figures?|charts?|graphs?|videos?|audio|recordings?|links?|maps?|diagrams?"
    r"|files?(?! (?:format|type|name|extension)))\b"
    r"|\b(?:draw|generate|create|upload)\s+(?:me\s+)?(?:an?\s+|the\s+)?(?:image|picture|photo|drawing|video)\b",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_TEXT = re.compile(r"\n\s*\S|[「『\"“][^」』\"”]{8,}[」』\"”]|[:：]\s*\S{2}.{6,}", re.DOTALL)


class Read(NamedTuple):
    """A text as it would go into a row, and why it can't; the fault is empty where it can."""

    text: str
    fault: str = ""


def titles(reply: str, language: Language, most: int, *, continued: bool = False) -> list[Read]:
    """Up to `most` titles of a reply; `continued` where the prompt ends with the mark of the first one."""
    lines = list(_listed(reply.strip(), continued))
    if not lines:
        fault = "meta_talk" if _TALK.match(reply) else "not_a_list" if reply.strip() else "no_title"
        return [Read(reply.strip(), fault)]
    return [_title(line, language) for line in lines[:most]]


def question(reply: str, title: str, kind: QuestionType, language: Language) -> Read:
    """The question of a reply, without a label before it and an answer behind it."""
    text = _unquoted(_ANSWERED.sub("", _QUESTION_LABEL.sub("", _ASKED.sub(r"\1", reply.strip()))).strip())
    fault = "no_question" if not text else "meta_talk" if _TALK.match(text) else ""
    fault = fault or user_turn_fault(text, language, (), LONGEST_QUESTION) or _unusable(text)
    if not fault and similarity(text, title) >= SAME:
        fault = "repeats_title"
    if not fault and kind == "passage" and not _TEXT.search(text):
        fault = "no_text"
    return Read(text, fault)


def answer(reply: str, asked: str, language: Language) -> Read:
    """The answer of a reply, without a label before it; its faults are named `answer_...`, as in `collapse`."""
    text = _ANSWER_LABEL.sub("", reply.strip()).strip()
    if not text:
        return Read(reply.strip(), "answer_empty")
    fault = answer_fault(text, asked, language, ())
    if fault == "answer_language" and _without_sentences(text, language):
        fault = ""
    if not fault and len(text) >= TELLING and unfinished(text):
        fault = "answer_unfinished"
    if not fault and _PLACEHOLDER.search(text) and not _PLACEHOLDER.search(asked):
        fault = "answer_placeholder"
    if not fault and _repeats(text, asked):
        fault = "answer_repeats_question"
    return Read(text, fault)


def _listed(reply: str, continued: bool) -> Iterator[str]:
    """The lines of a list: the marked ones, or all short ones where none is marked and there are several."""
    if reply.startswith("["):
        try:
            parsed = orjson.loads(reply)
        except orjson.JSONDecodeError:
            parsed = None
        if isinstance(parsed, list) and all(isinstance(entry, str) for entry in parsed):
            yield from parsed
            return
    lines = [line for line in reply.splitlines() if line.strip()]
    marked = [bool(_MARK.match(line)) for line in lines]
    if continued and lines:
        marked[0] = True
    if not any(marked) and len(lines) > 1 and not _TALK.match(lines[0]):
        marked = [True] * len(lines)
    yield from (_MARK.sub("", line, count=1) for line, listed in zip(lines, marked, strict=True) if listed)


def _title(line: str, language: Language) -> Read:
    text = _unquoted(_TITLE_LABEL.sub("", _unquoted(line.strip()), count=1).strip().rstrip("。").strip())
    if len(text) < SHORTEST_TITLE[language]:
        return Read(text, "too_short")
    if _TALK.match(text) or greets(text):
        return Read(text, "meta_talk")
    if drifted(text, language):
        return Read(text, "language")
    if len(text) > LONGEST_TITLE[language]:
        return Read(text, "too_long")
    if loops(text):
        return Read(text, "repetition")
    return Read(text, _unusable(text) or ("unfinished" if _BROKEN_OFF.search(text) else ""))


def _unusable(text: str) -> str:
    if _PLACEHOLDER.search(text):
        return "placeholder"
    return "needs_media" if _MEDIA.search(text) else ""


def _unquoted(text: str) -> str:
    """Without the quotation marks, or stars, that stand around the whole text."""
    for left, right in _QUOTES:
        inner = text[len(left) : -len(right)]
        if text.startswith(left) and text.endswith(right) and inner and left not in inner and right not in inner:
            return inner.strip()
    return text


def _without_sentences(text: str, language: Language) -> bool:
    """Whether an answer is too short to be in a language, or a list of names in Latin script where English is asked."""
    if len(text) < TELLING:
        return True
    letters, latin = len(_LETTERS.findall(text)), len(_LATIN.findall(text))
    return (
        language == "en" and latin >= 0.9 * letters and all(len(line.split()) < FEW_WORDS for line in text.splitlines())
    )


def _repeats(text: str, asked: str) -> bool:
    """Whether an answer is the question again, alone or with more behind it."""
    plain = folded(asked)
    return (len(plain) >= TELLING and folded(text).startswith(plain)) or similarity(text, asked) >= SAME
