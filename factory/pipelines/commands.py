"""The command of a stage: `factory` as anyone calls it, in a process of its own, so that memory is free behind it."""

import shlex
import sys
from pathlib import Path

from factory.pipelines.recipe import Stage
from factory.pipelines.records import ANSWERS, Records
from factory.training import launch

FACTORY = (sys.executable, "-m", "factory.cli")


def command(stage: Stage, records: Records, *, quiet: bool) -> list[str]:
    """The words of a stage's command; folders of stages stand there as absolute paths."""
    folder = located(records, stage.id)
    changes = stage.overrides(lambda name: located(records, name))
    if launched := stage.settings.launch:
        text = launch.command(launched.use, stage.recipe, Path(folder), changes, launched.processes, 1)
        words = [sys.executable, "-m", "accelerate.commands.launch", *shlex.split(text)[2:]]
    else:
        words = [*FACTORY, stage.about.command, *_words(stage, records, folder)]
        words += [word for change in changes for word in ("--set", change)]
    return [*words, "--quiet"] if quiet else words


def located(records: Records, name: str) -> str:
    """The folder of a stage, as recipes and commands are given it."""
    return str(records.folder(name).absolute())


def _words(stage: Stage, records: Records, folder: str) -> list[str]:
    dataset = stage.dataset if isinstance(stage.dataset, str) else located(records, stage.dataset.stage)
    match stage.kind:
        case "publish":
            return [dataset, str(stage.settings.publish)]
        case "gate":
            words = [dataset, "-r", str(stage.recipe), "-o", folder]
            words += ["--license", stage.settings.license] if stage.settings.license else []
        case _:
            words = [str(stage.recipe), "-o", folder]
    if stage.kind in ("generate", "gate", "evaluate"):
        words += ["--answers", str((records.out / ANSWERS).absolute())]
    return [*words, "-n", str(stage.rows)] if stage.rows else words
