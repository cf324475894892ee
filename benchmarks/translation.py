"""Measures the judge of translations: faults of each kind that it catches, false alarms, and how fast it is.

    python benchmarks/translation.py [--each 300] [--data ../shared/data] [--phrases held_out] [--docs X] [--misses 5]

Faults are put into real pairs by people (Tanaka corpus, AMI meetings, MGSM) and by a machine (instruction_ja):
sentences left in English or cut off, numbers changed, lists run together, answers that people and models gave to the
question in place of its translation. What models say around a translation comes from
`translation_parts/phrases.py`: the rules were mended on one list (`--phrases seen`), and the table is of another,
written afterwards. `caught` counts any fault, `named` the one of the kind's own name.

False alarms are those on untouched pairs of people; the machine's are shown too, but many of its texts are cut off, and
`rewritten` is what people made of them, often by leaving sentences out. With `--docs`, a checkout of FastAPI: its
documentation, section by section, in English and Japanese.

Peer: OpusFilter 3.3.1 on the same pairs (length ratio in characters, script, numerals, terminal punctuation,
similarity, repetition, with its own thresholds; the scripts' are ours, a half Latin and 0.15 hiragana, as its default
is all), in an environment of its own (`.venvs/opusfilter`). It is made for bitext, so that many kinds are none of its
business.
"""

import argparse
import asyncio
import json
import platform
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import peer_environments
from translation_parts import faults as injected
from translation_parts import pairs as real

sys.path.remove(str(Path(__file__).resolve().parent))  # or judges.py beside it would be the package `judges`

from factory.component import Run
from factory.registry import build
from factory.row import Message, Row
from factory.translation.checks import conversations_faults, faults_of
from factory.translation.spans import SpanFault, mask, unmask

ROOT = Path(__file__).parents[1]
HUMAN = ("tanaka", "ami", "mgsm")
PEER = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
from opusfilter import filters
chosen = [
    filters.LengthRatioFilter(unit="char"),
    filters.CharacterScoreFilter(scripts=["Latin", "Hiragana"], thresholds=[0.5, 0.15]),
    filters.NonZeroNumeralsFilter(),
    filters.TerminalPunctuationFilter(),
    filters.SimilarityFilter(),
    filters.RepetitionFilter(),
]
groups = json.load(open(sys.argv[1]))
bad, seconds = {}, {}
for name, pairs in groups.items():
    start = time.process_time()
    verdicts = [[one.accept(score) for score in one.score(pairs)] for one in chosen]
    seconds[name] = time.process_time() - start
    bad[name] = [not all(of_pair) for of_pair in zip(*verdicts)]
json.dump({"bad": bad, "seconds": seconds}, open(sys.argv[2], "w"))
"""
peer_environments.PEERS["opusfilter"] = peer_environments.Peer(
    "",
    (
        ("--no-deps", "opusfilter==3.3.1"),
        ("iso639-lang", "numpy", "pandas", "ruamel.yaml", "xxhash", "tqdm", "regex", "rapidfuzz", "beautifulsoup4"),
    ),
    "opusfilter.filters",
    "3.3.1",
)


def made(each, data, seen):
    """By kind: (source, target, reasons) with a fault put in."""
    table = {}
    for name in injected.kinds(injected.Injector(data, random.Random("names"), seen, 10)):
        inject = injected.Injector(data, random.Random(f"translation/{name}"), seen, 2000)
        make, table[name] = injected.kinds(inject)[name], []
        while len(table[name]) < each:
            if one := make():
                table[name].append(one)
    return table


def catches(groups):
    """By kind: the share found at all, and by its own name; and the misses."""
    table, missed = {}, {}
    for name, group in groups.items():
        found = faults_of([source for source, _, _ in group], [target for _, target, _ in group])
        named = [bool({one.reason for one in own} & reasons) for own, (_, _, reasons) in zip(found, group, strict=True)]
        table[name] = {"caught": sum(map(bool, found)) / len(group), "named": sum(named) / len(group)}
        missed[name] = [pair[:2] for pair, own in zip(group, found, strict=True) if not own]
    return table, missed


def turns_lost(each, data):
    """Conversations with a turn too few, or two that changed places."""
    rng, caught, total = random.Random("turns"), 0, 0
    talks = [
        ([Message(one["name"], one["text"]) for one in english], [Message(one["name"], one["text"]) for one in machine])
        for english, machine, _ in real.conversations(data)
        if len(english) == len(machine) >= 2
    ]
    for _ in range(each):
        source, target = rng.choice(talks)
        at = rng.randrange(len(target) - 1)
        lost = (
            target[:at] + target[at + 1 :]
            if rng.random() < 0.5
            else [*target[:at], target[at + 1], target[at], *target[at + 2 :]]
        )
        total += 1
        caught += any(fault.reason == "turns_lost" for fault in conversations_faults([source], [lost])[0])
    return {"caught": caught / total, "named": caught / total}


def alarms(pairs):
    """The share of untouched pairs with a fault, by reason, and the pairs."""
    found = faults_of([source for source, _ in pairs], [target for _, target in pairs])
    reasons = Counter(fault.reason for one in found for fault in one)
    share = sum(map(bool, found)) / max(1, len(pairs))
    flagged = [(one[0].reason, one[0].note, *pair) for pair, one in zip(pairs, found, strict=True) if one]
    return {"pairs": len(pairs), "alarms": share, "reasons": dict(reasons.most_common())}, flagged


def documentation(folder, other="ja"):
    """Sections of FastAPI's documentation in English and another language."""
    for path in sorted(folder.glob(f"docs/{other}/docs/**/*.md")):
        english = folder / "docs/en/docs" / path.relative_to(folder / f"docs/{other}/docs")
        if english.is_file():
            both = [re.split(r"\n(?=## )", one.read_text(encoding="utf-8")) for one in (english, path)]
            if len(both[0]) == len(both[1]):
                yield from zip(*both, strict=True)


def texts_of(value):
    """Every text in a row."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_of(one)


def masking(data, docs):
    """Real passages with spans: how many come back exactly, and whether a lost, doubled or moved mark is a fault."""
    texts = [text for path in sorted(data.glob("*/*.jsonl")) for row in real.rows(path) for text in texts_of(row)]
    texts += [text for pair in docs for text in pair]
    masked = [(text, one) for text in dict.fromkeys(texts) if (one := mask(text)).spans]
    rng, broken, faulted = random.Random("masking"), 0, 0
    for _, one in masked:
        number = rng.randrange(len(one.spans))
        mark, other = f"⟦{number}⟧", f"⟦{len(one.spans)}⟧"
        blocks = [f"⟦{n}⟧" for n, kind in enumerate(one.kinds) if kind == "code"]
        bad = [one.text.replace(mark, ""), one.text.replace(mark, mark * 2), one.text.replace(mark, other)]
        if len(blocks) > 1:
            bad.append(one.text.replace(blocks[0], "\0").replace(blocks[1], blocks[0]).replace("\0", blocks[1]))
        for text in bad:
            broken += 1
            try:
                unmask(one, text)
            except SpanFault:
                faulted += 1
    exact = sum(unmask(one, one.text) == text for text, one in masked)
    spans = sum(len(one.spans) for _, one in masked)
    return {"passages": len(masked), "exact": exact, "spans": spans, "broken": broken, "answered as a fault": faulted}


def speed(pairs, target=20_000):
    """Pairs a second through the judge, one thread, on real pairs of some 250 characters."""
    near = [pair for pair in pairs if 200 <= len(pair[0]) + len(pair[1]) <= 300]
    rows = [
        Row((Message("user", b),), "MIT", "s", "g", meta={"source_messages": [{"role": "user", "content": a}]})
        for a, b in (near * (target // max(1, len(near)) + 1))[:target]
    ]
    judge, run, spent = build("judges", "translation", {}), Run(0), []
    asyncio.run(judge.judge(rows[:4000], run))
    for _ in range(3):
        start = time.process_time()
        for at in range(0, len(rows), 4000):
            asyncio.run(judge.judge(rows[at : at + 4000], run))
        spent.append(time.process_time() - start)
    return {
        "pairs/s": len(rows) / min(spent),
        "characters a pair": sum(len(a) + len(b) for a, b in near) / max(1, len(near)),
    }


def peer(groups):
    """By group: which pairs OpusFilter refuses, and pairs a second; None where it can't be had."""
    python, why = peer_environments.interpreter("opusfilter")
    if python is None:
        sys.stderr.write(f"opusfilter is left out: {why}\n")
        return None
    with tempfile.TemporaryDirectory() as folder:
        given, back = Path(folder) / "in.json", Path(folder) / "out.json"
        given.write_text(json.dumps(groups))
        subprocess.run([python, "-W", "ignore", "-c", PEER, str(given), str(back)], check=True)
        answer = json.loads(back.read_text())
    shares = {name: sum(bad) / max(1, len(bad)) for name, bad in answer["bad"].items()}
    return {"refused": shares, "pairs/s": sum(map(len, groups.values())) / sum(answer["seconds"].values())}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=300, help="faults of each kind")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--phrases", choices=("held_out", "seen"), default="held_out")
    parser.add_argument("--docs", type=Path, help="a checkout of FastAPI")
    parser.add_argument("--peer", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--misses", type=int, default=0, help="print so many misses and false alarms of each kind")
    args = parser.parse_args()
    corpora = real.load(args.data)
    if args.docs:
        corpora["docs"] = list(documentation(args.docs))
    groups = made(args.each, args.data, args.phrases == "seen")
    caught, missed = catches(groups)
    caught["turn lost or moved"] = turns_lost(args.each, args.data)
    untouched = {name: alarms(pairs) for name, pairs in corpora.items()}
    people = [pair for name in HUMAN for pair in corpora[name]]
    facts = {
        "python": platform.python_version(),
        "each": args.each,
        "caught": caught,
        "untouched": {name: told for name, (told, _) in untouched.items()},
        "people": alarms(people)[0],
        "masking": masking(args.data, corpora.get("docs", [])),
        "speed": speed([pair for name in ("instruction_ja", "mgsm", "rewritten") for pair in corpora[name]]),
    }
    if args.peer:
        given = {name: [pair[:2] for pair in group] for name, group in groups.items()}
        facts["opusfilter"] = peer(given | {name: corpora[name] for name in (*HUMAN, "instruction_ja", "rewritten")})
    if args.misses:
        lines = [(f"MISSED {name}", pair) for name, pairs in missed.items() for pair in pairs[: args.misses]]
        lines += [(f"ALARM {name}", one) for name, (_, flagged) in untouched.items() for one in flagged[: args.misses]]
        for name, texts in lines:
            print(name, *(repr(text[:400]) for text in texts), sep="\n    ")
    show(facts)
    if args.phrases == "held_out":
        (ROOT / "benchmarks" / "results" / "translation.json").write_text(
            json.dumps(facts, indent=2, ensure_ascii=False)
        )


def show(facts):
    theirs = facts.get("opusfilter") or {}
    refused = theirs.get("refused", {})
    print(f"{'fault':32}{'caught':>8}{'named':>8}{'opusfilter':>12}")
    for name, one in facts["caught"].items():
        beside = f"{refused[name]:12.3f}" if name in refused else ""
        print(f"{name:32}{one['caught']:8.3f}{one['named']:8.3f}{beside}")
    print(f"\n{'untouched pairs':32}{'pairs':>8}{'alarms':>8}{'opusfilter':>12}")
    for name, one in (*facts["untouched"].items(), ("tanaka, ami and mgsm", facts["people"])):
        beside = f"{refused[name]:12.3f}" if name in refused else f"{'':12}"
        print(f"{name:32}{one['pairs']:8}{one['alarms']:8.4f}{beside}  {dict(list(one['reasons'].items())[:5])}")
    print(f"\nmasking: {facts['masking']}")
    speed = facts["speed"]
    print(f"\npairs/s {speed['pairs/s']:,.0f}, {speed['characters a pair']:.0f} characters a pair")
    if theirs:
        print(f"opusfilter {theirs['pairs/s']:,.0f} on all of the above")


if __name__ == "__main__":
    main()
