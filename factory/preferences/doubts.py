"""What a reader should know before training on preferences: sentences, each with the number and what follows from it.

A threshold is where a figure begins to matter, with its reason beside it; none is a proof, and nothing is dropped for
it. What chance alone would bring now and then is not warned of.
"""

from collections.abc import Iterator
from math import sqrt

from factory.preferences.figures import Judging, Pairs, Positions, Preferences, Samples, Sided
from factory.preferences.statistics import share

LEAST = 30
"""Pairs, prompts or questions from which a share says anything: below, it moves by 18 points and more by chance."""

ONE_SIDED, SPOKEN = 0.6, 0.1
"""Guessing by it is right three times in five, in a tenth of the pairs at least. A reward for length alone brought
about most of the gain of RLHF on such data: https://arxiv.org/abs/2310.03716."""
CORRELATION = 0.3
"""A medium effect: length explains a tenth of how margins vary. Source: Cohen, Statistical Power Analysis (1988)."""
LANGUAGES = 0.02
"""The rule itself errs in about 1 % of short texts (names, loanwords)."""
CHOSEN_REFUSES = 0.02
"""A few refusals are meant in most data; from there on they are a part of what is taught."""
WITHOUT = 0.5
"""Every second prompt was paid for nothing."""
FAILED = 0.05
"""Rows that a judge fails on are not drawn by chance: long ones, odd ones."""
MISSED = 0.1
"""Canaries have answers that are beyond doubt."""
BIAS = 0.1
"""The order alone decides one comparison in ten."""
CONSISTENCY = 0.65
"""GPT-4's on MT-Bench, Table 2 of https://arxiv.org/abs/2306.05685; below it, most weaker judges."""
JURY = 0.6
"""Two people agree in 63 % of MT-Bench's comparisons, ties counted: Table 5 of the same paper."""
KENDALL = 0.2
"""Of ten pairs of answers the judges then order six alike, where five would be chance."""

_Z = 1.96
_WORDS = {
    "list": "has a list",
    "heading": "has headings",
    "code": "has a block of code",
    "bold": "has bold text",
    "table": "has a table",
    "latex": "has formulas",
    "cut": "breaks off",
}


def doubts(found: Preferences) -> Iterator[str]:
    """The warnings, the gravest kinds first."""
    if found.pairs is not None:
        yield from _of_pairs(found.pairs)
    if found.without_share is not None and found.without_share > WITHOUT:
        yield (
            f"{_percent(found.without_share)} of the prompts gave nothing: easier or harder prompts, more samples or a "
            "finer judge would waste fewer"
        )
    if found.samples is not None:
        yield from _of_samples(found.samples)
    for judge, judging in found.judges.items():
        yield from _of_judge(judge, judging)
    for judge, positions in found.positions.items():
        yield from _of_position(judge, positions)


def _of_pairs(pairs: Pairs) -> Iterator[str]:
    yield from _of_length(pairs)
    languages, margins = pairs.languages, pairs.margins
    if languages.differ_share > LANGUAGES:
        yield (
            f"the two sides are in different languages in {_percent(languages.differ_share)} of the pairs: a model "
            "learns the language instead of the quality"
        )
    left = languages.not_the_prompts
    wrong = share(left.chosen + left.both, pairs.pairs)
    if wrong > LANGUAGES:
        yield (
            f"the chosen side is in another language than the prompt in {_percent(wrong)} of the pairs: "
            "a model learns to leave the user's language"
        )
    for name, sided in pairs.formats.items():
        yield from _of_format(_WORDS[name], sided, pairs.pairs)
    yield from _of_refusals(pairs)
    if pairs.identical:
        yield f"{_counted(pairs.identical, 'says', 'say')} the same on both sides, which teaches nothing: drop them"
    if pairs.empty.chosen or pairs.empty.both:
        empty = _counted(pairs.empty.chosen + pairs.empty.both)
        yield f"{empty} an empty chosen side: a model learns to say nothing"
    if margins is not None and margins.negative:
        yield f"{_counted(margins.negative)} a better score on the rejected side: label and score disagree"
    if margins is not None and margins.zero:
        yield f"{_counted(margins.zero)} equal scores on both sides: ties teach noise"


def _of_length(pairs: Pairs) -> Iterator[str]:
    lengths = pairs.lengths
    means = f"{lengths.chosen_mean:,.1f} characters against {lengths.rejected_mean:,.1f}"
    for more, less, which, other, word in (
        (lengths.chosen_longer, lengths.rejected_longer, "longer", "shorter", "lengthy"),
        (lengths.rejected_longer, lengths.chosen_longer, "shorter", "longer", "short"),
    ):
        if _tells(more, less, pairs.pairs):
            yield (
                f"chosen is {which} in {_percent(share(more, pairs.pairs))} of the pairs and {other} in "
                f"{_percent(share(less, pairs.pairs))} ({means}): a model learns to be {word}"
            )
    known = pairs.margins.spread.count if pairs.margins else 0
    together = lengths.rank_correlation
    if together is not None and known >= LEAST and abs(together) >= CORRELATION:
        yield (
            f"the margin goes with the difference in length (rank correlation {together:+.2f}): "
            f"the judge's score is partly a score of {'length' if together > 0 else 'brevity'}"
        )


def _of_format(words: str, sided: Sided, pairs: int) -> Iterator[str]:
    told = sided.chosen + sided.rejected
    for name, more, less in (("chosen", sided.chosen, sided.rejected), ("rejected", sided.rejected, sided.chosen)):
        if _tells(more, less, pairs):
            yield (
                f"where only one side {words} ({_percent(share(told, pairs))} of the pairs), it is the {name} one in "
                f"{_percent(share(more, told))}: a model learns the form"
            )


def _of_refusals(pairs: Pairs) -> Iterator[str]:
    refusals = pairs.refusals
    good = share(refusals.chosen + refusals.both, pairs.pairs)
    if good > CHOSEN_REFUSES:
        yield f"the chosen side refuses in {_percent(good)} of the pairs: they teach refusing, right for safety alone"
    alone = share(refusals.rejected, pairs.pairs)
    if alone >= SPOKEN and _more_than_chance(refusals.rejected, refusals.chosen):
        yield f"the rejected side alone refuses in {_percent(alone)} of the pairs: a model learns never to refuse"


def _of_samples(samples: Samples) -> Iterator[str]:
    for names, agreement in samples.agreement.items():
        if agreement.prompts >= LEAST and agreement.kendall < KENDALL:
            yield (
                f"{names} hardly order the answers alike (Kendall's tau {agreement.kendall:.2f}): "
                "at least one of them is not measuring what the other is"
            )
    for name, scores in samples.judges.items():
        together = scores.length_kendall
        if together is not None and scores.scored >= LEAST and abs(together) >= CORRELATION:
            kind = "longer" if together > 0 else "shorter"
            yield f"{name} scores {kind} answers to the same prompt better (Kendall's tau {together:+.2f})"


def _of_judge(name: str, judging: Judging) -> Iterator[str]:
    if judging.failed_share > FAILED:
        yield (
            f"{name} gave no verdict in {_percent(judging.failed_share)} of {judging.judged:,} cases: "
            "what it can't judge is missing from the data"
        )
    if judging.canaries_missed_share is not None and judging.canaries_missed_share > MISSED:
        yield (
            f"{name} missed {judging.canaries_missed:,} of {judging.canaries:,} questions whose answer is known: "
            "do not trust its scores"
        )
    if judging.jury_agreement is not None and judging.jury_agreement < JURY:
        yield f"the jury of {name} agrees in {_percent(judging.jury_agreement)} of the cases alone, less than people do"
    if judging.addresses_judge:
        texts = "text speaks" if judging.addresses_judge == 1 else "texts speak"
        yield f"{judging.addresses_judge:,} {texts} to the judge {name}: look at them before training"


def _of_position(name: str, positions: Positions) -> Iterator[str]:
    if positions.compared < LEAST:
        return
    if abs(positions.bias) >= BIAS:
        place = "first" if positions.bias > 0 else "second"
        yield (
            f"{name} leans to the {place} answer by {abs(positions.bias) * 100:.0f} points: "
            "where its two orders disagree it counts as a tie, which costs pairs"
        )
    if positions.consistency < CONSISTENCY:
        yield f"{name} says the same in both orders in {_percent(positions.consistency)} of the comparisons alone"


def _tells(more: int, less: int, pairs: int) -> bool:
    """Whether the chosen side can be guessed by something that the two sides differ in."""
    told = more + less
    return share(told, pairs) >= SPOKEN and share(more, told) >= ONE_SIDED and _more_than_chance(more, less)


def _more_than_chance(more: int, less: int) -> bool:
    """Whether a fair coin would give so many in less than one case in forty."""
    told = more + less
    return told >= LEAST and more - less > _Z * sqrt(told)


def _counted(pairs: int, one: str = "has", several: str = "have") -> str:
    return f"1 pair {one}" if pairs == 1 else f"{pairs:,} pairs {several}"


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %"
