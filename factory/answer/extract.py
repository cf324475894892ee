"""Finds the final answer in free text, Japanese or English. It never guesses: no marked answer, no answer.

Every search is linear and looks at the last few thousand characters only. A base model often goes on to another
question after its answer; the text is cut there.
"""

import re

TAIL = 4_000
MAX_ANSWER = 200
_MAX_BOX = 1_000
_MAX_CUTS = 8

_THINK_END = ("</think>", "</thinking>", "◁/think▷")
_NEXT = re.compile(
    r"\n[ \t#*>]{0,6}(?:(?:Question|Problem|Exercise|Q|User|Human|Instruction|Input|My solution)\b"
    r"[ \t]{0,2}\d{0,4}[ \t.*]{0,4}(?::|\n|$)|Now solve the (?:next|following|question|problem)|Here is a new question"
    r"|(?:問題|質問|設問|問|ユーザー|指示|入力)[ \t]{0,2}\d{0,4}[ \t*】]{0,4}[:：\n])"
    r"|<\|(?:im_end|endoftext|eot_id|end_of_text|end|im_start|assistant|user)[^\n]{0,3}|</s>|<eos>|<end_of_turn>"
)
_SIGNS = ("question", "problem", "exercise", "\nq", "user", "human", "instruction", "input", "solution", "now solve")
_MARKUP = ("<|", "</s>", "<eos>", "<end_of_turn>")
_JAPANESE_SIGNS = (*_MARKUP, "問", "ユーザー", "指示", "入力")
_JAPANESE_CORES = ("答", "こたえ", "解")
_JAPANESE_PHRASE = re.compile(
    r"(?:答え?|こたえ|(?<=正)解|(?<![一-龥])解(?=[：:は]))(?:\*\*)?[ \t]{0,2}"
    r"(?:は、?|が|[:：=＝】]|[.．]|(?<=[ \t])(?=[-−$\\（(\d])|\u3000)"
)
_ENGLISH_PHRASE = re.compile(
    r"(?:answer(?: to (?:the|this) (?:question|problem))?|correct (?:choice|option))(?:\*\*)?[ \t]{0,2}"
    r"(?:is(?: therefore| thus| simply)?(?:[ \t]{0,2}:)?|[:=：])(?:\*\*)?(?![a-z])",
    re.IGNORECASE,
)
_TRIES = 30
_MAX_LINE = 300
_CONCLUSION = re.compile(
    r"(?:よって|したがって|従って|ゆえに|故に|以上より|以上から|これより"
    r"|∴|\\therefore|\b(?:Therefore|Thus|Hence|So)\b)[ \t]{0,2}[、,，]?"
)
_END_JA = re.compile(r"[。\n]|！(?=\s|$)|(?:です|である|となります|になります)(?=[\s.!！]|$)")
_END_EN = re.compile(r"[.!](?=\s|$|\*\*|\$\s|[A-Z][a-z])|。|\n|[.!](?=[\"'”])")
_MATH = re.compile(r"\$\$([^$]{1,400})\$\$|\$([^$\n]{1,400})\$|\\\[(.{1,400}?)\\\]|\\\((.{1,400}?)\\\)", re.DOTALL)
_TAIL_WORDS = re.compile(
    r"[ 、,]*(?:(?:と|に)?(?:なります|なる|なった|なりました)"
    r"|と(?:求まる|求められる|求められます|わかる|分かる|わかります|いうこと(?:です|になります)?)"
    r"|でした|です|である|であります|だ)?(?:ね|よ)?[ \t.。．!！*]*$"
)
_KANA_SENTENCE = re.compile(r"[ぁ-ん]{4,}")
_WORDY = re.compile(r"(?<!\\)(?<![A-Za-z])(?!or\b|and\b|sqrt|sin|cos|tan|log|pi\b)[A-Za-z]{4,}(?![A-Za-z{])")
_BARE = re.compile(
    r"^(?:=\s*)?[-+−]?\s?[¥$￥]?\d[\d,.，．/:^]*\s?(?:%|[^\W\d_]{1,4}|[a-z]+|°)?$|^[-−\d\s+*/×÷().,，=]+$"
)
_UNIT_AFTER = re.compile(r"^[\s*]*([^\W\d_]{0,8}|%|\\%|°[CF]?|(?:[a-z]{1,6}\s?){0,3})[\s.。*]*$")
_JAPANESE_WORD = re.compile(r"[ぁ-ん一-龥]{2}")
_CUT_OFF = re.compile(r"[-+*/=^\\({]$|^\s*(?:\\\[|\\\(|\$)")
"""How a line ends or begins whose rest is missing."""
_SHOWN_SUM = re.compile(r"^[^A-Za-z\\]*\d[^A-Za-z\\=]*=")


def extract(text: str, language: str | None = None) -> str | None:
    """The final answer as it was written, or None where none is marked; longer than 200 characters means too long.

    `language` (`ja` or `en`) only says how a sentence ends; it is told from the text when not given.
    """
    for mark in _THINK_END:
        text = text.rpartition(mark)[2]
    if "<think>" in text:
        return None
    if _may_go_on(text):
        start = 0
        for _ in range(_MAX_CUTS):
            cut = _NEXT.search(text, start)
            if cut is None:
                break
            found = _found(text[max(0, cut.start() - TAIL) : cut.start()], language, cut=True)
            if found is not None:
                return found
            start = cut.end()
    return _found(text[-TAIL:], language)


def _may_go_on(text: str) -> bool:
    """A quick look for the words that open another question; most texts hold none."""
    folded = text.lower()
    for sign in _SIGNS:
        if sign in folded:
            return True
    return any(sign in text for sign in (_MARKUP if text.isascii() else _JAPANESE_SIGNS))


def boxes(text: str) -> list[str]:
    """All boxed answers of the sentence that holds the last one."""
    answer_end = max(text.rfind("\\boxed"), text.rfind("\\fbox"))
    start = max(
        text.rfind("。", 0, answer_end),
        text.rfind(". ", 0, answer_end),
        text.rfind("\n\n", 0, answer_end),
        answer_end - 600,
    )
    found, at = [], max(start, 0)
    for _ in range(12):
        at = text.find("\\boxed", at)
        if at < 0:
            break
        inner = _box(text, at)
        if inner is not None:
            found.append(inner)
        at += 6
    return found


def _found(tail: str, language: str | None, *, cut: bool = False) -> str | None:
    """The best marked answer; before a cut an unmarked last line must be a bare number."""
    marked = _boxed(tail) or _hashes(tail) or _phrase(tail, language) or _conclusion(tail)
    return marked or _last_line(tail, bare=cut) or None


def _box(text: str, at: int) -> str | None:
    """What stands in the braces that open after `at`; None when they don't close."""
    opening = text.find("{", at, at + 12)
    if opening < 0:
        after = re.match(r"\\f?boxed?\s+([^\s$]{1,40})", text[at : at + 60])
        return after.group(1) if after else None
    depth, i, stop = 0, opening, min(len(text), opening + _MAX_BOX)
    for brace in re.finditer(r"\\.|[{}]", text[opening:stop]):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)
        if depth == 0:
            i = opening + brace.start()
            return text[opening + 1 : i].strip()
    return None


def _boxed(tail: str) -> str | None:
    at = len(tail)
    for _ in range(3):
        at = max(tail.rfind("\\boxed", 0, at), tail.rfind("\\fbox", 0, at))
        if at < 0:
            return None
        inner = _box(tail, at)
        if inner:
            nested = inner.find("\\boxed{")
            return inner if nested < 0 else _box(inner, nested)
    return None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for match in pattern.finditer(text):
        found = match
    return found


def _hashes(tail: str) -> str | None:
    at = tail.rfind("####")
    if at < 0 or (at and tail[at - 1] not in "\n "):
        return None
    line = tail[at + 4 :].lstrip("# ").partition("\n")[0].strip()
    if not line or _last_phrase(line) or _WORDY.search(line.partition(":")[0]):
        return None
    return line.removesuffix(".").removesuffix("。").strip()


def _last_phrase(tail: str) -> re.Match[str] | None:
    """The last `答えは` or `answer is`: the core words are looked up, the pattern is tried there only."""
    japanese = None
    at = len(tail)
    for _ in range(_TRIES if not tail.isascii() else 0):
        at = max(tail.rfind(core, 0, at) for core in _JAPANESE_CORES)
        japanese = _JAPANESE_PHRASE.match(tail, at) if at >= 0 else None
        if japanese or at < 0:
            break
    folded, at = tail.lower(), len(tail)
    for _ in range(_TRIES):
        at = max(folded.rfind("answer", 0, at), folded.rfind("correct ", 0, at))
        if at < 0:
            break
        english = _ENGLISH_PHRASE.match(tail, at)
        if english:
            return english if japanese is None or english.start() > japanese.start() else japanese
    return japanese


def _phrase(tail: str, language: str | None) -> str | None:
    last = _last_phrase(tail)
    if last is None:
        return None
    rest = tail[last.end() :].lstrip(" \t:：*、,")
    if rest.startswith("\n") or rest.startswith(("$$\n", "\\[\n")):
        rest = rest.lstrip("\n \t")
    if rest.startswith(("$$", "\\[", "\\(", "$")):
        segment = _MATH.match(rest)
        if segment:
            after = _sentence(rest[segment.end() : segment.end() + 60], language)
            unit = _UNIT_AFTER.match(_TAIL_WORDS.sub("", after))
            if unit:
                return _clean(next(part for part in segment.groups() if part) + " " + unit.group(1))
    return _clean(_sentence(rest, language)) or None


def _sentence(rest: str, language: str | None) -> str:
    """Up to the end of the sentence, with a long one cut so that it counts as too long."""
    rest = rest[: 2 * MAX_ANSWER]
    japanese = language == "ja" if language else not rest.isascii()
    ends = [m.start() for m in (_END_EN.search(rest), _END_JA.search(rest) if japanese else None) if m]
    return rest[: min(ends)] if ends else rest


def _clean(found: str) -> str:
    found = found.strip(' \t\n*_「」『』"')
    found = _TAIL_WORDS.sub("", found).strip(" \t*")
    for opening, closing in (("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$")):
        found = found.removeprefix(opening).removesuffix(closing)
    if found.startswith("$") and found.endswith("$") and "$" not in found[1:-1] and len(found) > 1:
        found = found[1:-1]
    return found.strip(" \n")


def _conclusion(tail: str) -> str | None:
    """The last sentence where it opens with よって or Therefore and is mathematics, or ends on mathematics."""
    line = tail.rstrip().rpartition("\n")[2][-400:]
    last = _last(_CONCLUSION, line)
    if last is None:
        return None
    rest = line[last.end() :].strip()
    segments = list(_MATH.finditer(rest))
    if segments:
        after = _UNIT_AFTER.match(_TAIL_WORDS.sub("", rest[segments[-1].end() :]))
        if after is None:
            return None
        if len(segments) > 1 and not _WORDY.search(rest) and not _KANA_SENTENCE.search(rest):
            return _clean(rest.replace("$", ""))
        return _clean(next(part for part in segments[-1].groups() if part) + " " + after.group(1))
    rest = _clean(rest)
    if len(rest) > 60 or _WORDY.search(rest) or re.search(r"[ぁ-ん]{2}|[-+*/=^\\(]$", rest):
        return None
    return _result(rest) if any(c.isdigit() for c in rest) else None


def _result(line: str) -> str:
    """`12 + 30 = 42` gives 42, `x = 3` stays."""
    return line.rpartition("=")[2].strip() if _SHOWN_SUM.match(line) else line.removeprefix("=").strip()


def _last_line(tail: str, *, bare: bool) -> str | None:
    """The last line where all of it is an answer, or the text where it is one short line."""
    text = tail.strip()
    line = text.rpartition("\n")[2].strip()
    if not bare and line in ("$$", "\\]", "```"):
        block = re.search(r"(?:\$\$|\\\[)\s{0,5}([^\n]{1,300})\n\s{0,5}(?:\$\$|\\\])$", text[-400:])
        return _result(block.group(1).strip()) if block else None
    if len(line) > _MAX_LINE:
        return None
    line = _TAIL_WORDS.sub("", line.strip("* "))
    if _BARE.match(line):
        return _result(line)
    if bare:
        return None
    segment = _MATH.fullmatch(line)
    if segment:
        return _result(_clean(line))
    if _CUT_OFF.search(line) or line.count("{") != line.count("}"):
        return None
    if "=" in line and len(line) < 100 and not _WORDY.search(line) and not _JAPANESE_WORD.search(line):
        return _result(_clean(line))
    short = "\n" not in text and len(text) <= 40 and text.count(" ") < 3 and not re.search(r"[。?？]|[.!](?: |$)", text)
    return _clean(text) if short and "boxed" not in text and _last_phrase(text) is None else None
