"""Faults put into real pairs, kind by kind: (source, target, reasons that name it), or None where it can't be."""

import re

from . import pairs as real
from . import phrases

ENGLISH = re.compile(r"[A-Za-z]+")
POLITE = ("です。", "ます。", "ました。", "ません。", "でした。", "ですか？", "ますか？")
SENTENCE = re.compile(r"[^。！？]+[。！？]")


class Injector:
    """Puts faults in; `base()` gives an untouched pair of several sentences, `sentences()` such a text in sentences."""

    def __init__(self, data, rng, seen, count):
        self.rng, self.said = rng, phrases.SEEN if seen else phrases.HELD_OUT
        corpora = real.load(data)
        self.aligned = list(real.texts(data, count, rng))
        self.machine = [
            pair for pair in corpora["instruction_ja"] if len(pair[0]) > 60 and pair[1].endswith(("。", "？", "！"))
        ]
        self.short = [
            pair for name in ("tanaka", "ami", "instruction_ja") for pair in corpora[name] if len(pair[0].split()) >= 3
        ]
        self.with_numbers = [
            pair
            for name in ("mgsm", "instruction_ja", "ami")
            for pair in corpora[name]
            if any(number in pair[1] for number in re.findall(r"(?<![\d.,:])\d{2,}(?![\d.,:])", pair[0]))
        ]
        self.replies = [(a, b) for a, b in real.answers(data) if len(b) > 20]
        self.many = [pair for pair in self.machine if len(SENTENCE.findall(pair[1])) >= 4]
        self.polite = [
            pair for pair in self.many if sum(one.endswith(POLITE) for one in SENTENCE.findall(pair[1])) >= 4
        ]
        leads = [row["text"] for row in real.rows(data / "ja_wikipedia_leads/leads_train.jsonl")]
        self.plain = [
            one.strip()
            for text in leads[:800]
            for one in SENTENCE.findall(text)
            if one.endswith(("である。", "した。", "する。", "いる。", "れる。", "あった。", "なった。", "った。"))
            and 12 < len(one) < 60
        ]
        self.plain += [
            b
            for _, b in corpora["tanaka"][:4000]
            if b.endswith(("だ。", "た。", "る。", "ない。", "う。", "く。"))
            and not b.endswith(("です。", "ます。"))
            and len(b) > 10
        ]
        self.other = [b for _, b in self.machine if len(b) > 80]

    def base(self):
        if self.rng.random() < 0.5:
            return self.rng.choice(self.machine)
        return real.joined(self.sentences())

    def sentences(self):
        return self.rng.choice(self.aligned)

    # What was left or put in.

    def one_sentence_left(self):
        sentences = self.sentences()
        long = [at for at, (a, _) in enumerate(sentences) if len(ENGLISH.findall(a)) >= 5]
        if not long:
            return None
        at = self.rng.choice(long)
        return (
            " ".join(a for a, _ in sentences),
            "".join(a if at == n else b for n, (a, b) in enumerate(sentences)),
            {"untranslated"},
        )

    def paragraph_left(self):
        first, second = self.base(), self.base()
        turned = [first, second] if self.rng.random() < 0.5 else [second, first]
        left = first[0]
        if len(ENGLISH.findall(left)) < 8:
            return None
        return (
            "\n\n".join(a for a, _ in turned),
            "\n\n".join(left if pair is first else pair[1] for pair in turned),
            {"untranslated"},
        )

    def copied(self):
        source = self.rng.choice(self.short)[0]
        return source, source, {"copied", "untranslated"}

    def chinese(self, traditional):
        source, target = self.base()
        known = [one for one in self.said["chinese"] if is_traditional(one) == traditional]
        sentence = self.rng.choice(known)
        return source, self.between(target, sentence), {"chinese_leak"}

    def foreign_script(self):
        source, target = self.base()
        return source, self.between(target, self.rng.choice(phrases.FOREIGN)), {"foreign_script"}

    def between(self, target, sentence):
        cuts = [found.end() for found in re.finditer("[。！？]", target)] or [len(target)]
        at = self.rng.choice(cuts)
        return target[:at] + sentence + target[at:]

    # What models say.

    def refusal(self):
        return self.base()[0], self.rng.choice(self.said["refusals"]), {"refusal", "meta_words"}

    def answered(self):
        asked, answer = self.rng.choice(self.replies)
        return asked, answer, {"answered"}

    def meta_before(self):
        source, target = self.base()
        return source, self.rng.choice(self.said["before"]) + target, {"meta_words"}

    def meta_after(self):
        source, target = self.base()
        return source, target + self.rng.choice(self.said["after"]), {"meta_words"}

    def translator_note(self):
        source, target = self.base()
        return source, target + self.rng.choice(self.said["notes"]), {"translator_note", "meta_words"}

    def role_marker(self):
        source, target = self.base()
        return source, target + self.rng.choice(self.said["roles"]), {"role_markers"}

    def loop(self):
        source, target = self.base()
        sentences = SENTENCE.findall(target)
        piece = (
            self.rng.choice(sentences) if sentences and self.rng.random() < 0.5 else target[-self.rng.randint(8, 40) :]
        )
        cut = target[: self.rng.randint(len(target) // 2, len(target))]
        return source, cut + piece * max(self.rng.randint(5, 15), 200 // len(piece)), {"repetition"}

    # What is missing.

    def cut(self):
        source, target = self.base()
        return source, target[: int(len(target) * self.rng.uniform(0.4, 0.75))], {"truncated", "too_short"}

    def half_of_the_paragraphs(self):
        texts = [self.base() for _ in range(self.rng.randint(5, 8))]
        kept = texts[: len(texts) // 2]
        return "\n\n".join(a for a, _ in texts), "\n\n".join(b for _, b in kept), {"truncated", "too_short"}

    def too_short(self):
        source, target = self.rng.choice(self.many)
        return source, SENTENCE.findall(target)[0], {"too_short", "truncated"}

    def too_long(self):
        source, target = self.rng.choice(self.machine)
        more = "".join(self.rng.choice(self.other) for _ in range(2))
        while len(target) + len(more) < 1.6 * len(source):
            more += self.rng.choice(self.other)
        return source, target + more, {"too_long"}

    def numbers(self, change):
        source, target = self.rng.choice(self.with_numbers)
        known = [n for n in re.findall(r"(?<![\d.,:])\d{2,}(?![\d.,:])", source) if n in target]
        if not known:
            return None
        number = self.rng.choice(known)
        places = list(re.finditer(rf"(?<![\d.,]){number}(?![\d.,])", target))
        if not places:
            return None
        new = "" if not change else number[:-1] + str((int(number[-1]) + self.rng.randint(1, 9)) % 10)
        return source, re.sub(rf"(?<![\d.,]){number}(?![\d.,])", new, target), {"numbers_changed"}

    def politeness(self):
        source, target = self.rng.choice(self.polite)
        sentences = SENTENCE.findall(target)
        odd = self.rng.randint(0, 1)
        return (
            source,
            "".join(self.rng.choice(self.plain) if at % 2 == odd else one for at, one in enumerate(sentences)),
            {"politeness_mixed"},
        )

    # Spans and structure, put into both sides of real texts at the border of a sentence.

    def spans(self, values, put, reason, apart=" {} "):
        sentences = self.sentences()
        span = self.rng.choice(values)
        at = self.rng.randrange(len(sentences))
        new = put(span, values)
        source = " ".join(a + (apart.format(span) if n == at else "") for n, (a, _) in enumerate(sentences))
        target = "".join(
            b + (apart.format(new) if n == at and new is not None else "") for n, (_, b) in enumerate(sentences)
        )
        return source, target, {reason}

    def dropped(self, values, reason, apart=" {} "):
        return self.spans(values, lambda span, _: None, reason, apart)

    def changed(self, values, others, reason):
        return self.spans(values, lambda span, _: others[values.index(span)], reason)

    def block(self, change):
        block, old, new = self.rng.choice(phrases.CODE)
        before, after = self.base(), self.base()
        now = (
            block.replace(old, new)
            if change
            else self.rng.choice(["", block.replace("```", ""), block.rsplit("```", 1)[0]])
        )
        return (
            f"{before[0]}\n\n{block}\n\n{after[0]}",
            f"{before[1]}\n\n{now}\n\n{after[1]}",
            {"code_changed", "truncated"},
        )

    def mark_left(self):
        source, target = self.base()
        return source, self.between(target, f"⟦{self.rng.randint(0, 9)}⟧"), {"mark_left"}

    def listed(self, form, lose):
        sentences = [self.rng.choice(self.short) for _ in range(self.rng.randint(4, 7))]
        before = self.base()
        source = [form.format(n + 1, a) for n, (a, _) in enumerate(sentences)]
        target = [form.format(n + 1, b) for n, (_, b) in enumerate(sentences)]
        target = target[: len(target) // 2] if lose == "half" else ["".join(b for _, b in sentences)]
        return "\n".join((before[0], "", *source)), "\n".join((before[1], "", *target)), {"structure_lost"}

    def heading(self):
        parts = [self.base() for _ in range(self.rng.randint(2, 4))]
        titles = [self.rng.choice(self.short) for _ in parts]
        source = "\n\n".join(f"## {a}\n\n{text}" for (a, _), (text, _) in zip(titles, parts, strict=True))
        lost = self.rng.randrange(len(parts))
        target = "\n\n".join(
            (b if n == lost else f"## {b}") + f"\n\n{text}"
            for n, ((_, b), (_, text)) in enumerate(zip(titles, parts, strict=True))
        )
        return source, target, {"structure_lost"}


def is_traditional(sentence):
    """Whether GB2312 lacks one of the characters."""
    try:
        sentence.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return False


def kinds(inject):
    """The faults by the name of their row in the table."""
    return {
        "one sentence left in English": inject.one_sentence_left,
        "one paragraph left in English": inject.paragraph_left,
        "copied source": inject.copied,
        "Chinese, simplified": lambda: inject.chinese(False),
        "Chinese, traditional": lambda: inject.chinese(True),
        "another script": inject.foreign_script,
        "refusal": inject.refusal,
        "answered": inject.answered,
        "meta words before": inject.meta_before,
        "meta words after": inject.meta_after,
        "translator's note": inject.translator_note,
        "role marker": inject.role_marker,
        "repetition loop": inject.loop,
        "cut at 40 to 75 %": inject.cut,
        "half of the paragraphs": inject.half_of_the_paragraphs,
        "too short": inject.too_short,
        "too long": inject.too_long,
        "number changed": lambda: inject.numbers(True),
        "number dropped": lambda: inject.numbers(False),
        "politeness mixed": inject.politeness,
        "code block dropped": lambda: inject.block(False),
        "code block changed": lambda: inject.block(True),
        "inline code dropped": lambda: inject.dropped(phrases.INLINE, "code_changed"),
        "formula dropped": lambda: inject.dropped(phrases.FORMULAS, "formula_changed"),
        "formula changed": lambda: inject.changed(phrases.FORMULAS, phrases.CHANGED_FORMULAS, "formula_changed"),
        "link dropped": lambda: inject.dropped(phrases.LINKS, "link_changed"),
        "link changed": lambda: inject.changed(phrases.LINKS, phrases.CHANGED_LINKS, "link_changed"),
        "placeholder dropped": lambda: inject.dropped(phrases.PLACEHOLDERS, "placeholder_changed"),
        "placeholder changed": lambda: inject.changed(
            phrases.PLACEHOLDERS, phrases.CHANGED_PLACEHOLDERS, "placeholder_changed"
        ),
        "tag dropped": lambda: inject.dropped(phrases.TAGS, "tags_changed", "{}"),
        "mark left": inject.mark_left,
        "list to prose": lambda: inject.listed("- {1}", "all"),
        "numbered list to prose": lambda: inject.listed("{0}. {1}", "all"),
        "half of a list": lambda: inject.listed("{0}. {1}", "half"),
        "half of a table": lambda: inject.listed("| {0} | {1} |", "half"),
        "heading lost": inject.heading,
    }
