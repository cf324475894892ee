"""What instructions ask for: a verb and its object, as in the figure of Self-Instruct, found by rules.

English: the first word of a sentence that is a known verb of instructions, and the first word behind it that is none of
the little ones. Japanese: the last noun before を, and the verb behind it. No parser is asked: what these rules don't
find is counted as such, and questions without a verb of instruction are not asked for one.

Source: Wang et al. 2023, "Self-Instruct", figure 3 (there with the Berkeley Neural Parser).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

READ = 600
"""Characters of an instruction that are read."""
VERBS, OBJECTS = 14, 4
"""How many verbs are told apart, and of each how many objects; what is left is counted together."""

_FORMULA = re.compile(r"\$[^$\n]{0,300}\$")
_SENTENCE = re.compile(r"[.!?:\n;。！？：]+")
_WORD = re.compile(r"[a-z][a-z'’-]{0,30}")
_JAPANESE = re.compile(
    r"([一-鿿々〆ァ-ヺーA-Za-z]{1,12}(?:[いきぎしちびみりえけげせべめれ][一-鿿]{1,3})?)[」』）) ]{0,2}(?:を|について)"
    r"(?:[一-鿿ぁ-んァ-ヺー]{0,8}?[にでと、く])?(?:(し(?=て|な|ま|た)|せよ|する)|([一-鿿々]{1,4})([ぁ-ん]{1,4}))"
)
_DOING = re.compile(r"(?:して|しな|せよ|しま|する|した)")
_ASKING = re.compile(
    r"なさい|ください|下さい|せよ|ましょう|ほしい|欲しい|もらえ|くれ|願い|たい|[けせめえれげべねてよ](?:。|\s|$)"
)
_BEHIND = 14
"""Characters behind a verb in which it is seen that it is asked for."""


class Asked(NamedTuple):
    """What one instruction asks for."""

    verb: str
    object: str


class Wheel(NamedTuple):
    """Verbs with their objects."""

    verbs: Sequence[tuple[str, int, Sequence[tuple[str, int]]]]
    """Each verb, how often, and its commonest objects; the objects' counts may come to less."""
    other: int
    """Instructions whose verb is none of these."""
    found: int
    looked: int


def wheel(questions: Iterable[str]) -> Wheel:
    """What the instructions ask for."""
    asked = [what(question) for question in questions]
    found = [one for one in asked if one is not None]
    verbs = Counter(one.verb for one in found)
    objects: Mapping[str, Counter[str]] = {verb: Counter() for verb in verbs}
    for one in found:
        objects[one.verb][one.object] += 1
    shown = [(verb, count, _first(objects[verb], OBJECTS)) for verb, count in _first(verbs, VERBS)]
    return Wheel(shown, len(found) - sum(count for _, count, _ in shown), len(found), len(asked))


def what(instruction: str) -> Asked | None:
    """The verb and the object; None where the rules find none."""
    text = instruction[:READ]
    return _japanese(_FORMULA.sub("", text)) or _english(_FORMULA.sub(" ", text))


def _first(counts: Counter[str], most: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:most]


def _japanese(text: str) -> Asked | None:
    asked = None
    for found in _JAPANESE.finditer(text):
        object, doing, stem, ending = found.groups()
        if not _ASKING.search(text, found.end(1) + 1, found.end() + _BEHIND) or (stem or "").startswith("何"):
            continue
        asked = Asked("する" if doing else _named(stem, ending), object)
    return asked


def _named(stem: str, ending: str) -> str:
    """The verb as dictionaries have it, where it is known."""
    known = _words("japanese")
    if stem not in known and _DOING.match(ending):
        return f"{stem}する"
    return known.get(stem, f"{stem}…")


def _english(text: str) -> Asked | None:
    verbs, little = _words("english"), _words("little")
    for sentence in _SENTENCE.split(text.lower()):
        words = _WORD.findall(sentence)
        for place, word in enumerate(words[:12]):
            if word in verbs and _imperative(words[:place]):
                rest = [other for other in words[place + 1 : place + 9] if other not in little and len(other) > 1]
                if rest:
                    return Asked(verbs[word], rest[0])
                break
    return None


def _imperative(before: Sequence[str]) -> bool:
    """Whether a verb behind these words may be what is asked for."""
    return not before or before[-1] in _words("before")


@cache
def _words(kind: str) -> Mapping[str, str]:
    """The words of that kind, in `templates/html/instructions.yaml`: as they are written, and as they are named."""
    from factory.pages.environment import folder
    from factory.strict_yaml import load

    found = load(folder() / "instructions.yaml").data[kind]
    return found if isinstance(found, dict) else {word: word for word in str(found).split()}
