"""Whether a family file is good, beyond its syntax: what `factory check` and CI ask of each family, on drawn rows."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice, pairwise
from random import Random

from factory.errors import RecipeError
from factory.math import families, features, formula, render
from factory.math.audit import Audit, Task
from factory.math.bugs import injected
from factory.math.check import Checker
from factory.math.families import LANGUAGES, Family, Language, Text
from factory.math.formula import Key
from factory.math.mistakes import WrongWriter
from factory.math.render import Writer, Written

DRAWN = 1_000
"""Keys drawn to look for repeated questions and phrasings that never come."""

BITTEN = 40
"""Rows that faults are put into."""

MISTAKEN = 200
"""Rows whose wrong solutions, one for each mistake of the family, are read; all are written."""

REFUSED_AT_LEAST = 0.9
PERTURBED = ("number_in_question", "number_in_answer", "wrong_step")
DECIDED_BY_ORACLE = {"number_in_question", "number_in_answer"}

FAULTS: Sequence[tuple[str, str]] = (
    (r"<<|>>|\{\{\}|<%|%>", "a template mark is left in the text"),
    (r"\b(?:None(?! (?:of|are))|True|False|nan)\b", "a Python value is left in the text"),
    (r"\S  +\S", "there are two spaces in a row"),
    (r"[+-] ?[+-] ?[0-9a-z\\]", "two signs follow each other; write `- 3`, or brackets"),
    (r"[０-９]", "there are full-width digits; write ASCII digits"),
    (r"[\^_][0-9]{2}", "TeX raises or lowers one digit alone; write `^{12}`, see power_text()"),
    (r"[0-9]\.[0-9]{7}", "a float shows; decimals are integers in units, see dec()"),
    (r"。。|、、|、。|\.\.(?!\.)(?<!\.\.\.)|,,| [,.](?![0-9])", "punctuation is doubled or stands behind a space"),
    (r"[ \t]+(?:\n|$)|\n\n|\n\Z", "there is an empty line or a space at the end of a line"),
    (r"\A(?:[^$]*\$[^$]+\$)*[^$]*\$\s*\$", "there is an empty formula"),
    (r"\A[^$]*\$(?:[^$]*\$[^$]*\$)*[^$]*\Z", "a `$` is never closed"),
)
AFTER_ONE = (
    "is|was|has|less|plus|minus|times|gas|cents|does|as|divides|gives|makes|leaves|equals|this|its|means|goes|stands|"
    "becomes|units digit"
)
ENGLISH: Sequence[tuple[str, str]] = (
    (r"[ぁ-んァ-ヶ一-龥]", "there is Japanese in the English text"),
    (
        rf"(?<![0-9.,] )(?<![0-9.^{{/,:=+-])\b1 (?!(?:{AFTER_ONE})\b)[a-z]*[^s\W]s\b(?! (?:place|digit|column))",
        "a plural stands behind 1; use the filter plural",
    ),
    (
        r"\b(?:a|A(?! (?:is|and|in|on|at|of|or|as)\b)) (?!one\b|once\b|u[snt][aeiou]|uni|eu)[aeiou][a-z]",
        "`a` stands before a vowel; write `an`",
    ),
    (
        r"\b[Aa]n (?!hour|honest|heir|[aeiouAEIOU8$]|[FHLMNRSX][A-Z. -]|11|18)[a-zA-Z0-9]",
        "`an` stands before a consonant; write `a`",
    ),
    (r"(?<![ap]\.m)[.?!] [a-z][a-z]+ ", "a sentence begins with a small letter"),
)
POLITE = r"(?:です|ます|なさい|ましょう|ください|ました|ません|でした)[。、$]"
PLAIN = r"(?:である|となる|求めよ|解け|示せ|答えよ|であった|がある|とする|できる)。"


class Validation:
    """One family under examination."""

    def __init__(self, family: Family, rows: int, audit: Audit) -> None:
        """Compile what doesn't depend on the language."""
        self.family, self.rows, self.audit = family, rows, audit
        self.place = render.where(family)
        parameters = {name: str(text) for name, text in family.parameters.items()}
        sizes = {f"{word}_index": len(entries) for word, entries in family.word_lists().items()}
        sizes = {render.PHRASE: len(family.question.ja), **sizes}
        self.parameters, self.sizes = parameters, sizes
        draw = self.drawer(parameters)
        random = Random(f"validate/{family.name}")
        drawn = (key for _ in range(20) for key in draw(random.random, 4 * DRAWN, None))
        self.keys: list[Key] = list(islice(dict.fromkeys(drawn), DRAWN))

    def drawer(self, parameters: dict[str, str], require: Sequence[Text] | None = None) -> Callable[..., list[Key]]:
        """draw(random, tries, side) for some expressions of the parameters, under its `require` or this one."""
        require = self.family.require if require is None else require
        return formula.compile_draw(parameters, [str(r) for r in require], self.sizes, self.place)

    def allowed(self, key: Key) -> bool:
        """True where a key meets `require`."""
        values = key[len(key) - len(self.parameters) :]
        return bool(
            self.drawer({n: repr(v) for n, v in zip(self.parameters, values, strict=True)})(Random(0).random, 1, None)
        )

    def problems(self) -> Iterator[str]:
        """All problems."""
        if not self.keys:
            yield f"{self.place}: no draw meets `require`; loosen it or the ranges of the parameters"
            return
        for phrase in set(range(len(self.family.question.ja))) - {key[0] for key in self.keys}:
            yield f"{self.place}: question: phrasing {phrase + 1} never came in {len(self.keys)} draws"
        for language in LANGUAGES:
            try:
                yield from self.of(language)
            except RecipeError as error:
                yield str(error)

    def of(self, language: Language) -> Iterator[str]:
        """The problems of one language."""
        writer, checker = Writer(self.family, language), Checker(self.family, language)
        rows = writer.write(self.keys)
        yield from self.missing_wordings(writer)
        yield from self.repeated(rows, language)
        yield from self.invisible(writer, language)
        refused = [(reason, row) for row in rows if (reason := checker.why_refused(row))]
        if refused:
            reason, row = refused[0]
            share = f"{len(refused)} of {len(rows)} rows"
            yield f"{self.place}: {language}: {share} are refused, as {reason}: {shown(row)}"
        yield from self.wrong(rows[: self.rows], language)
        yield from lint(rows, language, self.family.grade, self.place)
        yield from self.unguarded(rows[:BITTEN], checker, language)
        yield from self.without_effect(rows[:MISTAKEN], language)
        yield from self.at_levels(writer, checker)

    def at_levels(self, writer: Writer, checker: Checker) -> Iterator[str]:
        """Rows of the family's own levels that don't hold, and features that can't be worked out."""
        features.compiled(self.family, tuple(self.family.features))(self.keys[:BITTEN])
        for own in self.family.levels:
            where = f"{self.place}: levels: level {own.level}: {writer.language}"
            leveled, random = self.family.at(own.level), Random(f"validate/{self.family.name}/{own.level}")
            draw = self.drawer({name: str(text) for name, text in leveled.parameters.items()}, leveled.require)
            keys = list(dict.fromkeys(draw(random.random, DRAWN, None)))[:BITTEN]
            if not keys:
                yield f"{where}: no draw meets `require`; loosen it or the ranges of the parameters"
            rows = writer.write(keys)
            refused = [(reason, row) for row in rows if (reason := checker.why_refused(row))]
            if refused:
                reason, row = refused[0]
                yield f"{where}: {len(refused)} of {len(rows)} rows are refused, as {reason}: {shown(row)}"
            yield from lint(rows, writer.language, self.family.grade, where)

    def missing_wordings(self, writer: Writer) -> Iterator[str]:
        """Wordings of the solution that never come."""
        count = len(getattr(self.family.solution, writer.language))
        if count == 1:
            return
        position = writer.used.index("wording")
        seen = {writer.pick(row)[position] for row in writer.extend(self.keys)}
        for wording in sorted(set(range(count)) - seen):
            yield f"{self.place}: solution.{writer.language}: wording {wording + 1} never came in {DRAWN} draws"

    def repeated(self, rows: Sequence[Written], language: Language) -> Iterator[str]:
        """Different keys that give one question."""
        first: dict[str, Key] = {}
        for key, row in zip(self.keys, rows, strict=True):
            other = first.setdefault(row.question, key)
            if other != key:
                names = [n for n, a, b in zip(render.key_names(self.family), key, other, strict=True) if a != b]
                differ = f"draws that differ in {', '.join(names)} give the same question; show them in it"
                yield f"{self.place}: question.{language}: {differ}: {row.question!r}"
                return

    def invisible(self, writer: Writer, language: Language) -> Iterator[str]:
        """Parameters whose change never changes the question."""
        later = " ".join(map(str, self.family.parameters.values()))
        for position, name in enumerate(render.key_names(self.family)):
            if re.search(rf"\b{name}\b", later):
                continue  # it shows through what is drawn from it; repeated questions are found anyway
            if any(re.search(rf"\b{name}\b", text) for text in self.parameters.values()):
                continue  # it shows in what is drawn from it
            pairs = ((a, b[position]) for a, b in pairwise(self.keys[:200]) if a[position] != b[position])
            changed = [(a, (*a[:position], value, *a[position + 1 :])) for a, value in pairs]
            if any(question_of(writer, a) != question_of(writer, b) for a, b in changed):
                continue
            if any(self.allowed(b) for _, b in changed[:30]):
                yield f"{self.place}: question.{language}: {name} can't be seen in it; show it or leave it out"

    def wrong(self, rows: Sequence[Written], language: Language) -> Iterator[str]:
        """Answers that SymPy does not get."""
        tasks = [Task(self.family.name, language, row.question, row.answer) for row in rows]
        bad = [(reason, row) for reason, row in zip(self.audit.reasons(tasks), rows, strict=True) if reason]
        if bad:
            reason, row = bad[0]
            yield f"{self.place}: oracle: {language}: {len(bad)} of {len(rows)} rows: {reason}: {shown(row)}"

    def unguarded(self, rows: Sequence[Written], checker: Checker, language: Language) -> Iterator[str]:
        """Kinds of faults that pass the check too often."""
        random = Random(f"perturb/{self.family.name}/{language}")
        for kind in PERTURBED:
            faulty = [row for good in rows if (row := injected(kind, good, language, random))]
            passed = [row for row in faulty if not checker.why_refused(row)]
            if kind in DECIDED_BY_ORACLE and passed:
                tasks = [Task(self.family.name, language, row.question, row.answer) for row in passed]
                passed = [row for row, why in zip(passed, self.audit.reasons(tasks), strict=True) if why]
            if len(passed) > len(faulty) * (1 - REFUSED_AT_LEAST):
                yield (
                    f"{self.place}: read: {language}: {len(passed)} of {len(faulty)} rows with a {kind} put in pass "
                    f"the check; tighten the relation or the steps: {shown(passed[0])}"
                )

    def without_effect(self, rows: Sequence[Written], language: Language) -> Iterator[str]:
        """Mistakes that never give a wrong answer that can be read, and faults of how their solutions are written."""
        for kind in self.family.mistakes:
            place = f"{self.place}: mistakes.{kind}"
            written = WrongWriter(self.family, language, kind).write(self.keys)[: len(rows)]
            wrong = [row._replace(**texts._asdict()) for row, texts in zip(rows, written, strict=True) if texts]
            checker = Checker(self.family, language)
            reasons = [checker.why_refused(row) for row in wrong]
            if not wrong or "wrong_answer" not in reasons:
                told = f"the check says {reasons[0] or 'right'}: {shown(wrong[0])}" if wrong else "`when` is never true"
                yield f"{place}: {language}: in {len(rows)} rows it gives no wrong answer that can be read; {told}"
            yield from lint(wrong, language, self.family.grade, place)


def question_of(writer: Writer, key: Key) -> str:
    """The question of a key; empty where it can't be written."""
    try:
        return writer.write([key])[0].question
    except RecipeError:
        return ""


def shown(row: Written) -> str:
    """A row in one line."""
    return " | ".join(repr(text)[1:-1] for text in row)


def lint(rows: Sequence[Written], language: Language, grade: str, place: str) -> Iterator[str]:
    """Faults of writing, one sentence per kind with an example."""
    faults = [*FAULTS, *(ENGLISH if language == "en" else japanese(grade))]
    for pattern, meaning in faults:
        regex = re.compile(pattern)
        for row in rows:
            hit = next(((text, m) for text in row if (m := regex.search(text))), None)
            if hit:
                text, match = hit
                around = text[max(0, match.start() - 25) : match.end() + 25]
                yield f"{place}: {language}: {meaning}: {around!r}"
                break


def japanese(grade: str) -> list[tuple[str, str]]:
    """The style that a grade does not use."""
    if grade[0] in "小中":
        return [(PLAIN, f"a {grade} text in plain style; write です・ます, and なさい in questions")]
    return [(POLITE, f"a {grade} text in polite style; write である, and 求めよ in questions")]


def problems(family: Family, rows: int = 40) -> list[str]:
    """What is wrong with a family, one sentence each; `rows` rows per language go through SymPy."""
    try:
        with Audit([family]) as audit:
            return list(Validation(family, rows, audit).problems())
    except RecipeError as error:
        return [str(error)]


def problems_named(name: str, rows: int) -> list[str]:
    """What is wrong with the family of this name, a file that can't be loaded included."""
    try:
        return problems(families.load(name), rows)
    except RecipeError as error:
        return [str(error)]


def problems_of(names: Sequence[str], rows: int = 40, workers: int = 1) -> Mapping[str, list[str]]:
    """Family name -> what is wrong with it, in the order of the names."""
    if workers == 1:
        return {name: problems_named(name, rows) for name in names}
    with ProcessPoolExecutor(workers) as pool:
        found = pool.map(problems_named, names, [rows] * len(names))
        return dict(zip(names, found, strict=True))
