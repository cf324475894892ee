"""Measures the rules for personal data: what they find and flag by mistake, and how fast, beside presidio.

    python benchmarks/pii.py [--each 400] [--documents 4000] [--data ../shared/data] [--seed a]

Items and decoys come from `planted_pii.py` and `decoy_pii.py`, whose forms and the rules are by the same hand: read the
recall as an upper bound. An item is found when finds of its kind cover nine tenths of it. Speed is CPU seconds of one
thread, the best of three passes, on documents of some 890 characters, one in sixteen with an item in it; presidio
2.2.366 runs in an environment of its own (`.venvs/presidio`) without a language model, with the five recognisers that
these kinds have. presidio's English sample (`shared/data/pii`) is text that neither wrote.
"""

import argparse
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import get_args

import peer_environments
from decoy_pii import decoys
from planted_pii import planted

from factory.pii.detect import find
from factory.pii.rule import Kind

ROOT = Path(__file__).parents[1]
KINDS = [kind for kind in get_args(Kind) if kind not in ("name", "bank_account", "corporate_number")]
"""What the judge looks for by default."""
FILLER = (
    "日本の四季はそれぞれに美しく、春には桜が咲き、夏には祭りがあり、秋には山が色づく。",
    "この文章は、データの品質を確かめるために書かれたもので、2024年の統計を3つ含んでいます。",
    "The method first sorts the list and then walks over it once, which takes O(n log n) time.",
    "次に、両辺を整理して計算すると、答えは42になります。",
)
PRESIDIO = """
import json, sys, time
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer, EmailRecognizer, IpRecognizer, PhoneRecognizer, UsSsnRecognizer)
import tldextract
tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
registry = RecognizerRegistry(recognizers=[CreditCardRecognizer(), EmailRecognizer(), IpRecognizer(),
    PhoneRecognizer(supported_regions=("JP", "US")), UsSsnRecognizer()])
nothing = NoOpNlpEngine([{"lang_code": "en", "model_name": "none"}])
engine = AnalyzerEngine(registry=registry, nlp_engine=nothing, supported_languages=["en"])
groups = json.load(open(sys.argv[1]))
found, seconds = {}, {}
for name, texts in groups.items():
    [engine.analyze(text, "en") for text in texts[:20]]
    spent = []
    for _ in range(3):
        start = time.process_time()
        found[name] = [[(r.entity_type, r.start, r.end) for r in engine.analyze(text, "en")] for text in texts]
        spent.append(time.process_time() - start)
    seconds[name] = min(spent)
json.dump({"found": found, "seconds": seconds}, open(sys.argv[2], "w"))
"""
THEIRS = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "credit_card",
    "IP_ADDRESS": "ip",
    "US_SSN": "us_ssn",
}
peer_environments.PEERS["presidio"] = peer_environments.Peer(
    "", (("presidio-analyzer==2.2.366",),), "presidio_analyzer", "2.2.366"
)


def documents(data, count, items):
    """Texts of some 890 characters, real where there are any; one in sixteen holds a planted sentence."""
    pieces = list(FILLER)
    path = data / "ja_wikipedia_leads" / "leads_train.jsonl"
    if path.is_file():
        pieces = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").strip().split("\n")]
    path = data / "ja_web_quality" / "mc4_ja_good_bad.jsonl"
    if path.is_file():
        pieces += [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").strip().split("\n")]
    rng = random.Random("documents")
    made = []
    for n in range(count):
        text = ""
        while len(text) < 890:
            text += rng.choice(pieces) + "\n"
        made.append(text[:890] + (items[n % len(items)][4] if n % 16 == 0 else ""))
    return made


def covered(sentence, item, spans, kind):
    """Whether finds of the kind cover nine tenths of the item."""
    start = sentence.index(item)
    places = {place for found, a, b in spans if found == kind for place in range(a, b)}
    return len(places & set(range(start, start + len(item)))) >= 0.9 * len(item)


def recall(items, found):
    """Found items by row of the table and language."""
    hits, total = Counter(), Counter()
    for (name, kind, language, item, sentence), spans in zip(items, found, strict=True):
        total[name, language] += 1
        hits[name, language] += covered(sentence, item, spans, kind)
    return {f"{name} {language}": hits[name, language] / total[name, language] for name, language in total}


def flagged(texts, found):
    """The share of decoys with any find, by what they are."""
    hits, total = Counter(), Counter()
    for (what, _), spans in zip(texts, found, strict=True):
        total[what] += 1
        hits[what] += bool(spans)
    return {what: hits[what] / total[what] for what in total} | {"all": hits.total() / total.total()}


def sample(data):
    """presidio-research's sample: texts, and the spans of kinds that we look for."""
    path = data / "pii" / "presidio_generated_small.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").strip().split("\n")] if path.is_file() else []
    spans = [
        [
            (THEIRS[one["entity_type"]], one["start_position"], one["end_position"])
            for one in row["spans"]
            if one["entity_type"] in THEIRS
        ]
        for row in rows
    ]
    return [row["full_text"] for row in rows], spans


def on_sample(spans, found):
    """Recall and precision by kind, a find counting where it overlaps."""
    result = {}
    for kind in THEIRS.values():
        truth = [(n, s) for n, row in enumerate(spans) for s in row if s[0] == kind]
        finds = [(n, s) for n, row in enumerate(found) for s in row if s[0] == kind]
        meet = lambda one, others: any(n == one[0] and s[1] < one[1][2] and one[1][1] < s[2] for n, s in others)  # noqa: E731
        result[kind] = {
            "recall": sum(meet(one, finds) for one in truth) / max(1, len(truth)),
            "precision": sum(meet(one, truth) for one in finds) / max(1, len(finds)),
            "items": len(truth),
        }
    return result


def ours(groups):
    found, seconds = {}, {}
    for name, texts in groups.items():
        find(texts[:64], KINDS)
        spent = []
        for _ in range(3):
            start = time.process_time()
            spans = [one for at in range(0, len(texts), 4000) for one in find(texts[at : at + 4000], KINDS)]
            spent.append(time.process_time() - start)
        seconds[name] = min(spent)
        found[name] = [[(one.kind, one.start, one.end) for one in row] for row in spans]
    return found, seconds


def presidio(groups):
    python, why = peer_environments.interpreter("presidio")
    if python is None:
        sys.stderr.write(f"presidio is left out: {why}\n")
        return None, None
    with tempfile.TemporaryDirectory() as folder:
        given, back = Path(folder) / "in.json", Path(folder) / "out.json"
        given.write_text(json.dumps(groups))
        subprocess.run([python, "-W", "ignore", "-c", PRESIDIO, str(given), str(back)], check=True)
        answer = json.loads(back.read_text())
    found = {
        name: [[(THEIRS[kind], a, b) for kind, a, b in row if kind in THEIRS] for row in rows]
        for name, rows in answer["found"].items()
    }
    return found, answer["seconds"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=400, help="planted items of each kind, and decoys of each kind")
    parser.add_argument("--documents", type=int, default=4000)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--seed", default="second")
    parser.add_argument("--peer", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--misses", action="store_true", help="print what was missed and what was flagged")
    args = parser.parse_args()
    items, fakes = planted(args.data, args.each, args.seed), decoys(args.each, args.seed)
    sampled, truth = sample(args.data)
    groups = {
        "planted": [item[4] for item in items],
        "decoys": [text for _, text in fakes],
        "documents": documents(args.data, args.documents, items),
        "sample": sampled,
    }
    found, seconds = ours(groups)
    same = [[(s.kind, s.start, s.end) for s in row] for row in find(groups["documents"], KINDS, hints=False)]
    facts = {
        "python": platform.python_version(),
        "recall": recall(items, found["planted"]),
        "decoys flagged": flagged(fakes, found["decoys"]),
        "sample": on_sample(truth, found["sample"]),
        "documents/s": args.documents / seconds["documents"],
        "documents flagged": sum(map(bool, found["documents"])),
        "same without hints": same == found["documents"],
    }
    theirs, spent = presidio(groups) if args.peer else (None, None)
    if theirs is not None:
        facts["presidio"] = {
            "recall": recall(items, theirs["planted"]),
            "decoys flagged": flagged(fakes, theirs["decoys"]),
            "sample": on_sample(truth, theirs["sample"]),
            "documents/s": args.documents / spent["documents"],
        }
        facts["ratio"] = facts["documents/s"] / facts["presidio"]["documents/s"]
    if args.misses:
        for item, spans in zip(items, found["planted"], strict=True):
            if not covered(item[4], item[3], spans, item[1]):
                print("missed ", item[0], item[2], repr(item[4]), spans)
        for (what, text), spans in zip(fakes, found["decoys"], strict=True):
            if spans:
                print("flagged", what, repr(text), spans)
    show(facts)
    (ROOT / "benchmarks" / "results").mkdir(exist_ok=True)
    (ROOT / "benchmarks" / "results" / "pii.json").write_text(json.dumps(facts, indent=2))


def show(facts):
    theirs = facts.get("presidio", {})
    print(f"{'recall':24}{'ours':>8}{'presidio':>10}")
    for name, value in facts["recall"].items():
        print(f"{name:24}{value:8.3f}" + (f"{theirs['recall'][name]:10.3f}" if theirs else ""))
    print(f"\n{'decoys flagged':24}")
    for name, value in facts["decoys flagged"].items():
        print(f"{name:24}{value:8.3f}" + (f"{theirs['decoys flagged'][name]:10.3f}" if theirs else ""))
    print(f"\n{'presidio sample':24}{'recall':>8}{'precision':>10}{'items':>6}   (presidio)")
    for kind, score in facts["sample"].items():
        other = theirs["sample"][kind] if theirs else {"recall": 0, "precision": 0}
        beside = f"   {other['recall']:.2f} {other['precision']:.2f}"
        print(f"{kind:24}{score['recall']:8.2f}{score['precision']:10.2f}{score['items']:6}{beside}")
    same = f"the same without hints: {facts['same without hints']}"
    print(f"\ndocuments/s {facts['documents/s']:,.0f}; flagged {facts['documents flagged']}; {same}")
    if theirs:
        print(f"presidio    {theirs['documents/s']:,.0f}; ratio {facts['ratio']:.1f}")


if __name__ == "__main__":
    main()
