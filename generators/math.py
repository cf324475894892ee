"""Math problems with worked solutions in Japanese and English, from templates, each row re-read and checked.

A family (`templates/math/<area>/<family>.yaml`) is data: parameters and constraints, texts, and how the texts are read
back. Rows are drawn without repetition; a draw belongs to even or to odd seeds by its numbers, so that the runs of
two neighbouring seeds share no question (a train and an evaluation set, say). Each written row is then read again from
its text alone (`factory.math.check`), and refused with a reason where anything it says does not hold.

A row (`linear_equations`, `ja`):

    user:       方程式 $-7x + 9 = -3x - 7$ を解きなさい。
    assistant:  $x$ をふくむ項を左辺に、数の項を右辺に移項すると、
                $-7x + 3x = -7 - 9$
                両辺を整理すると、$-4x = -16$
                両辺を $-4$ でわって、$x = 4$
                答え：$x = 4$
"""

from collections import Counter
from collections.abc import Sequence

from factory.component import Item, Run
from factory.math import check, families, features, render
from factory.math.families import Family
from factory.math.formula import Key
from factory.math.problems import FINAL, LICENSE, Problems, canonical, described
from factory.row import Message, Row, Verdict

PART = 250
"""Rows written and checked at a time: small enough for the arrays to stay in the cache."""

JUDGE = "math_check"
PASSED = (Verdict(JUDGE, True, 1.0),)

message, row = Message._make, Row._make


class Math(Problems):
    """Draws, writes and checks math problems."""

    plain_text: bool = False
    """Whether the dataset has its rows once more as plain text, for pretraining: the configuration `text`."""

    async def rows(self, item: Item, run: Run) -> Sequence[Row]:
        """One block of rows, the refused ones with their reason."""
        name, level, language, keys = item.payload
        family = families.load(name)
        meta_of = described(name, language, level, self.told(family))
        source = f"templates/math/{family.area}/{name}"
        final = FINAL[language]
        write, refusals = render.writer(name, language).block, check.checker(name, language).refusals
        rows = []
        for at in range(0, len(keys), PART):
            part = keys[at : at + PART]
            block = write(part)
            for key, (question, solution, answer), reason in zip(
                part, render.fields(block), refusals(block), strict=True
            ):
                messages = (message(("user", question)), message(("assistant", f"{solution}\n{final}{answer}")))
                verdicts = (Verdict(JUDGE, False, 0.0, reason),) if reason else PASSED
                rows.append(row((messages, LICENSE, source, "math", "", meta_of(key, canonical(answer)), verdicts)))
        self.count_balanced(family, keys, run)
        return rows

    def count_balanced(self, family: Family, keys: list[Key], run: Run) -> None:
        """Count how often each value of the balanced features came."""
        if by := features.named(family, self.balance):
            values = zip(*features.evaluated(family.name, by)(keys), strict=True)
            for feature, column in zip(by, values, strict=True):
                for value, n in Counter(map(str, column)).items():
                    run.count("math", f"{feature} {value}", n)
