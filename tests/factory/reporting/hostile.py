"""Texts that try to make a page do something, and what is wrong with a page where one of them does."""

import re
from html.parser import HTMLParser

PAYLOADS = (
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><svg onload=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/leak.png)",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import 'https://evil.example/x.css'</style>",
    "<form action=https://evil.example><input name=q></form>",
    "<math><mtext><img src=x onerror=alert(1)></mtext></math>",
    r"$\href{javascript:alert(1)}{x} \htmlData{onclick=alert(1)}{y}$",
    "$</math><script>alert(1)</script>$",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "expression(alert(1));background:url(https://evil.example/x)",
    "\u202egnp.exe\u202c\x1b]0;title\x07\x00",
    "<!--><script>alert(1)</script-->",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)
_MATH = """
    math mrow mi mn mo mtext mspace msqrt mroot mfrac msup msub msubsup mover munder munderover mtable mtr mtd mstyle
    semantics annotation mpadded mphantom menclose
"""
_HTML = """
    html head meta title style body a nav p ol li main header h1 h2 h3 dl dt dd div section span i b small code pre
    table thead tbody tr th td figure figcaption svg g rect path text ul article details summary strong ins del footer
"""
_TAGS = {*_MATH.split(), *_HTML.split()}
_STYLE = re.compile(r"(width|left|--heat|--c):[\d.]+%\Z")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Page(HTMLParser):
    """A page, and what is wrong with it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.texts: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            said = value or ""
            if name.startswith("on") or name in (
                "src",
                "srcdoc",
                "srcset",
                "action",
                "formaction",
                "xlink:href",
                "ping",
            ):
                self.faults.append(f"{tag} {name}={said}")
            if name == "href" and not said.startswith("#"):
                self.faults.append(f"{tag} href={said}")
            if name == "style" and not _STYLE.match(said):
                self.faults.append(f"{tag} style={said}")
            if name == "http-equiv" and (said, dict(attrs)["content"]) != ("Content-Security-Policy", _POLICY):
                self.faults.append(f"{tag} {said}")
            if name == "id":
                self.ids.append(said)
            if name == "href":
                self.links.append(said)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"<!--{data}")
