"""The patterns by which `choice` knows a verdict, for text that is half-width and in lower case.

Each is bounded: no repetition stands inside another, so that no text takes more than a few passes.
"""

import re


def _any(*words: str) -> str:
    return f"(?:{'|'.join(words)})"


_QUOTED = "[\"'*`「『\\[(<{ ]{0,6}"
_WHOSE = _any("の(?:回答|応答|答え)", "'s (?:answer|response)")
_ENGLISH_NOUN = _any(
    "assistant", "answer", "response", "model", "option", "output", "candidate", "reply", "system", "choice"
)  # fmt: skip
_JAPANESE_NOUN = _any(
    "アシスタント", "回答", "応答", "モデル", "返答", "選択肢", "答え", "出力", "解答", "候補"
)  # fmt: skip
_NOUN = f"(?:(?:the )?(?:ai )?{_ENGLISH_NOUN}|{_JAPANESE_NOUN}){_WHOSE}?"
_SIDE = f"(?:{_NOUN}[ _-]?[\"'*`「]{{0,3}}(?P<named>[abc12])|(?P<bare>[abc]))(?![a-z0-9])"
_TIE = "(?P<tie>" + _any(
    "tied?", "(?:a )?draw", "(?:(?:both|all) (?:are )?)?equal(?:ly good)?", "neither", "both",
    "同等", "引き?分け", "互角", "同点", "同じ", "タイ", "ドロー", "どちらも(?:同等|同じ)", "両方(?:とも)?同等",
    "甲乙つけがたい",
) + ")(?![a-z])"  # fmt: skip
_VALUE = f"(?:{_SIDE}|{_TIE})"

_GOOD_ONE = "(?:[ _](?:answer|response|one|assistant|model|output|choice))?"
_STRONG_KEY = _any(
    "winner", "verdict", "judge?ment", "choice", "decision", "preference", f"preferred{_GOOD_ONE}", "conclusion",
    "result", "vote", f"better{_GOOD_ONE}", f"best{_GOOD_ONE}",
)  # fmt: skip
_JAPANESE_KEY = _any(
    "(?:最終的?な?)?(?:判定|判断|評価|結論|結果|判決)(?:結果)?", "最終(?:的な)?(?:回答|答え)", "勝者", "勝ち", "選択",
    "(?:より|最も|もっとも|一番)?(?:良い|よい|優れた|優れている)(?:方|ほう|回答)",
)  # fmt: skip
_KEY = _any(f"(?:final |overall |my |the )?{_STRONG_KEY}", "(?:my |the )?final answer", "my answer", _JAPANESE_KEY)
_JSON_KEY = _any(
    f"(?:(?:final|overall|my|the)[_ ])?{_any(_STRONG_KEY, 'answer')}(?:_(?:side|option|label|letter|id|name))?",
    _JAPANESE_KEY, "回答", "答え",
)  # fmt: skip
_ENDS_HERE = "(?=[\"'*`」』\\])>} ]{0,6}" + _any(
    "$", "[\n.。!,、;:(|]", "--|—", "because", "since", "as ", "for ", "due ", "wins", "won",
    "is (?:the )?(?:better|best|winner|superior)",
    "の?(?:方|ほう)が", "の勝", "が(?:優|勝|良|よ)", "です", "だ", "である", "とし", "と判", "を選",
    "の回答(?:[。が]|です)",
) + ")"  # fmt: skip
_NO_OTHER = (
    "(?![\"'*` ]{0,3}" + _any("[,、/|&と]", "or", "and", "vs") + "[\"'*` ]{0,3}(?:(?:or|and) )?"
    + _any("[abc](?![a-z])", "アシスタント", "回答", "assistant", "response") + ")"
)  # fmt: skip

_ORDER = "(?P<left>[ab]) ?(?P<order>>{1,3}|<{1,3}|[=≈]{1,2}) ?(?P<right>[ab])"
BRACKETS = (
    re.compile(rf"\[ ?\[ ?(?:{_VALUE}|{_ORDER})[\"'*`」 ]{{0,3}}\] ?\]"),
    re.compile(rf"\\boxed\{{ ?(?:\\text\{{)?{_QUOTED}{_VALUE}"),
)
"""What is made to state a verdict: `[[A]]`, `[[A>B]]`, a box."""
FIELD = re.compile(
    rf"(?<!\\)[\"']{_JSON_KEY}[\"'] ?: ?(?:([\"'])(?:\[\[)?(?:{_VALUE}|{_ORDER})"
    r"(?: is (?:the )?(?:better|best|winner)[^\"'\n]{0,60})?"
    r"(?:\]\])?\1|(?P<number>[12]) ?[,}\n])"
)
"""A verdict in JSON."""
KEYED = re.compile(
    rf"(?<![a-z]){_KEY}[*\"'`」\] ]{{0,4}}(?: (?:is|was) ?:?|は、?|[:=→]|->?|=>|(?<=\])) ?\*{{0,2}} ?(?:the )?"
    rf"{_QUOTED}(?:{_VALUE}{_ENDS_HERE}{_NO_OTHER}|{_ORDER}(?![a-z0-9]))"
)
"""A verdict behind its label: `winner: B`."""
BEFORE_KEY = re.compile(
    r"(?:\A|[\n.。!?:;,、(\[{|>*#_`・—–-]"
    r"|\b(?:my|the|our|final|overall|so|thus|therefore|hence|and|is|that|as|here)|(?:総合|最終|全体)(?:的)?(?:な|の)?|私の|よって|以上より|以上から|したがって|従って|ので|ため|から|[\n,{]\s{0,4}[\"'「『])\s{0,4}\Z"
    r"|\A\s{0,4}[\"'「『]\Z"
)
"""Before a label that is one: `the weaker choice` and `the user's verdict` are others."""
HEADING = re.compile(rf"[#>\-*_\[( ]{{0,8}}{_KEY}[\])*_ ]{{0,4}}(?: is)?[:*_ ]{{0,4}}\Z")
"""A line that announces the verdict in the next one."""
ANSWERED = re.compile(
    rf"[#>\-*_ ]{{0,8}}(?:answer|回答|答え)[*_ ]{{0,4}}:[*_ ]{{0,4}}{_QUOTED}{_VALUE}[\"'*`_」』\])}}>.。! ]{{0,8}}\Z"
)
"""A last line that gives an answer: in prose `the answer is B` tells what the question asked."""
LINE = re.compile(
    rf"[#>\-*_\"'`「『\[( ]{{0,8}}(?:{_VALUE}|{_ORDER})(?:です|だ|である|とします|とする)?[\"'*`_」』\]).。! ]{{0,8}}\Z"
)
"""A line that is nothing but a verdict."""
QUOTED_BEFORE = re.compile(r"[\"'`「『][*\[( ]{0,4}\Z")
OWN_BEFORE = re.compile(
    rf"(?:\A|\n|(?<![a-z]){_KEY}[*_\] ]{{0,4}}(?: is| was|は)?)[#>\-*_:→= ]{{0,8}}[\"'`「『][*\[( ]{{0,4}}\Z"
)
"""A quotation mark that is the judge's own: at the beginning of a line, or behind the label."""
SAID = re.compile(
    r"\b(?:assistant|response|answer|text|output|model|candidate|user|prompt|question|instruction|injection|it|they|which|[ab])"
    r"(?:'s)?\b[^.!?\n]{0,60}?\b(?:contain|say|write|wrote|include|claim|state|said|tell|told|ask|read|demand|request"
    r"|instruct|insist|argue|print|append|output|end|order|assert|declare|suggest)(?:s|ed|d|ing)?\b[^.!?\n,;]{0,30}\Z"
    r"|\b(?:ignor|disregard)[a-z]{1,4} [^.!?\n]{0,40}\Z"
    r"|(?:と称し|と主張|の中に|の中の|に含まれる|文中の|埋め込まれた)[^。\n]{0,20}\Z"
)
"""Before words that are somebody else's."""
SAID_AFTER = re.compile(
    r"[\"'`」』\]) ]{0,6}(?:と(?:ある|あり|書|い[うっ]|記|主張|述べ|指示|命令|要求|出力)|を(?:含|無視)|は無視|という)"
)
"""After words that are somebody else's."""
FORMER = re.compile(
    r"\s{0,4}(?:(?P<bare>前者)|後者)(?:の?(?:方|ほう))?が(?:より|明らかに)?(?:優れて(?:いる|います)|良い(?:です)?)。?\s{0,4}"
)
"""The whole of a text; within one, which answer is the former depends on the words before."""

_MUCH = _any("much", "far", "slightly", "clearly", "significantly", "somewhat", "overall", "marginally", "the", "a bit")
_ENGLISH = (
    re.compile(
        rf"(?<![a-z]){_SIDE}{_WHOSE}? (?:(?:is|was|seems|appears|comes out)(?: to be)? (?:{_MUCH} ){{0,2}}"
        r"(?:better|best|superior|preferable|preferred|winner|stronger|ahead|more helpful)|wins|won)(?![a-z])"
    ),
    re.compile(
        r"(?<![a-z])(?:i|we)(?:'d| would| will|'ll)? "
        rf"(?:prefer|choose|pick|select|favou?r|vote for|go with|declare) {_QUOTED}{_SIDE}"
    ),
    re.compile(
        r"(?<![a-z-])(?<!least )(?<!less )(?<!second )(?<!next )(?<!not )"
        r"(?:better|best|winning|preferred|superior) (?:answer|response|one|assistant|output|choice)"
        rf" (?:is|was|comes from|:) ?{_QUOTED}{_SIDE}"
    ),
)
_GOOD = "(?:明らかに|やや|より|総合的に|全体的に|少し|はるかに|わずかに|最も|一番|もっとも|、){0,3}" + _any(
    "優れ", "優って", "勝って", "勝[るり]", "[良よ]い", "良かっ", "良く", "好まし", "望まし", "適切", "高く評価",
    "上回", "有用", "有益", "役に?立",
)  # fmt: skip
_JAPANESE = (
    re.compile(f"{_SIDE}{_WHOSE}?(?:の?(?:方|ほう)が|が(?=、?(?:より|最も|一番|もっとも))){_GOOD}"),
    re.compile(f"{_SIDE}{_WHOSE}?[はが]、?(?:{_NOUN})?[ab12]{_WHOSE}?よりも?{_GOOD}"),
    re.compile(
        f"{_SIDE}{_WHOSE}?"
        + _any(
            "の勝ち",
            "の勝利",
            "[がを]勝者",
            "が勝ち",
            "を選[びぶ択]",
            "を推奨",
            "を支持",
            "に軍配",
            "と判[断定]",
            "とします",
        )
    ),
    re.compile(
        rf"(?:^|[、。]|よって|結論として)\s?{_SIDE}{_WHOSE}?が(?:より|明らかに|やや)?優れて(?:いる|います)(?=。|$|と(?:判断|考え|思))"
    ),
)
EVEN = re.compile(
    "(?<!not )(?<!no )"
    + _any(
        "(?:it is|it's|this is|call it|declare|as|be|is) (?:a )?(?:tie|draw)(?![a-z])",
        "equally (?:good|bad|helpful|well|strong|matched)",
        "(?:are|is) (?:(?:roughly|about|essentially|basically) )?(?:equal|tied|on par|comparable)(?![a-z])",
        "neither (?:(?:answer|response|one|assistant) )?is (?:clearly )?(?:better|superior)",
        "引き?分け(?=です|とし|とす|と判|だ|。|$|になり|に|と言)",
        "(?:同等|互角|同程度|同点)(?=です|だ|と|の(?:品質|評価|出来)|で(?:す|あ)|。|$)",
        "甲乙つけがた", "優劣[はをが]?つけ(?:られ|がた|難)", "差は(?:ない|ありません|ほとんど)",
    )
)  # fmt: skip
COMPARISONS = ((True, _ENGLISH), (False, _JAPANESE))
"""Sentences that say which is better; True where a word before them can deny it, else one after them."""
DENIED = re.compile(
    r"(?<![a-z])(?:not|cannot|never|unable|if|whether|unless|hardly|would be|nor)(?![a-z])|n't(?![a-z])|もし|仮に"
)
"""What before a comparison makes it none."""
REPORTED = re.compile(
    r"(?:\b(?:say|claim|state|write|insist|argue|assert|declare|suggest|repeat)(?:s|ing)?|\b(?:said|claimed|wrote|stated))"
    r"(?: me| that|:){0,2} ?[\"'「『]{0,2}\Z|[\"'「『]\Z"
)
"""Before a comparison that is somebody else's."""
TAKEN_BACK = re.compile(
    ".{0,14}?"
    + _any(
        "ない",
        "ません",
        "とは(?:言え|いえ|限)",
        "わけで",
        "場合",
        "なら",
        "かどうか",
        "か(?:判|を|、|。|\\?|$)",
        "とき",
        "れば",
        "ても",
    )
)
"""What after a Japanese comparison makes it none."""
NO_TIE = re.compile(".{0,4}?(?:では|じゃ)(?:な|あり)|.{0,6}?(?:場合|なら|とき)")
"""What after a tie makes it none."""
CONCLUDES = re.compile(
    r"[\s*#>\-]{0,6}"
    + _any(
        "therefore", "thus", "overall", "in conclusion", "in summary", "to conclude", "all in all", "so,", "hence",
        "finally", "in the end", "ultimately", "on balance", "よって", "従って", "したがって", "以上", "総合", "全体",
        "結論", "ゆえに", "そのため", "最終的", "結果として", "まとめ",
    )
)  # fmt: skip
"""How a sentence begins that decides."""
SENTENCES = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
