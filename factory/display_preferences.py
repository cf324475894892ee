"""The report on preferences as lines for a terminal; names come from data, and are shown as `factory.display` does."""

from collections.abc import Iterator, Mapping

from factory.display import plain
from factory.preferences.figures import (
    Group,
    Judging,
    Lengths,
    Margins,
    Pairs,
    Positions,
    Preferences,
    Samples,
    Sided,
    Spread,
)

BAR = 30
"""Characters of the longest bar."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LONGEST = 48
"""Characters of a name."""


def report(found: Preferences) -> list[str]:
    """The lines."""
    return ["preferences:", *(f"  {line}" for line in _lines(found))]


def _lines(found: Preferences) -> Iterator[str]:
    for warning in found.warnings:
        yield f"! {_name(warning, 400)}"
    if found.without_share is not None:
        yield f"prompts without a pair or answer: {percent(found.without_share)} of {found.prompts or 0:,}"
        for fate, count in found.without.items():
            yield f"  {count:,}: {_name(fate)}"
    if found.pairs is not None:
        yield from _pairs(found.pairs)
    if found.samples is not None:
        yield from _samples(found.samples)
    for name, judging in found.judges.items():
        yield _judging(name, judging)
    for name, positions in found.positions.items():
        yield from _positions(name, positions)


def _pairs(pairs: Pairs) -> Iterator[str]:
    yield f"{pairs.pairs:,} pairs of {pairs.prompts:,} prompts, {pairs.identical:,} with identical sides"
    yield from _lengths(pairs.lengths)
    yield from _margins(pairs.margins)
    languages = pairs.languages
    kinds = "".join(f"; {_name(kind)} {count:,}" for kind, count in languages.kinds.items())
    yield f"sides in different languages: {languages.differ:,} ({percent(languages.differ_share)}){kinds}"
    yield f"not in the prompt's language: {_sided(languages.not_the_prompts)}"
    yield f"refusals: {_sided(pairs.refusals)}"
    yield f"empty: {_sided(pairs.empty)}"
    yield f"different formats: {pairs.formats_differ:,} pairs ({percent(pairs.formats_differ_share)})"
    for name, sided in pairs.formats.items():
        if sided.chosen or sided.rejected or sided.both:
            yield f"  {_name(name)}: {_sided(sided)}"
    for what, groups in (("source", pairs.sources), ("policy", pairs.models), ("iteration", pairs.iterations)):
        yield from _groups(what, groups)


def _lengths(lengths: Lengths) -> Iterator[str]:
    means = f"{lengths.chosen_mean:,.1f} characters against {lengths.rejected_mean:,.1f}"
    longer = percent(lengths.chosen_longer_share)
    yield f"chosen is longer in {longer} of the pairs, bias {100 * lengths.bias:+.1f} points; {means}"
    if lengths.correlation is not None:
        ranks = "" if lengths.rank_correlation is None else f", of their ranks {lengths.rank_correlation:+.3f}"
        yield f"  correlation of the margin with the difference in length {lengths.correlation:+.3f}{ranks}"


def _margins(margins: Margins | None) -> Iterator[str]:
    if margins is None:
        yield "margins: no pair says its scores"
        return
    yield f"margins of {margins.spread.count:,} pairs, {margins.zero:,} of them zero, {margins.negative:,} negative:"
    yield from _spread(margins.spread)


def _spread(spread: Spread) -> Iterator[str]:
    quantiles = ", ".join(f"{place} % {value:g}" for place, value in spread.quantiles.items())
    yield f"  mean {spread.mean:g}; quantiles {quantiles}"
    most = max(bar.count for bar in spread.bins)
    lows = [f"{bar.low:g}" for bar in spread.bins]
    wide = max(map(len, lows))
    for low, bar in zip(lows, spread.bins, strict=True):
        yield f"  {low:>{wide}} {_bar(bar.count, most):{BAR}} {bar.count:,}"


def _bar(count: int, most: int) -> str:
    """A bar in eighths of a character; something is seen of every count."""
    eighths = -(-8 * BAR * count // most)
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def _groups(what: str, groups: Mapping[str, Group]) -> Iterator[str]:
    if groups:
        yield f"by {what}:"
    for name, group in groups.items():
        margin = "" if group.margin is None else f", mean margin {group.margin:g}"
        longer = percent(group.chosen_longer_share)
        yield f"  {_name(name)}: {group.pairs:,} pairs, chosen longer in {longer}{margin}"


def _samples(samples: Samples) -> Iterator[str]:
    yield f"{samples.samples:,} samples of {samples.prompts:,} prompts, {samples.unscored:,} candidates unscored"
    for reason, count in samples.not_candidates.items():
        yield f"  {count:,} no candidates: {_name(reason)}"
    yield f"  all candidates scored alike: {samples.all_equal:,} prompts; the best shared: {samples.tied_best:,}"
    if samples.scores is not None:
        yield f"scores of {samples.scores.count:,} candidates:"
        yield from _spread(samples.scores)
    for name, scores in samples.judges.items():
        length = "" if scores.length_kendall is None else f", with length by tau {scores.length_kendall:+.3f}"
        yield f"{_name(name)}: {scores.scored:,} scored, {scores.unscored:,} not{length}"
    for names, agreement in samples.agreement.items():
        yield (
            f"{_name(names)}: the same best answer in {percent(agreement.same_best)} of {agreement.prompts:,} prompts "
            f"(chance {percent(agreement.same_best_by_chance)}), tau {agreement.kendall:+.3f}"
        )


def _judging(name: str, judging: Judging) -> str:
    said = f"{_name(name)}: {judging.judged:,} judged, {judging.failed:,} failed ({percent(judging.failed_share)})"
    if judging.canaries:
        blank = f", {judging.canaries_failed:,} failed" if judging.canaries_failed else ""
        missed = "" if judging.canaries_missed_share is None else f" ({percent(judging.canaries_missed_share)})"
        said += f"; {judging.canaries_missed:,} of {judging.canaries:,} canaries missed{missed}{blank}"
    if judging.jury_agreement is not None:
        said += f"; its jury agrees in {percent(judging.jury_agreement)}"
    return f"{said}; {judging.addresses_judge:,} texts address it"


def _positions(name: str, positions: Positions) -> Iterator[str]:
    yield (
        f"{_name(name)}: {positions.compared:,} compared in both orders, position bias "
        f"{100 * positions.bias:+.1f} points, the same in both {percent(positions.consistency)}, "
        f"ties {percent(positions.ties)}"
    )
    yield "  " + ", ".join(f"{_name(outcome)} {count:,}" for outcome, count in positions.outcomes.items())


def _sided(sided: Sided) -> str:
    return f"chosen alone {sided.chosen:,}, rejected alone {sided.rejected:,}, both {sided.both:,}"


def percent(part: float) -> str:
    """A share in percent, as the manifest's four decimals tell it."""
    return f"{100 * part:.2f} %"


def _name(text: str, longest: int = _LONGEST) -> str:
    """On one line, cut where it is long."""
    line = " ".join(plain(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
