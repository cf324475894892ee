"""A run of a pipeline: stage after stage, each skipped, brought back, gone on with or made, and then recorded."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from factory import durable
from factory.cli_options import SHORT
from factory.errors import RecipeError
from factory.pipelines import commands, process
from factory.pipelines.depends import Depends, depends, manifest_hash
from factory.pipelines.plan import ASKED, Chosen, decide, demand_inputs
from factory.pipelines.recipe import Pipeline, Stage
from factory.pipelines.records import Records

_STOPPED = (75, 130, 143)
_ADVICE = "what is finished is kept, and the same command goes on from there"


class StageFailed(Exception):
    """A stage's command ended with another code than 0; the message is the sentence."""

    def __init__(self, sentence: str, code: int) -> None:
        """Keep the code, which is the run's own."""
        super().__init__(sentence)
        self.code = code


@dataclass
class Run:
    """One run of a pipeline in a folder."""

    pipeline: Pipeline
    out: Path
    choice: Chosen
    tell: Callable[[str], None]
    quiet: bool = False
    hashes: dict[str, str] = field(default_factory=dict)
    """Of the manifests of stages, as they become complete."""

    def run(self) -> int:
        """Do what is to be done; how many stages had to be run.

        Raises:
            DatasetError: another run holds the folder, or it can't be written.
            RecipeError: a recipe is wrong, or an input is not there.
            StageFailed: a stage's command ended with an error or was stopped.
        """
        with durable.disk_errors(self.out):
            self.out.mkdir(parents=True, exist_ok=True)
        with durable.locked(self.out):
            records, read, ran = Records(self.out), self._file, 0
            for stage in self.pipeline.stages:
                if stage.id in self.choice.anew and self.choice.lets(stage):
                    records.forget(stage)
            for number, stage in enumerate(self.pipeline.stages, 1):
                if self._file != read:
                    raise RecipeError(f"{self.pipeline.path} was changed while it ran; run the same command again")
                if self.choice.lets(stage):
                    ran += self._stage(stage, records, f"[{number}/{len(self.pipeline.stages)}] {stage.id}")
                self.hashes[stage.id] = manifest_hash(records.folder(stage), stage)
        return ran

    @property
    def _file(self) -> str:
        return sha256(self.pipeline.path.read_bytes()).hexdigest()

    def _stage(self, stage: Stage, records: Records, name: str) -> bool:
        """See to one stage; whether it had to be run."""
        wanted = depends(stage, self.hashes)
        decision = decide(stage, records, wanted)
        if not decision.runs:
            self.tell(f"{name}: {'; '.join(decision.reasons)}")
            return False
        demand_inputs(stage, self.hashes)
        if records.restore(stage, wanted):
            self.tell(f"{name}: what it made before is wanted again, and is back")
            return False
        reasons = (ASKED,) if stage.id in self.choice.anew else decision.reasons
        self.tell(f"{name}: {stage.about.command}: {'; '.join(reasons[:3])}")
        records.begin(stage, wanted)
        self._made(stage, records, wanted)
        return True

    def _made(self, stage: Stage, records: Records, wanted: Depends) -> None:
        """Run the stage's command, and record it once its manifest is there."""
        code, received = process.run(commands.command(stage, records, quiet=self.quiet), quiet=self.quiet)
        short = code == SHORT and stage.kind in ("generate", "gate")
        if short and stage.settings.short == "stop":
            way = "set `short: go_on` to go on with what there is, or change its recipe"
            raise StageFailed(f"stage {stage.id} made fewer rows than were asked; {way}", code)
        if code and not short:
            what = "was stopped" if code in _STOPPED else f"failed with exit code {code}"
            way = _ADVICE if code in _STOPPED else f"see above for why; {_ADVICE}"
            raise StageFailed(f"stage {stage.id} {what}; {way}", code)
        if stage.about.manifest and not manifest_hash(records.folder(stage), stage):
            where = records.folder(stage) / stage.about.manifest
            raise StageFailed(f"stage {stage.id} ended without {where}; that is a bug of its command", 1)
        if short:
            self.tell(
                f"{stage.id}: fewer rows than were asked; the run goes on with them (`short: stop` would stop it)"
            )
        records.finish(stage, wanted, short=short)
        if received:
            raise StageFailed(f"stopped behind stage {stage.id}; {_ADVICE}", 128 + received)
