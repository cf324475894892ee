"""What of a source stands in its translation as it was: all of it, or a sentence.

English left in Japanese is told by runs of words with the little words of English in them, so that names, titles and
commands may stay. What stands in quotation marks or brackets is let be: there an original belongs.
"""

import re
from functools import lru_cache

from factory.text_rules.characters import LETTERS, Class
from factory.translation.beside import Beside, script
from factory.translation.languages import Languages
from factory.translation.pieces import says_nothing

_LATIN, _HANGUL, _LETTER = int(Class.LATIN), int(Class.HANGUL), int(Class.LETTER)
_RUN = re.compile(r"[A-Za-z][A-Za-z'’-]{0,60}+(?: ?[,;:]?[ \n]{1,3}['’]?[A-Za-z][A-Za-z'’-]{0,60}+){3,}+")
_WORD = re.compile(r"[A-Za-z'’]+")
_WORDS = re.compile(r"\w+(?:['’]\w+)*", re.UNICODE)
_QUOTED = re.compile(
    r"「[^「」\n]{0,300}」|『[^『』\n]{0,300}』|（[^（）\n]{0,200}）|\([^()\n]{0,200}\)|“[^“”\n]{0,300}”|\"[^\"\n]{0,300}\""
)
_JAPANESE = re.compile(r"[ぁ-ゖァ-ヺ一-鿿]{2,}")
_FOREIGN = re.compile(r"[\u0400-\u052f\u0590-\u06ff\u0900-\u0e7f\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]+")
_FORMAL = re.compile(r"[=^_+<>{}\\]|\w\(")
_TWO_WORDS = re.compile(r"[A-Za-z]{3,} [A-Za-z]{2,}")
"""What formulas and calls such as `sin(x)` and `print('hi')` have, and what they don't."""
_LEAST_WORDS = 4
_LEAST_LETTERS = 12
"""Latin letters from which a text may have been left in them."""
_SPACES = 8
"""Characters by which a copy may differ, as by spaces."""
_SHARED_RUN = 8
"""Words in a row that two languages of one script don't share by chance."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLE = _words("the of and in a an to on for at by from with or")
_STOP = _TITLE | _words(
    """is are was were be been being am i you he she it we they me him her us them my your his its our their this that
    these those not no do does did don't doesn't didn't have has had can could will would should may might must if
    when what which who how why where there here as but so than then just about into out up over after before because
    i'm it's you're can't let's please some any all more most very also only okay yes yeah thank thanks"""
)


def copied(both: Beside) -> str:
    """The source, where the translation is the same although there were words to translate."""
    if abs(len(both.source) - len(both.target)) > _SPACES + len(both.source) // 10:
        return ""
    source, target = " ".join(both.source.split()).casefold(), " ".join(both.target.split()).casefold()
    return source[:80] if source == target and _has_words(both) else ""


def untranslated(both: Beside) -> str:
    """What was left as it was in the source; empty where nothing was."""
    latin = both.after[_LATIN]
    if latin < _LEAST_LETTERS and _two_scripts(both.languages):
        return ""
    into = script(both.languages.target)
    out_of = script(both.languages.source)
    if into == out_of:
        return _shared_run(both)
    if into == [Class.LATIN]:
        return _left_in_latin(both, out_of)
    written = sum(both.after[kind] for kind in into)
    if not written or latin > 3 * written:
        bare = both.target_prose
        if _few(bare, into) and _has_words(both):
            return bare.strip()[:80]
    return _english_run(both) if out_of == [Class.LATIN] else ""


@lru_cache(maxsize=64)
def _two_scripts(languages: Languages) -> bool:
    """Whether the translation is in another script than the source, and not in Latin letters."""
    return script(languages.target) not in (script(languages.source), [Class.LATIN])


def foreign_script(both: Beside) -> str:
    """Letters of a script that neither language has, nor the source."""
    if not both.after[_HANGUL] and not both.after[_LETTER]:
        return ""
    if {Class.HANGUL, Class.LETTER} & {*script(both.languages.target), *script(both.languages.source)}:
        return ""
    return next((found for found in _FOREIGN.findall(both.target) if found not in both.source), "")[:80]


def _few(text: str, kinds: list[Class]) -> bool:
    """Whether hardly any of a text's letters are of these classes."""
    from factory.text_rules.characters import counts, pack

    found = counts(pack([text]))[0]
    letters = int(found[LETTERS].sum())
    return letters > 0 and int(found[kinds].sum()) < 0.15 * letters


def _has_words(both: Beside) -> bool:
    """Whether the source has words that a translation would change: more than names, code and numbers."""
    text = both.source_prose
    if says_nothing(text):
        return False
    if script(both.languages.source) != [Class.LATIN]:
        return bool(_JAPANESE.search(text)) or sum(map(str.isalpha, text)) >= 4
    words = _WORDS.findall(text)
    if _FORMAL.search(text) and not _TWO_WORDS.search(text):
        return any(len(word) > 1 and word.lower() in _STOP for word in words)
    lower = [word for word in words if word[0].islower()]
    return bool(lower) or (bool(words) and words[0].lower() in _STOP) or len(words) >= 12


def _english_run(both: Beside) -> str:
    text = both.target_prose
    if not _RUN.search(text):
        return ""
    for run in _RUN.findall(_QUOTED.sub(" ", text)):
        words = _WORD.findall(run.replace("’", "'"))
        if both.languages.source != "en":
            if len(words) >= 6 and run in both.source:
                return str(run[:80])
            continue
        stops = [word for word in words if word.lower() in _STOP]
        telling = [word for word in words if word[0].islower() and word not in _TITLE]
        if len(words) >= _LEAST_WORDS and len(stops) >= (1 if len(telling) >= 3 else 2) and telling:
            return str(run[:80])
    return ""


def _left_in_latin(both: Beside, out_of: list[Class]) -> str:
    """Characters of the source's script in a translation that is written in Latin letters."""
    left = sum(both.after[kind] for kind in out_of)
    if left < 4:
        return ""
    found = _JAPANESE.findall(_QUOTED.sub(" ", both.target_prose)) if Class.KANJI in out_of else []
    long = [run for run in found if len(run) >= 6]
    return next(iter(long), "")[:80] or ("".join(found)[:80] if len("".join(found)) >= 12 else "")


def _shared_run(both: Beside) -> str:
    source, target = (_WORDS.findall(text.lower()) for text in (both.source_prose, both.target_prose))
    if len(source) < _SHARED_RUN or len(target) < _SHARED_RUN:
        return ""
    known = {tuple(source[at : at + _SHARED_RUN]) for at in range(len(source) - _SHARED_RUN + 1)}
    for at in range(len(target) - _SHARED_RUN + 1):
        if tuple(target[at : at + _SHARED_RUN]) in known:
            return " ".join(target[at : at + _SHARED_RUN])
    return ""
