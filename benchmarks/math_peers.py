"""Measures one other library's math rows, run by an interpreter that has it: `python -I math_peers.py LIBRARY`.

It reads one JSON task per line and answers with one JSON line, as `math_rows.py` does. A row is what the library gives:
question and answer as texts (and reasoning-gym's metadata); nothing in it is verified and there is no worked solution.
All times are CPU seconds of this process. A task that takes long is measured on the rows that fit its time.
"""

import json
import os
import random
import signal
import sys
import time
from statistics import median

REPEATS = 3
REASONING_GYM = (
    "advanced_geometry", "base_conversion", "basic_arithmetic", "bitwise_arithmetic", "calendar_arithmetic",
    "chain_sum", "coin_flip", "complex_arithmetic", "count_bits", "count_primes", "decimal_arithmetic",
    "decimal_chain_sum", "dice", "fraction_simplification", "gcd", "gsm_symbolic", "intermediate_integration", "lcm",
    "leg_counting", "number_format", "number_sequence", "polynomial_equations", "polynomial_multiplication",
    "power_function", "prime_factorization", "products", "simple_equations", "simple_geometry", "simple_integration",
    "time_intervals",
)  # fmt: skip
"""Its tasks that are math."""
LEVELS = ("easy", "medium", "hard")


class OutOfTimeError(Exception):
    """The repeat used its CPU time up."""


def reasoning_gym_tasks():
    """Task name -> a function from a seed to an endless iterator of rows."""
    import reasoning_gym

    def rows(name, seed):
        dataset = reasoning_gym.create_dataset(name, size=1_000_000, seed=seed)
        return (dataset[i] for i in range(1_000_000))

    return {name: lambda seed, name=name: rows(name, seed) for name in REASONING_GYM}


def mathematics_dataset_tasks():
    """The same for each training module at each level, over-long texts dropped as its own command does."""
    import numpy
    from mathematics_dataset import generate, generate_settings
    from mathematics_dataset.modules import modules

    def rows(module, seed):
        random.seed(seed)
        numpy.random.seed(seed)
        while True:
            problem = module()
            question, answer = str(problem.question), str(problem.answer)
            if len(question) <= generate_settings.MAX_QUESTION_LENGTH and (
                len(answer) <= generate_settings.MAX_ANSWER_LENGTH
            ):
                yield {"question": question, "answer": answer}

    return {
        f"{name}/{level}": lambda seed, module=module: rows(module, seed)
        for number, level in enumerate(LEVELS)
        for name, module in leaves(modules.train(generate._make_entropy_fn(number, len(LEVELS))))
    }


def leaves(tree, prefix=""):
    """Name and function of each module."""
    for name, inner in sorted(tree.items()):
        if isinstance(inner, dict):
            yield from leaves(inner, f"{prefix}{name}__")
        else:
            yield prefix + name, inner


def block(rows, most, cap_s):
    """CPU seconds per row over up to `most` rows, stopped after `cap_s` even within a row; and the rows made.

    The alarm is one of wall time: while a timer of CPU time runs, Linux counts that time in whole ticks.
    """
    done, start = 0, time.process_time()

    def stop(*_):
        if time.process_time() - start > cap_s:
            raise OutOfTimeError

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, cap_s, cap_s)
    try:
        for _ in rows:
            done += 1
            if done == most or time.process_time() - start > cap_s:
                break
    except OutOfTimeError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return (time.process_time() - start) / max(1, done), done


def rate(rows_of, rows, cap_s):
    """Median of `REPEATS` blocks after a block that warms up."""
    try:
        block(rows_of(1), max(1, rows // 10), cap_s / 4)
        found = [block(rows_of(100 + repeat), rows, cap_s) for repeat in range(REPEATS)]
    except Exception as error:  # a peer's task that breaks is a result, shown as such
        return {"error": f"{type(error).__name__}: {error}"[:200]}
    return {"rows_per_s": 1 / median(seconds for seconds, _ in found), "rows": sum(count for _, count in found)}


def main():
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    tasks = {"reasoning-gym": reasoning_gym_tasks, "mathematics_dataset": mathematics_dataset_tasks}[sys.argv[1]]()
    print(json.dumps(list(tasks)), flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        print(json.dumps(rate(tasks[task["name"]], task["rows"], task["cap_s"])), flush=True)


if __name__ == "__main__":
    main()
