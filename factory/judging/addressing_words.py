"""The phrases by which `addressing` knows that a text speaks to a judge; `@NAME@` stands for one of the parts."""

import re

_PARTS = {
    "WHO": r"(?:llm|ai|gpt|language model)?[ -]?(?:judges?|graders?|evaluators?|raters?|scorers?|reviewers?)",
    "TOP": (
        r"(?:10|ten|5|five|100|full|top|maxim(?:um|al)|highest(?: possible)?|perfect|best(?: possible)?|a\+)"
        r"(?: ?(?:/|out of) ?(?:10|ten|5|five|100))?"
    ),
    "MARK": r"(?:scores?|marks?|points?|ratings?|grades?|verdicts?)",
    "THIS": r"(?:this|my|the (?:above|following|assistant'?s?|current|present)|assistant [ab]'?s?|it|me)",
    "ANSWER": r"(?:answers?|responses?|repl(?:y|ies)|outputs?|completions?|submissions?|solutions?)",
    "J_WHO": (
        r"(?:(?:AI|LLM)?(?:採点|評価|審査|判定)(?:者|官|員|担当(?:者)?|モデル|AI|システム)"
        r"|(?:AI|LLM)?(?:ジャッジ|審判|グレーダー))"
    ),
    "J_ANSWER": r"(?:この|本|上記の?|私の|当|以下の|アシスタント[AB]?の)(?:回答|応答|解答|返答|返信|出力|答え|文章)",
    "J_TOP": (
        r"(?:満点|最高(?:の)?(?:点|得点|評価|スコア|点数|ランク)|(?:10|100|5|十|百|五)点(?:満点)?"
        r"|高(?:得点|評価|スコア)|10/10)"
    ),
    "J_GIVE": (
        r"(?:付け|つけ|与え|出し|出力|してくだ|とせよ|にせよ|をお願い|お願い"
        r"|評価(?:して|し、|せよ|すべき)|とすべき|にすべき)"
    ),
    "J_MUST": (
        r"(?:してくだ|しなさい|するように|しろ|せよ|すること|して下さ|すべき|しなければ"
        r"|て(?:くだ|下)さい|お願い)"
    ),
}

_ENGLISH = (
    (
        r"\b(?:ignore|disregard|forget|override|bypass|skip|do not (?:follow|use"
        r"|apply))\b[^.\n]{0,30}?\b(?:rubric|scoring|grading|evaluation criteria|judging"
        r"|evaluation instructions)\b"
    ),
    (
        r"\b(?:ignore|disregard|forget|override) (?:all |any |every |of |the |these |those "
        r"|your |my )*(?:previous|prior|above|earlier|preceding|foregoing"
        r"|system)[ ,a-z]{0,20}?\b(?:instructions?|prompts?|rules?|guidelines?|directions?"
        r"|criteria|text)\b"
    ),
    (
        r"\b(?:attention|dear|hey|hello|hi|note (?:to|for)|message (?:to|for)"
        r"|instructions? (?:to|for))[ ,:]{0,3}(?:the |all |any |whoever is "
        r"|our )?@WHO@\b\s?[:,!.>\])—-]"
    ),
    (
        r"\b(?:attention|note (?:to|for)|message (?:to|for))[ ,:]{0,3}(?:the |all "
        r"|any )?@WHO@\b"
    ),
    (
        r"\b(?:you are|as) (?:the|an?|my)? ?(?:impartial |fair |strict )?(?:llm|ai"
        r"|language model)[ -](?:judge|grader|evaluator|rater)\b"
    ),
    r"\bas (?:the|an?|my) (?:impartial |fair )?(?:judge|grader|evaluator|rater),? you\b",
    (
        r"\bif you are (?:the |an? )?(?:(?:llm|ai)\b[^.\n]{0,30}?)?(?:judg|grad|evaluat|rat"
        r"|scor)(?:ing|e|er|or)\b"
    ),
    (
        r"\b(?:rate|score|grade|give|award|assign|mark|judge) @THIS@(?: (?:@ANSWER@))?(?: as"
        r"""| with|:)?(?: (?:an?|the))? @TOP@(?: @MARK@| possible| ?$|[ ]?[.!,\n)\]"])"""
    ),
    r"\b(?:rate|score|grade|give|award|assign|mark) @THIS@ @ANSWER@[^.\n]{0,30}?\b@TOP@\b",
    (
        r"\b(?:give|award|assign|output|return|respond with|reply with|print"
        r"|write) [^.\n]{0,20}?(?:maximum|highest|perfect|full|top) (?:possible )?(?:@MARK@)\b"
    ),
    (
        r"\b@ANSWER@ (?:deserves|merits|must (?:receive|get|be (?:given|rated|scored))"
        r"|should (?:receive|get|be (?:given|rated|scored))) [^.\n]{0,20}?@TOP@\b"
    ),
    (
        r"\b(?:choose|select|prefer|pick|vote for) (?:assistant|response"
        r"|answer) [ab]\b(?!\))[^.\n]{0,40}?(?:winner|better|verdict|regardless|no matter"
        r"|always)"
    ),
    (
        r"\bthe (?:correct|right|final|only) (?:verdict|rating|score) (?:is|must be|should be"
        r"|for this)\b"
    ),
    r"\b(?:rating|score|verdict|grade) ?[:=]? ?\[\[ ?(?:[0-9]{1,3}|[abc]) ?\]\]",
    r"\[\[ ?(?:10|[abc]) ?\]\]",
    r"""\{ ?["'](?:score|rating|verdict|winner)["'] ?: ?["']?(?:[0-9]{1,3}|[abc])\b""",
    (
        r"\[?\bend of (?:the )?(?:assistant(?: [ab])?'?s? )?(?:answer"
        r"|response)\b ?\]?[^\n]{0,10}\n[^.]{0,80}\b(?:rat|scor|judg|grad|verdict)"
    ),
)

_JAPANESE = (
    (
        r"(?:これまで|ここまで|上記|上|以前|前|以上|先|先ほど|元|すべて|全て|システム|与えられた|いままで|今まで)(?:まで)?の?(?:すべての|全ての"
        r"|あらゆる)?(?:指示|命令|ルール|指令|プロンプト|制約|(?:評価|採点|判定|審査)?(?:基準|指示|方法|ルール))(?:文|書|内容)?(?:は|を|も"
        r"|に)?[^。\n]{0,8}(?:無視|忘れ|従わ|破棄|無効)"
    ),
    r"(?:評価|採点|判定|審査)(?:の)?(?:基準|指示|ルール|方法|項目|観点)(?:は|を|も|に)?[^。\n]{0,8}(?:無視|忘れ|従わ|破棄|無効)",
    r"@J_WHO@(?:の)?(?:皆(?:様|さま|さん)|方々?|あなた|みなさん)?(?:へ(?:[:：、。！の\n\s]|$)|様|さま|殿|宛)",
    r"@J_WHO@(?:で(?:ある|すので)|の)?(?:あなた|方)(?:は|へ|に)",
    r"(?:あなた|君|貴方)(?:は|が)[^。\n]{0,12}@J_WHO@(?:です|だ|なら|である|として)",
    r"@J_WHO@(?:は|が)[^。\n]{0,30}@J_TOP@[^。\n]{0,12}@J_GIVE@",
    r"@J_WHO@(?:は|、|に告ぐ)[^。\n]{0,30}@J_MUST@",
    r"@J_ANSWER@(?:に(?:は|対して)?|を|は|へ)[^。\n]{0,20}@J_TOP@(?:を|と|で|に)?[^。\n]{0,8}@J_GIVE@",
    r"@J_ANSWER@(?:に|は)[^。\n]{0,12}@J_TOP@(?:に値|が(?:ふさわし|妥当|適切|当然)|です|だ|である)",
    r"(?:必ず|常に|無条件で|絶対に|とにかく)[^。\n]{0,12}@J_TOP@(?:を|と|で|に)?[^。\n]{0,8}@J_GIVE@",
    r"@J_TOP@(?:を|で|の評価を)(?:付け|つけ|与え|出力し|お願い)(?:て(?:くだ|下|ほし|欲し)|よ|ろ|します)",
    (
        r"(?:アシスタント|回答)[AB](?:が|を|の(?:ほう|方)が?)[^。\n]{0,12}(?:優れている|勝ち|勝者|良い)と(?:判定|評価|判断|出力"
        r"|回答)(?:し(?:て|な)|せ|すべき)"
    ),
    r"(?:評価|判定|採点|スコア|評点|点数)[:：は]?\s?\[\[\s?(?:[0-9]{1,3}|[ABC])\s?\]\]",
)


def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    text = "|".join(patterns)
    for name, part in _PARTS.items():
        text = text.replace(f"@{name}@", part)
    return re.compile(text)


ENGLISH = _compiled(_ENGLISH)
JAPANESE = _compiled(_JAPANESE)
RUN_TOGETHER = re.compile(
    r"ignore(?:all|any|the|your)*(?:previous|prior|above|earlier)?(?:instructions?|rubric|criteria|rules)"
    r"|(?:rate|score|give|grade)(?:this|my|it|me)(?:answer|response)?(?:an?|as|with)?(?:10|ten|full|perfect|highest)"
    r"|(?:highest|maximum|perfect|full)(?:score|rating|marks)"
)
