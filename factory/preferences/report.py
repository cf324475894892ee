"""The report on preferences: what the pairs teach beside quality, and how far the judges can be trusted.

A model that is trained on pairs learns whatever tells the two sides apart: length, lists, a language, refusals. Nothing
of it shows in a loss that falls. The report is made from the finished files, a few thousand rows at a time, and says
the same however often the run was killed.

Source: length, https://arxiv.org/abs/2310.03716; position, https://arxiv.org/abs/2306.05685, by the formula of
`factory.judging.position`. What it leaves out: whether the better answer is chosen, which `factory judge-eval` measures
on pairs that people compared.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from factory import dataset
from factory.judging import position
from factory.manifest import Manifest
from factory.parquet import File
from factory.preferences.doubts import doubts
from factory.preferences.figures import Judging, Positions, Preferences
from factory.preferences.kept_pairs import COLUMNS as OF_PAIRS
from factory.preferences.kept_pairs import KeptPairs
from factory.preferences.sampled import COLUMNS as OF_SAMPLES
from factory.preferences.sampled import SampledAnswers
from factory.preferences.statistics import share

ROWS = 2_000
"""Rows that are looked at together."""
_OF_JUDGES = {"judged", "addresses_judge"}
"""What judges count that ask a model; where all rows are barred, the second alone."""
_OUTCOMES = {"": "first_better", "rejected_better": "second_better"}
"""What the reasons of verdicts on pairs, whose chosen side is asked about first, are called as outcomes."""


def preferences(folder: Path, manifest: Manifest, step: Callable[[str], None]) -> Preferences | None:
    """The report on a dataset whose files are written; None where it has no pairs, no samples and no counted judge.

    Args:
        folder: where they are.
        manifest: what the run did.
        step: is told what is done, now and then.

    Raises:
        DatasetError: a file can't be read.
    """
    judges = {name: _judging(counts) for name, counts in manifest.tallies.items() if counts.keys() & _OF_JUDGES}
    if manifest.kind != "pairs" and not manifest.samples and not judges:
        return None
    kept, sampled = KeptPairs(), SampledAnswers()
    said: Counter[tuple[str, str]] = Counter()
    if manifest.kind == "pairs":
        for batch in _batches(folder, manifest.shards, (*OF_PAIRS, "verdicts")):
            kept.add(batch)
            step("looking at pairs")
            _count(batch, said)
        for batch in _batches(folder, manifest.rejects, ("verdicts",)):
            _count(batch, said)
    for batch in _batches(folder, manifest.samples, OF_SAMPLES):
        sampled.add(batch)
        step("looking at samples")
    pairs = kept.figures() if manifest.kind == "pairs" else None
    without = _without(manifest)
    prompts = _prompts(manifest, pairs.prompts if pairs else 0, without)
    found = Preferences(
        prompts=prompts,
        without=without,
        without_share=share(sum(without.values()), prompts) if prompts else None,
        pairs=pairs,
        samples=sampled.figures(),
        judges=judges,
        positions=_positions(manifest.tallies, said),
        warnings=(),
    )
    return found.model_copy(update={"warnings": tuple(doubts(found))})


def _batches(folder: Path, files: tuple[File, ...], columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    for file in files:
        yield from dataset.batches(folder / file.file, columns, ROWS)


def _without(manifest: Manifest) -> dict[str, int]:
    """Prompts that a generator got nothing from: it says so itself, as the stage."""
    makers = {_name(part["use"]) for part in manifest.settings.get("generate", ())}
    return {fate: count for fate, count in manifest.dropped.items() if fate.rpartition(": ")[0] in makers}


def _name(use: object) -> str:
    """What a component calls itself: the last part of where it is found."""
    return str(use).rpartition(".")[2]


def _prompts(manifest: Manifest, kept: int, without: Mapping[str, int]) -> int | None:
    """As the generators counted them, else those of the kept pairs and those without; None where none was tried."""
    counted = sum(counts.get("prompts", 0) for counts in manifest.tallies.values())
    return counted or (kept + sum(without.values()) if without else None)


def _judging(counts: Mapping[str, int]) -> Judging:
    judged, failed = counts.get("judged", 0), counts.get("failed", 0)
    canaries, blank, missed = (counts.get(f"canaries{what}", 0) for what in ("", "_failed", "_missed"))
    compared = counts.get("jury_pairs", 0)
    return Judging(
        judged=judged,
        failed=failed,
        failed_share=share(failed, judged),
        canaries=canaries,
        canaries_failed=blank,
        canaries_missed=missed,
        canaries_missed_share=share(missed, canaries - blank) if canaries > blank else None,
        addresses_judge=counts.get("addresses_judge", 0),
        jury_agreement=share(counts.get("jury_agree", 0), compared) if compared else None,
    )


def _count(batch: pa.RecordBatch, said: Counter[tuple[str, str]]) -> None:
    """Count verdicts that may be those of a judge that compares, by judge and outcome."""
    column = batch["verdicts"]
    offsets = column.offsets
    flat = column.values.slice(offsets[0].as_py(), offsets[-1].as_py() - offsets[0].as_py())
    names = ("judge", "passed", "reason")
    table = pa.table({name: flat.field(name) for name in names})
    for found in table.group_by(list(names)).aggregate([([], "count_all")]).to_pylist():
        outcome = _OUTCOMES.get(found["reason"], found["reason"])
        if found["passed"] is not None and outcome in position.OUTCOMES:
            said[found["judge"], outcome] += found["count_all"]


def _positions(tallies: Mapping[str, Mapping[str, int]], said: Counter[tuple[str, str]]) -> dict[str, Positions]:
    """Of each judge that compares; what it counted itself holds all that it was asked, so that comes first."""
    found: dict[str, Mapping[str, int]] = {}
    for judge in sorted({judge for judge, outcome in said if outcome != "first_better"}):
        found[judge] = {outcome: said[judge, outcome] for outcome in position.OUTCOMES}
    for judge, counts in tallies.items():
        if any(outcome in counts for outcome in position.OUTCOMES):
            found[judge] = {outcome: counts.get(outcome, 0) for outcome in position.OUTCOMES}
    return {judge: _position(found[judge]) for judge in sorted(found)}


def _position(outcomes: Mapping[str, int]) -> Positions:
    compared = sum(outcomes.values())
    torn = sum(outcomes[outcome] for outcome in position.DISAGREED)
    return Positions(
        compared=compared,
        outcomes=dict(outcomes),
        bias=round(position.bias(outcomes, compared) or 0.0, 4),
        consistency=share(compared - torn, compared),
        ties=share(torn + outcomes["tie"], compared),
    )
