"""The tokens of a math segment, and the steps a parser takes over them."""

import re

from factory.math.skeleton import UnreadError

TOKEN = re.compile(r"\s*(\\[A-Za-z]+|\\.|[\x00\ue001-\ue00c]|.)")
SKIP = {
    "\\,", "\\;", "\\:", "\\!", "\\ ", "\\quad", "\\qquad", "\\left",
    "\\right", "\\displaystyle", "\\bigl", "\\bigr", "\\limits",
}  # fmt: skip
REMAINDER = {"\\cdots", "…", "あまり", "R", "remainder"}


class Tokens:
    """A place in the tokens of one segment."""

    def __init__(self, skeleton: str, first: int = 0) -> None:
        """Read a skeleton whose first number is number `first` of the row."""
        self.tokens = [token for token in TOKEN.findall(skeleton) if token not in SKIP and not token.isspace()]
        self.at, self.next_number, self.depth = 0, first, 0
        self.single: set[int] = set()

    def peek(self, ahead: int = 0) -> str:
        """The token ahead, or an empty string."""
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        """The next token, which must be one of those wanted."""
        token = self.peek()
        if not token or (wanted and token not in wanted):
            raise UnreadError(f"{token or 'the end'!r} where {' or '.join(wanted) or 'more'} was expected")
        self.at += 1
        return token

    def skip(self, token: str) -> bool:
        """True and a step forward where the next token is this one."""
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def remainder_ahead(self) -> bool:
        r"""True where `\text{ R }` or the like comes next."""
        if self.peek() != "\\text":
            return False
        end = self.tokens.index("}", self.at) if "}" in self.tokens[self.at :] else self.at
        return "".join(self.tokens[self.at + 2 : end]) in REMAINDER

    def command_text(self) -> str:
        r"""The text of `\mathrm{..}` or `\text{..}`."""
        self.take()
        return self.raw_group()

    def raw_group(self) -> str:
        """The tokens of a group, or one token, as text."""
        if not self.skip("{"):
            return self.take()
        text = ""
        while not self.skip("}"):
            text += self.take()
        return text
