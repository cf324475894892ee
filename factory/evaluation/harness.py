"""lm-evaluation-harness in a process of its own: how it is run, and what its file of results says."""

import json
import math
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from time import sleep
from typing import Any

import orjson

from factory import durable, model_folder, signals
from factory.errors import DatasetError, EngineError
from factory.evaluation.statistics import rounded
from factory.evaluation.tables import table
from factory.judge_eval.figures import Z
from factory.markdown import number

RESULTS = "results*.json"
"""What the harness calls its file, somewhere under `--output_path`."""
DONE, LOG = "done.json", "log.txt"
POLL_S = 0.2
PATIENCE_S = 5.0
"""Seconds that it may take to end when it is stopped."""
_MODELS = ("config.json", "adapter_config.json")
_TASKS = (".yaml", ".yml", ".py")
MOST_BYTES = 64 << 20
"""Of a file of results."""


def run(
    command: Sequence[str], key: Mapping[str, Any], here: Path, folder: Path, tick: Callable[[], None]
) -> dict[str, Any]:
    """What the harness finds with these arguments; found before, it is not run again.

    Args:
        command: the program and its arguments, but for where it writes.
        key: what the result depends on.
        here: where paths begin.
        folder: where it writes.
        tick: is called while it runs; what it raises ends it.

    Raises:
        EngineError: it fails; with the last line that it said.
    """
    digest = sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()
    done = folder / DONE
    with suppress(FileNotFoundError, orjson.JSONDecodeError, KeyError):
        before = orjson.loads(done.read_bytes())
        if before["key"] == digest:
            found: dict[str, Any] = before["found"]
            return found
    own = folder / digest[:16]  # so that no run that was left behind, with other settings, writes among these
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    _ended([*command, "--output_path", str(own.resolve())], here, folder / LOG, tick)
    files = sorted(own.rglob(RESULTS))
    if not files:
        raise EngineError(f"lm_eval wrote no results into {own}; see {folder / LOG}: {_last(folder / LOG)}")
    found = read(files[-1])
    durable.write(done, orjson.dumps({"key": digest, "found": found}))
    return found


def content(path: Path) -> str:
    """A hash of what is at a path: a file, a model's folder, or the tasks (YAML and Python) in any other folder.

    Empty where nothing can be read. What a task's own file names further, such as a file of data, is not looked at.
    """
    try:
        if path.is_file():
            return durable.sha256(path)
        if not path.is_dir():
            return ""
        if any((path / name).is_file() for name in _MODELS):
            return model_folder.content(str(path))
        files = sorted(one for one in path.rglob("*") if one.suffix in _TASKS and one.is_file())
        return sha256("".join(f"{one.relative_to(path)} {durable.sha256(one)}\n" for one in files).encode()).hexdigest()
    except OSError:  # such as a value too long to be a path; what is needed and can't be read the harness tells
        return ""


def _ended(command: Sequence[str], here: Path, log: Path, tick: Callable[[], None]) -> None:
    """Run it to its end."""
    try:
        with log.open("wb") as said:
            process = subprocess.Popen(
                command,
                cwd=here,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                preexec_fn=signals.WITH_PARENT,
            )
    except OSError as error:
        raise EngineError(f"lm_eval can't be started with {command[0]}: {error.strerror}") from error
    try:
        while process.poll() is None:
            tick()
            sleep(POLL_S)
    finally:
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE_S)
            process.kill()
            process.wait()
    if process.returncode:
        raise EngineError(f"lm_eval ended with {process.returncode}; see {log}: {_last(log)}")


def _last(log: Path) -> str:
    """The last line that it said."""
    lines = log.read_bytes()[-4_000:].decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"


def read(path: Path) -> dict[str, Any]:
    """The figures in a file of results: by task the number of questions, of examples shown, and each metric.

    Raises:
        DatasetError: it is no such file.
    """
    if path.stat().st_size > MOST_BYTES:
        raise DatasetError(f"{path} is no file of results: it has more than {MOST_BYTES:,} bytes")
    try:
        said = json.loads(path.read_bytes())
        results, groups = said["results"], said.get("groups") or {}
        tasks = {str(name): _task(str(name), values, said) for name, values in {**groups, **results}.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{path} is no file of results of lm_eval: {type(error).__name__}: {error}") from error
    return {"lm_eval": str(said.get("lm_eval_version") or ""), "tasks": dict(sorted(tasks.items()))}


def _task(name: str, values: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    metrics = {}
    for key, value in values.items():
        metric, comma, chosen = key.partition(",")
        if not comma or metric.endswith("_stderr") or (figure := _finite(value)) is None:
            continue
        error = _finite(values.get(f"{metric}_stderr,{chosen}"))
        ends = None if error is None else [rounded(figure - Z * error), rounded(figure + Z * error)]
        metrics[f"{metric} ({chosen})" if chosen != "none" else metric] = {
            "value": rounded(figure),
            "stderr": None if error is None else rounded(error),
            "interval": ends,
        }
    asked = (said.get("n-samples") or {}).get(name) or {}
    shown = (said.get("n-shot") or {}).get(name)
    version = (said.get("versions") or {}).get(name)
    return {"questions": asked.get("effective"), "shots": shown, "version": version, "metrics": metrics}


def _finite(value: Any) -> float | None:
    """A number; None of what the harness writes where it has none, such as "N/A"."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def told(models: Mapping[str, Any]) -> Iterator[list[str]]:
    """The figures as blocks of Markdown."""
    versions = ", ".join(dict.fromkeys(found["lm_eval"] for found in models.values() if found["lm_eval"]))
    yield [f"Run by lm-evaluation-harness {versions or '?'}; intervals are 1.96 standard errors to each side."]
    rows = []
    for task, metric in _metrics(models):
        some = next(found["tasks"][task] for found in models.values() if task in found["tasks"])
        cells = [_cell(found, task, metric) for found in models.values()]
        asked = number(some["questions"]) if isinstance(some["questions"], int) else "-"
        rows.append([task, metric, asked, str(some["shots"] if some["shots"] is not None else "-"), *cells])
    yield table(["task", "metric", "questions", "shots", *models], rows)


def lines(models: Mapping[str, Any]) -> Iterator[str]:
    """The main figures, for a terminal."""
    yield f"{number(len(_metrics(models)))} metrics by lm-evaluation-harness"
    for task, metric in _metrics(models):
        yield f"  {task}, {metric}: " + ", ".join(
            f"{name} {_cell(found, task, metric)}" for name, found in models.items()
        )


def _metrics(models: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = (
        (task, metric) for one in models.values() for task, facts in one["tasks"].items() for metric in facts["metrics"]
    )
    return list(dict.fromkeys(found))


def _cell(found: Mapping[str, Any], task: str, metric: str) -> str:
    facts = found["tasks"].get(task, {}).get("metrics", {}).get(metric)
    if facts is None:
        return "-"
    ends = f" ({facts['interval'][0]:.3f} to {facts['interval'][1]:.3f})" if facts["interval"] else ""
    return f"{facts['value']:.3f}{ends}"
