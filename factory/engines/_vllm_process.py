"""vLLM's processes: started quietly and beside the event loop, listened to when they die, ended with this one."""

import asyncio
import atexit
import logging
import multiprocessing
import os
import re
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import sleep
from typing import Any, NamedTuple

from pydantic import ValidationError

from factory.engine import Fatal
from factory.engines._text import shown
from factory.engines._vllm_child import LOG

END_S = 1.0
"""How long its processes may take to end by themselves; a run that is stopped has seconds."""

FIRST_WORD_S = 60.0
"""How long an engine that has started may take to say what it can do."""

ENVIRONMENT = {
    "VLLM_NO_USAGE_STATS": "1",  # it would report to its makers
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",  # stdout is for results
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",  # forking a process that has threads may hang
}
"""What vLLM reads when it is imported; a variable that is set stays as it is."""

_TRACKER = "ignore:resource_tracker:UserWarning"
"""Python tells of the shared memory that it cleans up after processes that had to be killed."""

_ERROR = re.compile(
    r"(?:\([^)]*\) )?(?:ERROR [\d:. -]+\[[^\]]*\] )?(?:[\w.]+\.)?(\w*(?:Error|Exception|Interrupt)): (.+)"
)
_KILLED = re.compile(r"died unexpectedly \(exit code: -(\d+)\)")
_CONSEQUENCE = re.compile(
    r"root cause|stack trace|WorkerProc initialization failed|EngineDeadError|: cancelled", re.IGNORECASE
)

_MEMORY = re.compile(
    r"out of memory|memory on (?:device|node)|memory utilization|KV cache|cache blocks|allocate memory|signal 9\b",
    re.IGNORECASE,
)
"""How vLLM, torch and the kernel say that a model doesn't fit."""

_one_at_a_time = threading.Lock()
"""The environment and the list of children are those of the whole process."""


class Process(NamedTuple):
    """A running engine."""

    llm: Any
    """vLLM's AsyncLLM."""
    children: tuple[BaseProcess, ...]
    log: Path | None
    """What its processes write; None where VLLM_LOGGING_LEVEL is set and they write to stderr."""

    def last_words(self) -> str:
        """Why it died, as far as it told."""
        for child in self.children:
            child.join(END_S)
        killed = [f"signal {-code}" for child in self.children if (code := child.exitcode) is not None and code < 0]
        return _cause(self.log) or (f"ended by {killed[0]}" if killed else "it didn't say why")

    def end(self) -> None:
        """End its processes and remove its log."""
        self.llm.shutdown(timeout=END_S)
        _remove(self.log)


async def started(arguments: Mapping[str, Any], label: str) -> Process:
    """A running engine; where the wait for it is cancelled, what was started is ended.

    Raises:
        Fatal: it can't be started: the sentence says why.
    """
    start = _Start(arguments, label)
    # No executor: one that is left behind keeps the program from ending.
    threading.Thread(target=start.run, daemon=True, name="vllm-start").start()
    try:
        process = await start.result
    except asyncio.CancelledError:
        start.give_up()
        raise
    try:
        # Asked once here, with a limit: else each of the first requests asks for it, without one.
        await asyncio.wait_for(process.llm.get_supported_tasks(), FIRST_WORD_S)
    except BaseException as error:
        words = process.last_words() if isinstance(error, Exception) else ""
        await asyncio.shield(asyncio.to_thread(process.end))
        if words:
            raise Fatal(f"vLLM can't run {label}: it started, then it didn't answer: {words}") from error
        raise
    return process


class _Start:
    """One attempt, in a thread of its own."""

    def __init__(self, arguments: Mapping[str, Any], label: str) -> None:
        self.loop = asyncio.get_running_loop()
        self.result: asyncio.Future[Process] = self.loop.create_future()
        self._arguments, self._label = arguments, label
        self._given_up, self._over = False, threading.Event()

    def run(self) -> None:
        """Start it and hand over what came of it."""
        try:
            with _one_at_a_time:
                process = self._process()
        except Exception as error:  # vLLM raises whatever comes up in its processes
            self._hand_over(error)
        else:
            if self._given_up or not self._hand_over(process):
                process.end()
        finally:
            self._over.set()

    def give_up(self) -> None:
        """End what is there, and what is still to come."""
        self._given_up = True
        threading.Thread(target=self._kill, daemon=True, name="vllm-stop").start()

    def _process(self) -> Process:
        if self._given_up:
            raise Fatal("vLLM was stopped while it started")
        with _environment(self._arguments) as log:
            try:
                llm = _llm(self._arguments)
            except Exception as error:
                why = _cause(log) or _told(error)
                _remove(log)
                raise Fatal(f"vLLM can't run {self._label}: {why}{advice(why)}") from error
            return Process(llm, tuple(_children()), log)

    def _hand_over(self, result: Process | Exception) -> bool:
        def deliver() -> None:
            if self.result.done():
                if isinstance(result, Process):
                    threading.Thread(target=result.end, daemon=True).start()
            elif isinstance(result, Process):
                self.result.set_result(result)
            else:
                self.result.set_exception(result)

        try:
            self.loop.call_soon_threadsafe(deliver)
        except RuntimeError:  # the event loop is closed: nobody waits any more
            return False
        return True

    def _kill(self) -> None:
        while not self._over.is_set():
            for child in _children():
                child.kill()
            sleep(0.05)


def _llm(arguments: Mapping[str, Any]) -> Any:
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.platforms import current_platform
    from vllm.v1.engine.async_llm import AsyncLLM

    # Ended by `Process.end`: as the interpreter ends, nothing is left that its own __del__ could end it with.
    engine: Any = type("Engine", (AsyncLLM,), {"__del__": lambda self: None})
    # A request with a seed whose prompt is computed in parts kills the CPU build: "CPU Generator does not use offset".
    whole = {"enable_chunked_prefill": False} if current_platform.is_cpu() else {}
    return engine.from_engine_args(AsyncEngineArgs(**arguments, **whole, use_tqdm_on_load=False))


@contextmanager
def _environment(arguments: Mapping[str, Any]) -> Iterator[Path | None]:
    """The variables vLLM and its processes read, and the log they write."""
    loud = not _quieted()
    log = None if loud else _new_log()
    warnings = ",".join(filter(None, (os.environ.get("PYTHONWARNINGS"), _TRACKER)))
    meanwhile: dict[str, str | None] = {LOG: f"{os.getpid()}:{log or ''}", "PYTHONWARNINGS": warnings}
    if "kv_cache_memory_bytes" in arguments:
        meanwhile[_CPU_MEMORY] = None  # it would outdo the setting
    elif not os.environ.get(_CPU_MEMORY):
        meanwhile[_CPU_MEMORY] = "4"  # GiB; else the CPU build takes most of the memory
    before = {name: os.environ.get(name) for name in meanwhile}
    _set(meanwhile)
    try:
        yield log
    finally:
        _set(before)
        if not loud:  # from now on its deaths are told in one sentence
            logging.getLogger("vllm").setLevel(logging.CRITICAL)


def architectures() -> frozenset[str]:
    """The architectures that this vLLM knows."""
    with _one_at_a_time:
        _quieted()
        from vllm import ModelRegistry

        return frozenset(ModelRegistry.get_supported_archs())


def _quieted() -> bool:
    """Set what vLLM reads when it is imported; False where the user set it, to see what it writes."""
    loud = "VLLM_LOGGING_LEVEL" in os.environ and not _quiet.is_set()
    if not loud:
        _quiet.set()
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    logging.getLogger("vllm").setLevel(os.environ["VLLM_LOGGING_LEVEL"].upper())  # for what it says before it is set up
    return not loud


_CPU_MEMORY = "VLLM_CPU_KVCACHE_SPACE"

_quiet = threading.Event()
"""Whether VLLM_LOGGING_LEVEL was set here, not by the user."""


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _new_log() -> Path:
    handle, name = tempfile.mkstemp(prefix="factory-vllm-", suffix=".log")
    os.close(handle)
    atexit.register(_remove, Path(name))  # for a start that is left behind
    return Path(name)


def _children() -> list[BaseProcess]:
    """Those of this process's children that are vLLM's."""
    return [child for child in multiprocessing.active_children() if child.name.startswith(("EngineCore", "VLLM"))]


def _cause(log: Path | None) -> str:
    """The first error in the log that isn't the consequence of another: the processes tell theirs from inside out."""
    if log is None or not log.exists():
        return ""
    text = log.read_text(errors="replace")
    if killed := _KILLED.search(text):
        return f"one of its processes was ended by signal {killed[1]}"
    errors = [
        f"{match[1]}: {match[2]}"
        for line in text.splitlines()
        if (match := _ERROR.match(line.strip())) and not _CONSEQUENCE.search(line)
    ]
    return shown(errors[0]) if errors else ""


def advice(why: str) -> str:
    """What to do in our own words where there was too little memory, to go behind vLLM's; else nothing."""
    if not _MEMORY.search(why):
        return ""
    return (
        "; it needs more memory than there is: set gpu_memory_utilization, kv_cache_gib or max_model_len, "
        "end what else holds memory, or write resident: one, which loads one model at a time"
    )


def _told(error: Exception) -> str:
    """The error's own words, without pydantic's dress."""
    words = str(error.errors()[0]["msg"]) if isinstance(error, ValidationError) else str(error)
    return shown(words) or type(error).__name__


def _remove(log: Path | None) -> None:
    if log is not None:
        log.unlink(missing_ok=True)
