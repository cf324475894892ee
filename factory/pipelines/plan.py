"""What a run would do, stage by stage, and why: the same decisions that the run itself makes on its way."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from factory.errors import RecipeError
from factory.pipelines.depends import Depends, depends, manifest_hash
from factory.pipelines.recipe import Pipeline, Stage
from factory.pipelines.records import Records, changed

ASKED = "asked for by --from"


class Chosen(NamedTuple):
    """What the command line says of stages."""

    anew: Collection[str] = ()
    """Those that are made again though nothing changed."""
    only: Collection[str] = ()
    """Those that are run at most; all where there are none."""

    def lets(self, stage: Stage) -> bool:
        """Whether the stage may run."""
        return not self.only or stage.id in self.only


class Decision(NamedTuple):
    """What happens to one stage."""

    stage: Stage
    runs: bool
    reasons: tuple[str, ...]

    @property
    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "stage": self.stage.id,
            "kind": self.stage.kind,
            "runs": self.runs,
            "reasons": list(self.reasons),
            "inputs": list(self.stage.inputs),
        }


def chosen(pipeline: Pipeline, begin: str | None, only: Sequence[str]) -> Chosen:
    """What `--from` and `--only` mean.

    Raises:
        RecipeError: there is no such stage.
    """
    limits = pipeline.chosen(only, "--only")
    if begin is None:
        return Chosen((), limits)
    anew = {pipeline.chosen([begin], "--from")[0]}
    for stage in pipeline.stages:
        if anew.intersection(stage.inputs):
            anew.add(stage.id)
    return Chosen(anew, limits)


def decide(stage: Stage, records: Records, wanted: Depends, running: Collection[str] = ()) -> Decision:
    """Whether a stage has to be run, and why.

    Args:
        stage: the stage.
        records: those of the run.
        wanted: what its result has to depend on, with the hashes of inputs as they are now.
        running: inputs that will be made first, so that nobody knows their hashes yet.
    """
    record = records.read(stage)
    if record is None:
        return Decision(stage, runs=True, reasons=("never run",))
    reasons = [*changed(record.depends, wanted)]
    reasons = [one for one in reasons if one.removeprefix("input changed: ") not in running]
    reasons += [f"input runs: {name}" for name in stage.inputs if name in running]
    if reasons:
        return Decision(stage, runs=True, reasons=tuple(reasons))
    if not record.finished:
        return Decision(stage, runs=True, reasons=("not finished: goes on from where it was stopped",))
    if records.finished(stage) is None:
        return Decision(stage, runs=True, reasons=("its folder is gone, or was changed by another command",))
    return Decision(stage, runs=False, reasons=("finished, and nothing that it depends on changed",))


def plan(pipeline: Pipeline, records: Records, choice: Chosen) -> list[Decision]:
    """What a run would do; nothing is run, and nothing is written.

    Raises:
        RecipeError: a recipe can't be read, or a stage that would run lacks an input.
    """
    found: list[Decision] = []
    hashes: dict[str, str] = {}
    running: list[str] = []
    for stage in pipeline.stages:
        hashes[stage.id] = manifest_hash(records.folder(stage), stage)
        if not choice.lets(stage):
            found.append(Decision(stage, runs=False, reasons=("left out by --only",)))
            continue
        decision = decide(stage, records, depends(stage, hashes), [one for one in stage.inputs if one in running])
        if stage.id in choice.anew:
            decision = Decision(stage, runs=True, reasons=(ASKED,))
        if decision.runs:
            demand_inputs(stage, {name: "is made first" if name in running else hashes[name] for name in stage.inputs})
            running.append(stage.id)
        found.append(decision)
    return found


def demand_inputs(stage: Stage, hashes: Mapping[str, str]) -> None:
    """Refuse a stage whose inputs are not there, as `--only` may leave them.

    Raises:
        RecipeError: one is not.
    """
    for name in stage.inputs:
        if not hashes.get(name):
            raise RecipeError(f"{stage.place}: takes {name}, which is not finished; run it first: --only {name}")
