"""What a report says of preferences: margins, lengths and formats of the pairs, sampled answers, and their judges."""

from typing import Any

from factory.pages.words import Words
from factory.preferences.figures import Bin, Judging, Pairs, Positions, Preferences
from factory.reporting import charts, figures
from factory.reporting.measured import Measured


def preferred(found: Measured, w: Words) -> dict[str, Any]:
    """What the template asks of preferences; `pairs` and `sampled` are None where there is nothing to say."""
    preferences = found.manifest.preferences
    if preferences is None:
        return {"pairs": None, "sampled": None}
    return _pairs(found, preferences.pairs, w) | {"sampled": _sampled(preferences, w)}


def _pairs(found: Measured, pairs: Pairs | None, w: Words) -> dict[str, Any]:
    if pairs is None:
        return {"pairs": None}
    sides = {side: found.kept.lengths[side] for side in ("chosen", "rejected")}
    return {
        "pairs": pairs,
        "margins": _drawn(pairs.margins.spread.bins) if pairs.margins else None,
        "pair_lengths": charts.beside(sides),
        "side_names": {side: w(f"side.{side}") for side in sides},
        "sided_rows": _sided(pairs, w),
        "sided_head": [w("sides.what"), w("side.chosen"), w("side.rejected"), w("sides.both")],
    }


def _drawn(bins: tuple[Bin, ...]) -> charts.Histogram | None:
    """The bars; none where there is one alone, which says nothing."""
    return charts.counted([(one.low, one.high, one.count) for one in bins]) if len(bins) > 1 else None


def _sided(pairs: Pairs, w: Words) -> list[list[str]]:
    others = {w("refusals"): pairs.refusals, w("empties"): pairs.empty}
    others[w("not_the_prompts")] = pairs.languages.not_the_prompts
    rows = [
        [figures.cut(w.name("format", name), 60), f"{one.chosen:,}", f"{one.rejected:,}", f"{one.both:,}"]
        for name, one in [*pairs.formats.items(), *others.items()]
        if one.chosen or one.rejected or one.both
    ]
    return [*rows, [w("identical"), "–", "–", f"{pairs.identical:,}"]] if pairs.identical else rows


def _sampled(preferences: Preferences, w: Words) -> dict[str, Any] | None:
    """Sampled answers and the judges that were asked about them; None where there were none."""
    samples = preferences.samples
    facts: list[tuple[str, str]] = []
    if preferences.prompts is not None and preferences.without_share is not None:
        share = figures.percent(preferences.without_share, 1)
        facts.append((w("sampled.without"), w("sampled.of", share=share, whole=f"{preferences.prompts:,}")))
    if samples is not None:
        facts += [
            (w("sampled.samples"), f"{samples.samples:,}"),
            (w("sampled.unscored"), f"{samples.unscored:,}"),
            (w("sampled.equal"), f"{samples.all_equal:,}"),
            (w("sampled.tied"), f"{samples.tied_best:,}"),
        ]
        facts += [(figures.cut(reason, 60), f"{count:,}") for reason, count in samples.not_candidates.items()][:12]
    judging = [_judging(name, one, preferences.positions.get(name)) for name, one in preferences.judges.items()]
    names = ("judged", "failed", "canaries", "position", "consistency")
    head = ["", *(w(f"sampled.{name}") for name in names)]
    chart = _drawn(samples.scores.bins) if samples and samples.scores else None
    return {"facts": facts, "rows": judging, "head": head, "chart": chart} if facts or judging else None


def _judging(name: str, one: Judging, positions: Positions | None) -> list[str]:
    missed = f"{one.canaries_missed:,} / {one.canaries:,}" if one.canaries else "–"
    bias = f"{100 * positions.bias:+.1f}" if positions else "–"
    same = figures.percent(positions.consistency, 1) if positions else "–"
    return [figures.cut(name, 80), f"{one.judged:,}", f"{one.failed:,}", missed, bias, same]
