"""Measures the fastText classifier: seconds to train, documents scored a second, and how good it is.

    python benchmarks/classifier.py [--documents 20000] [--data ../shared/data]

Speed: 20,000 documents of 877 characters to train on (leads of the Japanese Wikipedia against web snippets, recombined
from their sentences), then such documents to score, preparation included. CPU seconds of one thread. Quality: on the
real texts alone, a third of each held out; and academic against other Wikipedia paragraphs, where the others are hard
negatives. Web texts were chosen by their labellers, one person each: the numbers are those of the sets.
"""

import argparse
import json
import platform
import random
import tempfile
import time
from pathlib import Path

from factory.classifier import measure
from factory.classifier.documents import Document
from factory.classifier.model import Model
from factory.classifier.train import Settings, train

ROOT = Path(__file__).parents[1]
GOOD = (
    "植物は光を使って糖を作る。",
    "関数の極限を定義し、連続性を証明する。",
    "政府は地租を改正し、近代的な税制を整えた。",
)
BAD = ("今だけ無料！クリックして登録！", "激安セール開催中☆送料無料です。", "このページをブックマークに追加する。")


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").strip().split("\n")] if path.is_file() else []


def recombined(texts, count, length, seed):
    """So many documents of at least `length` characters from the sentences of texts."""
    pieces = [piece + "。" for text in texts for piece in text.split("。") if piece]
    made = []
    for n in range(count):
        rng = random.Random(f"{seed}/{n}")
        text = ""
        while len(text) < length:
            text += rng.choice(pieces)
        made.append(Document(str(n), text[: length + 30]))
    return made


def halves(texts):
    """Two thirds to train on, one third to measure on."""
    found = [Document(str(n), text) for n, text in enumerate(texts)]
    return [one for n, one in enumerate(found) if n % 3], [one.text for n, one in enumerate(found) if not n % 3]


def quality(name, good, bad, folder, hard=()):
    (good, good_left), (bad, bad_left) = halves(good), halves(bad)
    card = train(good, bad, ("good", "bad"), folder / f"{name}.bin", Settings(precision=0.8, epochs=10))
    model = Model(folder / f"{name}.bin")
    scores = [measure.of(model.scores(texts)) for texts in (good_left, bad_left, list(hard))]
    facts = measure.measured(scores[0], scores[1], card.threshold)
    return facts | ({"hard_negatives_kept": float((scores[2] >= card.threshold).mean())} if hard else {})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    args = parser.parse_args()
    leads = [row["text"] for row in lines(args.data / "ja_wikipedia_leads" / "leads_train.jsonl")]
    web = lines(args.data / "ja_web_quality" / "mc4_ja_good_bad.jsonl")
    paragraphs = lines(args.data / "ja_wikipedia_leads" / "paragraphs_labelled_jsquad_valid.jsonl")
    half = args.documents // 2
    good = recombined(leads or GOOD, half, 862, "good")
    bad = recombined([row["text"] for row in web] or BAD, half, 862, "bad")
    facts = {"python": platform.python_version(), "documents": args.documents}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for bits in (18, 20):
            start = time.process_time()
            train(good, bad, ("good", "bad"), folder / f"{bits}.bin", Settings(bucket_bits=bits))
            facts[f"train_s, 2^{bits}"] = time.process_time() - start
            facts[f"model MB, 2^{bits}"] = (folder / f"{bits}.bin").stat().st_size / 1e6
        first = (folder / "18.bin").read_bytes()
        train(good, bad, ("good", "bad"), folder / "again.bin", Settings())
        facts["same bytes again"] = first == (folder / "again.bin").read_bytes()
        model = Model(folder / "18.bin")
        texts = [one.text for one in recombined(leads or GOOD, 5000, 862, "long")]
        model.scores(texts[:50])
        start = time.process_time()
        model.scores(texts)
        facts["characters"] = sum(map(len, texts)) / len(texts)
        facts["documents/s"] = len(texts) / (time.process_time() - start)
        if web and paragraphs:
            by = {
                label: [row["text"] for row in paragraphs if row["label"] == label]
                for label in ("academic", "non_academic")
            }
            facts["leads or web"] = quality("a", leads, [row["text"] for row in web], folder)
            facts["good or bad web"] = quality(
                "b", *([r["text"] for r in web if r["label"] == k] for k in ("good", "bad")), folder
            )
            snippets = [row["text"] for row in web if row["label"] == "bad"]
            facts["academic or web"] = quality("c", by["academic"], snippets, folder, by["non_academic"])
    for what, value in facts.items():
        print(f"{what:20}", json.dumps(value))
    (ROOT / "benchmarks" / "results").mkdir(exist_ok=True)
    (ROOT / "benchmarks" / "results" / "classifier.json").write_text(json.dumps(facts, indent=2))


if __name__ == "__main__":
    main()
