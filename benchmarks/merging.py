"""Merges of two models of about 200 million weights: memory, time and exactness, beside mergekit in the same run.

    python benchmarks/merging.py [--rounds 3] [--layers 12] [--methods slerp,linear,task_arithmetic,ties]

Both are whole commands in processes of their own, taking turns, on the same safetensors files in bfloat16: starting
Python and importing are part of it, and told apart. Peak memory is the largest resident size; mergekit maps its
files into memory, and pages of files count in it, so the largest size without pages of files is told too (both
looked at every 5 ms). Exactness is the largest difference from a merge in float64 by plain torch, written here. Where
mergekit can't be had, a script that loads both models whole and merges them with torch stands in for it.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import peer_environments

from factory import durable

RESULT = Path(__file__).parent / "results" / "merging.json"
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 32_000,
    "hidden_size": 1024,
    "intermediate_size": 2816,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "tie_word_embeddings": False,
    "dtype": "bfloat16",
}
METHODS = ("slerp", "linear", "task_arithmetic", "ties")
DENSITY, T, WEIGHTS = 0.2, 0.3, (1.0, 0.5)
MEMORY_BAR, TIME_BAR, DIFFERENCE_BAR = 0.5, 1.0, 1e-3
OURS = "from factory.cli import main; main()"
IMPORTS = {"factory": "import factory.merging.merge, factory.cli", "mergekit": "import mergekit.scripts.run_yaml"}


def make_models(folder, layers):
    """A base and two models near it, from a config on disk; how many weights each has."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    (folder / "shape").mkdir(parents=True)
    (folder / "shape/config.json").write_text(json.dumps(CONFIG | {"num_hidden_layers": layers}))
    torch.manual_seed(0)
    start = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder / "shape"), dtype=torch.float32)
    whole = {name: one.clone() for name, one in start.state_dict().items()}
    for number, name in enumerate(("start", "first", "second")):
        rng = torch.Generator().manual_seed(number)
        far = 0.0 if name == "start" else 0.01
        noisy = {key: one + far * torch.randn(one.shape, generator=rng) for key, one in whole.items()}
        start.load_state_dict(noisy)
        start.to(torch.bfloat16).save_pretrained(folder / name, max_shard_size="150MB")
        start.float()
    return sum(one.numel() for one in whole.values())


def our_recipe(folder, method):
    """The file of our recipe."""
    names = ["first", "second"] if method in ("slerp", "linear") else ["start", "first", "second"]
    models = {name: {"model": str(folder / name), "license": "apache-2.0"} for name in names}
    recipe = {"name": method, "method": method, "models": models}
    if method != "slerp":
        for name, weight in zip(("first", "second"), WEIGHTS, strict=True):
            models[name]["weight"] = weight
    if "start" in names:
        recipe["base"] = "start"
    recipe["parameters"] = {"slerp": {"t": T}, "ties": {"density": DENSITY}}.get(method, {})
    path = folder / f"ours_{method}.yaml"
    path.write_text(json.dumps(recipe))
    return path


def their_recipe(folder, method):
    """The file of mergekit's."""
    recipe = {"merge_method": method, "dtype": "bfloat16"}
    models = [{"model": str(folder / name)} for name in ("first", "second")]
    if method == "slerp":
        recipe |= {"base_model": str(folder / "first"), "parameters": {"t": T}}
    else:
        for model, weight in zip(models, WEIGHTS, strict=True):
            model["parameters"] = {"weight": weight} | ({"density": DENSITY} if method == "ties" else {})
    if method in ("task_arithmetic", "ties"):
        recipe["base_model"] = str(folder / "start")
    path = folder / f"theirs_{method}.yaml"
    path.write_text(json.dumps(recipe | {"models": models}))
    return path


STAND_IN = """
import sys, torch
from transformers import AutoModelForCausalLM
_, folder, out, method, t, one, two, density = sys.argv
t, weights, density = float(t), (float(one), float(two)), float(density)
load = lambda name: AutoModelForCausalLM.from_pretrained(f"{folder}/{name}", dtype=torch.bfloat16)
first, second = load("first"), load("second")
start = load("start").state_dict() if method in ("task_arithmetic", "ties") else None
other = second.state_dict()
with torch.no_grad():
    for name, own in first.state_dict().items():
        own.copy_(merged(method, own, other[name], start and start[name], t, weights, density, torch.float32))
first.save_pretrained(out)
"""
FORMULAS = '''
import torch

def merged(method, a, b, base, t, weights, density, dtype):
    """One tensor in plain torch."""
    a, b = a.to(dtype), b.to(dtype)
    if method == "slerp":
        cosine = ((a * b).sum() / (a.norm() * b.norm())).clamp(-1, 1)
        if cosine.abs() > 0.9995:
            return (1 - t) * a + t * b
        angle = torch.acos(cosine)
        return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
    if method == "linear":
        return (weights[0] * a + weights[1] * b) / sum(weights)
    base = base.to(dtype)
    deltas = [a - base, b - base]
    if method == "task_arithmetic":
        return base + weights[0] * deltas[0] + weights[1] * deltas[1]
    kept = []
    for weight, delta in zip(weights, deltas):
        count = max(1, round(density * delta.numel()))
        least = delta.abs().flatten().kthvalue(delta.numel() - count + 1).values
        kept.append(weight * torch.where(delta.abs() >= least, delta, 0))
    sign = torch.sign(kept[0] + kept[1])
    agree = [(torch.sign(one) == sign) & (one != 0) for one in kept]
    mass = sum(weight * one for weight, one in zip(weights, agree))
    return base + sum(one * yes for one, yes in zip(kept, agree)) / torch.where(mass == 0, 1, mass)
'''


def measured(command, folder):
    """Run a command: seconds of wall and of the CPU, peak memory in MB, and that without pages of files."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "TOKENIZERS_PARALLELISM": "false"}
    began, peaks, done = time.perf_counter(), {"VmHWM": 0, "RssAnon": 0}, threading.Event()
    with open(folder / "log", "w+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment)

        def sample():
            while not done.wait(0.005):
                try:
                    status = Path(f"/proc/{process.pid}/status").read_text()
                except OSError:
                    return
                for line in status.splitlines():
                    key = line.partition(":")[0]
                    if key in peaks:
                        peaks[key] = max(peaks[key], int(line.split()[1]))

        watcher = threading.Thread(target=sample)
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        done.set()
        watcher.join()
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            raise SystemExit(f"{' '.join(map(str, command))[:200]}\n{log.read()[-3000:]}")
    cpu = usage.ru_utime + usage.ru_stime  # its memory is not of use: it counts this process before the exec
    return {"wall_s": wall, "cpu_s": cpu, "peak_mb": peaks["VmHWM"] / 1024, "anonymous_mb": peaks["RssAnon"] / 1024}


def furthest(folder, out, method):
    """The largest difference between a merge on disk and that in float64."""
    import torch
    from safetensors import safe_open

    space: dict = {}
    exec(FORMULAS, space)

    def opened(place):
        found = {}
        for path in sorted(Path(place).glob("*.safetensors")):
            file = safe_open(path, framework="pt")
            found |= dict.fromkeys(file.keys(), file)
        return found

    models, result = {name: opened(folder / name) for name in ("start", "first", "second")}, opened(out)
    worst = 0.0
    for name, file in result.items():
        start, first, second = (models[one][name].get_tensor(name) for one in ("start", "first", "second"))
        wanted = space["merged"](method, first, second, start, T, WEIGHTS, DENSITY, torch.float64).bfloat16()
        worst = max(worst, (file.get_tensor(name).double() - wanted.double()).abs().max().item())
    return worst


def commands(folder, method, python):
    """Each one's command without its output folder."""
    ours = [sys.executable, "-c", OURS, "merge", our_recipe(folder, method), "-q", "-o"]
    if python:
        script = "from mergekit.scripts.run_yaml import main; main()"
        theirs = [python, "-c", script, "--no-copy-tokenizer", "--quiet", their_recipe(folder, method)]
        return {"factory": ours, "mergekit": theirs}
    (folder / "stand_in.py").write_text(FORMULAS + STAND_IN)
    return {"factory": ours, "torch": [sys.executable, folder / "stand_in.py", folder]}


def compared(folder, method, python, rounds):
    """What each took, by its name."""
    runs: dict = {}
    for turn in range(rounds):
        found = commands(folder, method, python)
        for name in sorted(found, reverse=turn % 2 == 1):
            out = folder / f"out_{name}"
            shutil.rmtree(out, ignore_errors=True)
            rest = [method, T, *WEIGHTS, DENSITY] if name == "torch" else []
            runs.setdefault(name, []).append(measured([str(part) for part in (*found[name], out, *rest)], folder))
    facts = {}
    for name, each in runs.items():
        facts[name] = {key: round(statistics.median(one[key] for one in each), 3) for key in each[0]}
        facts[name]["difference"] = furthest(folder, folder / f"out_{name}", method)
    return facts


def imports(python, folder):
    """What starting and importing alone takes of each."""
    found = {"factory": [sys.executable, "-c", IMPORTS["factory"]]}
    if python:
        found["mergekit"] = [python, "-c", IMPORTS["mergekit"]]
    return {name: {k: round(v, 3) for k, v in measured(command, folder).items()} for name, command in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--methods", default=",".join(METHODS))
    options = parser.parse_args()
    python, why = peer_environments.interpreter("mergekit")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "models"
        weights = make_models(folder, options.layers)
        methods = {name: compared(folder, name, python, options.rounds) for name in options.methods.split(",")}
        alone = imports(python, folder)
    peer = "mergekit" if python else "torch"
    version = peer_environments.PEERS["mergekit"].version if python else ""
    print(
        f"{weights:,} weights in bfloat16, median of {options.rounds}; beside {peer} {version}{why and f' ({why})'}\n"
    )
    print(f"{'':26}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'no files':>9}{'difference':>12}")
    rows = [(f"{method}, {name}", one) for method, both in methods.items() for name, one in both.items()]
    for title, one in [*rows, *((f"imports, {name}", one) for name, one in alone.items())]:
        shown = f"{one['difference']:12.1e}" if "difference" in one else ""
        print(
            f"{title:26}{one['wall_s']:8.2f}{one['cpu_s']:8.2f}{one['peak_mb']:9.0f}{one['anonymous_mb']:9.0f}{shown}"
        )
    bars = {}
    for method, both in methods.items():
        ours, theirs = both["factory"], both[peer]
        ratios = {key: round(ours[key] / theirs[key], 3) for key in ("peak_mb", "anonymous_mb", "wall_s", "cpu_s")}
        good = ratios["peak_mb"] <= MEMORY_BAR and ratios["anonymous_mb"] <= MEMORY_BAR and ratios["wall_s"] <= TIME_BAR
        bars[method] = {**ratios, "holds": good and ours["difference"] <= DIFFERENCE_BAR}
    print(f"\n{'ours / theirs':18}{'peak':>7}{'no files':>10}{'wall':>7}{'CPU':>7}")
    for method, one in bars.items():
        shown = f"{one['peak_mb']:7.2f}{one['anonymous_mb']:10.2f}{one['wall_s']:7.2f}{one['cpu_s']:7.2f}"
        print(f"{method:18}{shown}  {'holds' if one['holds'] else 'DOES NOT HOLD'}")
    print(f"\nbars: peak <= {MEMORY_BAR}, wall <= {TIME_BAR}, difference <= {DIFFERENCE_BAR}")
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    facts = {"weights": weights, "peer": peer, "version": version, "rounds": options.rounds, "machine": machine}
    facts |= {"methods": methods, "imports": alone, "ratios": bars}
    durable.write(RESULT, (json.dumps(facts, indent=2) + "\n").encode())


if __name__ == "__main__":
    main()
