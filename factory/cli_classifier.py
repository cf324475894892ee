"""`factory classifier`: trains a quality classifier, measures it, and scores documents with it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from factory.cli_options import as_json, plain, print_json

if TYPE_CHECKING:
    from factory.classifier.model import Card

_place = click.Path(path_type=Path)
_hard = click.option(
    "--hard-negatives", "hard", type=_place, help="Texts that are bad and look good; told apart, never trained on."
)


@click.group()
def classifier() -> None:
    """Train, measure and apply a fastText classifier of quality.

    Texts come as .txt (one per line), .jsonl or .parquet with `text` or `messages`, or as the folder of a dataset.
    """


@classifier.command()
@click.argument("positives", type=_place)
@click.argument("negatives", type=_place)
@click.option("-o", "--out", type=_place, required=True, help="The model to write; its card is written beside it.")
@_hard
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.9,
    show_default=True,
    help="Set the threshold where so much of what passes is good.",
)
@click.option("--top-share", type=click.FloatRange(0, 1, min_open=True), help="Or where this share passes.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Of all that is random.")
@click.option("--epochs", type=click.IntRange(min=1), default=5, show_default=True, help="How often each text is seen.")
@click.option(
    "--bucket-bits",
    type=click.IntRange(10, 24),
    default=18,
    show_default=True,
    help="2 to this power places for bigrams; 20 for millions of texts.",
)
@as_json
def train(
    positives: Path, negatives: Path, out: Path, hard: Path | None, precision: float, top_share: float | None,
    seed: int, epochs: int, bucket_bits: int, as_json: bool,
) -> None:  # fmt: skip
    """Train a model on POSITIVES and NEGATIVES; a tenth of them is held out to measure on."""
    from factory.classifier.documents import documents
    from factory.classifier.train import Settings
    from factory.classifier.train import train as fit

    settings = Settings(seed=seed, epochs=epochs, bucket_bits=bucket_bits, precision=precision, top_share=top_share)
    good, bad = documents(positives), documents(negatives)
    card = fit(good, bad, (positives.name, negatives.name), out, settings)
    facts: dict[str, Any] = card.model_dump(mode="json")
    if hard is not None:
        facts["hard_negatives_kept"] = _kept(out, hard, card.threshold)
    if as_json:
        print_json(facts)
        return
    click.echo(f"{out}: trained on {len(good):,} positives and {len(bad):,} negatives but for the held out")
    click.echo("\n".join(_lines(card.held_out, card, card.threshold, facts.get("hard_negatives_kept"))))


@classifier.command(name="eval")
@click.argument("model", type=_place)
@click.argument("positives", type=_place)
@click.argument("negatives", type=_place)
@_hard
@click.option("--threshold", type=click.FloatRange(0, 1), help="Instead of that of the card.")
@as_json
def evaluate(
    model: Path, positives: Path, negatives: Path, hard: Path | None, threshold: float | None, as_json: bool
) -> None:
    """Measure MODEL on texts it was not trained on; hard negatives are told apart."""
    from factory.classifier.documents import documents
    from factory.classifier.measure import measured, of
    from factory.classifier.model import Model, read_card

    card = read_card(model)
    line = card.threshold if threshold is None else threshold
    loaded = Model(model)
    good, bad = (of(loaded.scores([one.text for one in documents(path)])) for path in (positives, negatives))
    facts = measured(good, bad, line) | {"threshold": line}
    if hard is not None:
        facts["hard_negatives_kept"] = _kept(model, hard, line)
    if as_json:
        print_json(facts)
    else:
        click.echo("\n".join(_lines(facts, card, line, facts.get("hard_negatives_kept"))))


@classifier.command()
@click.argument("model", type=_place)
@click.argument("texts", metavar="DATASET", type=_place)
@click.option("-o", "--out", type=_place, required=True, help="The JSON lines to write: id, score, passed.")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Instead of that of the card.")
def apply(model: Path, texts: Path, out: Path, threshold: float | None) -> None:
    """Score every document of DATASET with MODEL."""
    import json

    from factory import durable
    from factory.classifier.documents import documents
    from factory.classifier.model import Model, read_card

    line = read_card(model).threshold if threshold is None else threshold
    found = documents(texts)
    scores = Model(model).scores([one.text for one in found])
    passed = [None if score is None else score >= line for score in scores]
    lines = [
        json.dumps({"id": one.id, "score": score, "passed": good}, ensure_ascii=True)
        for one, score, good in zip(found, scores, passed, strict=True)
    ]
    durable.write(out, ("\n".join(lines) + "\n").encode())
    click.echo(f"{out}: {passed.count(True):,} of {len(found):,} pass at {line:.4f}")


def _kept(model: Path, hard: Path, threshold: float) -> float:
    from factory.classifier.documents import documents
    from factory.classifier.measure import of
    from factory.classifier.model import Model

    return float((of(Model(model).scores([one.text for one in documents(hard)])) >= threshold).mean())


def _lines(facts: dict[str, Any], card: "Card", threshold: float, hard: float | None) -> list[str]:
    def share(value: float | None) -> str:
        return "-" if value is None else f"{value:.4f}"

    lines = [
        f"threshold {threshold:.4f} ({plain(card.threshold_by) if threshold == card.threshold else 'given'})",
        f"precision {share(facts['precision'])}, recall {share(facts['recall'])}, AUC {share(facts['auc'])} "
        f"on {facts['positives']:,} positives and {facts['negatives']:,} negatives",
    ]
    return lines if hard is None else [*lines, f"hard negatives that pass: {hard:.4f}"]
