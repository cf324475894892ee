"""What a model writes when it has lost the thread: greetings in place of a question, refusals, loops, leaked marks.

Rules over the text alone, in Japanese and English, made to be right where they speak: what a good question may well say
(a chatbot's greeting in quotation marks, a table of dashes) is let through. What it leaves out: a refusal in the middle
of an answer, and anything that needs to be understood.
"""

import re
from collections.abc import Iterable

from factory.language import Language, drifted, names_language
from factory.text_rules.prose import open_fence
from factory.text_rules.repetition import loops

LEAST_CHARACTERS = {"ja": 5, "en": 10}
"""The shortest user's turn: `なぜ空は青い`, `Why is sky`."""

HEAD = 240
"""How far into a text a greeting or a refusal is looked for."""

_QUOTED = re.compile(
    r"「[^「」]*」|『[^『』]*』|\"[^\"\n]*\"|“[^“”]*”|(?<!\w)'[^\n]{0,200}?'(?!\w)|```.*?(?:```|\Z)|`[^`\n]*`",
    re.DOTALL,
)

_GREETING = re.compile(
    r"""\bhow\ (?:can|may|could|might)\ i\ (?:help|assist|be\ of)\b
    | \bwhat\ (?:can|may)\ i\ (?:do\ for|help|assist)\b
    | \bwhat\ (?:would\ you\ like|do\ you\ need)\ (?:me\ |my\ |help\ |assistance\ )*
      (?:to\ (?:know|do|discuss|talk)|with)\b
    | \bi(?:'|’|\ a)?m\ (?:here|happy|ready|glad|pleased|excited)\ to\ (?:help|assist|answer)\b
    | \bfeel\ free\ to\ (?:ask|share|reach)\b
    | \bi(?:'|’|\ a)?m\ (?:just\ |only\ )?an?\ (?:ai|artificial|large|virtual|helpful|language)\b
    | \bas\ an?\ (?:ai|large)\ (?:language\ )?(?:model|assistant)\b
    | \A\W*(?:certainly|absolutely|of\ course|sure\ thing)\s*[!.,]
    | \A\W*sure[!,.]\ +(?:here|i|let)\b
    | (?:何|なに|なん|どのよう|どう|どんな|いかが).{0,16}(?:手伝い|力になれ|力になり|お役に立|サポート|ご用件|ご案内)
    | (?:お手伝い|サポート|お役に立|お力に|ご相談|お困り|ご質問|ご不明).{0,24}
      (?:しましょうか|でしょうか|できますか|ございますか|ありますか|ございましたら|ありましたら|あれば.{0,12}(?:お|ご))
    | お気軽に(?:ご|お)(?:質問|相談|尋ね|聞き|声|申し付け|問い合わせ|話し|知らせ)
    | (?:私|わたし|僕|当方)は.{0,24}(?:AI|ＡＩ|人工知能|言語モデル|アシスタント).{0,8}(?:です|であり|として|で、)
    | \A\W*(?:もちろんです|承知(?:いた)?しました|かしこまりました|ご質問ありがとうございます|はい、喜んで)
    """,
    re.IGNORECASE | re.VERBOSE,
)

_REFUSAL = re.compile(
    r"""\b(?:sorry|apologi[sz]e|unfortunately|regret)\b.{0,80}?
      \b(?:can(?:'|’|no)t|can\ not|unable|not\ (?:able|allowed|comfortable)|won(?:'|’)t|will\ not)\b
    | \A\W*i\ (?:can(?:'|’|no)t|can\ not|am\ (?:unable|not\ able)|won(?:'|’)t|will\ not|must\ decline)
      \ *(?:to\ )?(?:help|assist|provide|fulfil|comply|answer|do\ (?:that|this)
        |create|write|discuss|engage|generate|support)
    | \b(?:sorry|afraid)\b.{0,40}?\b(?:do(?:n(?:'|’)t|\ not)\ know\ how\ to\ (?:help|answer|do)|not\ going\ to)\b
    | \A\W*i(?:'|’|\ a)m\ not\ (?:going|able|allowed)\ to\ (?:help|answer|tell|give|provide|discuss|say|do\ that)\b
    | \bas\ an\ ai\b.{0,80}?\b(?:can(?:'|’|no)t|do(?:n(?:'|’)t|\ not)|unable|not\ able)\b
    | (?:申し訳|すみません|ごめんなさい|恐れ入りますが|恐縮ですが|残念ながら|あいにく).{0,120}?
      (?:できません|できかね|出来ません|いたしかね|しかねます|お断り|控えさせて|お答えできない|対応できない)
    | (?:AI|ＡＩ|人工知能|言語モデル|アシスタント)(?:として|ですので|なので|であるため|のため|です。).{0,80}?
      (?:できません|できかね|しかねます|持っていません|持ち合わせ|ありません)
    | \A[^。\n]{0,60}(?:お答え|お応え|ご提供|お手伝い|対応|回答)(?:することは|は)?
      (?:できません|できかね|いたしかね|しかねます)
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

REFUSAL_WORDS = (
    r"(?i)sorry|apologi|unfortunately|regret|afraid|as an ai|^\W*i['’ ]|^[\s*_#>]*[\"“「『'`]"
    r"|申し訳|すみません|ごめんなさい|恐れ入りますが|恐縮ですが|残念ながら|あいにく"
    r"|(?:AI|ＡＩ|人工知能|言語モデル|アシスタント)(?:として|で|なので|のため)|できません|できかね|いたしかね|しかねます"
)
"""No text refuses without one of these; in RE2's syntax too, so that most texts need not be looked at any closer."""

_MARKS = re.compile(
    r"<\|[A-Za-z0-9_ ]{2,40}\|>|<｜[^｜<>\n]{1,40}｜>|\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>"
    r"|<(?:bos|eos|pad|unk)>|</?(?:system|assistant)>|</?think>"
)
_LABEL = re.compile(
    r"^[\s#*\[【(（]{0,40}+(?:user|human|assistant|ai assistant|ai|system|model|bot|chatgpt"
    r"|ユーザー?|利用者|質問者|アシスタント|システム|人間|回答者)"
    r"(?:[\s*\]】)）]*[:：]|[\s*\]】)）]*$)",
    re.IGNORECASE | re.MULTILINE,
)
_USER_LABEL = re.compile(r"\A[\[【*#\s]*(?:user|human|ユーザー?|利用者)[\]】*]*\s*(?:[:：]|\n)\s*", re.IGNORECASE)
_QUOTES = {"「」", "『』", '""', "“”"}
_FAREWELL = re.compile(
    r"\b(?:thank(?:s|\ you)|bye|goodbye|see\ you|that(?:'|’)s\ all|have\ a\ (?:nice|good|great))\b"
    r"|ありがと|助かりました|感謝(?:し|いた)|さようなら|では(?:また|、また)|参考になりました|勉強になりました|失礼(?:し|いた)します",
    re.IGNORECASE,
)
_THANKED_FOR = re.compile(
    r"\bthank(?:s|\ you)\b[^.!?\n]{0,40}?\bfor\b[^.!?\n]*"
    r"|[^。、！？!?\n]*(?:くださり|下さり|くださって|下さって|いただき|いただいて|頂き|頂いて|くれて|もらって)",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"[?？]|\b(?:please|can|could|would|how|what|why|when|where|which|who|tell|explain|show|give|write|make|let|help|list"
    r"|rewrite|change|add|compare|summari[sz]e|shorten|translate|suggest|need|want|if|but)\b"
    r"|(?:ください|下さい|くれ|もらえ|いただけ|頂け|ほしい|欲しい|ですか|ますか|でしょうか|ましょうか|教えて|たい(?:です|の)|お願い|して。?$|けど|ですが)",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(
    r"(?:[:：,，、(（「『【\[{;；=+\-–—]|\b(?:the|a|an|of|to|and|or|with|for|in|is)|を)\Z", re.IGNORECASE
)


def greets(text: str) -> bool:
    """Whether a user's turn is written as the assistant: "How can I help you today?", "もちろんです。"."""
    return bool(_GREETING.search(_QUOTED.sub(" ", text[: 2 * HEAD])[:HEAD]))


def refuses(text: str) -> bool:
    """Whether an answer begins as a refusal."""
    return bool(refusal(text))


def refusal(text: str) -> str:
    """The words that an answer refuses with at its beginning; empty where it doesn't."""
    found = _REFUSAL.search(_QUOTED.sub(" ", text[: 2 * HEAD])[:HEAD])
    return found[0] if found else ""


def farewells(text: str) -> bool:
    """Whether a turn only thanks or takes leave: nothing in it asks for anything."""
    return bool(_FAREWELL.search(text)) and not _REQUEST.search(_FAREWELL.sub(" ", _THANKED_FOR.sub(" ", text)))


def leaks(text: str, special: Iterable[str] = ()) -> str:
    """The first mark of a chat template found in a text, or the empty string; `special` are the tokenizer's own."""
    found = _MARKS.search(text)
    return found[0] if found else next((token for token in sorted(special) if token in text), "")


def labelled(text: str) -> bool:
    """Whether a line begins with the name of a role, as in a written-down dialogue: `アシスタント：`."""
    return bool(_LABEL.search(text))


def unfinished(text: str) -> bool:
    """Whether a text breaks off: after a colon or comma, inside a code block, or on a word that wants another."""
    return bool(_UNFINISHED.search(text.rstrip())) or open_fence(text)


def user_turn_fault(text: str, language: Language, special: Iterable[str], most: int) -> str:
    """Why a user's turn that a model wrote can't be used, as a slug; empty where nothing is wrong."""
    if leaks(text, special):
        return "template"
    if labelled(text):
        return "role_label"
    if greets(text):
        return "as_assistant"
    if drifted(text, language):
        return "language"
    if len(text) < LEAST_CHARACTERS.get(language, 0):
        return "too_short"
    if len(text) > most:
        return "too_long"
    if loops(text):
        return "repetition"
    return "unfinished" if unfinished(text) else ""


def answer_fault(text: str, question: str, language: Language, special: Iterable[str]) -> str:
    """Why an answer can't be used, as a slug; empty where nothing is wrong."""
    if leaks(text, special):
        return "answer_template"
    if refuses(text):
        return "answer_refusal"
    if loops(text):
        return "answer_repetition"
    if drifted(text, language) and not names_language(question):
        return "answer_language"
    return ""


def without_label(text: str) -> str:
    """A user's turn without the label and the quotation marks that models like to put around it."""
    plain = _USER_LABEL.sub("", text.strip(), count=1).strip()
    within = plain[1:-1]
    quoted = len(plain) > 2 and plain[0] + plain[-1] in _QUOTES and not {plain[0], plain[-1]}.intersection(within)
    return within.strip() if quoted else plain
