"""Measures how benchmark prompts are found in rows: how many, how many clean rows are flagged, how fast.

    python benchmarks/decontamination.py [--data DIR] [--rows 100000] [--planted 0] [--half test|tune] [--kernel numba]

`--data` has `benchmarks/NAME/*.jsonl` and public texts (default: ../shared/data); without it, prompts and clean rows
are made of words. CPU seconds of one thread. The index is built before the clock starts; its time is told apart.

Clean sentences are also scanned one by one: each stands in tens of rows, so that one of them is .05 % of the rows. A
clean row has two turns: the first sentence, and the rest of about 440 characters, half Japanese and half English. The
limits of `factory.decontaminate.hits` were set on one half of the sentences (by hash), `tune`; the other half, `test`,
is what is measured. Every prompt is planted, `--planted N` a sample: as the first turn; as a line of its own between
two sentences of the second; between two of its sentences without a line's end. Sizes are in narrow letters; a kanji or
kana counts two. `template` are prompts most of whose n-grams more than 32 prompts share: with its few others changed,
such a prompt is the template and no longer this prompt;
`distinct` are all others. Found means told by the benchmark's name; a prompt that several
benchmarks hold has several names.
"""

import argparse
import json
import platform
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from factory.decontaminate import Benchmarks, Hit, scan_texts
from factory.decontaminate.benchmarks import plain
from factory.decontaminate.prompts import Prompt
from factory.dedup import TURN_ENDS

SUBSET = (
    "arena_hard elyza_tasks_100 humaneval ja_mt_bench ja_vicuna_qa jmmlu mgsm_ja mgsm_en mt_bench vicuna_bench rakuda "
    "mawps_ja niilc"
)
"""About 11,000 prompts: all but JGLUE's and last-letter connection's, which are short or one template."""
RUN = re.compile(r"[一-龥々]+|[ァ-ヴー]+|[ぁ-ん]+|[A-Za-z]+|\d+|\s+|[^\w\s]|_")
"""What stands for a word: in Japanese a run of one script."""
BINS = ((0, 24), (24, 40), (40, 80), (80, 1 << 30))
Alter = Callable[[str, random.Random], str]


def records(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def sentences(data: Path, half: str, rng: random.Random) -> dict[str, list[str]]:
    japanese, english = [], []
    for name in ("ja_wikipedia_leads/leads_train", "ja_web_quality/mc4_ja_good_bad"):
        japanese += [row["text"] for row in records(data / f"{name}.jsonl")]
    for row in records(data / "instruction_ja/data_dev.jsonl"):
        japanese += [turn["text"] for turn in row["utterances"]]
    for row in records(data / "parallel_tanaka/train_000.jsonl"):
        japanese.append(row["ja"])
        english.append(row["en"])
    english += [f"{row['instruction']} {row['output']}" for row in records(data / "dolly_sample/dolly_2000.jsonl")]
    english += [row["chosen"] for row in records(data / "hh_rlhf_sample/harmless_base_test_dev.jsonl")]
    english += [row["prompt"] for row in records(data / "oasst_en/prompts_lottery_250.jsonl")]
    if not japanese:
        return {language: made(language, 20_000, rng) for language in ("ja", "en")}
    found = {
        "ja": [one for text in japanese for one in re.split(r"(?<=。)", text) if 4 < len(one) < 400],
        "en": [one for text in english for one in re.split(r"(?<=[.?!])\s", text) if 8 < len(one) < 600],
    }
    odd = half == "test"
    return {language: sorted({one for one in texts if is_odd(one) == odd}) for language, texts in found.items()}


def is_odd(text: str) -> bool:
    return bool(blake2b(text.encode(), digest_size=1).digest()[0] & 1)


def made(language: str, count: int, rng: random.Random) -> list[str]:
    letters = [chr(code) for code in range(0x4E00, 0x4E00 + 600)] if language == "ja" else "etaoinshrdlucmfwyp"
    words = ["".join(rng.choices(letters, k=rng.randint(1, 3) if language == "ja" else rng.randint(2, 9)))
             for _ in range(3_000)]  # fmt: skip
    gap, end = ("の", "。") if language == "ja" else (" ", ".")
    return [gap.join(rng.choices(words, k=rng.randint(5, 20))) + end for _ in range(count)]


def clean_rows(count: int, some: dict[str, list[str]], rng: random.Random) -> list[str]:
    rows = []
    for number in range(count):
        language, gap = (("en", " "), ("ja", ""))[number % 2]
        goal = rng.randint(100, 670)
        first, rest = rng.choice(some[language]).strip(), ""
        while len(first) + len(rest) < goal:
            rest += rng.choice(some[language]) + gap
        rows.append(f"{first}{TURN_ENDS}{rest}")
    return rows


def misspelt(text: str, rng: random.Random) -> str:
    other = {True: "abcdefghijklmnopqrstuvwxyz0123456789", False: "のはをにがでともしたりるれんいうえおか山川田人大小"}
    return "".join(
        rng.choice(other[letter.isascii()]) if letter.isalnum() and rng.random() < 0.05 else letter for letter in text
    )


def reworder(some: dict[str, list[str]], rng: random.Random) -> Alter:
    """15 % of the words replaced: rounded at random, so that it is 15 % of short prompts too."""
    found = {key: [word for one in rng.sample(texts, 3_000) for word in RUN.findall(one) if word[0].isalpha()]
             for key, texts in some.items()}  # fmt: skip
    words = {"ja": [word for word in found["ja"] if not word.isascii() and len(word) < 5], "en": found["en"]}

    def reworded(text: str, rng: random.Random) -> str:
        parts = RUN.findall(text)
        places = [place for place, part in enumerate(parts) if part[0].isalpha()]
        for place in rng.sample(places, int(len(places) * 0.15 + rng.random())):
            parts[place] = rng.choice(words["en" if parts[place].isascii() else "ja"])
        return "".join(parts)

    return reworded


def middle(text: str, _: random.Random) -> str:
    fifth = len(text) // 5
    return text[fifth : len(text) - fifth]


def full_width(text: str, _: random.Random) -> str:
    wide = "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text.upper())
    return wide.replace(" ", "\u3000")


def as_turn(row: str, text: str, _: random.Random) -> str:
    return text + TURN_ENDS + row.partition(TURN_ENDS)[2]


def inside(row: str, text: str, rng: random.Random) -> str:
    ends = [found.end() for found in re.finditer(r"。|[.?!] ", row)] or [len(row)]
    place = rng.choice(ends)
    return f"{row[:place]}\n{text}\n{row[place:]}"


def in_prose(row: str, text: str, rng: random.Random) -> str:
    ends = [found.end() for found in re.finditer(r"。|[.?!] ", row)] or [len(row)]
    place = rng.choice(ends)
    return f"{row[:place]}{text}{' ' if text.isascii() else ''}{row[place:]}"


def japanese(text: str) -> bool:
    return bool(re.search("[ぁ-んァ-ヴ一-龥]", text))


def size(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text if letter.isalnum())


def named(hit: Hit | None, group: tuple[Prompt, ...]) -> tuple[bool, bool]:
    """Whether the hit names one of the group's benchmarks, and one of its prompts."""
    told = [] if hit is None else [(hit.benchmark, hit.prompt), *hit.others]
    prompts = {(one.benchmark, one.id) for one in group}
    return bool({name for name, _ in prompts} & {name for name, _ in told}), bool(prompts & set(told))


def ngrams(text: str) -> set[str]:
    letters = plain(text)
    sizes = [3 if ord(letter) > 0x2E7F else 5 for letter in letters]
    return {letters[i : i + one] for i, one in enumerate(sizes) if i + one <= len(letters)}


def templates(benchmarks: Benchmarks) -> set[int]:
    """The places of the groups most of whose n-grams are template text."""
    found: set[int] = set()
    for index in benchmarks.indexes:
        telling = np.add.reduceat(index.fine.weights > 0, index.fine.starts[:-1]) if len(index.prompts) else np.empty(0)
        found |= set(index.prompts[index.whole | (2 * telling < np.diff(index.fine.starts))].tolist())
    return found


def recall(
    benchmarks: Benchmarks, rows: list[str], alters: dict[str, Alter], count: int, kernel: str
) -> dict[str, Any]:
    unsought, fixed = set(benchmarks.unsought), templates(benchmarks)
    groups = [(group, place in fixed) for place, group in enumerate(benchmarks.groups) if group[0] not in unsought]
    results: dict[str, Any] = {}
    for where, put in (("a turn", as_turn), ("a line", inside), ("in prose", in_prose)):
        for what, alter in alters.items():
            rng = random.Random(f"{where}/{what}")
            chosen = rng.sample(groups, min(count or len(groups), len(groups)))
            altered = [alter(group[0].text, rng) for group, _ in chosen]
            texts = [put(rng.choice(rows), text, rng) for text in altered]
            cells: defaultdict[str, list[tuple[bool, bool]]] = defaultdict(list)
            left: defaultdict[str, list[float]] = defaultdict(list)
            kinds: Counter[str] = Counter()
            hits = scan_texts(texts, benchmarks, kernel)
            for (group, template), text, hit in zip(chosen, altered, hits, strict=True):
                language = "ja" if japanese(group[0].text) else "en"
                low = next(low for low, high in BINS if low <= size(group[0].text) < high)
                at = [f"{language} all", f"{language} {low}+", f"{language} {'template' if template else 'distinct'}"]
                own = ngrams(group[0].text)
                for cell in at:
                    cells[cell].append(named(hit, group))
                    if own and low < 80:
                        left[cell].append(len(own & ngrams(text)) / len(own))
                kinds[hit.kind if hit else "none"] += 1
            results[f"{where}, {what}"] = {
                "found": {cell: sum(one for one, _ in told) / len(told) for cell, told in sorted(cells.items())},
                "by_prompt": {cell: sum(two for _, two in told) / len(told) for cell, told in sorted(cells.items())},
                "planted": {cell: len(told) for cell, told in sorted(cells.items())},
                "ngrams_left": {cell: sorted(shares)[len(shares) // 2] for cell, shares in sorted(left.items())},
                "kinds": dict(sorted(kinds.items())),
            }
    return results


def speed(benchmarks: Benchmarks, rows: list[str], kernel: str, repeats: int = 3) -> tuple[float, list[Hit | None]]:
    """Rows a second, the median; the first rows are not counted, which load what is loaded once."""
    scan_texts(rows[:2_000], benchmarks, kernel)
    taken, hits = [], list[Hit | None]()
    for _ in range(repeats):
        start = time.process_time()
        hits = scan_texts(rows, benchmarks, kernel)
        taken.append(time.process_time() - start)
    return len(rows) / sorted(taken)[repeats // 2], hits


def share(hits: list[Hit | None]) -> dict[str, float]:
    flagged = [hit for hit in hits if hit]
    return {"flagged": len(flagged) / len(hits), "rejected": sum(hit.certain for hit in flagged) / len(hits)}


def load(data: Path, names: list[str], some: dict[str, list[str]], rng: random.Random) -> tuple[Benchmarks, float]:
    start = time.process_time()
    folder = data / "benchmarks"
    known = Benchmarks.in_folder(folder) if folder.is_dir() else []
    if known:
        return Benchmarks.load([name for name in known if not names or name in names], folder=folder), (
            time.process_time() - start
        )
    texts = [
        " ".join(rng.sample(some[language], 3)) for number in range(11_000) for language in [("ja", "en")[number % 2]]
    ]
    made_up = Benchmarks(Prompt(f"made_{number % 4}", str(number), text) for number, text in enumerate(texts))
    some.update({language: made(language, 20_000, rng) for language in some})  # the rows share no sentence with them
    return made_up, time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--planted", type=int, default=0)
    parser.add_argument("--kernel", choices=("numba", "numpy"), default="numba")
    parser.add_argument("--half", choices=("test", "tune"), default="test")
    options = parser.parse_args()
    rng = random.Random("decontamination")
    some = sentences(options.data, options.half, rng)
    result: dict[str, Any] = {"python": platform.python_version(), "kernel": options.kernel, "rows": options.rows}
    for title, names in (("11k prompts", SUBSET.split()), ("all prompts", [])):
        benchmarks, loaded = load(options.data, names, some, rng)
        rows = clean_rows(options.rows, some, rng)
        rate, hits = speed(benchmarks, rows, options.kernel)
        alters: dict[str, Alter] = {
            "verbatim": lambda text, _: text, "full width, capitals": full_width, "5 % typos": misspelt,
            "15 % words replaced": reworder(some, rng), "middle 60 %": middle,
        }  # fmt: skip
        found = recall(benchmarks, rows, alters, options.planted, options.kernel)
        result[title] = {
            "prompts": len(benchmarks.groups), "too_short": len(benchmarks.unsought), "load_cpu_s": loaded,
            "characters": sum(map(len, rows)) / len(rows), "rows_per_cpu_s": rate, "clean": share(hits),
            "clean_sentences": share(scan_texts([*some["ja"], *some["en"]], benchmarks, options.kernel)),
            "recall": found,
        }  # fmt: skip
        show(title, result[title])
    out = Path(__file__).parent / "results" / "decontamination.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def show(title: str, result: dict[str, Any]) -> None:
    clean = result["clean"]
    short = f"{result['too_short']} too short"
    print(f"{title}: {result['prompts']:,} texts ({short}), loaded in {result['load_cpu_s']:.1f} CPU-s")
    print(f"  {result['rows_per_cpu_s']:,.0f} rows/CPU-s of {result['characters']:.0f} characters")
    alone = result["clean_sentences"]
    print(f"  clean rows: {clean['flagged']:.3%} flagged, {clean['rejected']:.3%} rejected")
    print(f"  clean sentences: {alone['flagged']:.3%} flagged, {alone['rejected']:.3%} rejected")
    columns = sorted({cell for one in result["recall"].values() for cell in one["found"]})
    print(f"  {'recall: planted as, changed':32}" + "".join(f"{column:>12}" for column in columns))
    for name, one in result["recall"].items():
        print(f"  {name:32}" + "".join(f"{one['found'].get(column, float('nan')):>12.3f}" for column in columns))
    for name in ("a line, 15 % words replaced", "a line, middle 60 %"):
        left = result["recall"][name]["ngrams_left"]
        print(f"  n-grams left, {name}: " + ", ".join(f"{cell} {kept:.0%}" for cell, kept in left.items()))


if __name__ == "__main__":
    main()
