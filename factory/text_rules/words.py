"""Lists of words looked for in texts: many words at once, in one pass.

The words become one regular expression whose branches share their beginnings, so that a text costs nearly the same
whether ten words are looked for or ten thousand. Words in Latin letters are only found whole; others anywhere, since
Japanese has no spaces. Both sides are folded: full-width letters, half-width kana, capitals.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from factory.errors import RecipeError

MOST_WORDS = 100_000
MOST_BYTES = 4_000_000
LONGEST = 64
"""Characters of a word: longer ones would be sentences, and the nesting of branches has to end."""

Trie = dict[str, "Trie"]
_END = ""


def fold(text: str) -> str:
    """Without the differences of width and case."""
    return unicodedata.normalize("NFKC", text).lower()


def read(path: Path) -> list[str]:
    """The words of a file, one a line, folded and sorted; empty lines and those that begin with # are none.

    Raises:
        RecipeError: the file can't be read, or is no list of words.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RecipeError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB; a list of words has one a line")
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except OSError as error:
        raise RecipeError(f"{path} can't be read: {error.strerror}; give a text file with one word a line") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path} is not UTF-8 text; save the list of words as UTF-8") from error
    words = {fold(line).strip() for line in lines if not line.startswith("#")} - {""}
    for word in sorted(words):
        if len(word) > LONGEST:
            raise RecipeError(f"{path}: {word[:20]!r}… has {len(word)} characters; a word has {LONGEST} at most")
    if not words or len(words) > MOST_WORDS:
        raise RecipeError(f"{path} has {len(words)} words; a list has 1 to {MOST_WORDS}")
    return sorted(words)


class Words:
    """A list of words, ready to be looked for."""

    def __init__(self, words: Iterable[str]) -> None:
        """Take folded words."""
        whole: list[str] = []
        inside: list[str] = []
        for word in sorted(set(words)):
            (whole if re.fullmatch(r"[a-z0-9'’ _.-]+", word) else inside).append(word)
        parts = [rf"(?<![a-z0-9])(?:{_expression(whole)})(?![a-z0-9])"] if whole else []
        parts += [_expression(inside)] if inside else []
        self._pattern = re.compile("|".join(parts))

    def found(self, text: str) -> list[str]:
        """Every place of a word in the text, the longest word at each; the words as they are in the list."""
        return [match[0] for match in self._pattern.finditer(fold(text))]


def _expression(words: Sequence[str]) -> str:
    root: Trie = {}
    for word in words:
        node = root
        for character in word:
            node = node.setdefault(character, {})
        node[_END] = {}
    return _branches(root)


def _branches(node: Trie) -> str:
    """What may follow, the longest first; a chain without branches is written flat, to keep the nesting low."""
    branches = []
    for character, after in sorted(node.items(), key=lambda entry: entry[0], reverse=True):
        if character == _END:
            continue
        chain = re.escape(character)
        while len(after) == 1 and _END not in after:
            character, after = next(iter(after.items()))
            chain += re.escape(character)
        branches.append(chain + _branches(after))
    if not branches:
        return ""
    optional = "?" if _END in node else ""
    return branches[0] if len(branches) == 1 and not optional else f"(?:{'|'.join(branches)}){optional}"
