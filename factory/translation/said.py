"""What a model said in place of a translation or around it: refusals, announcements, notes, labels of roles."""

import re

from factory.collapse import labelled, leaks, refusal
from factory.text_rules.characters import Class
from factory.translation.beside import Beside, usual_length

_LATIN, _NEWLINE = int(Class.LATIN), int(Class.NEWLINE)
"""Plain integers, which are read faster."""
_NOTE = 80
_ENDS = ("</s>", "<eos>")
_HEAD = 80
_LINE_BEFORE = 60
_LINE_BEHIND = 80
"""Characters of a line that may be about the translation."""
_SHORT = 0.5
"""The length of such a line beside what is usual for the source's first or last: none of 15,797 pairs has one."""
_TAIL = 160

_DENIES = re.compile(
    r"\b(?:sorry|apolog\w*|regret|afraid|unable|unfortunately|cannot|decline|refuse|can(?:'|’| )?(?:n[o']|t\b)"
    r"|(?:won|don|isn|wouldn|couldn|aren)(?:'|’| )?t\b|not (?:able|allowed|comfortable|possible|sure|going|here"
    r"|have|know))"
    r"|申し訳|できません|できない|かねます|残念|すみません|无法|不能|抱歉|죄송",
    re.IGNORECASE,
)
_WILL_NOT = re.compile(
    r"(?:翻訳|(?<!申し)訳|日本語).{0,24}(?:できません|できない|できかね|しかね|いたしかね|訳せ|控え|遠慮|断り|ませんので)|訳せません"
    r"|(?:ご依頼|ご要望|リクエスト|お求め|指示|コンテンツ).{0,30}"
    r"(?:応じ|応え|お応え|お手伝い|対応|従え|従う|承れ|扱え).{0,12}(?:ません|ない|かね)"
    r"|(?:ガイドライン|ポリシー|利用規約|規約|倫理).{0,40}(?:反する|違反|触れる|抵触)|差し控え|控えさせて(?:いただ|頂|くだ)"
    r"|お断り(?:します|いたします|させて)|(?:AI|ＡＩ|人工知能|言語モデル)(?:アシスタント)?(?:です|として|なので|であ)"
    r"|\b(?:unable|can(?:'|’|no)?t|cannot|won(?:'|’)t|not able|not allowed|decline|refuse)\b.{0,60}"
    r"\b(?:translat|assist|comply|fulfil|request|content)",
    re.IGNORECASE | re.DOTALL,
)
_WILL_NOT_EITHER = re.compile(
    r"translat|guideline|polic|\bterms\b|request|content|assist|comply|ethic|violat|instruct|refrain|abstain|\bAI\b"
    r"|language model|artificial|assistant|訳|ガイドライン",
    re.IGNORECASE,
)
_CANNOT = re.compile(r"(?<!かもし)(?:でき|られ|[えけせてねべめれげ])(?<!いけ)(?<!なけ)ません(?!か|でしょう|でした)")
_NEGATES = re.compile(
    r"n['’]? ?['’]?t\b|\bnot?\b|never|none|nothing|nobody|cannot|\bun\w|\bim\w|hard|fail|\btoo\b|lack|without"
    r"|beyond|refus|neither"
    r"|nor\b|few|little|only|\bbut\b|sorry|afraid|until|unless|difficult|miss|lose|lost|out of|stop|avoid|prevent"
    r"|resist|stand"
    r"|help|bear|keep|less\b|ない|ません",
    re.IGNORECASE,
)
_SHORT_REFUSAL = 120
"""Characters of a text that may be nothing but a refusal: in longer ones somebody may well be unable to do a thing."""
_DENYING = ("ません", "ない", "かね", "断り", "控え", "遠慮", "反する", "違反", "触", "人工知能", "言語モデル")
_DENYING_IN_LATIN = ("AI", "sorry", "Sorry", "can", "Can", "unable", "not", "won")
_DENIED = (
    *(
        "訳",
        "語",
        "依頼",
        "要望",
        "リクエスト",
        "お求め",
        "指示",
        "コンテンツ",
        "ガイドライン",
        "ポリシー",
        "規約",
        "倫理",
    ),
    *("控え", "断り", "AI", "ＡＩ", "人工知能"),
)
"""One of these is in what `_WILL_NOT` finds."""
_REFUSING = (
    *(
        "できません",
        "できかね",
        "しかね",
        "申し訳",
        "すみません",
        "ごめんなさい",
        "恐れ入り",
        "恐縮",
        "残念",
        "あいにく",
    ),
    *("AI", "ＡＩ", "人工知能", "言語モデル", "アシスタント"),
)
"""One of these is in what `factory.collapse.refusal` finds; what both find in English has so many letters."""
_LEAST_LATIN = 9

_OF_TRANSLATING = re.compile(
    r"翻訳|(?:和|日本語|意|直|対|全|拙|試|機械|逐語)訳|訳(?:文|出|すと|してみ|しま|例|は(?:以下|次)|：|:)|ローカライズ|和文|\btranslat",
    re.IGNORECASE,
)
_OF_LANGUAGES = ("訳", "和文", "ローカ", "日本語", "ranslat", "Japanese")
"""One of these is in what says of a translation that it is one."""
_TRANSLATES = re.compile(r"translat|interpret|transcri|localiz|訳|翻", re.IGNORECASE)
_IN_JAPANESE = re.compile(
    r"日本語(?:に(?:す|し|直|置|訳|変)|で(?:は|言|表)|版|文|へ|化|：|:)|日本語\Z"
    r"|\b(?:in|into|to) Japanese|\bJapanese (?:version|text)"
)
_JAPANESE = re.compile(r"Japanese|日本", re.IGNORECASE)
_ANNOUNCES = re.compile(
    r"\A[\s\"「『*#]*(?:(?:はい|ええ|もちろん|承知|かしこまり|了解|わかり|分かり)[^。\n]{0,20}[。、！!]\s*){0,2}"
    r"(?:以下(?:は|が|に|の通り|のとおり)|こちら(?:が|は|に)|次の(?:通り|とおり|よう)|下記|お待たせ|(?:承知|かしこまり|了解)(?:いた|致)?(?:し)?ました|"
    r"(?:sure|certainly|of course|absolutely|okay|ok)[,!.]? (?:here|below|let)|here(?:'s|’s| is| are)\b|below is\b"
    r"|(?:the )?following is\b)",
    re.IGNORECASE,
)
_ANNOUNCED = re.compile(
    r"\b(?:sure|certainly|course|absolutely|okay|ok|understood|got it|yes|yeah|yep|right|fine|will do|here|below"
    r"|following|follows|this|these|such|one of|alright)\b|:",
    re.IGNORECASE,
)
_OFFERS = re.compile(
    r"(?:他に|ほかに|さらに|もし|何か|修正|ご不明|ご質問|ご要望|ご希望|別の)[^。\n]{0,40}"
    r"(?:お知らせ|お申し付け|ご連絡|ご指摘|お聞かせ|おっしゃって)(?:ください|下さい)|お役に立[^。\n]{0,12}幸いです"
    r"|(?:hope this helps|let me know if|feel free to)",
    re.IGNORECASE,
)
_ACKNOWLEDGES = re.compile(
    r"\A\s*(?:はい、?)?(?:かしこまりました|承知(?:いた|致)?しました|了解(?:しました|です|いたしました)|(?:わか|分か)りました|お任せください"
    r"|もちろんです|喜んで[^。！!\n]{0,20}|sure|certainly|understood|of course|okay|got it)[。！!.、]?\s*\n",
    re.IGNORECASE,
)
_OFFERING = ("ください", "下さい", "幸い", "elp", "et me", "eel free")
_OFFERED = re.compile(
    r"let me know|feel free|contact|tell (?:me|us)|ask|happy to|help|questions?|inform|reach|hope|please|want|need"
    r"|anything",
    re.IGNORECASE,
)

_OWN_NOTES = re.compile(
    r"訳(?:者)?注|訳者|翻訳者|翻訳メモ|翻訳上の|原文(?:では|に|の|で|を|は)|(?:直訳|意訳|原語)(?:は|す|し|で|と)"
    r"|translator['’]s|\bTL note|\bT/N\b"
    r"|英語の(?:慣用|言い回し|表現|原文|ダジャレ)",
    re.IGNORECASE,
)
_OF_ORIGINALS = re.compile(r"translat|original|literal|interpret|idiom|English|訳|原", re.IGNORECASE)
_NOTES = re.compile(
    r"[（(\[【※*＊][ 　]{0,2}(?:注(?:意|釈|記|：|:|\)|）)?|補足|備考|参考|Note\b|N\.B\.|TN\b)"
    r"|^[ 　]{0,4}(?:※|＊|\*{0,2}(?:注|注釈|注記|注意|補足|備考|メモ|解説|説明|Notes?|TN)\*{0,2}[ 　]?[:：])",
    re.IGNORECASE | re.MULTILINE,
)
_NOTED = re.compile(
    r"\bnotes?\b|\*|※|N\.B|\b(?:caution|warning|remark|tips?|info|hint|memo|explanation|supplement)\b|\bP\.?S\b|注|参考",
    re.IGNORECASE,
)
_NOTE_SIGNS = ("訳", "注", "※", "補足", "備考", "原文", "原語", "英語の", "参考", "メモ", "解説", "説明", "＊")
_NOTE_SIGNS_IN_LATIN = ("ote", "TN", "N.B", "T/N", "ranslator")
_ANNOUNCING = frozenset('以こ次下お承か了はえもわ分喜「『*#"SsCcHhBbTtFfOoAaUuGg')
"""What a line about the translation may begin with."""


def refused(both: Beside) -> str:
    """The words of a refusal that the source doesn't have."""
    head = both.target[:240]
    latin = both.after[_LATIN] and _has_one(head, _DENYING_IN_LATIN)
    if not latin and not _has_one(head, _DENYING):
        return ""
    latin = both.after[_LATIN] >= _LEAST_LATIN
    own = _WILL_NOT.search(head) if latin or _has_one(head, _DENIED) else None
    if own and not _WILL_NOT_EITHER.search(both.source):
        return own[0][:_NOTE]
    found = refusal(both.target) if latin or _has_one(both.target, _REFUSING) else ""
    if found and not _DENIES.search(both.source[:600]):
        return found[:_NOTE]
    if "ません" not in head or len(both.target) > _SHORT_REFUSAL:
        return ""
    cannot = _CANNOT.search(head)
    return head[max(0, cannot.start() - 20) : cannot.end()] if cannot and not _NEGATES.search(both.source) else ""


def announced(both: Beside) -> str:
    """Words about the translation before or behind it."""
    head, tail = both.target[:_HEAD].lstrip(), both.target_end[-_TAIL:].rpartition("\n")[2][-_HEAD:]
    first = head.partition("\n")[0]
    for part in (first, tail) if _has_one(both.target, _OF_LANGUAGES) else ():
        found = _OF_TRANSLATING.search(part)
        if found and not _TRANSLATES.search(both.source):
            return part[max(0, found.start() - 20) : found.end() + 20]
        found = _IN_JAPANESE.search(part)
        if found and not _JAPANESE.search(both.source):
            return part[max(0, found.start() - 20) : found.end() + 20]
    found = None
    if head[:1] in _ANNOUNCING:
        found = _ANNOUNCES.match(head) or (_ACKNOWLEDGES.match(head) if both.after[_NEWLINE] else None)
    if found and not _ANNOUNCED.search(both.source[:200]):
        return found[0].strip()[:_NOTE]
    if _has_one(tail, _OFFERING) and (found := _OFFERS.search(tail)) and not _OFFERED.search(both.source[-400:]):
        return found[0][:_NOTE]
    return _line_more(both) if both.after[_NEWLINE] else ""


def _line_more(both: Beside) -> str:
    """A short line before or behind the others, where there are more than in the source and its own is long."""
    before, after = (
        [line for line in text.split("\n") if line.strip()] for text in (both.source_prose, both.target_prose)
    )
    if len(after) <= len(before) or not before:
        return ""
    usual = usual_length(both.languages)
    for at, most in ((0, _LINE_BEFORE), (-1, _LINE_BEHIND)):
        if len(after[at]) <= most and (len(before) == 1 or len(after[at]) < _SHORT * usual * len(before[at])):
            return after[at]
    return ""


def noted(both: Beside) -> str:
    """A note of the translator's."""
    target = both.target
    latin = both.after[_LATIN] and _has_one(target, _NOTE_SIGNS_IN_LATIN)
    if not latin and not _has_one(target, _NOTE_SIGNS):
        return ""
    found = _OWN_NOTES.search(target)
    if found and not _OF_ORIGINALS.search(both.source):
        return target[found.start() : found.start() + _NOTE]
    found = _NOTES.search(target)
    return target[found.start() : found.start() + _NOTE] if found and not _NOTED.search(both.source) else ""


def labels(both: Beside) -> str:
    """A mark of a chat template, or a line that begins with the name of a role, that the source doesn't have."""
    target = both.target
    if "<" in target or "[" in target:
        mark = leaks(target) or next((end for end in _ENDS if end in target), "")
        if mark and mark not in both.source:
            return mark
    if (":" in target or "：" in target or both.after[_NEWLINE]) and labelled(target) and not labelled(both.source):
        return target[:_NOTE]
    return ""


def _has_one(text: str, signs: tuple[str, ...]) -> bool:
    """Whether one of the signs is there; a plain loop, which is asked of every text."""
    for sign in signs:  # noqa: SIM110 - a generator costs more than the search
        if sign in text:
            return True
    return False
