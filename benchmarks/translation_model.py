"""A small English to Japanese model from random weights through the whole path: trained, asked, checked, scored.

    python benchmarks/translation_model.py --data ../shared/data/parallel_tanaka                # an hour or two of CPU
    python benchmarks/translation_model.py --data ../shared/data/parallel_tanaka --pairs 400 --epochs 2 --heldout 40

The Tanaka corpus becomes a dataset (`factory generate`, the held-out sentences searched for in it), the dataset a
checkpoint (`factory train`), the checkpoint's translations of the held-out sentences another dataset (`use: translate`
with every check, then the judge `translation`). chrF is sacrebleu's, over what was kept and over everything: the model
translates short sentences, and what it does badly is refused with a reason. Needs vLLM, TRL and sacrebleu.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks/results"
FACTORY = [sys.executable, "-c", "from factory.cli import main; main()"]
SHORT = 3
"""The exit code of a run that brought fewer rows than asked."""
SPECIAL = ("<|begin|>", "<|im_start|>", "<|im_end|>")
LICENSE = "cc-by-2.0"
"""Tatoeba's CC BY 2.0 FR, as near as the Hub has it."""


def pairs(path, count):
    """English and Japanese sentences; the corpus is tokenised, so that English gets its apostrophes and ends back."""
    found = []
    for line in path.read_text().splitlines()[:count]:
        record = json.loads(line)
        english = record["en"].replace(" '", "'").replace(" .", ".").replace(" ?", "?").replace(" ,", ",")
        found.append((english, record["ja"]))
    return found


def write_rows(path, found, *, answers=True):
    lines = [
        {"messages": [{"role": "user", "content": en}, *([{"role": "assistant", "content": ja}] if answers else [])]}
        for en, ja in found
    ]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def new_model(folder, texts, *, width, layers, vocabulary):
    """A Llama of random weights whose tokenizer has learnt its pieces from the texts that it will be trained on."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    core.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocabulary, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
        ),
    )
    begin, _, end = SPECIAL
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, bos_token=begin, eos_token=end, pad_token=end)
    tokenizer.chat_template = (ROOT / "templates/chat/chatml.jinja").read_text()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=width, intermediate_size=3 * width, num_hidden_layers=layers,
        num_attention_heads=width // 64, num_key_value_heads=width // 64, max_position_embeddings=512,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return sum(weights.numel() for weights in model.parameters())


def recipes(folder, epochs, batch, rate):
    """The three recipes: the data, the training, the translation."""
    import torch

    gpu = torch.cuda.is_available()
    data = {
        "name": "tanaka", "seed": 0, "license": "auto",
        "generate": [{"use": "dataset", "source": "train.jsonl", "license": LICENSE}],
        "decontaminate": {"files": ["heldout.jsonl"]},
    }  # fmt: skip
    training = {
        "use": "sft", "name": "tanaka-en-ja", "seed": 0,
        "model": {"source": "start", "license": LICENSE},
        "datasets": [{"source": "data"}],
        "args": {
            "num_train_epochs": epochs, "per_device_train_batch_size": batch, "learning_rate": rate,
            "lr_scheduler_type": "cosine", "warmup_steps": 0.05, "max_length": 256, "save_steps": 500,
            "save_total_limit": 1, "weight_decay": 0.05, "use_cpu": not gpu, "bf16": gpu,
        },
    }  # fmt: skip
    model = {
        "use": "vllm", "model": str(folder / "model"), "license": LICENSE, "dtype": "float32", "enforce_eager": True,
        "kv_cache_gib": 0.5, "max_model_len": 512, "concurrency": 32,
    }  # fmt: skip
    translate = {
        "use": "translate", "model": "translator", "prompt": "text.j2", "attempts": 2, "max_tokens": 128, "style": {},
        "dataset": {"source": "heldout.jsonl", "license": LICENSE},
    }  # fmt: skip
    translation = {
        "name": "tanaka-translated", "seed": 0, "license": "auto", "models": {"translator": model},
        "generate": [translate], "judge": [{"use": "translation", "soft": "keep"}], "duplicates": "off",
    }  # fmt: skip
    for name, recipe in (("data", data), ("training", training), ("translation", translation)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(recipe, allow_unicode=True, sort_keys=False))
    (folder / "text.j2").write_text("{# user #}\n{{ text }}\n")


def factory(*arguments):
    start = time.perf_counter()
    code = subprocess.run([*FACTORY, *map(str, arguments)], cwd=ROOT, check=False).returncode
    if code not in (0, SHORT):
        raise SystemExit(f"factory {arguments[0]} ended with {code}")
    return time.perf_counter() - start


def scored(folder, references):
    """chrF over what was kept, over all with the last reply of what was refused, and what was refused by its reason."""
    from sacrebleu.metrics import CHRF

    from factory import dataset
    from factory.manifest import read_manifest

    chrf = CHRF()
    by_english = dict(references)
    kept = [(row.messages[0].content, row.meta["source_messages"][0]["content"]) for row in dataset.read(folder)]
    said = [(text, by_english[english]) for text, english in kept]
    refused = []
    for reject in dataset.read_rejects(folder):
        source = reject.row.meta.get("source_messages") or [reject.row.messages[0]._asdict()]
        note = reject.row.verdicts[0].note
        last = note.rpartition("\n")[2] if reject.stage == "translate" else reject.row.messages[0].content
        refused.append((last, by_english[source[0]["content"]]))

    def score(texts):
        both = list(zip(*texts, strict=True))
        return round(chrf.corpus_score(list(both[0]), [list(both[1])]).score, 2) if texts else None

    manifest = read_manifest(folder)
    return {
        "heldout": manifest.rows_made, "kept": manifest.rows_kept, "dropped": manifest.dropped,
        "chrf_kept": score(said), "chrf_refused": score(refused), "chrf_all": score(said + refused),
        "signature": str(chrf.get_signature()),
        "examples": [[english, text, by_english[english]] for text, english in kept[:10]],
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with train_000.jsonl and dev.jsonl")
    parser.add_argument("--out", type=Path, default=ROOT / "out/translation_model")
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--heldout", type=int, default=500)
    parser.add_argument("--epochs", type=float, default=20)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--vocabulary", type=int, default=6_000)
    args = parser.parse_args()
    folder = args.out.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    trained, held = pairs(args.data / "train_000.jsonl", args.pairs), pairs(args.data / "dev.jsonl", args.heldout)
    held = list(dict(held).items())
    write_rows(folder / "train.jsonl", trained)
    write_rows(folder / "heldout.jsonl", held, answers=False)
    recipes(folder, args.epochs, args.batch, args.rate)
    texts = [text for pair in trained for text in pair]
    weights = new_model(folder / "start", texts, width=args.width, layers=args.layers, vocabulary=args.vocabulary)
    seconds = {
        "data": factory("generate", folder / "data.yaml", "-o", folder / "data", "-q"),
        "training": factory("train", folder / "training.yaml", "-o", folder / "model"),
        "translation": factory("generate", folder / "translation.yaml", "-o", folder / "translated", "--keep-going"),
    }
    found = {"weights": weights, "pairs": len(trained), "epochs": args.epochs, "seconds": seconds}
    found |= scored(folder / "translated", held)
    for english, text, reference in found["examples"]:
        print(f"{english}\n    {text}\n    {reference}")
    print(f"\n{weights:,} weights, {len(trained):,} pairs, {args.epochs:g} epochs, {seconds['training']:,.0f} s")
    print(f"{found['kept']:,} of {found['heldout']:,} held-out sentences kept")
    for reason, count in sorted(found["dropped"].items(), key=lambda one: -one[1]):
        print(f"    {count:4,}  {reason}")
    print(f"chrF  kept {found['chrf_kept']}  refused {found['chrf_refused']}  all {found['chrf_all']}")
    print(found["signature"])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "translation_model.json").write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()
