"""The command behind `benchmarks/math.py`: lets everything take turns, prints the tables, writes the JSON."""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import fmean, geometric_mean, harmonic_mean

from benchmarks import end_to_end, peer_environments
from benchmarks.math_rows import PARTS
from factory.math import families
from factory.math.families import LANGUAGES

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "math.json"
OURS = [sys.executable, "-m", "benchmarks.math_rows"]
TARGETS = {"harmonic": 60_000, "slowest": 15_000, "end_to_end": 30_000, "memory_mb": 400, "help_s": 0.3}
MATH_PEERS = ("reasoning-gym", "mathematics_dataset")
PACKAGES = ("jinja2", "numpy", "orjson", "pyarrow", "pydantic", "sympy")


class Server:
    """A process that answers one JSON line per task."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, cwd=ROOT, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def hear(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{' '.join(self.process.args[-2:])} ended with {self.process.wait()}")
        return json.loads(line)

    def ask(self, **task):
        self.process.stdin.write(json.dumps(task) + "\n")
        return self.hear()

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


def peers(wanted):
    """The libraries that can be measured here: name -> (server, task names); the others get a line."""
    found = {}
    for name in MATH_PEERS if wanted == "auto" else ():
        python, why = peer_environments.interpreter(name)
        if python is None:
            print(f"{name} is left out: {why}", file=sys.stderr)
            continue
        server = Server([python, "-I", str(ROOT / "benchmarks" / "math_peers.py"), name])
        found[name] = (server, server.hear())
    return found


def spread(lists):
    """The lists' entries in one line, each list spread evenly over it, so that all meet the same noise."""
    placed = [((i + 0.5) / len(entries), number, entry) for number, entries in enumerate(lists)
              for i, entry in enumerate(entries)]  # fmt: skip
    return [entry for _, _, entry in sorted(placed, key=lambda one: one[:2])]


def measured(options):
    """Rates of each of our families and languages and of each peer's tasks, in turns."""
    names = list(families.matching(tuple(options.families.split(","))))
    ours, others = Server(OURS), peers(options.peers)
    size = {"kind": "rate", "rows": options.rows, "warm": options.warm}
    mine = [
        ("ours", ours, f"{name}/{language}", {**size, "name": name, "language": language})
        for name in names
        for language in LANGUAGES
    ]
    theirs = [
        [(name, server, task, {"name": task, "rows": options.rows, "cap_s": options.cap_s}) for task in tasks]
        for name, (server, tasks) in others.items()
    ]
    lines = {"ours": {}, **{name: {} for name in others}}
    turns = spread([mine, *theirs])
    for done, (side, server, label, task) in enumerate(turns, 1):
        lines[side][label] = server.ask(**task)
        if sys.stderr.isatty():
            print(f"\r{done}/{len(turns)} {side} {label:<50.50}", end="", file=sys.stderr, flush=True)
    audits = [ours.ask(kind="audit", name=name, language=language, rows=options.audit)
              for name in names for language in LANGUAGES if options.audit]  # fmt: skip
    for server in (ours, *(server for server, _ in others.values())):
        server.close()
    return lines, [one for one in audits if "error" not in one]


def summary(lines):
    """Means over the tasks of one side."""
    rates = {label: line["rows_per_s"] for label, line in lines.items() if "error" not in line}
    if not rates:
        raise SystemExit(f"nothing could be measured: {next(iter(lines.values()))['error']}")
    slowest = min(rates, key=rates.get)
    return {
        "tasks": len(rates), "broken": len(lines) - len(rates), "harmonic": harmonic_mean(rates.values()),
        "geometric": geometric_mean(rates.values()), "slowest": rates[slowest], "slowest_task": slowest,
    }  # fmt: skip


def print_families(lines):
    """One line per family: both languages, where the time goes, and what its first rows cost."""
    print(f"\n{'family':<36}{'ja rows/s':>10}{'en rows/s':>10}  us per row:"
          + "".join(f"{part:>7}" for part in PARTS) + f"{'cold ms':>9}{'skeletons':>10}{'refused':>8}")  # fmt: skip
    by_family = {}
    for label, line in lines.items():
        name, language = label.split("/")
        if "error" in line:
            print(f"{label} can't be measured: {line['error']}")
        else:
            by_family.setdefault(name, {})[language] = line
    for name, both in sorted(by_family.items(), key=lambda one: min(v["rows_per_s"] for v in one[1].values())):
        us = {part: fmean(line["us"][part] for line in both.values()) for part in PARTS}
        total = {key: sum(line[key] for line in both.values()) for key in ("cold_s", "skeletons", "refused")}
        rates = [
            f"{both[language]['rows_per_s']:>10,.0f}" if language in both else f"{'':>10}" for language in LANGUAGES
        ]
        print(f"{name:<36}{''.join(rates)}{'':13}" + "".join(f"{value:>7.1f}" for value in us.values())
              + f"{total['cold_s'] * 1e3:>9,.0f}{total['skeletons']:>10,}{total['refused']:>8}")  # fmt: skip


def print_sides(sides, lines, audit):
    """Ours and the peers side by side."""
    print(f"\n{'rows/s per core, equal mix':<36}{'tasks':>7}{'harmonic':>10}{'geometric':>11}{'slowest':>10}  of")
    for name, side in sides.items():
        print(f"{name:<36}{side['tasks']:>7}{side['harmonic']:>10,.0f}{side['geometric']:>11,.0f}{side['slowest']:>10,.0f}"
              f"  {side['slowest_task']}" + (f" ({side['broken']} broke)" if side["broken"] else ""))  # fmt: skip
    for name, side in list(sides.items())[1:]:
        ratios = [f"{sides['ours'][mean] / side[mean]:,.1f}x by {mean} mean" for mean in ("harmonic", "geometric")]
        print(f"ours / {name}: {', '.join(ratios)}; its rows are answers only, unverified, without solutions")
    ours = [line for line in lines["ours"].values() if "error" not in line]
    cold = harmonic_mean([line["cold_rows_per_s"] for line in ours])
    us = {part: fmean(line["us"][part] for line in ours) for part in PARTS}
    most = max(line["cold_rows"] for line in ours)
    drawn = harmonic_mean([line["rows_per_s_drawn"] for line in ours])
    print(f"ours, drawing of the parameters included: {drawn:,.0f} harmonic")
    print(f"ours, cold start included (up to {most:,} rows per task): {cold:,.0f} harmonic")
    print("ours, mean us per row: " + ", ".join(f"{part} {value:.2f}" for part, value in us.items()))
    if audit:
        print(f"plain SymPy per row: {audit['rows_per_s']:,.0f} rows/s ({audit['rows']} rows, {audit['wrong']} wrong)")


def print_end_to_end(runs):
    """The whole command, with memory."""
    print(f"\n{'factory generate':<18}{'workers':>8}{'CPU s':>9}{'wall s':>9}{'rows/CPU s':>12}{'rows/wall s':>12}"
          f"{'RSS MB':>9}{'PSS MB':>9}{'largest':>9}{'bytes/row':>11}")  # fmt: skip
    for r in runs:
        print(f"{r['rows_kept']:<18,}{r['workers']:>8}{r['cpu_s']:>9.1f}{r['wall_s']:>9.1f}{r['rows_per_cpu_s']:>12,.0f}"
              f"{r['rows_per_wall_s']:>12,.0f}{r['peak_rss_mb']:>9,.0f}{r['peak_pss_mb']:>9,.0f}{r['largest_process_mb']:>9,.0f}"
              f"{r['bytes_per_row']:>11,.0f}")  # fmt: skip


def end_to_end_runs(most, globs):
    """A tenth, three tenths and all of the rows: memory must not grow with them."""
    sizes = sorted({rows for rows in (most // 10, most * 3 // 10, most) if rows})
    return [end_to_end.generate(rows, workers, globs) for workers in (1, 2) for rows in sizes]


def machine():
    """What the figures depend on."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"), "cores": os.cpu_count(),
        "processor": platform.processor() or platform.machine(), "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(), "load_average": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "packages": {name: metadata.version(name) for name in PACKAGES},
    }  # fmt: skip


def arguments():
    parser = argparse.ArgumentParser(description="Measures the math generator beside other libraries.")
    parser.add_argument("--rows", type=int, default=2_000, help="rows of a measured block; three per task")
    parser.add_argument("--warm", type=int, default=20_000, help="rows of a family and language made before")
    parser.add_argument("--families", default="*", help="globs, separated by commas")
    parser.add_argument("--end-to-end", type=int, default=1_000_000, help="rows of the largest run; 0 for none")
    parser.add_argument("--audit", type=int, default=2, help="rows per family and language for plain SymPy")
    parser.add_argument("--cap-s", type=float, default=1.0, help="CPU seconds of a block of a slow peer")
    parser.add_argument("--peers", choices=("auto", "none"), default="auto")
    parser.add_argument("--json", type=Path, default=RESULTS)
    return parser.parse_args()


def main():
    options = arguments()
    facts = machine()
    lines, audits = measured(options)
    sides = {name: summary(side) for name, side in lines.items()}
    audit = {key: sum(one[key] for one in audits) for key in ("rows", "seconds", "wrong")} if audits else {}
    if audit:
        audit["rows_per_s"] = audit["rows"] / audit["seconds"]
    print_families(lines["ours"])
    print_sides(sides, lines, audit)
    runs = end_to_end_runs(options.end_to_end, options.families)
    if runs:
        print_end_to_end(runs)
    start = end_to_end.help_time()
    print(f"\nfactory --help: {start['wall_s']:.3f} s (CPU {start['cpu_s']:.3f} s), median of 10")
    print(f"targets: {', '.join(f'{name} {value:,}' for name, value in TARGETS.items())}")
    result = {"machine": facts, "targets": TARGETS, "summary": sides, "sympy_per_row": audit, "tasks": lines,
              "end_to_end": runs, "help": start}  # fmt: skip
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
