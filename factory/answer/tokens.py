"""Cuts an expression, plain or TeX, into tokens."""

import re

from factory.answer.functions import NAMES
from factory.answer.value import Unreadable

MAX_NODES = 100
_TOKEN = re.compile(
    r"(\d+\.(?=\s?\\overline)|\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4}(?![\d^]))?|\.\d+)"
    r"|\\([A-Za-z]+)|([A-Za-z]+|[α-ωΑ-Ω])|([-+*/^!°±∓√∞|_=()\[\]{}′'])|(\s+)|(.)"
)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?![\d,])")
_WORDS = {"pi": "π", "infinity": "∞", "inf": "∞", "infty": "∞", "oo": "∞", "Infinity": "∞"}


def tokens(text: str) -> list[str]:
    """The tokens of an expression; a name of a function or of a TeX command is one token, letters are single.

    Raises:
        Unreadable: a character or a word that no expression holds.
    """
    found: list[str] = []
    for digits, command, letters, mark, _, other in _TOKEN.findall(text):
        if digits or mark:
            found.append(digits or mark)
        elif other:
            raise Unreadable(f"the character {other!r}")
        elif command or letters:
            found += _names(command, letters)
    if len(found) > 2 * MAX_NODES:
        raise Unreadable("too long")
    return found


def _names(command: str, letters: str) -> list[str]:
    word = command or letters
    word = _WORDS.get(word, word)
    if word in NAMES or word in ("frac", "sqrt", "binom", "overline", "π", "∞"):
        return [word]
    if command:
        return [_greek(command)]
    if len(letters) > 3:
        raise Unreadable(f"the word {letters!r}")
    return list(letters)


def _greek(command: str) -> str:
    names = [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "theta",
        "lambda",
        "mu",
        "phi",
        "omega",
        "rho",
        "sigma",
        "tau",
        "varphi",
        "epsilon",
        "ell",
    ]
    if command not in names:
        raise Unreadable(f"the TeX command {command!r}")
    return command


def ungrouped(text: str) -> str:
    """Without the separators of thousands."""
    if "," in text:
        text = _THOUSANDS.sub(lambda m: m.group().replace(",", ""), text)
    if " " in text:
        text = _SPACED.sub(lambda m: m.group().replace(" ", ""), text)
    return text
