"""Where the spans are that a translation must leave as they are.

Kind by kind, code first: what a kind has found is blanked out before the next one looks, so that a `$` inside code
opens no formula; a later span that holds an earlier one swallows it. Every pattern is possessive or stops at its own
opening, so the time is linear in the text, whatever it holds. Left out: blocks of code that are only indented; prose
inside `<pre>` or an environment of TeX for code or formulas is kept with it.
"""

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

Kind = Literal["code", "inline", "formula", "link", "email", "placeholder", "tag", "key", "mark"]
"""What a span is; a `mark` looks like one of ours and stands in the source itself."""


class Span(NamedTuple):
    """A place in a text."""

    start: int
    end: int
    kind: Kind


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class _Fence(NamedTuple):
    """An open block of code."""

    start: int
    mark: str
    size: int
    beside: bool
    """Whether it was opened inside a line."""


_DEEPEST = 200
"""Characters of indentation."""
_BLANK = "\ue000"
_NO_BREAK = re.compile(r"[^\n]")
_RUNS = re.compile(r"`{3,}+|~{3,}+")
_INDENT = re.compile(r"[ \t>]*\Z")
_REST = re.compile(r"[ \t]*+(?:\n|\Z)")
_INLINE = re.compile(r"`(?<!``)(?:(?!`)[^`\n]++`|`(?!`)(?:[^`\n]|`(?!`))++``)(?!`)")
_ELEMENTS = re.compile(
    r"<!--(?:(?!<!--|-->).)*+-->"
    r"|<(script|style|code|pre|kbd|samp|svg|math)\b[^<>]{0,1000}+>(?:(?!</?\1\b).)*+</\1\s{0,9}>",
    re.DOTALL | re.IGNORECASE,
)
_DISPLAY = re.compile(
    r"(?<!\\)\$\$(?:(?!\$\$).)++\$\$|(?<!\\)\\\[(?:(?!\\[\[\]]).)*+\\\]|(?<!\\)\\\((?:(?!\\[()]).)*+\\\)", re.DOTALL
)
_ENVIRONMENT = re.compile(r"\\(begin|end)\{([A-Za-z]{1,30})\*?\}")
_KEPT_ENVIRONMENTS = _words("""
    equation align alignat flalign gather multline eqnarray split aligned gathered matrix pmatrix bmatrix
    vmatrix Bmatrix Vmatrix smallmatrix cases array math displaymath verbatim Verbatim lstlisting minted
    tikzpicture algorithmic
""")
_DOLLARS = re.compile(r"\$(?<![\\$A-Za-z0-9]\$)(?![\s$])((?:[^$\n\\]|\\[^\n])++)(?<![\s\\])\$(?![0-9$])")
_SENTENCE = re.compile(r"[A-Za-z]{3,} [A-Za-z]{2,}|[ぁ-ゖァ-ヺ一-鿿]{3}")
_FORMAL = re.compile(r"[\\^_={}<>+]")
_COMMANDS = re.compile(
    r"\\(?:boxed|fbox|[dt]?frac|sqrt|eqref|ref|cite[pt]?|label|includegraphics|url|begin"
    r"|end)(?:\[[^\[\]\n]{0,100}+\])?+"
    r"(?:\{(?:[^{}\n]|\{(?:[^{}\n]|\{[^{}\n]{0,300}+\}){0,300}+\}){0,300}+\}){1,3}+"
)
_TARGET = re.compile(r"(?<=\]\()<?([^()\s<>]++(?:\([^()\s]*+\)[^()\s<>]*+)*+)")
_REFERENCE = re.compile(r"^ {0,3}\[[^\[\]\n]{1,200}+\]:[ \t]{1,9}(\S{1,2000}+)", re.MULTILINE)
_URL = re.compile(r"(?:(?:https?|ftp|file)://|mailto:|(?<![\w./-])www\.(?=[A-Za-z0-9]))[!#-;=?-_a-~]++", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}+@[A-Za-z0-9-]{1,63}+(?:\.[A-Za-z0-9-]{1,63}+){1,8}+")
_TOKEN = re.compile(r"<\|[^|<>\n]{1,64}+\|>|<｜[^｜<>\n]{1,64}+｜>|<<?/?SYS>>?")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9:-]{0,40}+)(\s[^<>]{0,1000}+)?/?>")
_ATTRIBUTES = re.compile(r"\s*+(?:[\w:@.-]{1,60}+\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"']++)\s*+)*+/?")
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,31}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_HTML = _words("""
    a abbr area article aside audio b blockquote body br button canvas caption center cite col dd details dialog
    div dl dt em embed fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i
    iframe img input ins label legend li link main map mark menu meta nav object ol option p param picture q rp
    rt ruby s section select small source span strong sub summary sup table tbody td template textarea tfoot th
    thead time title tr track u ul var video wbr
""")
_BRACES = re.compile(
    r"\{\{[^{}\n]{0,200}+\}\}|\{%[^{}%\n]{0,200}+%\}|\$\{[^{}\n]{1,100}+\}|\{[A-Za-z_][\w.!\[\]:-]{0,60}+\}"
    r"|\{[0-9]{0,3}+\}"
    r"|\{ ?[#.:][\w -]{1,80}+\}|\{\*[^{}*\n]{1,300}+\*\}"
)
_PERCENT = re.compile(
    r"%(?<![\w%]%)(?:\(\w{1,40}\)|[0-9]{1,2}\$)?[-+#0]?[0-9]{0,3}(?:\.[0-9]{1,3})?[sdifxXgeur](?!\w)", re.A
)
_NAMED = re.compile(
    r"\[/?[A-Z][A-Z0-9]{0,20}(?:_[A-Z0-9]{1,20}){0,6}\](?!\()|\[\^[\w-]{1,40}\]|\bNAME_[0-9]{1,4}\b", re.A
)
_KEY = re.compile(r"\"[^\"\\\n]{1,100}+\"[ \t]{0,5}+:")
_TAIL = ".,;:!?'\")]}*_~"


def find(text: str) -> list[Span]:
    """The spans of a text from left to right, none inside another."""
    found: list[Span] = []
    for signs, kind, places in _KINDS:
        if _has_one(text, signs):
            new = [Span(start, end, kind) for start, end in places(text) if end > start]
            found += new
            text = _blanked(text, new)
    if len(found) < 2:
        return found
    outer: list[Span] = []
    for span in sorted(found, key=lambda one: (one.start, -one.end)):
        if not outer or span.start >= outer[-1].end:
            outer.append(span)
    return outer


def _has_one(text: str, signs: tuple[str, ...]) -> bool:
    for sign in signs:  # noqa: SIM110 - a generator costs more than the search
        if sign in text:
            return True
    return False


def _blanked(text: str, spans: list[Span]) -> str:
    if not spans:
        return text
    pieces, at = [], 0
    for start, end, _ in spans:
        if start >= at:
            pieces += [text[at:start], _NO_BREAK.sub(_BLANK, text[start:end])]
            at = end
    return "".join((*pieces, text[at:]))


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Fenced code, also where it is opened inside a line or never closed; a line's indentation belongs to it."""
    opened: _Fence | None = None
    runs = list(_RUNS.finditer(text))
    at, end = 0, -1
    while at < len(runs):
        run = runs[at]
        at += 1
        if opened:
            same = run[0][0] == opened.mark and len(run[0]) >= opened.size
            if same and (opened.beside or _REST.match(text, run.end())):
                yield opened.start, run.end()
                opened = None
            continue
        if end < run.end():
            end = text.find("\n", run.end())
            end = len(text) if end < 0 else end
        if run[0][0] == "`" and at < len(runs) and runs[at].start() < end and len(runs[at][0]) == len(run[0]):
            yield run.start(), runs[at].end()  # both on one line
            at += 1
        else:
            opened = _fence(text, run)
    if opened and not opened.beside:
        yield opened.start, len(text)


def _fence(text: str, run: re.Match[str]) -> _Fence | None:
    """What a run of marks opens; tildes only do at the beginning of a line."""
    from_here = max(0, run.start() - _DEEPEST)
    line = text.rfind("\n", from_here, run.start()) + 1 or from_here
    beside = (line == from_here > 0 and text[line - 1] != "\n") or not _INDENT.match(text, line, run.start())
    if run[0][0] == "~" and beside:
        return None
    return _Fence(run.start() if beside else line, run[0][0], len(run[0]), beside)


def _inline(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _INLINE.finditer(text))


def _elements(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _ELEMENTS.finditer(text))


def _display(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _DISPLAY.finditer(text))


def _environments(text: str) -> Iterator[tuple[int, int]]:
    """Environments of code and formulas with all that is in them."""
    start, depth = -1, 0
    for found in _ENVIRONMENT.finditer(text):
        if found[2] not in _KEPT_ENVIRONMENTS:
            continue
        if found[1] == "begin":
            start = found.start() if not depth else start
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                yield start, found.end()


def _dollars(text: str) -> Iterator[tuple[int, int]]:
    """Formulas between single dollars; sums of money with words between them are none."""
    at = 0
    while found := _DOLLARS.search(text, at):
        if _SENTENCE.search(found[1]) and not _FORMAL.search(found[1]):
            at = found.end() - 1
            continue
        at = found.end()
        yield found.span()


def _commands(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _COMMANDS.finditer(text))


def _targets(text: str) -> Iterator[tuple[int, int]]:
    """Where links of Markdown lead."""
    yield from (found.span(1) for found in _TARGET.finditer(text))
    yield from (found.span(1) for found in _REFERENCE.finditer(text))


def _urls(text: str) -> Iterator[tuple[int, int]]:
    for found in _URL.finditer(text):
        address = found[0].rstrip(_TAIL)
        for mark in found[0][len(address) :]:
            if mark != ")" or address.count("(") <= address.count(")"):
                break
            address += mark
        yield found.start(), found.start() + len(address)


def _emails(text: str) -> Iterator[tuple[int, int]]:
    for found in _EMAIL.finditer(text):
        yield found.start(), found.start() + len(found[0].rstrip(".-"))


def _tokens(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _TOKEN.finditer(text))


def _tags(text: str) -> Iterator[tuple[int, int]]:
    """Tags; `<your name here>` is none."""
    for found in _TAG.finditer(text):
        if found[1].lower() in _HTML or _ATTRIBUTES.fullmatch(found[2] or ""):
            yield found.span()


def _entities(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _ENTITY.finditer(text))


def _braces(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _BRACES.finditer(text))


def _percents(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _PERCENT.finditer(text))


def _named(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _NAMED.finditer(text))


def _keys(text: str) -> Iterator[tuple[int, int]]:
    """Keys of JSON: what stands in quotation marks between `{` or `,` and `:`."""
    if "{" in text:
        for found in _KEY.finditer(text):
            before = text[max(0, found.start() - _DEEPEST) : found.start()].rstrip()
            if before.endswith(("{", ",")):
                yield found.span()


_KINDS: tuple[tuple[tuple[str, ...], Kind, Callable[[str], Iterator[tuple[int, int]]]], ...] = (
    (("```", "~~~"), "code", _blocks),
    (("`",), "inline", _inline),
    (("<!--", "</"), "code", _elements),
    (("$$", "\\[", "\\("), "formula", _display),
    (("\\begin{",), "formula", _environments),
    (("$",), "formula", _dollars),
    (("\\",), "formula", _commands),
    (("](", "]:"), "link", _targets),
    (("://", "www.", "WWW.", "ailto:"), "link", _urls),
    (("@",), "email", _emails),
    (("<|", "<｜", "SYS>"), "placeholder", _tokens),
    (("<",), "tag", _tags),
    (("&",), "tag", _entities),
    (("{",), "placeholder", _braces),
    (("%",), "placeholder", _percents),
    (("[", "NAME_"), "placeholder", _named),
    (('":', '" :'), "key", _keys),
)
"""What a text must hold for a kind to be looked for, in the order in which they are."""
