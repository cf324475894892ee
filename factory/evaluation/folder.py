"""The folder of an evaluation: whose it is, whether anything is left to do, and how it is emptied."""

import shutil
from pathlib import Path
from typing import Any

import orjson

from factory import durable
from factory.differences import differences
from factory.errors import DatasetError
from factory.evaluation.plan import Plan
from factory.versions import PACKAGE, version_of

RESULT = "evaluation.json"
"""Written last, so that its existence means complete."""
ANSWERS = "answers"
README = "README.md"
TIMING = "timing.json"
PROGRAMS = "programs"
"""What other programs found, which took its time: it stays when the folder is made anew."""
UNFINISHED = ".unfinished"
"""Says that the folder is an evaluation's, as long as its result does not."""


def begin(out: Path, plan: Plan, *, fresh: bool) -> dict[str, Any] | None:
    """Make sure that the folder is this evaluation's; what it says where nothing is left to do.

    Args:
        out: the folder, locked.
        plan: the evaluation.
        fresh: whether what it holds of an evaluation is removed; other files are left alone.

    Raises:
        DatasetError: it holds another evaluation or other files, or is damaged.
    """
    result, mark = out / RESULT, out / UNFINISHED
    if not result.exists() and not mark.exists():
        own = (durable.LOCK, durable.temporary(mark).name)
        strangers = sorted(one.name for one in out.iterdir() if one.name not in own)
        if strangers:
            raise DatasetError(f"{out} holds other files ({strangers[0]}); choose an empty folder or a new one")
    if result.exists() and not fresh:
        return _finished(out, plan)
    durable.write(mark, b"")
    for name in (RESULT, README, TIMING):
        (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / ANSWERS, ignore_errors=True)
    return None


def finish(out: Path, result: dict[str, Any]) -> None:
    """Declare the folder complete."""
    durable.write(out / RESULT, json_of(result))
    (out / UNFINISHED).unlink(missing_ok=True)


def json_of(value: dict[str, Any]) -> bytes:
    """As files hold it."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _finished(out: Path, plan: Plan) -> dict[str, Any]:
    """What a finished folder says."""
    path = out / RESULT
    try:
        result: dict[str, Any] = orjson.loads(path.read_bytes())
        digest, package, settings = result["digest"], result["versions"][PACKAGE], result["settings"]
        files = [(out / str(one["file"]), int(one["bytes"]), str(one["sha256"])) for one in result["files"]]
        if {*result["tasks"]} != {*plan.suite.named} and digest == plan.recipe.digest:
            raise KeyError("tasks")
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{path} is damaged or of another version; evaluate anew with --fresh") from error
    if digest != plan.recipe.digest:
        changed = (
            "; ".join(list(differences(settings, plan.settings))[:3]) or "questions, rubrics or models have changed"
        )
        what = f"another evaluation: {changed}"
        raise DatasetError(f"{out} holds {what}; choose another folder, or remake this one with --fresh")
    if package != version_of(PACKAGE):
        raise DatasetError(f"{out} holds figures made by version {package}; remake them with --fresh")
    for file, size, digest in files:
        if not durable.whole(file, size, digest):
            raise DatasetError(f"{file} is damaged or gone; evaluate anew with --fresh")
    return result
