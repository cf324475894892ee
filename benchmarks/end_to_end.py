"""Measures whole commands from outside: CPU of the process tree, wall time, and memory sampled from /proc."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

SAMPLE_S = 0.1
PAGE = os.sysconf("SC_PAGE_SIZE")
FACTORY = [sys.executable, "-c", "from factory.cli import main; main()"]
ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "recipes" / "math.yaml"
SHORT = 3
"""The exit code of a run that brought fewer rows than asked."""


def own_bytes(process):
    """Resident bytes of a process, and the same with each shared page divided among those that share it."""
    resident = int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    return resident, int(rollup.split("Pss:")[1].split()[0]) * 1024


def tree_memory(pid):
    """`own_bytes` of a process and of each of its descendants."""
    waiting, sizes = [pid], []
    while waiting:
        process = waiting.pop()
        try:
            sizes.append(own_bytes(process))
            for thread in Path(f"/proc/{process}/task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
        except (OSError, IndexError):
            continue
    return sizes


def run(command):
    """CPU seconds (user + system, whole tree), wall seconds, peak memory of the tree and of its largest process."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=complaints, cwd=ROOT)
        together = largest = shared_once = 0
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            sizes = tree_memory(process.pid)
            together = max(together, sum(resident for resident, _ in sizes))
            shared_once = max(shared_once, sum(proportional for _, proportional in sizes))
            largest = max([largest, *(resident for resident, _ in sizes)])
            time.sleep(SAMPLE_S if time.perf_counter() - start > 1 else SAMPLE_S / 50)
        process.returncode = code = os.waitstatus_to_exitcode(status)
        if code not in (0, SHORT):
            complaints.seek(0)
            text = complaints.read().decode(errors="replace").strip().splitlines()[-1:]
            raise SystemExit(f"{' '.join(command[-6:])} ended with {code}: {' '.join(text)}")
    return {
        "exit_code": code,
        "cpu_s": used.ru_utime + used.ru_stime,
        "wall_s": time.perf_counter() - start,
        "peak_rss_mb": together / 1e6,
        "peak_pss_mb": shared_once / 1e6,
        "largest_process_mb": largest / 1e6,
    }


def generate(rows, workers, families="*"):
    """One `factory generate` into a folder that is removed again."""
    with tempfile.TemporaryDirectory(prefix="math-benchmark-") as folder:
        out = Path(folder) / "out"
        settings = [] if families == "*" else ["--set", f"generate.0.families=[{families}]"]
        counts = ["-n", str(rows), "--workers", str(workers), *settings]
        measured = run([*FACTORY, "generate", str(RECIPE), "-o", str(out), "-q", *counts])
        written = sum(path.stat().st_size for path in (out / "data").glob("*.parquet"))
        kept = json.loads((out / "manifest.json").read_bytes())["rows_kept"]
    return {
        "rows_asked": rows, "rows_kept": kept, "workers": workers, **measured,
        "rows_per_cpu_s": kept / measured["cpu_s"], "rows_per_wall_s": kept / measured["wall_s"],
        "bytes_per_row": written / kept,
    }  # fmt: skip


def help_time(times=10):
    """Medians of CPU and wall seconds of `factory --help`."""
    runs = [run([*FACTORY, "--help"]) for _ in range(times)]
    return {key: median(measured[key] for measured in runs) for key in ("cpu_s", "wall_s")}
