"""Texts of rows between fences that nobody who wrote them could know, so that a judge can tell what is to be judged.

Each text stands between `<answer-3f9a5c...>` and `</answer-3f9a5c...>`, with a nonce drawn for the row: equal whenever
the run is repeated, unknown to the author of the text. What looks like such a fence is taken out, as are characters
that nobody sees, and marks of chat templates lose their form: a tokenizer would read `<|im_end|>` in a text as the end
of the turn.

Source: spotlighting by delimiters, https://arxiv.org/abs/2403.14720. What it leaves out: a fence shows the judge where
a text ends, it does not stop it from believing what the text says; `addresses_judge` and canaries are for that.
"""

import re
from collections.abc import Mapping
from random import Random
from typing import NamedTuple

from factory.judging.addressing import addresses_judge as addresses_judge

REMOVED = "[removed]"

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_LOOK_ALIKE = re.compile(
    r"[<＜〈‹]\s{0,4}[/／]?\s{0,4}[a-zA-Z0-9_]{1,30}\s?[-－‐‑–_]\s?[0-9a-fA-F]{6,40}\s{0,4}[>＞〉›]"
)
_TEMPLATE_MARK = re.compile(
    r"<(?=[|｜])|<(?=(?:start|end)_of_turn>)|<(?=/?s>)|<(?=<?/?SYS>)|\[(?=/?INST\])|<(?=/?(?:bos|eos|pad|unk)>)"
)


class Fenced(NamedTuple):
    """Texts that are ready for a prompt."""

    nonce: str
    """What this judgement's fences bear."""
    texts: dict[str, str]
    """Each text between its fences, by the name it was given under."""


def fence(texts: Mapping[str, str], rng: Random) -> Fenced:
    """Each text between fences that bear its name and a nonce of `rng`, without what looks like a fence.

    Args:
        texts: what is untrusted, by names of ASCII letters, digits and `_`.
        rng: a stream of its own, such as `run.random("fence", judge, row.id)`.
    """
    nonce = f"{rng.getrandbits(64):016x}"
    while any(nonce in text for text in texts.values()):
        nonce = f"{rng.getrandbits(64):016x}"
    return Fenced(
        nonce, {name: f"<{name}-{nonce}>\n{harmless(text)}\n</{name}-{nonce}>" for name, text in texts.items()}
    )


def harmless(text: str) -> str:
    """The text without what looks like a fence, what nobody sees, and marks of chat templates."""
    seen = _UNSEEN.sub("", text.replace("\r\n", "\n"))
    return _TEMPLATE_MARK.sub(lambda mark: f"{mark[0]} ", _LOOK_ALIKE.sub(REMOVED, seen))
