"""Signs that a text was cut off, as at a model's limit of tokens.

Sure signs are a character cut in the middle, an open block of code or formula, and an end on what wants more. An end
in the middle of a sentence is a weaker one: it asks for a last line as long as a sentence, without a mark at its end,
in a text whose other sentences have theirs. Lists, headings, verses and tables may end as they like; and English
answers that people wrote do, 1.8 % of dolly, so that it counts in Japanese alone unless asked.
"""

import re
from typing import Literal

from factory.text_rules.prose import open_fence, without_code

Sentences = Literal["ja", "all", "none"]

_LAST_LINE = 160
"""Characters of the end that are looked at."""
_LONG_JA = 25
_LONG_EN = 60
"""Characters from which a last line can be a sentence: mean sentences here are 35 and 90."""
_MARKS = "。．.!?！？…‥」』）)】］]”\"'’》〉>:：;；*`_~|-ー─=♪♡☆★wｗ、,、"
_JAPANESE = re.compile(r"[ぁ-ゖァ-ヺ一-鿿]")
_ENDED_JA = re.compile(r"[。！？]")
_ENDED_EN = re.compile(r"[a-z][.!?](?=\s)")
_LIST = re.compile(r"[ \t]*(?:[-*+・•●○■□◆◇※>#|=]|\(?\d{1,3}[.):）．、]|[①-⑳])")
_WANTS_MORE = re.compile(
    r"(?:\b(?:the|an|of|and|or|with|for|into|from|because|which)|[をがはにへのと]|ため|ことで|ながら|として)\Z"
)
_OPENING = tuple("、，,(（「『【[{")
_ENVIRONMENTS = re.compile(r"\\(begin|end)\{")


def cut(text: str, sentences: Sentences = "ja") -> str:
    """The sign that a text was cut: `character`, `code`, `formula`, `wants_more`, `sentence`; empty without one.

    Args:
        text: One turn.
        sentences: Of which languages a last sentence without its mark counts.
    """
    text = text.rstrip()
    if text.endswith("\ufffd"):
        return "character"
    if open_fence(text):
        return "code"
    if text.count("\\[") > text.count("\\]") or _open_environment(text):
        return "formula"
    last = text[-_LAST_LINE:].rpartition("\n")[2]
    if not last or _LIST.match(last):
        return ""
    if last[-1] in _OPENING and (len(last) >= _LONG_JA or last[-1] != ","):
        return "wants_more"  # "Sincerely," may end a letter
    return _in_sentence(text, last, sentences)


def _in_sentence(text: str, last: str, sentences: Sentences) -> str:
    japanese = bool(_JAPANESE.search(last))
    if len(last) < (_LONG_JA if japanese else _LONG_EN) or last[-1] in _MARKS or not last[-1].isalpha():
        return ""
    ended = _ENDED_JA if japanese else _ENDED_EN
    if not ended.search(without_code(text[:-1])):
        return ""
    if _WANTS_MORE.search(last):
        return "wants_more"
    return "sentence" if sentences == "all" or (sentences == "ja" and japanese) else ""


def _open_environment(text: str) -> bool:
    marks = _ENVIRONMENTS.findall(text) if "\\begin{" in text else []
    return marks.count("begin") > marks.count("end")
