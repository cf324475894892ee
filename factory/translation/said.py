"""What a model said in place of a translation or around it: refusals, answers, announcements, notes, labels of roles."""

import re

from factory.collapse import labelled, leaks, refusal
from factory.text_rules.characters import Class
from factory.translation.beside import Beside, usual_length

_NOTE = 80
_HEAD = 80
_TAIL = 160

_DENIES = re.compile(
    r"\b(?:sorry|apologi[sz]e|apologies|regret|afraid|unable|unfortunately|cannot|decline|refuse|can(?:'|’| )?(?:n[o']|t\b)"
    r"|(?:won|don|isn|wouldn|couldn|aren|am not|not)(?:'|’| )?(?:t|able|allowed|comfortable|possible|sure|going|here)\b|no\b|not\b)"
    r"|申し訳|できません|できない|かねます|残念|すみません|无法|不能|抱歉|죄송",
    re.IGNORECASE,
)
_WILL_NOT = re.compile(
    r"(?:翻訳|訳|日本語).{0,24}(?:できません|できない|できかね|しかね|いたしかね|控え|遠慮|断り|ませんので)"
    r"|(?:ご依頼|ご要望|リクエスト|お求め|指示|内容).{0,30}(?:応じられ|応じること|応えでき|応えすること|お応え|対応でき|対応いたし|従え|従うこと|承れ).{0,8}"
    r"(?:ません|ない|かね)"
    r"|(?:ガイドライン|ポリシー|利用規約|規約|倫理).{0,40}(?:反する|違反|触れる|抵触)"
    r"|\b(?:unable|can(?:'|’|no)?t|cannot|won(?:'|’)t|not able|not allowed|decline|refuse)\b.{0,60}\b(?:translat|assist|help|provide|comply|fulfil|request|content)",
    re.IGNORECASE | re.DOTALL,
)
_DENYING = (
    "ません",
    "ない",
    "かね",
    "断り",
    "控え",
    "遠慮",
    "反する",
    "違反",
    "触れ",
    "sorry",
    "Sorry",
    "can",
    "Can",
    "unable",
    "not",
    "won",
)

_OF_TRANSLATING = re.compile(
    r"翻訳|(?:和|日本語|意|直|対|全|拙|試|機械|逐語)訳|訳(?:文|出|すと|しま|例|は(?:以下|次)|：|:)|日本語(?:に|で|版|文|へ|化|：|:)|ローカライズ|和文|\btranslat|\bin Japanese|\binto Japanese|\bJapanese (?:version|text)",
    re.IGNORECASE,
)
_SPEAKS_OF_IT = re.compile(
    r"translat|interpret|version|render|Japan|English|language|localiz|因|excuse|reason|\bmean|通訳|訳|日本語|翻",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(
    r"\A[\s\"「『*#]*(?:(?:はい|ええ|もちろん|承知|かしこまり|了解|わかり|分かり)[^。\n]{0,20}[。、！!]\s*){0,2}"
    r"(?:以下(?:は|が|に|の通り|のとおり)|こちら(?:が|は|に)|次の(?:通り|とおり|よう)|下記|お待たせ|(?:承知|かしこまり|了解)(?:いた|致)?(?:し)?ました|"
    r"(?:sure|certainly|of course|absolutely|okay|ok)[,!.]? (?:here|below|let)|here(?:'s|’s| is| are)\b|below is\b|(?:the )?following is\b)",
    re.IGNORECASE,
)
_ANNOUNCED = re.compile(
    r"\b(?:sure|certainly|course|absolutely|okay|ok|understood|got it|yes|yeah|yep|right|fine|will do|here|below|following|follows|this|these|such|one of|alright)\b|:",
    re.IGNORECASE,
)
_OFFERS = re.compile(
    r"(?:他に|ほかに|さらに|もし|何か|修正|ご不明|ご質問|ご要望|別の).{0,40}(?:お知らせ|お申し付け|ご連絡|ご指摘|お聞かせ|おっしゃって|教えて|知らせて)(?:ください|下さい)"
    r"|お役に立て(?:れば|ましたら)幸いです|(?:hope this helps|let me know if|feel free to)",
    re.IGNORECASE,
)
_OFFERED = re.compile(
    r"let me know|feel free|contact|tell (?:me|us)|ask|happy to|help|questions?|inform|reach|hope|please|want|need|anything",
    re.IGNORECASE,
)

_NOTES = re.compile(
    r"訳(?:者)?注|訳者|翻訳者|[（(\[【※*＊][ 　]?(?:注(?:意|釈|記|：|:|\))?|補足|備考|翻訳|原文|直訳|意訳|参考|Note|N\.B\.|TN|T/N|translator)"
    r"|^[ 　]*(?:※|＊|\*{0,2}(?:注|注釈|注記|注意|補足|備考|メモ|翻訳メモ|解説|説明|Note|Notes|TL note|TN)\*{0,2}[ 　]?[:：])",
    re.IGNORECASE | re.MULTILINE,
)
_NOTED = re.compile(
    r"\bnotes?\b|\*|※|N\.B|translator|注|caution|warning|remark|important|attention|tip\b|info\b|explan|P\.?S\b|original|literal|memo|supplement",
    re.IGNORECASE,
)
_NOTE_SIGNS = (
    "訳",
    "注",
    "※",
    "補足",
    "備考",
    "原文",
    "直訳",
    "意訳",
    "参考",
    "メモ",
    "解説",
    "説明",
    "Note",
    "note",
    "TN",
    "N.B",
    "T/N",
    "ranslator",
    "＊",
)

_ASKS = re.compile(
    r"[?？]|か[。．!！ねな]?[\s」』）)]*\Z|か[。、」』？\n]|ください|下さい|くれ|もらえ|いただけ|頂け|なさい|せよ|(?:しろ|めろ|けろ|べろ|てよ)[。\s]|教え|お願い|ほしい|欲しい"
    r"|たいの|たいです|たい。|知りたい|ましょう|でしょう|だろう|かな|かい|かしら|よね|だね|ですね|ますね|いかが|よろしい|っけ|どう|何|なに|なぜ|誰|だれ|どこ|どれ|どの|どんな|いつ|いくら|いくつ"
    r"|の[。]?\Z|もいい|なの|んだ。|こと。?\Z|して。?\Z|のですが|んですが|のか|べき|求め"
)
_ASKED_IN_LATIN = re.compile(
    r"\?|\b(?:please|tell|explain|give|write|describe|list|make|show|help|want|need|would like|translate|create|how|what|why|can you|could you)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"\A[\s\"'“*_]*(?:please\b|(?:can|could|would|will) (?:you|i|we)\b|(?:write|give|tell|explain|describe|list|make|create|help|show|suggest|compose|imagine|generate"
    r"|summari[sz]e|compare|analy[sz]e|solve|calculate|develop|implement|edit|rewrite|provide|draft|discuss|outline|design|convert|find|identify|classify)\b)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?](?=\s|\Z)")
_LAST = re.compile(r"[^。！？!?\n]{2,}[。！？!?]?[\s」』）)*]*\Z")
_NOT_ASKING = ("です。", "ます。", "ました。", "ません。", "だ。", "である。", "でした。")


def refused(both: Beside) -> str:
    """The words of a refusal that the source doesn't have."""
    head = both.target[:240]
    if not any(sign in head for sign in _DENYING):
        return ""
    found = refusal(both.target)
    if not found and (own := _WILL_NOT.search(head)):
        found = own[0]
    return found[:_NOTE] if found and not _DENIES.search(both.source[:600]) else ""


def announced(both: Beside) -> str:
    """Words about the translation before or behind it."""
    head, tail = both.target[:_HEAD].lstrip(), both.target_end[-_TAIL:].rpartition("\n")[2][-_HEAD:]
    first = head.partition("\n")[0]
    if both.languages.target == "ja":
        for part in (first, tail):
            if (found := _OF_TRANSLATING.search(part)) and not _SPEAKS_OF_IT.search(both.source):
                return part[max(0, found.start() - 20) : found.end() + 20]
    if (found := _ANNOUNCES.search(head)) and not _ANNOUNCED.search(both.source[:200]):
        return found[0].strip()[:_NOTE]
    if (found := _OFFERS.search(tail)) and not _OFFERED.search(both.source[-400:]):
        return found[0][:_NOTE]
    return ""


def noted(both: Beside) -> str:
    """A note of the translator's."""
    if not any(sign in both.target for sign in _NOTE_SIGNS):
        return ""
    found = _NOTES.search(both.target)
    return both.target[found.start() : found.start() + _NOTE] if found and not _NOTED.search(both.source) else ""


def answered(both: Beside) -> str:
    """The end of a text that answers what the source asks."""
    source = both.source_end.rstrip(" \"'”’)*")
    asks = source.endswith(("?", "？"))
    if not asks and not _REQUEST.match(source):
        return ""
    if both.languages.target == "ja":
        return _answered_in_japanese(both, asks)
    if both.languages.target == "en" and len(both.target) > 60 and not _ASKED_IN_LATIN.search(both.target):
        return both.target_end[-_NOTE:]
    return ""


def _answered_in_japanese(both: Beside, asks: bool) -> str:
    target = both.target_end
    if not _ASKS.search(target):
        more = target.count("。") - len(_SENTENCE_END.findall(both.source))
        long = len(target) > 1.5 * usual_length(both.languages) * len(both.source) or more >= 2
        return target[-_NOTE:] if asks or long else ""
    last = _LAST.search(target)
    if not asks or not last or _ASKS.search(last[0]) or not last[0].rstrip().endswith(_NOT_ASKING):
        return ""
    before = target[: last.start()]
    previous = _LAST.search(before)
    return "" if previous and _ASKS.search(previous[0]) else last[0][-_NOTE:]


def labels(both: Beside) -> str:
    """A mark of a chat template, or a line that begins with the name of a role, that the source doesn't have."""
    target = both.target
    if "<" in target or "[" in target:
        mark = leaks(target)
        if mark and mark not in both.source:
            return mark
    if (
        (":" in target or "：" in target or both.after[Class.NEWLINE])
        and labelled(target)
        and not labelled(both.source)
    ):
        return target[:_NOTE]
    return ""
