"""Questions and requests that were answered instead of translated.

The translation of a question asks, and asks at its end where the question stands there; an answer says. What it leaves
out: answers that end in a question of their own, and requests that are put as statements.
"""

import re

from factory.translation.beside import Beside, usual_length

_NOTE = 80
_ASKS = re.compile(
    r"[?？]|か[。．!！ねな]?[\s」』）)]*\Z|か[。、」』？\n]|ください|下さい|くれ|もらえ|いただけ|頂け|なさい|せよ"
    r"|(?:しろ|めろ|けろ|べろ|てよ)[。\s]|教え|お願い(?:し|いた|致|で|。|\Z)|ほしい|欲しい|たいの|たいです|たい。|知りたい|でしょう|だろう|かな|かい|かしら|よね|だね|ですね"
    r"|ますね|いかが|よろしい|っけ|(?:どう|何|なに|なぜ|誰|だれ|どこ|どれ|どんな|いつ|いくら|いくつ)(?![かも]|でも)|どの(?![よく])|の[。]?\Z|もいい|なの|んだ。"
    r"|こと。?\Z|して。?\Z|のですが|んですが|のか|べき|求め|[うおいえ]よ。?\Z|ない。?\Z"
)
_ASKS_FOR_WORDS = re.compile(
    r"[?？]|か[。．!！ねな]?[\s」』）)]*\Z|か[。、」』？\n]|(?:教え|説明し|聞かせ|示し|挙げ|述べ|話し|おしえ|言っ|答え|紹介し|まとめ|比較し|書い)(?:て|た)"
    r"|お願い(?:し|いた|致|で|。|\Z)|ほしい|欲しい|知りたい|かな|かい|かしら|いかが|よろしい|っけ|(?:どう|何|なに|なぜ|誰|だれ|どこ|どれ|どんな|いつ|いくら|いくつ)(?![かも]|でも)"
    r"|どの(?![よく])|の[。]?\Z|なの|んだ。|のか|たいです。|求め"
)
_QUESTION_WORD = re.compile(
    r"(?:\A|[.!?,:;\n] *|\b(?:and|so|but|um|uh|well|okay|ok|hi|hello|hey) )(?:how|what|why|who|whom|whose|where"
    r"|when|which)\b"
    r"[^.!?\n]*[?？]\Z",
    re.IGNORECASE,
)
_ENDS_ASKING = re.compile(r"(?:[?？]|か[。ねな]*|(?:くださ|下さ)い。?|お願い[^。]*。?|教えて[^。]*。?)[\s」』）)]*\Z")
_TAG = re.compile(
    r",\s*(?:ok|okay|right|eh|yes|huh|alright|you know|you see|no|shall we|(?:is|are|am|was|were|do|does|did|have"
    r"|has|had|can|could"
    r"|will|would|should|must|won|isn|aren|wasn|weren|don|doesn|didn|haven|hasn|hadn|can|couldn|wouldn"
    r"|shouldn)\b[^,?]{0,20})\s*\?\Z",
    re.IGNORECASE,
)
_SUGGESTS = re.compile(
    r"\b(?:why (?:don|not)|how about|what about|what do you say|how would you like|shall (?:we|i)|let's|let us|let me"
    r"|would you (?:like|care|mind)|do you (?:want|mind))",
    re.IGNORECASE,
)
_ASKED_IN_LATIN = re.compile(
    r"\?|\b(?:please|tell|explain|give|write|describe|list|make|show|help|want|need|would like|translate|create"
    r"|how|what|why"
    r"|can you|could you)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"\A[\s\"'“*_]*(?:please\b|(?:can|could|would|will) (?:you|i|we)\b|(?:write|give|tell|explain|describe|list"
    r"|make|create"
    r"|help|show|suggest|compose|imagine|generate|summari[sz]e|compare|analy[sz]e|solve|calculate|develop"
    r"|implement|edit"
    r"|rewrite|provide|draft|discuss|outline|design|convert|find|identify|classify)\b)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?](?=\s|\Z)")
_LAST = re.compile(r"[^。！？!?\n]{2,400}[。！？!?]?[\s」』）)*]*\Z")
_TOLD = ("です", "ます", "ました", "ません", "でした", "だ", "である", "た", "る", "い", "ください")
_ASKED = ("?", "？", "か。", "か", "？」", "か」")
_READ = 600
_LONGER = 1.5


def answered(both: Beside) -> str:
    """The end of a text that answers what the source asks."""
    if both.target_end.endswith(_ASKED):
        return ""
    source = both.source_end.rstrip(" \"'”’)*")
    asks = source.endswith(("?", "？"))
    if not asks and not _REQUEST.match(source):
        return ""
    if asks and _TAG.search(source[-60:]):
        return ""  # said as a statement in other languages
    if both.languages.target == "ja":
        return _told(both, source[-_READ:]) if asks else _done(both)
    if both.languages.target == "en" and len(both.target) > 60 and not _ASKED_IN_LATIN.search(both.target):
        return both.target_end[-_NOTE:]
    return ""


def _done(both: Beside) -> str:
    """The end of a text without any request, which is much longer than one."""
    target = both.target_end
    if _ASKS.search(target):
        return ""
    more = target.count("。") - len(_SENTENCE_END.findall(both.source))
    longer = len(target) > _LONGER * usual_length(both.languages) * len(both.source)
    return target[-_NOTE:] if longer or more >= 2 else ""


def _told(both: Beside, question: str) -> str:
    """The end of a text without any question, or whose last sentences tell something."""
    target = both.target_end[-_READ:]
    if (
        _SUGGESTS.search(question)
        and len(both.target) <= _LONGER * usual_length(both.languages) * len(both.source) + 20
    ):
        return ""
    asks = _ASKS_FOR_WORDS if _QUESTION_WORD.search(question) else _ASKS
    if not asks.search(target):
        return target[-_NOTE:]
    last = _LAST.search(target)
    if not last or asks.search(last[0]) or not last[0].rstrip("。！!」』）)* \n").endswith(_TOLD):
        return ""
    previous = _LAST.search(target[: last.start()])
    return "" if previous and _ENDS_ASKING.search(previous[0]) else last[0][-_NOTE:]
