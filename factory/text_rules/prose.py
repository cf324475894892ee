"""The prose of a text: without code, formulas, tables, links and tags, which would spoil every ratio of letters.

Linear in the text: what is opened and never closed ends at the next opening, the line, or the text.
"""

import re

_MARKED = re.compile(r"[`$|<~\\h](?:(?<=[`$|<])|(?<=~)~~|(?<=\\)[\[(b]|(?<=h)ttps?:)")
_FENCES = re.compile(r"```.*?(?:```|\Z)|^~~~.*?(?:^~~~|\Z)", re.DOTALL | re.MULTILINE)
_TABLE_LINES = re.compile(r"^[ \t]*\|.*$", re.MULTILINE)
_REST = re.compile(
    r"""`[^`\n]+`
    | \$\$ (?:(?!\$\$).)* \$\$
    | \\\[ (?:(?!\\\[).)*? \\\]
    | \\\( (?:(?!\\\().)*? \\\)
    | \\begin\{ (?:(?!\\begin\{).)*? \\end\{[A-Za-z*]{1,20}\}
    | (?<!\\)\$(?=[^\s$]) [^$\n]* (?<=[^\s$\\])\$(?!\d)
    | https?://[!-~]+
    | <[A-Za-z/!][^<>\n]{0,200}>
    """,
    re.DOTALL | re.VERBOSE,
)


def prose(text: str) -> str:
    """The text without what is no prose, a space in its place."""
    if not _MARKED.search(text):
        return text
    return _REST.sub(" ", _TABLE_LINES.sub("", _FENCES.sub("\n", text)))


def without_code(text: str) -> str:
    """The text without its blocks of code."""
    return _FENCES.sub("\n", text) if "```" in text or "~~~" in text else text


def open_fence(text: str) -> bool:
    """Whether a block of code is begun and not ended."""
    return text.count("```") % 2 == 1
