"""The closed loop: whether data that is verified, or sampled and scored, makes a model better, from random weights on.

    python benchmarks/closed_loop.py [--seeds 0,1,2] [--out out/loop]
    python benchmarks/closed_loop.py --report --write-readme README.md --write-readme README.ja.md

Each seed is a run of the pipeline `loop/loop.yaml` with problems, weights and draws of its own, through `factory run`;
the seeds go side by side, one thread each. A careless teacher, a script, answers first-graders' sums of three numbers
and gets about a third wrong; every model is asked 500 sums that stand in no dataset, which is looked at here once
more. Running it again goes on where it was stopped, and makes nothing anew that is finished.

The GPU is left out, and so is any download: the model has 0.9 million weights and is made here.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if not __package__:
    sys.path[0] = str(ROOT)  # not the benchmarks: math.py and judges.py there are others than those meant

import pyarrow.parquet as pq  # noqa: E402

from benchmarks.loop import report  # noqa: E402
from factory import durable  # noqa: E402

PARTS = ROOT / "benchmarks" / "loop"
RESULTS = ROOT / "benchmarks" / "results"
RESULT, PLOT = "closed_loop.json", "closed_loop.svg"
PICTURE = PARTS / "accuracy.svg"
"""The plot that READMEs show; results are not kept under version control."""
QUICK = {
    **{"problem_count": 120, "prompt_count": 12, "spin_count": 12, "rounds": 3},
    **{"sft_steps": 12, "first_steps": 6, "second_steps": 4, "mixed_steps": 10, "rft_steps": 3},
}
"""Sizes that show that each step runs, and nothing else."""
ENVIRONMENT = {
    "PYTHONPATH": str(ROOT),
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # one process less to start per engine; with one thread nothing is bound
}


def factory(words, log):
    """Run a command of the factory; its output goes to the log."""
    run([sys.executable, "-m", "factory.cli", *map(str, words)], log)


def run(words, log):
    with open(log, "a") as file:
        print("$", " ".join(words), file=file, flush=True)
        code = subprocess.run(words, stdout=file, stderr=file, cwd=ROOT, env=os.environ | ENVIRONMENT).returncode
    if code not in (0, 3):
        raise SystemExit(f"{' '.join(words)[:200]}\nended with {code}; see {log}:\n{Path(log).read_text()[-3000:]}")


def prepared(seed, out, size, changes, log):
    """Held-out problems and a model of random weights, and what the pipeline is told of them."""
    out.mkdir(parents=True, exist_ok=True)
    even, odd = 100 * seed, 100 * seed + 1
    for name in ("heldout", "heldout_general"):
        factory(["generate", PARTS / f"{name}.yaml", "-o", out / name, "--set", f"seed={odd}", "-q"], log)
    held = [path for name in ("heldout", "heldout_general") for path in sorted((out / name / "data").iterdir())]
    leaks = json.dumps([str(path) for path in held])
    start = out / "start"
    if not (start / "tokenizer_config.json").exists():  # written last
        words = {"problems": ("words", 1000, []), "general": ("words_general", 200, [f"decontaminate.files={leaks}"])}
        for recipe, (name, count, more) in words.items():
            told = [word for change in (f"seed={even}", *more) for word in ("--set", change)]
            factory(["generate", PARTS / f"{recipe}.yaml", "-o", out / name, "-n", count, "-q", *told], log)
        made = [sys.executable, "-m", "benchmarks.loop.model", str(start), "--seed", str(seed), "--size", size]
        run([*made, *(str(out / name) for name, _, _ in words.values())], log)
    settings = {
        **{name: out / name for name in ("start", "heldout", "heldout_general")},
        **{"leaks": leaks, "seed": seed, "even": even, "fresh_seed": even + 2, "other_seed": even + 4},
        **changes,
    }
    return [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]


def seed_run(seed, out, size, changes):
    """One seed from nothing to the accuracy of its models: sums, the second subject, seconds."""
    began, log = time.perf_counter(), out / "log.txt"
    told = prepared(seed, out, size, changes, log)
    factory(["run", PARTS / "loop.yaml", "-o", out / "run", *told], log)
    shares = {"sums": accuracies(out / "run" / "accuracy"), "general": accuracies(out / "run" / "accuracy_general")}
    return shares | {"rows": apart(out), "seconds": round(time.perf_counter() - began, 1)}


def accuracies(folder):
    """The share of right answers of each model."""
    found = json.loads((folder / "evaluation.json").read_text())
    return {name: one["accuracy"] for name, one in found["tasks"]["accuracy"]["models"].items()}


def apart(out):
    """How many questions stand in the datasets of a seed, none of which is a held-out one.

    Raises:
        SystemExit: one is.
    """
    heldout = {text for name in ("heldout", "heldout_general") for text in questions(out / name)}
    learnt = set()
    for manifest in sorted((out / "run").rglob("manifest.json")):
        learnt |= set(questions(manifest.parent))
    if both := heldout & learnt:
        raise SystemExit(f"{out}: {len(both)} held-out questions stand in datasets: {sorted(both)[0]!r}")
    return {"heldout": len(heldout), "datasets": len(learnt)}


def questions(dataset):
    """The first question of each row that was kept."""
    for path in sorted(dataset.glob("data/*.parquet")):
        names = pq.read_schema(path).names
        column = "messages" if "messages" in names else "prompt"
        yield from (turns[0]["content"] for turns in pq.read_table(path, columns=[column])[column].to_pylist())


def measured(seeds, out, size, changes):
    """All seeds side by side, and what they come to."""
    began, whole = time.perf_counter(), not out.exists()
    with ThreadPoolExecutor(len(seeds)) as pool:
        each = list(pool.map(lambda seed: seed_run(seed, out / f"seed-{seed}", size, changes), seeds))
    wall, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    result = {
        **{task: {name: [one[task][name] for one in each] for name in each[0][task]} for task in ("sums", "general")},
        **{"seeds": seeds, "rows": [one["rows"] for one in each], "seconds": [one["seconds"] for one in each]},
        **{"wall_s": round(wall, 1), "cpu_s": round(used.ru_utime + used.ru_stime, 1)},
        "whole": whole,  # from nothing; otherwise the seconds are those of the rest
        "machine": {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()},
    }
    return result | {"bars": report.bars(result["sums"])}


def tell(result):
    """Print the table, the time and the bars."""
    print(report.table(result["sums"], result["general"]))
    print(f"\n{result['wall_s']:.0f} s, {result['cpu_s']:.0f} s of CPU; {len(result['seeds'])} seeds side by side")
    print("" if result["whole"] else "These are seconds of what was left to do.\n")
    for name, bar in result["bars"].items():
        limit = f"at least {bar['least']:g}" if "least" in bar else f"less than {bar['most']:g}"
        print(f"{name}: {bar['points']:+.1f} points, {limit}: {'holds' if bar['holds'] else 'DOES NOT HOLD'}")


def write_readmes(paths, result):
    """Put plot and table between the markers of each README, and the plot where they find it."""
    picture = os.path.relpath(PICTURE, ROOT)
    texts = {}
    for path in paths:
        japanese = path.name.endswith(".ja.md")
        shown = report.table(result["sums"], result["general"], japanese=japanese)
        alt = "閉じた輪のモデルの正答率" if japanese else "Accuracy of the models of the closed loop"
        texts[path] = report.between(path.read_text(), f"![{alt}]({picture})\n\n{shown}")
    durable.write(PICTURE, report.plot(result["sums"]).encode())
    for path, text in texts.items():
        durable.write(path, text.encode())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "loop")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that each step runs")
    parser.add_argument("--report", action="store_true", help="tell what the last run came to, and run nothing")
    parser.add_argument("--write-readme", type=Path, action="append", default=[], metavar="README")
    options = parser.parse_args()
    if options.report:
        result = json.loads((options.results / RESULT).read_text())
    else:
        size, changes = ("tiny", QUICK) if options.quick else ("small", {})
        result = measured([int(one) for one in options.seeds.split(",")], options.out.resolve(), size, changes)
        options.results.mkdir(parents=True, exist_ok=True)
        durable.write(options.results / RESULT, (json.dumps(result, indent=2) + "\n").encode())
    durable.write(options.results / PLOT, report.plot(result["sums"]).encode())
    if options.write_readme:
        write_readmes(options.write_readme, result)
    tell(result)


if __name__ == "__main__":
    main()
