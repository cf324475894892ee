"""Measures what a row that a model writes costs beside the model: CPU per row, and the replay of stored answers.

    python benchmarks/engine.py [--rows 10000] [--peer-rows 1000] [--peers auto|none] [--replay 100000]

One question per row to a server that answers at once. CPU is user + system time of the whole process tree, without the
server; what a start costs is taken out by a second run of a tenth of the rows. The tokens a second of the engine in
process are measured by benchmarks/engine_vllm.py.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import peer_environments
from end_to_end import FACTORY, run

HERE = Path(__file__).parent
PEER = "distilabel"
RECIPE = """\
name: engine-benchmark
seed: 0
license: apache-2.0
models:
  writer: {{use: openai, model: constant, base_url: "http://127.0.0.1:{port}/v1", license: apache-2.0, concurrency: 64}}
generate:
  - use: engine_parts.question
    model: writer
    count: {rows}
duplicates: exact
"""


@contextmanager
def server():
    """The port of a server in a process of its own, on a core of its own where there are two."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "engine_parts" / "server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        port = int(process.stdout.readline())
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) > 1:
            os.sched_setaffinity(process.pid, {cores[0]})
            os.sched_setaffinity(0, {cores[-1]})
        yield port
    finally:
        process.kill()
        process.wait()


def generated(port, rows, folder):
    """One `factory generate` with an answer store of its own, or with the one that is there."""
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE.format(port=port, rows=rows))
    out = folder / f"out-{time.monotonic_ns()}"
    measured = run([*FACTORY, "generate", str(recipe), "-o", str(out), "--answers", str(folder / "a.sqlite"), "-q"])
    kept = json.loads((out / "manifest.json").read_bytes())["rows_kept"]
    if kept != rows:
        raise SystemExit(f"{kept} rows of {rows}")
    return measured


def ours(port, rows):
    with tempfile.TemporaryDirectory(prefix="engine-benchmark-") as folder:
        return generated(port, rows, Path(folder))


def replayed(port, rows):
    """A second run over the answers of a first."""
    with tempfile.TemporaryDirectory(prefix="engine-benchmark-") as folder:
        generated(port, rows, Path(folder))
        return generated(port, rows, Path(folder))


def bare(port, rows):
    return run([sys.executable, "-m", "engine_parts.bare", str(port), str(rows)])


def by_peer(interpreter):
    return lambda port, rows: run(
        [interpreter, str(HERE / "engine_parts" / "with_distilabel.py"), str(port), str(rows)]
    )


def per_row(measure, port, rows):
    """Milliseconds of CPU and rows a second on the clock, the start of the process taken out."""
    few = rows // 10
    small, large = measure(port, few), measure(port, rows)
    cpu_s, wall_s = large["cpu_s"] - small["cpu_s"], large["wall_s"] - small["wall_s"]
    return {
        "rows": rows,
        "cpu_ms_per_row": cpu_s / (rows - few) * 1e3,
        "rows_per_wall_s": (rows - few) / wall_s,
        "start_cpu_s": small["cpu_s"] - cpu_s / (rows - few) * few,
        "peak_rss_mb": large["peak_rss_mb"],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--peer-rows", type=int, default=1_000)
    parser.add_argument("--replay", type=int, default=100_000)
    parser.add_argument("--peers", choices=["auto", "none"], default="auto")
    asked = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
    results = {}
    with server() as port:
        results["bare aiohttp, nothing kept"] = per_row(bare, port, asked.rows)
        results["factory generate"] = per_row(ours, port, asked.rows)
        results["factory generate, answers stored before"] = per_row(replayed, port, asked.replay)
        if asked.peers == "auto":
            interpreter, why = peer_environments.interpreter(PEER)
            name = f"{PEER} {peer_environments.PEERS[PEER].version}"
            if interpreter:
                results[name] = per_row(by_peer(interpreter), port, asked.peer_rows)
            else:
                print(f"{name} is left out: {why}", file=sys.stderr)
    own = results["factory generate"]["cpu_ms_per_row"]
    print(f"{'':42}{'rows':>9}{'CPU ms/row':>12}{'rows/s':>10}{'ours x':>8}{'RSS MB':>8}")
    for name, found in results.items():
        print(
            f"{name:42}{found['rows']:>9,}{found['cpu_ms_per_row']:>12.3f}{found['rows_per_wall_s']:>10,.0f}"
            f"{found['cpu_ms_per_row'] / own:>8.2f}{found['peak_rss_mb']:>8.0f}"
        )
    path = HERE / "results" / "engine.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"python": platform.python_version(), "results": results}, indent=2) + "\n")
    print(f"wrote {path.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
