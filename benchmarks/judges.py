"""Measures the quality judges: their speed beside Swallow's rules, and what they find on text that was read.

    python benchmarks/judges.py [--texts 4000] [--data FOLDER]

Swallow's rules are in `judge_parts/swallow.py`, written from their definition. What needs data that is not there is
skipped with a line. Times are CPU seconds of one thread, the median of several runs; ratios are of one run.
"""

import argparse
import asyncio
import json
import platform
import random
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from judge_parts import loops, swallow

sys.path.remove(str(Path(__file__).resolve().parent))  # or this file would be the package `judges`

from factory import compiled
from factory.component import Run
from factory.registry import build
from factory.row import Message, Row
from factory.text_rules.characters import pack
from factory.text_rules.chinese import leaks
from factory.text_rules.japanese import RULES, Statistics, failures
from factory.text_rules.sentences import spans

HERE = Path(__file__).parent
KEPT = {name: RULES[name].swallow for name in ("hiragana", "sentence_least", "sentence_most")}
ALL = {name: rule.swallow for name, rule in RULES.items()}
WORDS = "朝夜水光山川木本声道町海空雨風雪春秋犬猫鳥魚花草石火土星月家"
ENDS = (
    "について説明します。",
    "を見に行きました。",
    "は大切です。",
    "のことを考えています。",
    "がよく分かりません。",
    "と言われている。",
    "だと思いますか？",
)


def pages(count, seed=0):
    """Japanese texts of about 600 characters, some of them bad in every way that the rules know."""
    rng = random.Random(f"judges/{seed}")
    made = []
    for number in range(count):
        sentences = [
            "、".join(f"{rng.choice(WORDS)}と{rng.choice(WORDS)}の" for _ in range(rng.randint(1, 4)))
            + rng.choice(WORDS)
            + rng.choice(ENDS)
            for _ in range(rng.randint(5, 30))
        ]
        kind = number % 10
        if kind == 0:
            sentences += sentences[:3] * rng.randint(1, 6)
        elif kind == 1:
            sentences = [one.rstrip("。？") + "…\n" for one in sentences]
        elif kind == 2:
            sentences = [one.replace("。", "、") for one in sentences]
        elif kind == 3:
            sentences += ["カタカナメニューリスト" * rng.randint(1, 30)]
        elif kind == 4:
            sentences += ["東京都千代田区霞関" * rng.randint(1, 20)]
        made.append("".join(one + ("\n" if rng.random() < 0.2 else "") for one in sentences))
    return made


def median(work, times):
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return sorted(taken)[times // 2]


def kept(texts, limits):
    beyond = failures(Statistics(texts), limits)
    return [not any(column[at] for column in beyond.values()) for at in range(len(texts))]


def beside_swallow(texts):
    result = {}
    for name, limits, reference in (("kept", KEPT, swallow.keeps_by_kept_rules), ("all", ALL, swallow.keeps)):
        ours = kept(texts, limits)
        theirs = [reference(text) for text in texts]
        slow = median(lambda reference=reference: [reference(text) for text in texts], 3)
        row = {"texts": len(texts), "passed": sum(theirs), "equal": ours == theirs, "swallow_per_s": len(texts) / slow}
        for way, worth in (("numba", compiled.WORTH), ("numpy", 10**15)):
            if way == "numba" and find_spec("numba") is None:
                continue
            usual, compiled.WORTH = compiled.WORTH, worth
            row[f"equal_{way}"] = kept(texts, limits) == theirs
            took = median(lambda limits=limits: failures(Statistics(texts), limits), 7)
            compiled.WORTH = usual
            row |= {f"{way}_per_s": len(texts) / took, f"{way}_ratio": slow / took}
        result[name] = row
    return result


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def row(answer, question=""):
    return Row((Message("user", question or "？"), Message("assistant", answer)), "mit", "benchmark", "benchmark")


def judged(name, rows, **settings):
    return asyncio.run(build("judges", name, settings).judge(rows, Run(seed=0)))


def scores(found, right):
    hits = sum(map(bool.__and__, found, right))
    return {
        "answers": len(found),
        "loops": sum(right),
        "recall": hits / max(sum(right), 1),
        "precision": hits / max(sum(found), 1),
    }


def on_loops(data):
    japanese = lines(data / "model_responses" / "ja_vicuna_answers.jsonl")
    english = lines(data / "model_responses" / "en_self_instruct_answers.jsonl")
    if not japanese or not english:
        return None
    labels = [at in loops.JAPANESE for at in range(len(japanese))]
    labels += [
        at not in loops.RUNS_ON if one["model"] == "davinci" else at in loops.ENGLISH for at, one in enumerate(english)
    ]
    rows = [row(one["response"]) for one in (*japanese, *english)]
    found = [not verdict.passed for verdict in judged("repetition", rows)]
    instruct = [at for at, one in enumerate((*japanese, *english)) if one["model"] != "davinci"]
    took = median(lambda: judged("repetition", rows), 3)
    return {
        "all": scores(found, labels) | {"per_s": len(rows) / took},
        "without base davinci": scores([found[at] for at in instruct], [labels[at] for at in instruct]),
    }


def on_leaks(data):
    texts = [one["text"] for one in lines(data / "ja_wikipedia_leads" / "leads_train.jsonl")]
    texts += [one["text"] for one in lines(data / "ja_wikipedia_leads" / "paragraphs_labelled_jsquad_valid.jsonl")]
    texts += [one["text"] for one in lines(data / "ja_web_quality" / "fineweb2_edu_ja.jsonl")]
    for one in lines(data / "instruction_ja" / "data_dev.jsonl"):
        texts += [turn["text"] for turn in one["utterances"]]
    if not texts:
        return None
    sentences = len(spans(pack(texts)).starts)
    took = median(lambda: leaks(texts, [""] * len(texts)), 3)
    alarms = [sentence for one in leaks(texts, [""] * len(texts)) for sentence in one.sentences]
    return {"sentences": sentences, "alarms": len(alarms), "share": len(alarms) / sentences, "per_s": sentences / took}


def drops(data):
    """What each judge drops of each set, as a share."""
    sets = {
        "dolly (people)": [
            row(one["output"], one["instruction"]) for one in lines(data / "dolly_sample" / "dolly_2000.jsonl")
        ],
        "instruction_ja": [
            Row(tuple(Message(roles[turn["name"]], turn["text"]) for turn in one["utterances"]), "mit", "b", "b")
            for roles in [{"user": "user", "agent": "assistant"}]
            for one in lines(data / "instruction_ja" / "data_dev.jsonl")
        ],
        "ja answers (3 models)": [
            row(one["response"]) for one in lines(data / "model_responses" / "ja_vicuna_answers.jsonl")
        ],
    }
    names = ("language", "japanese_rules", "length", "repetition", "truncation", "refusal", "politeness")
    result = {}
    for title, rows in sets.items():
        if rows:
            result[title] = {"rows": len(rows)} | {
                name: sum(not one.passed for one in judged(name, rows)) / len(rows) for name in names
            }
    return result


def show(result):
    print(f"{'rules of Swallow':34}{'texts/s':>12}{'reference':>12}{'ratio':>8}  equal decisions")
    for name, one in result["swallow"].items():
        for way in ("numba", "numpy"):
            if f"{way}_per_s" in one:
                speeds = f"{one[f'{way}_per_s']:>12,.0f}{one['swallow_per_s']:>12,.0f}{one[f'{way}_ratio']:>7.1f}×"
                print(f"{f'{name}, {way}':34}{speeds}  {one[f'equal_{way}']}")
    for title in ("loops", "leaks", "drops"):
        if not result[title]:
            print(f"{title}: skipped, the data is not there")
        for name, one in (result[title] or {}).items():
            shown = (
                ", ".join(f"{key} {value:.4g}" for key, value in one.items()) if isinstance(one, dict) else f"{one:.6g}"
            )
            print(f"{title}: {name}: {shown}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=4_000)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    options = parser.parse_args()
    out = HERE / "results"
    out.mkdir(exist_ok=True)
    texts = pages(options.texts)
    result = {
        "python": platform.python_version(),
        "swallow": beside_swallow(texts),
        "loops": on_loops(options.data),
        "leaks": on_leaks(options.data),
        "drops": drops(options.data),
    }
    show(result)
    (out / "judges.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
