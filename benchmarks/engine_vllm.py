"""Measures vLLM through the factory's engine beside vLLM's own offline call, on a tiny model made here.

    python benchmarks/engine_vllm.py [--model FOLDER] [--prompts 512] [--tokens 64] [--rounds 5]

Same prompts, same settings, same length of every answer (no end token); each side in a process of its own, the rounds
taking turns so that both meet the same machine. `ratio` is the engine's tokens a second by the offline call's, of the
medians; the engine starts from text, as the offline call does.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import sys
import tempfile
from importlib import metadata, util
from pathlib import Path
from statistics import median
from time import perf_counter

RESULTS = Path(__file__).parent / "results"
LENGTH = 1024


def offline(pipe, model, prompts, tokens, eager):
    """vLLM's own batch call."""
    os.environ |= {"VLLM_LOGGING_LEVEL": "ERROR", "VLLM_CPU_KVCACHE_SPACE": "2", "VLLM_NO_USAGE_STATS": "1"}
    os.environ["FACTORY_VLLM_LOG"] = ""
    from vllm import LLM, SamplingParams

    llm = LLM(model, max_model_len=LENGTH, max_num_seqs=256, enforce_eager=eager)
    sampling = SamplingParams(max_tokens=tokens, ignore_eos=True)
    pipe.send("ready")
    while pipe.recv():
        start = perf_counter()
        outputs = llm.generate(prompts, sampling, use_tqdm=False)
        seconds = perf_counter() - start
        pipe.send((sum(len(output.outputs[0].token_ids) for output in outputs), seconds))
    os._exit(0)  # an orderly exit waits for vLLM's process, which waits for requests; it ends with this one


def engine(pipe, model, prompts, tokens, eager):
    """The factory's engine, one coroutine per request."""
    from factory.engine import Request, Sampling
    from factory.engines import _vllm_requests as requests
    from factory.engines.vllm import Vllm

    as_asked = requests._sampling

    def endless(request, room):
        sampling = as_asked(request, room)
        sampling.ignore_eos = True  # no answer of the factory's is asked so; here all must be equally long
        return sampling

    requests._sampling = endless

    async def serve():
        settings = Vllm(
            model=model, license="apache-2.0", max_model_len=LENGTH, kv_cache_gib=2, enforce_eager=eager,
            concurrency=max(512, len(prompts)),
        )  # fmt: skip
        running = await settings.start()
        pipe.send("ready")
        while await asyncio.to_thread(pipe.recv):
            start = perf_counter()
            asked = (running.complete(Request(prompt, Sampling(max_tokens=tokens))) for prompt in prompts)
            outcomes = await asyncio.gather(*asked)
            seconds = perf_counter() - start
            pipe.send((sum(outcome.completion_tokens for (outcome,) in outcomes), seconds))
        await running.close()

    asyncio.run(serve())


def tiny(folder):
    """The tests' tiny model."""
    spec = util.spec_from_file_location("tiny_model", Path(__file__).parents[1] / "tests" / "tiny_model.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.made(Path(folder) / "tiny"))


def measured(options, model):
    """Side -> tokens a second, round by round."""
    prompts = [f"Question {number}: what is {number} plus {7 * number}? Answer:" for number in range(options.prompts)]
    context = multiprocessing.get_context("spawn")
    sides, found = {}, {"offline": [], "engine": []}
    for side in (offline, engine):
        here, there = context.Pipe()
        arguments = (there, model, prompts, options.tokens, options.eager)
        process = context.Process(target=side, args=arguments)
        process.start()
        here.recv()
        sides[side.__name__] = here, process
    for number in range(options.rounds + 1):
        for name in sorted(sides, reverse=bool(number % 2)):
            sides[name][0].send(True)
            tokens, seconds = sides[name][0].recv()
            if number:  # the first warms up
                found[name].append(tokens / seconds)
    for pipe, process in sides.values():
        pipe.send(False)
        process.join()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="")
    parser.add_argument("--prompts", type=int, default=512)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--eager", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(options, options.model or tiny(folder))
    ratio = median(found["engine"]) / median(found["offline"])
    print(f"{'':<10} {'tokens/s':>10} {'min':>10} {'max':>10}")
    for name, speeds in found.items():
        print(f"{name:<10} {median(speeds):>10,.0f} {min(speeds):>10,.0f} {max(speeds):>10,.0f}")
    print(f"ratio {ratio:.3f}")
    versions = {name: metadata.version(name) for name in ("torch", "transformers")}
    document = {"settings": vars(options), "versions": versions, "tokens_per_s": found, "ratio": ratio}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "engine_vllm.json").write_text(json.dumps(document, indent=1) + "\n")
    return 0 if ratio >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
