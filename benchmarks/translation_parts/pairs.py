"""Real pairs of English and Japanese: by people (Tanaka corpus, AMI, MGSM, instruction_ja) and by a machine."""

import json
from pathlib import Path


def rows(path: Path):
    """The rows of a JSONL file; none where it is absent."""
    if path.is_file():
        for line in path.open(encoding="utf-8"):
            yield json.loads(line)


def load(data: Path):
    """Pairs by corpus; `instruction_ja` is the machine translation there, `rewritten` what people made of it."""
    pairs = {
        "tanaka": [
            (row["en"], row["ja"])
            for name in ("train_000", "dev")
            for row in rows(data / f"parallel_tanaka/{name}.jsonl")
        ],
        "ami": [(row["en"], row["ja"]) for row in rows(data / "parallel_ami/dev.jsonl")],
        "mgsm": [
            (row["question_en"], row["question_ja"]) for row in rows(data / "benchmarks/mgsm_ja/mgsm_ja_en.jsonl")
        ],
        "instruction_ja": [],
        "rewritten": [],
    }
    for english, machine, human in conversations(data):
        pairs["instruction_ja"] += [(a["text"], b["text"]) for a, b in zip(english, machine, strict=False)]
        pairs["rewritten"] += [(a["text"], b["text"]) for a, b in zip(english, human, strict=False)]
    return pairs


def conversations(data: Path):
    """English, machine-translated and corrected turns; the last empty where nobody corrected them."""
    for name in ("data_dev", "skipped_dev"):
        for row in rows(data / f"instruction_ja/{name}.jsonl"):
            known = row["original_info"]["utterances"]
            yield known["en"], known["machine_translated_ja"], row["utterances"]


def answers(data: Path):
    """Questions in English with answers in Japanese, as where a model answers instead of translating."""
    for english, machine, human in conversations(data):
        said = human if len(human) == len(english) else machine
        for asked, answer in zip(english, said[1:], strict=False):
            if asked["name"] == "user":
                yield asked["text"], answer["text"]
    questions = {
        row["question_id"]: row["turns"][0] for row in rows(data / "benchmarks/mt_bench/vicuna_question.jsonl")
    }
    for row in rows(data / "model_responses/ja_vicuna_answers.jsonl"):
        if row["question_id"] in questions:
            yield questions[row["question_id"]], row["response"]


def texts(data: Path, count: int, rng):
    """Texts of three to six sentences of one corpus, sentence by sentence: lists of pairs."""
    corpora = load(data)
    ami = [pair for pair in corpora["ami"] if len(pair[0]) > 25 and pair[1].endswith(("。", "？"))]
    tanaka = [pair for pair in corpora["tanaka"] if len(pair[0]) > 30 and pair[1].endswith("。")]
    for number in range(count):
        pool = ami if number % 2 else tanaka
        at = rng.randrange(len(pool) - 6)
        yield pool[at : at + rng.randint(3, 6)]


def joined(sentences):
    """A text and its translation."""
    return " ".join(a.strip() for a, _ in sentences), "".join(b.strip() for _, b in sentences)
