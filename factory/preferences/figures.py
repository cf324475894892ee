"""What is reported of preferences: the figures that the manifest holds, `factory show` prints and the card shows.

Shares are of 1, with four decimals; other numbers have six digits. A figure that nothing can be said of is None.
"""

from pydantic import BaseModel, ConfigDict


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bin(_Figures):
    """A bar of a histogram."""

    low: float
    high: float
    """Above it the next one begins; the last one ends with it. The same as `low` where a bar is one value."""
    count: int


class Spread(_Figures):
    """How numbers are spread."""

    count: int
    mean: float
    quantiles: dict[str, float]
    """At 0, 5, 25, 50, 75, 95 and 100 %."""
    bins: tuple[Bin, ...]
    """One for each value where there are up to 20 different ones, else 20 of equal width."""


class Margins(_Figures):
    """Score of the chosen side minus that of the rejected one, in the pairs that say both."""

    spread: Spread
    zero: int
    """Pairs of equal scores: they teach nothing that the judge knew."""
    negative: int
    """Pairs whose rejected side has the better score."""


class Lengths(_Figures):
    """The two sides in characters."""

    chosen_mean: float
    rejected_mean: float
    chosen_longer: int
    rejected_longer: int
    equal: int
    chosen_longer_share: float
    bias: float
    """Share of the pairs whose chosen side is longer, minus the share of those whose rejected side is."""
    correlation: float | None
    """Pearson's, of the difference of the lengths with the margin; over the pairs that have one."""
    rank_correlation: float | None
    """Spearman's."""


class Sided(_Figures):
    """In how many pairs something is on one side alone, and in how many on both."""

    chosen: int
    rejected: int
    both: int


class Languages(_Figures):
    """The languages of the two sides and of the prompt, by their first 500 characters.

    A text that is all code, names or formulas has none, and one that holds much of both Japanese and English differs
    from neither.
    """

    differ: int
    """Pairs whose sides are in different languages."""
    differ_share: float
    kinds: dict[str, int]
    """Those by `chosen / rejected`."""
    not_the_prompts: Sided
    """Sides in another language than the prompt; prompts that speak of a language, as translations do, are left out."""


class Group(_Figures):
    """The pairs of one source, policy or iteration."""

    pairs: int
    chosen_longer_share: float
    margin: float | None
    """The mean, of those that have one."""


class Pairs(_Figures):
    """The kept pairs."""

    pairs: int
    prompts: int
    """Different ones."""
    margins: Margins | None
    """None where no pair says its scores."""
    lengths: Lengths
    languages: Languages
    formats: dict[str, Sided]
    """By what it is: list, heading, code, bold, table, latex, cut (the text breaks off)."""
    formats_differ: int
    """Pairs with any of these on one side alone."""
    formats_differ_share: float
    refusals: Sided
    identical: int
    """Pairs whose sides say the same, up to white space."""
    empty: Sided
    sources: dict[str, Group]
    """The largest 20; what is left is `others`, here and below."""
    models: dict[str, Group]
    """By who wrote them, the policy; empty where none is said."""
    iterations: dict[str, Group]


class Agreement(_Figures):
    """Two judges on the answers to the same prompts; prompts whose answers one of them scored alike are left out."""

    prompts: int
    same_best: float
    """How often they name the same answer as the best; of several best ones, one is drawn."""
    same_best_by_chance: float
    kendall: float
    """Kendall's tau-b within a prompt, the mean over the prompts."""


class Scores(_Figures):
    """What one judge says of sampled answers."""

    scored: int
    unscored: int
    length_kendall: float | None
    """Kendall's tau-b of score and length within a prompt, the mean over the prompts: how much it likes length."""


class Samples(_Figures):
    """The sampled answers, kept or not."""

    prompts: int
    samples: int
    not_candidates: dict[str, int]
    """Why samples are no candidates: truncated, repeated ..."""
    unscored: int
    """Candidates without a score."""
    all_equal: int
    """Prompts with two scored candidates or more, all of one score."""
    tied_best: int
    """Other prompts whose best score several candidates share."""
    scores: Spread | None
    judges: dict[str, Scores]
    agreement: dict[str, Agreement]
    """By `judge / judge`."""


class Positions(_Figures):
    """What a judge says of two answers that it is asked about in both orders."""

    compared: int
    outcomes: dict[str, int]
    """As `factory.judging.position` names them; of a pair the chosen side is the first answer."""
    bias: float
    """How much more often the first place wins than the second: 1 where it always does, -1 where the second does."""
    consistency: float
    """Share of the comparisons in which both orders say the same."""
    ties: float
    """Share that is no preference: ties in both orders, and disagreements."""


class Judging(_Figures):
    """What a judge could not do."""

    judged: int
    failed: int
    """Without a verdict: no answer, an unreadable one, a refusal."""
    failed_share: float
    canaries: int
    """Questions with a known answer that it was asked."""
    canaries_failed: int
    """Those without a verdict."""
    canaries_missed: int
    canaries_missed_share: float | None
    """Of those with a verdict; None where there are none."""
    addresses_judge: int
    """Texts that speak to the judge."""
    jury_agreement: float | None
    """How often two models of its jury agree on a row, as it counts that; None where it has no jury."""


class Preferences(_Figures):
    """The report on preferences of a dataset."""

    prompts: int | None
    """Prompts that were to give a pair; None where that is not known."""
    without: dict[str, int]
    """Prompts that gave none, by `stage: reason`."""
    without_share: float | None
    pairs: Pairs | None
    """None where the dataset holds conversations."""
    samples: Samples | None
    """None where nothing was sampled."""
    judges: dict[str, Judging]
    positions: dict[str, Positions]
    """By judge, those that compare."""
    warnings: tuple[str, ...]
    """What a reader should know before training on it."""
