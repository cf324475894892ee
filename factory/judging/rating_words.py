"""The words and forms in which judges write a rating; `rating` reads them.

All patterns work on text that is prepared: half-width, lower case, `§` for a mention of the scale itself (1-10,
10点満点), `‖` after a number for `of the scale's top` (8/10, 8 out of 10), `¶` for any other scale. Every repetition is
bounded, or ends where its line does.
"""

import re

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
KANJI = "〇一二三四五六七八九"

_NUMBER = rf"(?:[0-9]{{1,4}}(?:\.[0-9]{{1,3}})?(?![0-9])|(?:{'|'.join(WORDS)})(?![a-z-])|[{KANJI}零十百]{{1,5}})"
NUMBER = re.compile(_NUMBER)
UNCLEAR = re.compile(r"[-+−<>≤≥~±]\s?[0-9]|n/?a\b|none\b|¶")
"""Stands where a number is expected, and is none of the scale."""
RANGE = re.compile(r"\s?点?\s?(?:[-~〜–—、,/]|to|or|and|から|か|→|->)\s?[0-9]")

_UNIT = r"(?:\s?(?:点|points?\b|pts?\b|marks?\b|ポイント))?"
_OF = r"(?:[*_`]{0,3}\s?‖\s?点?|\s?\(\s?(?:out of |of )?/?\s?[‖§]\s?点?[満点中]{0,3}\)|\s?/?\s?§中?)?"
_CLOSE = r"[\s*_`\"'」』\]})>$]{0,8}"
_EN_GOES_ON = (
    r"(?:because|since|as|(?:for|on|in)(?![^\n.;]{0,60}[0-9])|based|given|due|overall|with|the"
    r"|this|that|it|its|i|we|while"
    r"|although|though|however"
    r"|which|there|these|here|therefore|thus|so|considering|taking|is (?:appropriate|fair|justified"
    r"|warranted|suitable)"
    r"|(?:reason|explanation|justification|rationale|feedback|comment)s?(?=\s?:))\b"
)
_JA_GOES_ON = (
    r"(?:です|でした|である|だ(?!っ)|でしょう|と(?:し|評価|判断|採点|考え|な|いた|させ|思|いう評価)"
    r"|を(?:付け|つけ|与え|差し上げ|進呈)|に(?:し|な|相当|値)|が(?:妥当|適切|ふさわし|適当|相応)|相当|くらい|ぐらい|程度|ほど)"
)
ENDS = re.compile(
    rf"{_UNIT}{_OF}{_UNIT}(?:{_CLOSE}(?:\Z|\n|[.。](?![0-9])|[!;](?!\s?[0-9])|[,、:](?!\s?[0-9])|\|(?!\s?[0-9*])"
    rf"|\((?!\s?(?:[a-z0-9]|assistant [a-z])\s?\))(?!\s?[0-9])|\s[-–—]\s(?![0-9]))|\s{{1,4}}{_EN_GOES_ON}"
    rf"|{_CLOSE}{_JA_GOES_ON}|\s{{1,4}}(?:理由|根拠|説明|コメント)\s?:)"
)
"""What may follow a number that is a rating."""
TAKEN_BACK = re.compile(
    rf"{_UNIT}{_OF}(?:\s?\?|[^。\n.、,;]{{0,30}}?(?:ない|ません|なく|なかっ|届|なら(?!び)|れば|たら|かも|以上|以下|未満|超"
    r"|より|たい|ところ|はず|べきで|のは|難し|するには|ためには|ですか|だろうか)"
    r"|[^\n.;]{0,24}?\b(?:if|unless|except|only when|at (?:most|best|least))\b)"
)
"""After a number that is one only under a condition, or is denied."""
LIST_ITEM = re.compile(r"[.)]\s+\S")

_LABEL_EN = (
    r"\b(?:ratings?|scores?|grade|mark|evaluation|overall|verdict|judge?ment|total(?: (?:points|score))?)(?![\w'])"
)
_LABEL_JA = (
    r"(?:評価[点値]|評価結果|評価|採点結果|採点|点数|得点|スコア|評点|総合点|レーティング|合計点数?|合計|総得点|判定"
    r"|総合(?=\s?[:は]))"
)
_THING = (
    r"(?:\s?(?:for|of) (?:this|the)(?: (?:ai )?assistant(?:'s)?)? (?:response|answer)|\s?(?:on a scale of |out of )?§"
    r"|\s?\(\s?(?:out of |on a scale of )?(?:total )?(?:§|points|点)\s?[点中]{0,2}\)|\s?\[\s?§\s?\])?"
)
_MARKUP = r"[\s*_`\"'」』\])>#$]{0,8}"
_SEPARATOR = r"(?:[:=→⇒|]|-{1,2}>|(?<=\s)[-–—]\s|は、?|を(?=[^\n。]{1,8}[とに])|\bis\b|\bof\b|\bas\b)"
_OPEN = r"[\s*_`\"'「『【\[({|$]{0,8}"
_ABOUT = r"(?:(?:an?|about|around|approximately|roughly|約|およそ|§(?:の?[中うち]{1,2}|で)?、?)\s?){0,2}"
LABEL = re.compile(rf"{_LABEL_EN}|{_LABEL_JA}")
LABEL_TO_NUMBER = re.compile(
    rf"(?:{_LABEL_EN}|{_LABEL_JA}){_THING}{_MARKUP}(?P<separator>{_SEPARATOR})?{_OPEN}{_ABOUT}"
)
LOOSE_LABEL = re.compile(r"evaluation|verdict|judge?ment|評価\Z|判定|overall|採点\Z")
"""A heading as well as a label: `Evaluation: 1. Accuracy ...`."""

BEFORE_EN = re.compile(
    r"(?:\A|[\n.。:;,、(\[{|>*#_`\"'「【・—–-]|\b(?:my|the|an?|this|that|is|and|so|thus|therefore|hence|mind|be)\b)\s{0,3}"
    r"(?:(?:final|finally|overall|total|assigned|numerical|numeric|response|response's|answer|answer's|assistant's|ai"
    r"|quality|educational|general|judge's|resulting|additive|fair|single)\s{1,3}){0,4}\Z"
)
"""Before a label that rates the answer: `the reference answer's rating` and `the film's overall rating` are others."""
BEFORE_JA = re.compile(
    r"(?:\A|[\n.。:;,、(\[{|>*#_`\"'「【・—–\s-]|(?:総合|最終|全体|最終的|総合的|全体的)(?:な|の)?|(?:私|回答|応答|解答|品質)の"
    r"|(?:この|本|上記の)?(?:回答|応答|解答|回答全体|応答全体)(?:に対する|への|の)|よって|したがって|従って|そのため|以上から|以上より"
    r"|ので|ため|加点の|評価|採点|品質)\Z"
)
_JA_OWNS = (
    "回答", "応答", "解答", "返答", "出力", "品質", "私", "評価", "採点", "加点", "全体", "総合", "最終", "今回",
    "アシスタント", "ai", "モデル", "以上", "上記", "この", "その", "本", "文章", "価値", "§", "§中",
)  # fmt: skip
_JA_OWN = f"(?:{'|'.join(_JA_OWNS)})"
OTHERS_JA = re.compile(
    rf"(?:{''.join(f'(?<!{own})' for own in _JA_OWNS)}の"
    r"|(?:模範|参考|正解|理想|期待|他の|別の|前の|以前の|元の|最初の)(?:回答|応答|解答|返答)全?体?の)"
    r"(?:(?:総合|最終|全体)(?:的)?(?:な|の)?){0,2}\Z"
)
"""Before a label that rates something else: `模範解答の評価`, `映画の総合評価`."""
POINTS_OF = re.compile(r"(?P<whose>[^\s、。\n:]{1,20}?)(?:について|に対して|に関して|として)?(?:に|は|で)?は?\s?\Z")
OWN_POINTS = re.compile(
    rf"(?<!模範)(?<!参考)(?<!正解)(?<!理想)(?<!期待)(?<!他の)(?<!別の)(?<!前の){_JA_OWN}\Z|(?:ので|ため|から|て|判断|結果)\Z"
)
"""What `に9点を付けます` rates where that is the answer."""
CRITERION = (
    r"(?:accura(?:cy|te)|correctness|helpful(?:ness)?|relevan(?:ce|cy)|depth|creativity"
    r"|level of detail|details?|fluency|clarity"
    r"|style|tone|coheren(?:ce|cy)|completeness|conciseness|factual(?:ity)?|safety|harmlessness"
    r"|honesty|language|grammar"
    r"|structure|readability|format(?:ting)?|originality|consistency|usefulness|naturalness|precision"
    r"|politeness|organization"
    r"|正確[性さ]|有用性|有益性|関連性|適切[性さ]|深さ|創造性|詳細[度さ]|流暢[性さ]|明確[性さ]|明瞭[性さ]|文体|一貫性|完全性|簡潔[性さ]"
    r"|事実性|安全性|自然さ|言語|文法|構成|読みやすさ|論理性|網羅性|具体性|丁寧さ|わかりやすさ|分かりやすさ|誠実[性さ])"
)
ONE_CRITERION = re.compile(CRITERION)
WHOLE = re.compile(
    r"final|overall|total|verdict|result|evaluat|rating|scor|grad|conclu|feedback|judge?ment|assess"
    r"|\bmy\b|summary|decision"
    r"|\bhere\b|therefore|thus|\bso\b|output|review|analysis|explanation|reason|comment|(?:response|answer)\W{0,6}\Z"
    r"|総合|最終|結論|評価|判定|採点|まとめ|結果|以上|合計|全体|点|スコア|根拠|理由|コメント|回答\W{0,6}\Z"
)
"""In a heading or a lead that rates the whole answer."""
OTHERS = re.compile(
    r"\s{0,3}(?:#{1,6} )?[*_]{0,2}(?:(?:response|answer|assistant|candidate|output|model)[ #]{0,2}(?:[0-9]{1,2}|[a-d])"
    r"|(?:回答|応答|解答|出力|アシスタント|モデル) ?(?:[0-9]{1,2}|[a-d]|[一二三四]))[*_]{0,2}:?[*_]{0,2}\s{0,3}\Z"
)
"""A heading that tells answers apart, where one is to be rated: what stands below is of another."""
LEAD = re.compile(r"[^\n.。;,、!?]{0,80}\Z")
HEADING = re.compile(
    r"\s{0,3}(?:#{1,6} .{1,60}|[0-9.)\s-]{0,6}\*\*[^*\n]{1,60}\*\*:?|[^\n.。]{1,40}:(?:\*\*)?"
    r"|【?[^\n.。0-9]{1,40}】?)\s{0,3}\Z"
)
MARKED_HEADING = re.compile(
    r"\s{0,3}(?:#{1,6} .{1,60}|[0-9.)\s-]{0,6}\*\*[^*\n]{1,60}\*\*:?|[0-9]{1,2}[.)] [^\n.。]{1,40}:)\s{0,3}\Z"
)
IF = re.compile(r"\b(?:if|unless|otherwise)\b|\b(?:were|had) (?:it|the)\b|もし|仮に|場合|であれば|なら(?!び)|たら")
HAS = re.compile(
    r"(?<!response )(?<!answer )(?<!assistant )\b(?:has|have|had|holds?|got|gets|gave|with"
    r"|received?s?|earned)\s(?:an?\s)?(?:[a-z]+\s)?\Z"
)
"""Before the rating of something that has one."""
FOR_ONE = re.compile(
    rf"(?:\b(?:for|on|regarding|as for|in terms of) (?:its |the )?{CRITERION}"
    rf"|{CRITERION}[a-z* ]{{0,12}}:)[^\n.;]{{0,40}}\Z"
)
OF_ONE = re.compile(rf"{_UNIT}{_OF}{_UNIT}\s?\(?(?:for|on|in|regarding) (?:the )?(?:factual )?{CRITERION}")
"""Around a number that rates one criterion; `for its clarity` is a reason."""
ALTERNATIVE = re.compile(
    rf"{_UNIT}{_OF}{_UNIT}(?:[\s*_`]{{0,4}}[(,;、]?\s?(?:or|maybe|perhaps|possibly|または|もしくは|あるいは)"
    r"(?: (?:maybe|perhaps|possibly|even|an?)){0,2}\s?[0-9]|\s?\([^()\n]{0,30}\)\s?\+)"
)
"""After a number that is one of several, or of the parts of a sum."""
NO_UNIT = re.compile(r"\s?(?!点|points?|‖)")
_TO = rf"(?P<to>{_NUMBER})"
CHANGED = (
    re.compile(
        r"\b(?:scores?|ratings?|grade|total|mark)\b[^\n:.;0-9]{0,20}?\b(?:after|following|including|adjusted|revised"
        rf"|corrected|reduced|penali[sz]ed)\b[^\n:=.;0-9]{{0,40}}[:=]?[\s*_]{{0,4}}{_TO}"
    ),
    re.compile(
        r"\b(?:adjusted|revised|new|corrected|updated|reduced|penali[sz]ed|actual)\b (?:[a-z]+ )?(?:score|rating)\b"
        rf"[^\n:=.;0-9]{{0,20}}[:=]?[\s*_]{{0,4}}{_TO}"
    ),
    re.compile(
        r"\b(?:reduc|lower|drop|rais|increas|adjust|chang|cut|bump|downgrad|upgrad|deduct|bring|revis"
        r"|cap|set|mov)[a-z]{0,4}"
        r" (?:it |this |that |(?:the|my|this) (?:[a-z]+ )?(?:score|rating|grade"
        r"|mark)s? )?(?:back )?(?:down |up )?(?:to|at)"
        rf" (?:an? |only |just )?[*_\[]{{0,4}}{_TO}"
    ),
    re.compile(
        r"\b(?:but|however|though|yet|although|unfortunately)\b[^\n.;0-9]{0,100}?\b(?:so|thus|therefore|hence),?"
        rf" (?:[a-z']+ ){{0,5}}?[*_]{{0,3}}{_TO}(?:[*_]{{0,3}}(?: ?‖| points?)?[*_]{{0,3}})(?:[.!,\n]|\Z)"
    ),
    re.compile(
        r"\b(?:actually|no|wait|hmm|sorry|rather|instead|on reflection|after review|reconsider(?:ed|ing)?),?\s?:?"
        rf" (?:(?:make|i|give|it|that|is|say|to|now|an?) ){{0,4}}[*_\[]{{0,3}}{_TO}"
    ),
    re.compile(rf"{_TO}\s?点?\s?(?:に|へ|まで)\s?(?:減点|下げ|引き?下げ|上げ|引き?上げ|変更|修正|訂正|調整|減ら|補正)"),
    re.compile(rf"(?:減点|調整|修正|補正|訂正|見直し|ペナルティ)(?:適用)?(?:の|した)?後の?[^\n。0-9]{{0,14}}?{_TO}"),
    re.compile(rf"(?:訂正|見直し|考え直し|再評価)[^\n0-9]{{0,40}}{_TO}"),
    re.compile(
        r"(?:ただし|しかし|とはいえ|ですが|けれど|もっとも)(?:(?!れば|なら|たら)[^\n。]){0,80}?"
        rf"(?<![0-9.]){_TO}\s?点(?=です|とし|と評価|と判断|を付け|をつけ|が妥当|。|\n|\Z)"
    ),
)
"""A rating that is changed after it was given."""
STRONGER = re.compile(r"(?:final|finally|overall|total|総合|最終|全体|合計|総得点)[^\n.。:]{0,12}\Z")
"""In or right before a label: it is the last word."""
REVISED = re.compile(
    r"(?:\b(?:revis(?:e|ed|ing)|reconsider(?:ed|ing)?|on reflection|after review|correction"
    r"|(?:lower|rais|adjust)(?:e|ed)?"
    r" (?:it |this |my )?(?:rating |score )?to)\b|訂正し|見直し|考え直し|再評価)[^\n]{0,40}?[0-9]"
)
"""A rating that was taken back later."""
EXAMPLE = re.compile(
    r"(?:for example|e\.g\.?|for instance|such as|例えば|たとえば|例|format|形式)[\s,:、*_`\"'「『“(]{0,6}"
    rf"(?:{_LABEL_EN}|{_LABEL_JA})?[\s:*_`\"'「]{{0,6}}\Z"
)
"""Before a number that only shows the form."""
DENIED = re.compile(r"(?:\bnot|n't|\bnever|\bcannot|\brather than|\binstead of|\bless than|\bbelow)(?: [a-z]+){0,4} \Z")

VERB = re.compile(
    r"(?:\bi(?: would|'d| will|'ll| can| have to|'m going to)?(?: therefore| thus| hence| personally| also)?"
    r" (?:give|rate|score|assign|award|grade)"
    r"|\b(?:response|answer|it|assistant|this) (?:deserves|merits|earns|receives|gets|scores|warrants"
    r"|(?:is|would be|can be|should be) (?:rated|scored|graded|given|assigned|awarded))|scale of §|out of §)\b,?"
    rf"(?P<gap>[^.\n!?;0-9¶‖]{{0,60}}?)(?<![a-z])(?=[0-9]|(?:{'|'.join(WORDS[1:])})\b)"
)
GAP_DENIES = re.compile(r"\b(?:not|never|neither|if|below|under|over|above|less|more|most|least|between|either)\b|n't")
CONDITION = re.compile(r"\b(?:if|had|were|otherwise|unless|could|might|almost|nearly|previously|initially)\b")

POINTS = re.compile(rf"(?<![0-9.,/:+〜~{KANJI}十百-])(?={_NUMBER})(?={_NUMBER}\s?点|(?<=中)|(?<=で)|(?<=、)|(?<=\s))")
OF_SCALE = re.compile(r"§\s?(?:満点)?(?:のうち|の?中|では?|評価で)?\)?[、は]?\s?\Z")
SUBJECT = re.compile(
    r"(?:回答|応答|解答|返答|ので|ため|よって|従って|したがって|から|以上より|総合的に見て|総合的に判断して|全体として)(?:は|には?|、)?\s?\Z"
)
GIVEN = re.compile(
    r"\s?点(?:を(?:付け|つけ|与え|差し上げ)|が(?:妥当|適切|ふさわし|適当|相応)|と(?:し(?:ま|た|て)|評価|判断|採点|いたし|させて))"
)

BRACKETED = re.compile(
    r"\[\[([^\[\]\n]{0,40})\]\]|\\boxed\s?\{([^{}\n]{0,40})\}|<(?:score|rating|評価|点数|スコア)>([^<\n]{0,40})</"
)
RESULT = re.compile(r"\[(?:result|結果)\]\s{0,3}")
INSIDE = re.compile(rf"\s?(?:(?:{_LABEL_EN}|{_LABEL_JA})\s?[:=は]?\s?)?(?={_NUMBER})")
PLACEHOLDER = re.compile(
    r"\s?(?:(?:your |the |overall )?(?:rating|score|number|評価|点数|スコア|数字|数値|得点|total points)|[nx]|§)?\s?\Z"
)
KEY = re.compile(
    r"[\"'](?:(?:final|overall|total)[ _]?)?(?:score|rating|overall|評価|スコア|点数|総合評価)[\"']"
    r"\s?:\s?[\"']?\s?(?=[0-9-])"
)
KEYS = frozenset(
    f"{before}{name}"
    for name in ("score", "rating", "overall", "評価", "スコア", "点数", "総合評価", "得点")
    for before in ("", "final_", "overall_", "total_", "final ", "overall ", "total ")
)
"""Under which JSON answers hold the rating."""
ALONE = re.compile(
    rf"{_OPEN}{_ABOUT}(?P<number>{_NUMBER})(?P<unit>{_UNIT}{_OF}{_UNIT})(?:です|でした|である)?{_CLOSE}[.。!]?{_CLOSE}\Z"
)
STARTS = re.compile(rf"\s{{0,4}}[*_`]{{0,3}}(?={_NUMBER}\s?(?:点?\s?‖|点)[*_`]{{0,3}}\s?(?:[.。:\n(]|\s[-–—]))")
