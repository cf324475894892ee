"""`factory run` killed with -9 once in each of its stages and run again: what is done, or paid, twice.

    python benchmarks/pipeline_kills.py [recipes/plamo_tiny.yaml] [--out out/kills] [--set name=value ...]

A stage is killed some time after it began: a training after its first steps or checkpoint, a stage that asks a model
after twenty answers, others after a moment; by turns the command alone and everything that it started. A stage that
ends before its kill is told. After each kill the folders of the stages that
were finished have to be as they were, byte for byte and not written again, and every call that vLLM is asked is noted
where it happens, so that an answer that is paid twice shows, whatever the commands tell. An answer that came just
before a kill may not be on the disk yet; those are told apart. Needs vLLM and TRL; some ten minutes of CPU.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULT = Path(__file__).parent / "results" / "pipeline_kills.json"
LOST_S = 0.25
"""An answer that came so shortly before a kill need not be on the disk."""
ENOUGH = 20
"""Answers after which a stage that asks is killed."""
TRAINED_S = (3.0, 12.0)
"""After how many seconds a training is killed, importing its libraries included."""
HOOK = """
import hashlib, importlib.abc, importlib.util, os, sys, time

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "factory.engines._vllm_engine":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module
        spec.loader.exec_module = lambda module: (run(module), counting(module))[1]
        return spec

def counting(module):
    log = os.open(os.environ["CALLS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    made = module.VllmEngine.__init__

    class Counted:
        def __init__(self, model, requests):
            self.model, self.prompt, self.asked = model, requests.prompt, requests.outcomes

        async def outcomes(self, llm, prompt, request):
            call = hashlib.sha256(repr((self.model, prompt, request.n, request.sampling)).encode()).hexdigest()[:16]
            os.write(log, f"begun {call} {time.time()}\\n".encode())
            found = await self.asked(llm, prompt, request)
            os.write(log, f"ended {call} {time.time()}\\n".encode())
            return found

    def init(engine, settings, process, requests):
        made(engine, settings, process, Counted(settings.model, requests))

    module.VllmEngine.__init__ = init

sys.meta_path.insert(0, Finder())
"""


class Pipeline:
    """The folder of a pipeline, looked at from outside."""

    def __init__(self, recipe, folder, changes):
        self.out, self.calls_log = folder / "out", folder / "calls.txt"
        (folder / "hook").mkdir(parents=True)
        (folder / "hook/sitecustomize.py").write_text(HOOK)
        self.environment = os.environ | {
            **{"PYTHONPATH": f"{folder / 'hook'}{os.pathsep}{ROOT}", "CALLS": str(self.calls_log)},
            **{"HF_HUB_OFFLINE": "1"},
        }
        told = [word for change in changes for word in ("--set", change)]
        self.command = [sys.executable, "-m", "factory.cli", "run", str(recipe), "-o", str(self.out), *told]

    def started(self, log):
        """The command, begun in a session of its own."""
        return subprocess.Popen(
            self.command, env=self.environment, stdout=log, stderr=log, cwd=ROOT, start_new_session=True
        )

    def stages(self):
        """Whether each stage that was begun is finished."""
        found, folder = {}, self.out / ".pipeline/stages"
        for path in sorted(folder.rglob("*.json")):
            try:
                found[path.relative_to(folder).with_suffix("").as_posix()] = json.loads(path.read_bytes())["finished"]
            except (OSError, ValueError):
                continue  # just being written
        return found

    def contents(self, stage):
        """When each file of a stage was written, and what is in it."""
        files = [path for path in sorted((self.out / stage).rglob("*")) if path.is_file()]
        return {str(path): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files}

    def calls(self):
        """Event, digest and time of each call of vLLM."""
        lines = self.calls_log.read_text().splitlines() if self.calls_log.exists() else []
        return [(event, call, float(at)) for event, call, at in (line.split() for line in lines)]

    def answered(self):
        """How many calls have ended."""
        return sum(event == "ended" for event, _, _ in self.calls())

    def kind(self, stage):
        """train, ask or other, by what it was begun with."""
        text = (self.out / ".pipeline/stages" / f"{stage}.json").read_text()
        if json.loads(text)["depends"]["kind"] == "train":
            return "train"
        return "ask" if '"use": "vllm"' in text else "other"


def due(pipeline, stage, kind, began, had, rng):
    """Wait until the stage is to be killed, or has ended."""
    limit = rng.uniform(*TRAINED_S) if kind == "train" else rng.uniform(0.1, 0.8)
    while pipeline.stages().get(stage) is False:
        late = time.time() > began + limit
        if pipeline.answered() - had >= ENOUGH if kind == "ask" else late:
            return True
        time.sleep(0.02)
    return False


def killed_once(pipeline, child, tried, rng, number):
    """The stage in which the command was killed; None where it ended by itself."""
    while child.poll() is None:
        begun = [stage for stage, finished in pipeline.stages().items() if not finished and stage not in tried]
        if not begun:
            time.sleep(0.02)
            continue
        stage, began, had = begun[0], time.time(), pipeline.answered()
        if due(pipeline, stage, pipeline.kind(stage), began, had, rng) and child.poll() is None:
            everything = number % 2 == 0
            (os.killpg if everything else os.kill)(child.pid, signal.SIGKILL)
            child.wait()
            tried.add(stage)
            return {"stage": stage, "everything": everything, "after_s": round(time.time() - began, 1)}
        tried.add(stage)
    return None


def paid_twice(calls, kills):
    """Calls that had an answer and were made again: those whose answer was lost with a kill, and the others."""
    answered, lost, wasted = {}, 0, 0
    for event, call, at in calls:
        if event == "ended":
            answered[call] = at
        elif call in answered:
            just_before = any(0 <= kill - answered[call] <= LOST_S for kill in kills)
            lost, wasted = lost + just_before, wasted + (not just_before)
    return lost, wasted


def measured(pipeline, folder, rng):
    """Run it until nothing is left to kill."""
    tried, kills, redone, times, number = set(), [], [], [], 0
    while True:
        number += 1
        finished = {stage: pipeline.contents(stage) for stage, done in pipeline.stages().items() if done}
        with open(folder / f"run_{number}.log", "w") as log, pipeline.started(log) as child:
            kill = killed_once(pipeline, child, tried, rng, number)
        redone += [stage for stage, files in finished.items() if pipeline.contents(stage) != files]
        if kill is None:
            break
        times.append(time.time())
        kills.append(kill)
        print(
            f"killed in {kill['stage']} after {kill['after_s']} s; {len(finished)} stages finished before", flush=True
        )
    begun = Counter(call for event, call, _ in pipeline.calls() if event == "begun")
    lost, wasted = paid_twice(pipeline.calls(), times)
    return {
        **{"exit_code": child.returncode, "kills": kills, "stages": sorted(pipeline.stages())},
        **{"never_killed": sorted(set(pipeline.stages()) - {kill["stage"] for kill in kills}), "redone": redone},
        **{"calls_needed": len(begun), "calls_begun": begun.total()},
        **{"answered_just_before_a_kill_and_made_again": lost, "stored_and_made_again": wasted},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path, nargs="?", default=ROOT / "recipes/plamo_tiny.yaml")
    parser.add_argument("--out", type=Path, default=ROOT / "out/kills")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    options = parser.parse_args()
    folder = options.out.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    result = measured(Pipeline(options.recipe.resolve(), folder, options.set), folder, random.Random(options.seed))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(f"{len(result['kills'])} kills, then exit code {result['exit_code']}")
    print(f"never killed: {', '.join(result['never_killed']) or 'none'}")
    print(f"finished stages done again: {', '.join(result['redone']) or 'none'}")
    print(f"calls of vLLM: {result['calls_needed']} needed, {result['calls_begun']} begun")
    print(f"answered and asked again: {result['stored_and_made_again']} stored ones,", end=" ")
    print(f"{result['answered_just_before_a_kill_and_made_again']} that came within {LOST_S} s of a kill")


if __name__ == "__main__":
    main()
