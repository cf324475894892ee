"""Pairs of answers that people have compared, in the formats in which they are published.

A record is read with the order of its answers as it stands: which one people preferred is the label, never the place.
Where a format itself puts the better answer first, as `chosen` and `rejected` do, the caller mixes the sides.

Source of the columns: https://huggingface.co/datasets/lmsys/mt_bench_human_judgments (README of the dataset, and
FastChat's `question.jsonl` for the categories of its 80 questions),
https://github.com/WeOpenML/PandaLM (`data/testset-v1.json`, read by `data/compute_metrics.py`: 0 is a tie, 1 and 2 the
response), https://github.com/princeton-nlp/LLMBar (README, "Data"). Dialogues, TRL's formats and datasets made here are
read as generators read them (`factory.source.formats`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from factory.judging.choice import Choice
from factory.row import Message
from factory.source.turns import Unreadable, bounded, shared, text, turns

Turns = tuple[Message, ...]
Record = Mapping[str, Any]
FormatName = Literal["mt_bench", "pandalm", "llmbar"]


class Labelled(NamedTuple):
    """Two answers to one prompt, and what people said of them."""

    prompt: Turns
    first: Turns
    second: Turns
    labels: tuple[Choice, ...]
    """The verdicts that a judge is held against, `A` for the first answer; several where each vote counts."""
    votes: tuple[Choice, ...] = ()
    """What each person said, where several were asked."""
    groups: tuple[tuple[str, str], ...] = ()
    """What figures are told apart by: kind and value, such as `category` and `math`."""
    meta: Mapping[str, Any] = {}
    """What the row says beside its texts."""


_CATEGORIES = ("writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities")
"""Of MT-Bench's questions 81 to 160, ten each."""
_ANNOTATORS = ("annotator1", "annotator2", "annotator3")
_OTHER: Mapping[Choice, Choice] = {"A": "B", "B": "A", "tie": "tie"}
_NUMBERED: Mapping[str, Choice] = {"0": "tie", "1": "A", "2": "B"}


def _mt_bench(record: Record) -> Labelled:
    """One vote on one question; of turn 1 only the first exchange was judged."""
    winner = record["winner"]
    if winner in ("model_a", "model_b"):
        label: Choice = "A" if winner == "model_a" else "B"
    elif isinstance(winner, str) and winner.startswith("tie"):
        label = "tie"
    else:
        raise Unreadable("no_label")
    sides = [turns(record[name]) for name in ("conversation_a", "conversation_b")]
    turn, question = record.get("turn"), record.get("question_id")
    if isinstance(turn, int) and turn > 0:
        sides = [side[: 2 * turn] for side in sides]
    groups = [("turn", str(turn))] if isinstance(turn, int) else []
    if isinstance(question, int) and 81 <= question <= 160:
        groups.insert(0, ("category", _CATEGORIES[(question - 81) // 10]))
    return forked(*sides)._replace(labels=(label,), votes=(label,), groups=tuple(groups))


def _pandalm(record: Record) -> Labelled:
    """Three people's votes, of which the most common one is the label, as PandaLM's own figures take it."""
    numbers = [_number(record.get(name)) for name in _ANNOTATORS]
    votes = tuple(_NUMBERED[number] for number in numbers if number in _NUMBERED)
    ranked = Counter(votes).most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        raise Unreadable("no_majority" if ranked else "no_label")
    asked = text(record["instruction"])
    if isinstance(given := record.get("input"), str) and given.strip():
        asked = f"{asked}\n\n{text(given)}"
    found = _answers(asked, record["response1"], record["response2"])
    category = record.get("motivation_app")
    groups = (("category", str(category)[:80]),) if isinstance(category, str) and category else ()
    return found._replace(labels=(ranked[0][0],), votes=votes, groups=groups)


def _number(value: object) -> str:
    """A number as text; a column with gaps makes 1.0 of 1."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _llmbar(record: Record) -> Labelled:
    label = _NUMBERED.get(_number(record["label"]))
    if label is None or label == "tie":
        raise Unreadable("no_label")
    return _answers(text(record["input"]), record["output_1"], record["output_2"])._replace(labels=(label,))


class Format(NamedTuple):
    """A format that this module reads."""

    needs: frozenset[str]
    """The columns by which it is known."""
    may: frozenset[str]
    """Others that are read."""
    read: Callable[[Record], Labelled]


FORMATS: Mapping[FormatName, Format] = {
    "mt_bench": Format(
        frozenset({"conversation_a", "conversation_b", "winner"}), frozenset({"turn", "question_id"}), _mt_bench
    ),
    "pandalm": Format(
        frozenset({"instruction", "response1", "response2", *_ANNOTATORS}),
        frozenset({"input", "motivation_app"}),
        _pandalm,
    ),
    "llmbar": Format(frozenset({"input", "output_1", "output_2", "label"}), frozenset(), _llmbar),
}


def recognised(columns: Iterable[str]) -> FormatName | None:
    """The name of the format that has these columns; None where it is none of them."""
    there = set(columns)
    return next((name for name, form in FORMATS.items() if form.needs <= there), None)


def forked(one: Turns, other: Turns) -> Labelled:
    """Two conversations as one prompt with two answers, which may go on for several turns; without a label yet.

    Raises:
        Unreadable: they don't differ, or only one of them answers.
    """
    same = shared(one, other)
    while same and one[same - 1].role == "assistant":
        same -= 1
    return checked(one[:same], one[same:], other[same:])


def checked(prompt: Turns, first: Turns, second: Turns) -> Labelled:
    """A pair that can be judged; without a label yet.

    Raises:
        Unreadable: a side is missing, both are the same, or it is too long.
    """
    if first == second:
        raise Unreadable("same_answers")
    if not prompt or prompt[-1].role != "user":
        raise Unreadable("no_prompt")
    if not first or not second or first[-1].role != "assistant" or second[-1].role != "assistant":
        raise Unreadable("no_answer")
    bounded(prompt, first, second)
    return Labelled(prompt, first, second, ())


def _answers(asked: str, *answers: Any) -> Labelled:
    texts = [text(answer) for answer in answers]
    if not asked.strip():
        raise Unreadable("no_prompt")
    if not all(one.strip() for one in texts):
        raise Unreadable("empty")
    first, second = ((Message("assistant", one),) for one in texts)
    return checked((Message("user", asked),), first, second)


def grouped(pairs: Sequence[Labelled]) -> list[Labelled]:
    """Each pair once, with the labels of all its records, in the order in which they first come.

    The same two answers the other way round are the same pair: judged once, in the order that came first.
    """
    found: dict[tuple[Turns, Turns, Turns], Labelled] = {}
    for pair in pairs:
        one = _swapped(pair) if (pair.prompt, pair.second, pair.first) in found else pair
        key = one.prompt, one.first, one.second
        before = found.get(key)
        if before is not None:
            one = before._replace(labels=before.labels + one.labels, votes=before.votes + one.votes)
        found[key] = one
    return list(found.values())


def _swapped(pair: Labelled) -> Labelled:
    labels, votes = (tuple(_OTHER[said] for said in each) for each in (pair.labels, pair.votes))
    return pair._replace(first=pair.second, second=pair.first, labels=labels, votes=votes)
