"""Near duplicates: rows a second, recall and false links, beside datasketch's bulk in the same run.

    python benchmarks/near_duplicates.py [--rows 100000] [--peer-rows 10000] [--large-rows 0] [--index-rows 0]

CPU seconds of one thread, from texts to who is dropped: ours folds too, datasketch gets folded texts. Half the rows are
Japanese, 437 characters on average, made of the sentences of `../shared/data` where that is there, else of made-up
words; a tenth are planted near duplicates whose exact Jaccard is computed by plain Python. With `--large-rows`,
so many are looked at in a process of their own, for its memory. With `--index-rows`, an index of so many is offered
more: 437 characters or 60, from the text or with signatures given, 1, 64 or 1,024 at a time.
"""

import argparse
import contextlib
import itertools
import json
import multiprocessing
import platform
import random
import resource
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from factory import dedup
from factory.near import bands, duplicates, kernels
from factory.near.index import Index
from factory.near.offered import Offered

SHARED = Path(__file__).parents[2] / "shared" / "data"
SOURCES = {  # never the benchmarks
    "en": [("gsm8k_train/train.jsonl", "question"), ("dolly_sample/dolly_2000.jsonl", "response")],
    "ja": [("ja_wikipedia_leads/leads_train.jsonl", "text"), ("parallel_tanaka/train_000.jsonl", "ja")],
}
MEAN = 437
PLANTED = 0.1
THRESHOLD = 0.8
SIGNED, LONG, SHORT = "signatures given, 437 characters", "from text, 437 characters", "from text, 60 characters"
GIVEN = (SIGNED, LONG, SHORT)
"""What is timed of an offer: looking up, comparing and keeping alone; folding and hashing too; of instructions."""
ASKED = {1: 2560, 64: 2560, 1024: 5120}
"""By how many rows are offered at a time: how many are in all."""
NUMBERS = itertools.count()


def sentences(language, rng):
    """Sentences of a language: real ones, and made-up ones where there are none."""
    found = []
    for name, field in SOURCES[language]:
        path = SHARED / name
        if path.exists():
            for line in path.open(encoding="utf-8"):
                text = str(json.loads(line).get(field) or "")
                parts = text.replace("。", "。\n").replace(". ", ".\n").splitlines()
                found += [part.strip() for part in parts if 8 <= len(part.strip()) <= 200]
    if len(found) >= 5000:
        return found
    if language == "en":
        letters = "etaoinshrdlucmfwypvbgk"
        words = ["".join(rng.choices(letters, k=rng.randint(2, 9))) for _ in range(20_000)]
        return [" ".join(rng.choices(words, k=rng.randint(5, 20))).capitalize() + "." for _ in range(30_000)]
    letters = [chr(c) for c in (*range(0x3042, 0x3093), *range(0x30A2, 0x30F3), *range(0x4E00, 0x5200))]
    return ["".join(rng.choices(letters, k=rng.randint(12, 60))) + "。" for _ in range(30_000)]


def changed(text, rng):
    """The text with some of it changed: letters, a span, an end, a cut."""
    kind, share = rng.randrange(4), rng.uniform(0.005, 0.12)
    size = max(1, int(len(text) * share))
    if kind == 0:
        letters = list(text)
        for place in rng.sample(range(len(letters)), max(1, size // 3)):
            letters[place] = rng.choice("xyzあいう")
        return "".join(letters)
    start = rng.randrange(max(1, len(text) - size))
    other = "".join(rng.choices("abcdefghiかきくけこ漢字", k=size))
    return (text[:start] + other + text[start + size :], text + other, text[:start] + text[start + size :])[kind - 1]


def corpus(rows, mean, seed=0):
    """The texts, mixed, and the planted pairs."""
    rng = random.Random(f"near/{seed}")
    stock = {language: sentences(language, rng) for language in SOURCES}
    texts, origin = [], []
    for place in range(rows - int(rows * PLANTED)):
        parts, size, goal = [], 0, rng.uniform(0.3, 1.7) * mean
        language = ("en", "ja")[place % 2]
        while size < goal:
            parts.append(rng.choice(stock[language]))
            size += len(parts[-1]) + 1
        texts.append((" " if language == "en" else "").join(parts))
    clean = len(texts)
    for _ in range(rows - clean):
        origin.append(rng.randrange(clean))
        texts.append(changed(texts[origin[-1]], rng))
    order = list(range(rows))
    rng.shuffle(order)
    where = {old: new for new, old in enumerate(order)}
    pairs = [(where[clean + place], where[old]) for place, old in enumerate(origin)]
    return [texts[old] for old in order], pairs


def exact(one, other):
    """Jaccard of 5-grams, by plain Python."""
    a, b = ({text[i : i + 5] for i in range(max(1, len(text) - 4))} for text in map(dedup.fold, (one, other)))
    return len(a & b) / len(a | b)


def ours(texts, name):
    """CPU seconds and what was dropped."""
    compute = kernels.named(name)
    start = time.process_time()
    drops = duplicates.near_duplicates(texts, range(len(texts)), threshold=THRESHOLD, compute=compute)
    return time.process_time() - start, drops


def quality(texts, pairs, drops):
    """The share of planted pairs at .8 and above of which at most one row stays; links that should not be."""
    truth = [(one, other, exact(texts[one], texts[other])) for one, other in pairs]
    alike = [(one, other) for one, other, jaccard in truth if jaccard >= THRESHOLD]
    found = sum(bool(drops.mask[one] or drops.mask[other]) for one, other in alike)
    linked = {frozenset(pair) for pair in zip(drops.links.left.tolist(), drops.links.right.tolist(), strict=True)}
    wrong = sum(frozenset((one, other)) in linked for one, other, jaccard in truth if jaccard <= 0.5)
    sample = list(zip(drops.links.left.tolist(), drops.links.right.tolist(), strict=True))[:2000]
    unlike = sum(exact(texts[one], texts[other]) < THRESHOLD for one, other in sample)
    return {
        "recall": found / max(1, len(alike)),
        "pairs": len(alike),
        "linked_below_.5": wrong,
        "linked_unlike": unlike,
    }


def datasketch(texts, pairs):
    """datasketch's fastest documented way, bulk MinHash and MinHashLSH; texts are folded before the clock runs."""
    from datasketch import MinHash, MinHashLSH

    folded = list(map(dedup.fold, texts))
    start = time.process_time()
    grams = ([text[i : i + 5].encode() for i in range(max(1, len(text) - 4))] for text in folded)
    index = MinHashLSH(threshold=THRESHOLD, num_perm=128)
    links = set()
    for place, sketch in enumerate(MinHash.generator(grams, num_perm=128)):
        links.update((place, other) for other in index.query(sketch))
        index.insert(place, sketch)
    spent = time.process_time() - start
    alike = [pair for pair in pairs if max(pair) < len(texts) and exact(texts[pair[0]], texts[pair[1]]) >= THRESHOLD]
    found = sum((max(pair), min(pair)) in links for pair in alike)
    return spent, found / max(1, len(alike))


def large(rows, mean):
    """Rows per CPU second and the memory that is added to that of the texts; to be run in a process of its own."""
    texts, pairs = corpus(rows, mean, 2)
    ours(texts[:200], "numba")
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak from here on, not that of making the texts
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    spent, drops = ours(texts, "numba")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = {"added_mb": (peak - before) / 1024, "with_texts_mb": peak / 1024}
    return {"rows": rows, "rows_s": rows / spent, **memory, **quality(texts, pairs, drops)}


def offering(rows, mean):
    """What it costs to load an index of so many rows, and to offer it more, by what is given and how many at a time."""
    asked_rows = sum(ASKED.values()) * len(GIVEN)
    texts = corpus(int(rows * 1.15) + asked_rows, mean, 1)[0]
    asked = iter(texts[-asked_rows:])
    with tempfile.TemporaryDirectory() as folder:
        index = Index.open(Path(folder), THRESHOLD)
        others = iter(texts[:-asked_rows])
        while part := list(itertools.islice(others, min(50_000, rows - len(index)))):
            index.offer(_names(len(part)), part)
            index.commit(f"shard-{next(NUMBERS)}")
        start = time.process_time()
        index = Index.open(Path(folder), THRESHOLD)
        loaded = len(index) / (time.process_time() - start)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        result = {"rows": len(index), "load_rows_s": loaded, "mapped_mb": size / 2**20, "offers": {}}
        index.offer(["warm", "again", "other"], [texts[0], texts[0] + "!", texts[1]])
        index.offer(["alone"], [texts[0] + "?"])
        for given, size in itertools.product(GIVEN, ASKED):
            some = list(itertools.islice(asked, ASKED[size]))
            told = offered(index, some if given != SHORT else [text[20:80] for text in some], size, given == SIGNED)
            result["offers"].setdefault(given, {})[f"batch {size}"] = told
    return result


def offered(index, texts, size, signed):
    """CPU microseconds per row, the least of five rounds; the texts' length, and the share that was refused."""
    compute = kernels.kernel(len(index))
    cut, spent, accepted = bands.shape(THRESHOLD), [], 0
    for first in range(0, len(texts), max(size, 512)):
        places = range(first, min(first + max(size, 512), len(texts)), size)
        batches = [(_names(size), texts[place : place + size]) for place in places]
        ready = [Offered.of(*batch, None, cut, compute) for batch in batches] if signed else batches
        start = time.process_time()
        offers = [index.take(one, None, compute) if signed else index.offer(*one) for one in ready]
        spent.append((time.process_time() - start) / (size * len(batches)) * 1e6)
        accepted += sum(int(offer.accepted.sum()) for offer in offers)
    mean = sum(map(len, texts)) / len(texts)
    return {"us_row": min(spent), "mean_characters": mean, "refused": 1 - accepted / len(texts)}


def _names(count):
    return [f"new-{next(NUMBERS)}" for _ in range(count)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--peer-rows", type=int, default=10_000)
    parser.add_argument("--large-rows", type=int, default=0)
    parser.add_argument("--index-rows", type=int, default=0)
    parser.add_argument("--mean", type=int, default=MEAN)
    parser.add_argument("--kernels", default="numpy,numba")
    options = parser.parse_args()
    texts, pairs = corpus(options.rows, options.mean)
    mean = sum(map(len, texts)) / len(texts)
    result = {"rows": len(texts), "mean_characters": mean, "real_text": SHARED.exists(), "ours": {}}
    print(
        f"{len(texts):,} rows of {mean:.0f} characters{'' if SHARED.exists() else ', made-up words'}; CPU, one thread"
    )
    print(f"{'engine':24}{'rows/s':>10}{'x peer':>8}{'recall':>9}{'<=.5':>6}{'< .8':>6}{'MB':>8}")
    rate = None
    if options.peer_rows:
        spent, recall = datasketch(texts[: options.peer_rows], pairs)
        rate = min(len(texts), options.peer_rows) / spent
        result["datasketch"] = {"rows_s": rate, "recall": recall, "rows": options.peer_rows}
        print(f"{'datasketch bulk':24}{rate:>10,.0f}{1:>8.1f}{recall:>9.4f}")
    masks = []
    for name in options.kernels.split(","):
        ours(texts[:200], name)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        spent, drops = min(
            (ours(texts, name) for _ in range(3 if len(texts) <= 200_000 else 1)), key=lambda one: one[0]
        )
        added = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        told = {"rows_s": len(texts) / spent, "added_mb": added, **quality(texts, pairs, drops)}
        told["times_datasketch"] = told["rows_s"] / rate if rate else None
        result["ours"][name] = told
        masks.append(drops.mask)
        print(
            f"{'ours, ' + name:24}{told['rows_s']:>10,.0f}{told['times_datasketch'] or 0:>8.1f}{told['recall']:>9.4f}"
            f"{told['linked_below_.5']:>6}{told['linked_unlike']:>6}{added:>8,.0f}"
        )
    if not all(np.array_equal(mask, masks[0]) for mask in masks):
        raise SystemExit("the kernels don't agree")
    if options.large_rows:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            told = result["large"] = pool.apply(large, (options.large_rows, options.mean))
        print(f"\n{told['rows']:,} rows: {told['rows_s']:,.0f} rows/s, recall {told['recall']:.4f}", end=", ")
        print(f"{told['added_mb']:,.0f} MB beside the texts, {told['with_texts_mb']:,.0f} MB with them")
    if options.index_rows:
        index = result["index"] = offering(options.index_rows, options.mean)
        print(f"\nindex of {index['rows']:,} rows, loaded at {index['load_rows_s']:,.0f} rows/s")
        print(f"{'offering a row, us':32}" + "".join(f"{f'batch {size}':>12}" for size in ASKED) + f"{'refused':>10}")
        for given, told in index["offers"].items():
            refused = statistics.mean(one["refused"] for one in told.values())
            print(f"{given:32}" + "".join(f"{one['us_row']:>12.1f}" for one in told.values()) + f"{refused:>10.1%}")
    result |= {"python": platform.python_version(), "numpy": np.__version__}
    out = Path(__file__).parent / "results" / "near_duplicates.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
