"""What can be seen of answers without understanding them: lengths, languages, Markdown, refusals, texts that break off.

Columns in, columns out, so that a million pairs take a minute. What is looked for is what a model learns in place of
quality where it goes with one side. Headings, lists and the like are what Markdown calls so, with Japanese bullets;
`cut` and refusals are the rules of the judges `truncation` and `refusal`.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from factory.collapse import HEAD, REFUSAL_WORDS, refuses
from factory.language import Language, foreign, languages
from factory.text_rules.prose import prose
from factory.text_rules.truncation import cut

Flags = NDArray[np.bool_]
Spoken = Language | Literal["none"]

READ = 500
"""Characters of a text that its language is read from."""

_FORMATS = {
    "heading": r"(?m)^#{1,6}[ \t]+\S",
    "code": r"```|(?m:^~~~)",
    "bold": r"(?m)(?:^|[^*A-Za-z0-9])\*\*[^*\s](?:[^*\n]*[^*\s])?\*\*(?:[^*]|$)",
    "table": r"(?m)^[ \t]*\|?[ \t]*:?-{3,}:?[ \t]*\|[ \t:|-]*$",
    "latex": r"\\\(|\\\[|\\begin\{|\\(?:frac|boxed|sqrt|times)\b|\$\$|\$[^\s$](?:[^$\n]*[^\s$\\])?\$(?:\D|\z)",
}
"""In RE2's syntax: linear in the text, whatever it is."""
_MARKS = r"[#`*|\\$~]"
"""Each of them needs one: most texts have none, and are looked at once."""
_NUMBERED = r"\(?[0-9０-９]{1,3}(?:[.)](?:[ \t]+\S|[^\s0-9.])|[．）、][ \t　]*\S)"
_ENTRY = rf"(?m)^[ \t]*(?:(?:[-*+•‣◦●○■□][ \t]+|・|[①-⑳])\S|{_NUMBERED})[^\n]*"
"""A whole line: Arrow looks on behind each match as if a line began there."""
_LETTER = re.compile(r"[^\W\d_]")
_ENTRIES = 2
"""Lines that make a list: one alone may be a dash of dialogue, or a year at the beginning of a line."""

_ENGLISH = r"\b(?:the|and|you|that|with|this|are|have|which|from|what|would|your|they|it's|i'm|don't)\b"
_SURELY_ENGLISH = rf"(?is){_ENGLISH}.*{_ENGLISH}.*{_ENGLISH}"
"""Three such words are English, without a closer look, where nothing but prose in Latin letters is there."""
_NOT_PLAIN = r"[`$|<~\\]|https?:|[^\x00-\x{24f}\x{2000}-\x{206f}]"

FORMATS = ("list", *_FORMATS, "cut")


class Side(NamedTuple):
    """What is seen of one side of each pair."""

    texts: pa.Array
    lengths: NDArray[np.int64]
    """Characters."""
    languages: list[Spoken]
    formats: dict[str, Flags]
    refuses: Flags


def side(turns: pa.ListArray) -> Side:
    """What is seen of the answers in a column of turns."""
    texts = said_by("assistant", turns)
    words = texts.to_pylist()
    return Side(texts, _numbers(pc.utf8_length(texts)), spoken(texts), formats(texts, words), refusals(texts, words))


def said_by(role: str, turns: pa.ListArray) -> pa.Array:
    """What one role says in each conversation, a line break between its turns."""
    flat = turns.values
    mine = pc.equal(flat.field("role"), role)
    before = np.concatenate([[0], np.cumsum(mine.to_numpy(zero_copy_only=False))])
    offsets = before[turns.offsets.to_numpy()]
    start, stop = int(offsets[0]), int(offsets[-1])
    texts = flat.field("content").filter(mine).slice(start, stop - start)
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets - start, pa.int32()), texts), "\n")


def spoken(texts: pa.Array) -> list[Spoken]:
    """The language of each text; `none` where it is code, formulas, names or anything else without one."""
    heads = pc.utf8_slice_codeunits(texts, 0, READ)
    surely = pc.match_substring_regex(heads, _SURELY_ENGLISH), pc.invert(pc.match_substring_regex(heads, _NOT_PLAIN))
    found: list[Spoken] = ["en"] * len(texts)
    rest = np.flatnonzero(~(_flags(surely[0]) & _flags(surely[1])))
    left = heads.take(pa.array(rest)).to_pylist()
    for place, head, language in zip(rest.tolist(), left, languages(left), strict=True):
        found[place] = language if language in ("ja", "mixed") or _speaks(head, language) else "none"
    return found


def _speaks(text: str, language: Language) -> bool:
    """Whether a text has a language at all: words outside of code and formulas, or what is surely another language."""
    return foreign(text) if language == "other" else _LETTER.search(prose(text)) is not None


def formats(texts: pa.Array, words: Sequence[str]) -> dict[str, Flags]:
    """Which texts have a list, a heading ..., by its name."""
    entries = _numbers(pc.count_substring_regex(texts, _ENTRY))
    found: dict[str, Flags] = {"list": entries >= _ENTRIES}
    marked = np.flatnonzero(_flags(pc.match_substring_regex(texts, _MARKS)))
    few = texts.take(pa.array(marked))
    for name, form in _FORMATS.items():
        found[name] = np.zeros(len(texts), np.bool_)
        found[name][marked] = _flags(pc.match_substring_regex(few, form))
    found["cut"] = np.fromiter((bool(cut(text)) for text in words), np.bool_, len(words))
    return found


def refusals(texts: pa.Array, words: Sequence[str]) -> Flags:
    """Which texts begin as a refusal."""
    found = _flags(pc.match_substring_regex(pc.utf8_slice_codeunits(texts, 0, 2 * HEAD), REFUSAL_WORDS))
    for place in np.flatnonzero(found).tolist():
        found[place] = refuses(words[place])
    return found


def differ(one: Spoken, other: Spoken) -> bool:
    """Whether two texts are surely in different languages."""
    return one != other and not {"none", "mixed"} & {one, other}


def _flags(found: pa.Array) -> Flags:
    flags: Flags = np.array(found.to_numpy(zero_copy_only=False), np.bool_)
    return flags


def _numbers(found: pa.Array) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = found.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers
