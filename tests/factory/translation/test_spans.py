"""Spans come back exactly, and whatever a model did to their marks is a fault."""

import json
import random
import re
import time
from pathlib import Path

import pytest

from factory.translation.spans import STYLE, SpanFault, mask, unmask

DATA = Path(__file__).parents[4] / "shared" / "data"

TEXT = """# Setup { #setup }

Run `pip install x`, open http://localhost:8000/docs (see [here](/docs/a_(b).md "Guide")), mail a.b@example.org.

```python
print("$x$ and `y`")  # http://not.a.link
```

- Set `name` to {name} or {{ name }}, then %s; the mass is $m = \\frac{E}{c^2}$.
- Write <b>bold</b> and [NAME_1] says <|im_start|>.

\\begin{align}
a &= \\begin{cases} 1 \\\\ 2 \\end{cases}
\\end{align}

$$
\\sum_i x_i
$$
and \\(a+b\\), \\[c\\]: \\boxed{\\frac{1}{2}}. It costs $5 to buy, or $6.
"""


def spans(text):
    return dict(zip(mask(text).spans, mask(text).kinds, strict=True))


def test_every_kind_of_span_is_found_and_its_prose_is_left():
    masked = mask(TEXT)
    assert masked.spans == (
        "{ #setup }", "`pip install x`", "http://localhost:8000/docs", "/docs/a_(b).md", "a.b@example.org",
        '```python\nprint("$x$ and `y`")  # http://not.a.link\n```', "`name`", "{name}", "{{ name }}", "%s",
        "$m = \\frac{E}{c^2}$", "<b>", "</b>", "[NAME_1]", "<|im_start|>",
        "\\begin{align}\na &= \\begin{cases} 1 \\\\ 2 \\end{cases}\n\\end{align}", "$$\n\\sum_i x_i\n$$", "\\(a+b\\)",
        "\\[c\\]", "\\boxed{\\frac{1}{2}}",
    )  # fmt: skip
    assert "It costs $5 to buy, or $6." in masked.text
    assert '(⟦3⟧ "Guide")' in masked.text
    assert unmask(masked, masked.text) == TEXT


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Use ```a = 1``` here, `` a`b `` there.", ["```a = 1```", "`` a`b ``"]),
        ("Here: ```python\nx = '`'\n``` and so on.", ["```python\nx = '`'\n"]),
        ("    ```\n    code\n    ```\nafter", ["    ```\n    code\n    ```"]),
        ("~~~\na\n```\nb\n~~~\nafter", ["~~~\na\n```\nb\n~~~"]),
        ("Cut:\n```c\nint main", ["```c\nint main"]),
        ("About <your name here> and a < b > c.", []),
        ("<img src='a.png' />, <input disabled>, <task>", ["<img src='a.png' />", "<input disabled>", "<task>"]),
        ("<code>x &lt; y</code> &nbsp; <!-- note -->", ["<code>x &lt; y</code>", "&nbsp;", "<!-- note -->"]),
        ('{"name": "Anna", "tags": ["a"]} He said: "no": why?', ['"name":', '"tags":']),
        ("「https://example.com/a」を見て。(https://en.wikipedia.org/wiki/A_(b)).", ["https://example.com/a", "https://en.wikipedia.org/wiki/A_(b)"]),
        ("ここで$x$は100%安全、%dと%(name)sは数。", ["$x$", "%d", "%(name)s"]),
        ("From $5 million to about $ 7, US$3 and $HOME.", []),
        ("`` never closed, ` nor this", []),
        ("\\begin{itemize}\\item prose\\end{itemize}", ["\\begin{itemize}", "\\end{itemize}"]),
    ],
)  # fmt: skip
def test_spans_are_what_a_reader_would_keep(text, kept):
    masked = mask(text)
    assert [span.rstrip("`") for span in masked.spans] == [span.rstrip("`") for span in kept]
    assert unmask(masked, masked.text) == text


@pytest.mark.parametrize("text", ["⟦0⟧ `a` ⟦1⟧", "⟦", "⟧⟦7", "`⟦0⟧` and ⟦⟦0⟧⟧", "⟦ 0 ⟧ $⟦0⟧$", "0⟧`a`⟦"])
def test_a_source_that_holds_marks_survives_exactly(text):
    masked = mask(text)
    assert unmask(masked, masked.text) == text
    assert unmask(masked, f"訳: {masked.text}") == f"訳: {text}"


@pytest.mark.parametrize("style", ["⟦{}⟧", "<x{}>", "[[{}]]", "__{}__", "%{}%", "@@{}@@", "«{}»"])
def test_any_style_with_signs_around_its_number_gives_texts_back(style):
    rng = random.Random("styles")
    pieces = [*TEXT.split(" "), *(style.replace("{}", str(n)) for n in range(3)), *style.split("{}"), "7", "\n"]
    for _ in range(300):
        text = "".join(rng.choice(pieces) + rng.choice(["", " "]) for _ in range(12))
        masked = mask(text, style)
        assert unmask(masked, masked.text) == text


@pytest.mark.parametrize("style", ["", "{}", "⟦⟧", "{}⟧", "x{}y", "⟦{}{}⟧", " {} "])
def test_a_style_that_marks_nothing_is_refused(style):
    with pytest.raises(ValueError, match="no way to write a mark"):
        mask("a", style)


SOURCE = "Call `a` before `b`.\n\n- see `c`\n- <b>and</b> `d`\n\n```\ncode 1\n```\n\n```\ncode 2\n```"
MASKED = mask(SOURCE)


@pytest.mark.parametrize(
    ("change", "reason", "note"),
    [
        (lambda text: text.replace("⟦0⟧", ""), "lost", "⟦0⟧"),
        (lambda text: text.replace("⟦0⟧", "⟦0⟧と⟦0⟧"), "doubled", "⟦0⟧"),
        (lambda text: text + "⟦99⟧", "unknown", "⟦99⟧"),
        (lambda text: text.replace("⟦0⟧", "⟦ 0 ⟧"), "altered", "⟦ 0 ⟧"),
        (lambda text: text.replace("⟦0⟧", "⟦０⟧"), "altered", "⟦０⟧"),
        (lambda text: text.replace("⟦0⟧", "⟦0]"), "altered", "⟦0"),
        (lambda text: text.replace("⟦0⟧", "⟦00⟧"), "altered", "⟦00⟧"),
        (lambda text: text.replace("⟦0⟧", "⟦code⟧"), "altered", "⟦code⟧"),
        (lambda text: text.replace("⟦6⟧", "X").replace("⟦7⟧", "⟦6⟧").replace("X", "⟦7⟧"), "reordered", "⟦6⟧"),
        (lambda text: text.replace("⟦2⟧", "X").replace("⟦0⟧", "⟦2⟧").replace("X", "⟦0⟧"), "reordered", "⟦0⟧"),
        (lambda text: text.replace("⟦3⟧", "X").replace("⟦4⟧", "⟦3⟧").replace("X", "⟦4⟧"), "reordered", "⟦4⟧"),
        (lambda text: text.replace("⟦6⟧", "見よ: ⟦6⟧"), "reordered", "⟦6⟧"),
    ],
)  # fmt: skip
def test_what_a_model_did_to_a_mark_is_named(change, reason, note):
    with pytest.raises(SpanFault) as caught:
        unmask(MASKED, change(MASKED.text))
    assert (caught.value.reason, caught.value.note.split(", ")[0]) == (reason, note)


def test_marks_may_change_places_inside_a_sentence():
    assert unmask(MASKED, MASKED.text.replace("Call ⟦0⟧ before ⟦1⟧.", "⟦1⟧の前に⟦0⟧を呼ぶ。")).startswith(
        "`b`の前に`a`を呼ぶ。"
    )


def test_prose_is_what_is_left_beside_the_marks():
    assert mask("Call `a`\n\n$x$ 12!").prose == "Call  \n\n  12!"
    assert mask("`a` ⟦あ⟧ い").prose.split() == ["い"]
    assert mask("い").prose == "い"


def test_no_text_takes_long():
    units = [
        "```", "``` a\n", "$a ", "\\[", "\\begin{align}", "<a ", "<code>", "<script><pre>", "<!--", "](a(", "a@a.",
        "{{", "\\frac{{", '{"a":', "⟦", "0⟧", "\n- ", "www.a", '<a a="', "[A_", " ", "\n \n",
    ]  # fmt: skip
    texts = [unit * (200_000 // len(unit)) for unit in units]
    texts += [unit * (1_000_000 // len(unit)) for unit in ("```\n", "```py\nx\n```\nHi.\n", "`a` ")]
    for text in texts:
        start = time.process_time()
        masked = mask(text)
        assert unmask(masked, masked.text) == text
        assert len(masked.prose) <= len(text)
        # Quadratic patterns take minutes here; this is no timing but a limit that nothing linear comes near.
        assert time.process_time() - start < 20, text[:12]


def texts_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_of(one)


def broken(masked, rng):
    """The masked text with one thing done to its marks that makes it impossible to put the spans back."""
    number = rng.randrange(len(masked.spans))
    own = STYLE.replace("{}", str(number))
    return rng.choice(
        [
            masked.text.replace(own, "", 1),
            masked.text.replace(own, own + own, 1),
            masked.text.replace(own, STYLE.replace("{}", str(len(masked.spans) + 3)), 1),
            masked.text.replace(own, own[:-1], 1),
            masked.text.replace(own, own[1:], 1),
        ]
    )


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not here")
def test_real_technical_passages_come_back_exactly_or_as_a_fault():
    files = [
        *DATA.glob("model_responses/*.jsonl"),
        *DATA.glob("math_outputs/*.jsonl"),
        *DATA.glob("oasst_en/*trees.jsonl"),
    ]
    texts = [
        text for path in sorted(files) for line in path.open(encoding="utf-8") for text in texts_of(json.loads(line))
    ]
    technical = [text for text in texts if re.search(r"`|\\\w|\$[^ ]+\$|https?:|^#|^\|", text, re.MULTILINE)]
    rng = random.Random("technical")
    with_spans = 0
    for text in technical:
        masked = mask(text)
        assert unmask(masked, masked.text) == text
        with_spans += bool(masked.spans)
        for _ in range(3 if masked.spans else 0):
            with pytest.raises(SpanFault):
                unmask(masked, broken(masked, rng))
    assert with_spans > 200
