"""The gate against its bars: runs the five measurements of its parts one after another, then prints one table.

    python benchmarks/gate.py [--read]

Each part is a script of its own and can be run alone; `--read` runs none and shows what their last runs wrote.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PARTS = {
    "near_duplicates": ["--large-rows", "1000000", "--index-rows", "900000"],
    "decontamination": [],
    "judges": [],
    "pii": [],
    "classifier": [],
}


def of(part):
    """What the last run of a part wrote; empty where it never ran."""
    path = RESULTS / f"{part}.json"
    return json.loads(path.read_bytes()) if path.is_file() else {}


def at(found, *path):
    """A value by its path; None where a part didn't measure it."""
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def figures():
    """(what, bar, measured, whether it is met; None where it is not measured)."""
    near, leaks, judges, pii, text = map(of, PARTS)
    yield "near duplicates, numpy: x datasketch bulk", 15, at(near, "ours", "numpy", "times_datasketch"), True
    yield "near duplicates, numba: x datasketch bulk", 20, at(near, "ours", "numba", "times_datasketch"), True
    yield "near duplicates: recall at J >= .8", 0.995, at(near, "ours", "numba", "recall"), True
    yield "near duplicates: links at J <= .5", 0, at(near, "ours", "numba", "linked_below_.5"), False
    yield "near duplicates, 1M rows: rows/s", 40_000, at(near, "large", "rows_s"), True
    yield "near duplicates, 1M rows: MB beside the texts", 1500, at(near, "large", "added_mb"), False
    for given, told in (at(near, "index", "offers") or {}).items():  # the bar was set on rows with signatures given
        yield f"us to offer a row to 900k: {given}", 25, at(told, "batch 1", "us_row"), False
    yield "leaks: rows/s, 11k prompts", 50_000, at(leaks, "11k prompts", "rows_per_cpu_s"), True
    yield "leaks: clean rows flagged", 0.003, at(leaks, "11k prompts", "clean", "flagged"), False
    yield "leaks: clean rows rejected", 0.0006, at(leaks, "11k prompts", "clean", "rejected"), False
    for kind, found in (at(leaks, "11k prompts", "recall") or {}).items():
        if kind.startswith("turn, ") and "middle" not in kind:
            for language in ("en", "ja"):
                yield f"leaks: recall, {kind}, {language}", 0.95, at(found, "found", f"{language} all"), True
    yield "Japanese rules, numba: x Swallow's", 20, at(judges, "swallow", "kept", "numba_ratio"), True
    yield "Japanese rules, all of v1: x Swallow's", 20, at(judges, "swallow", "all", "numba_ratio"), True
    yield (
        "personal data: least recall of a kind",
        0.97,
        min(at(pii, "recall").values(), default=None) if pii else None,
        True,
    )
    yield "personal data: decoys flagged", 0.01, at(pii, "decoys flagged", "all"), False
    yield "fastText: seconds to train on 20k documents", 20, at(text, "train_s, 2^18"), False
    yield "fastText: documents/s", 7_000, at(text, "documents/s"), True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--read", action="store_true", help="run nothing, show the last runs")
    if not parser.parse_args().read:
        for part, arguments in PARTS.items():
            subprocess.run([sys.executable, str(HERE / f"{part}.py"), *arguments], check=True)
    rows = []
    print(f"{'':60}{'bar':>12}{'measured':>14}")
    for what, bar, measured, least in figures():
        met = None if measured is None else bool(measured >= bar if least else measured <= bar)
        rows.append({"what": what, "bar": bar, "at_least": least, "measured": measured, "met": met})
        shown = "not measured" if measured is None else f"{measured:,.4g}" if measured < 100 else f"{measured:,.0f}"
        print(f"{what:60}{('>= ' if least else '<= ') + format(bar, ','):>12}{shown:>14}{'' if met else '  not met'}")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "gate.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
