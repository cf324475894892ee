"""The formats of public datasets: how each is known by its columns, and what one record of it says.

A format is a set of parts (`prompt`, `response`, ...), the columns that hold them, and the function that makes an
`Example` of them. Formats are tried in order, so that the more telling ones come first; nothing is guessed from the
texts. Those that have a prompt or a text alone are taken only where no other column could hold an answer.

Source: TRL's formats, https://huggingface.co/docs/trl/dataset_formats; others as their datasets on the Hub have them.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from factory.row import Message
from factory.source import trees
from factory.source.turns import Unreadable, bounded, dialogue, either, is_dialogue, shared, split_texts, text, turns

Brings = Literal["conversations", "pairs", "prompts"]
Record = Mapping[str, Any]
Turns = tuple[Message, ...]


class Example(NamedTuple):
    """What one record says: turns, and the answers to them where they are apart."""

    prompt: Turns
    chosen: Turns = ()
    rejected: Turns | None = None
    meta: Mapping[str, Any] = {}
    model: str = ""
    fault: str = ""
    """Why the rows may not be used although they can be read."""


class Format(NamedTuple):
    """A format, as its name in a recipe says."""

    needs: Mapping[str, str]
    """Part to column."""
    read: Callable[[Record, Brings], Iterable[Example]]
    """The examples of a record whose keys are parts."""
    may: Mapping[str, str] = {}
    """Parts that need not be there."""
    brings: Brings = "conversations"
    """What its records are where nothing else is asked."""
    pairs: bool = False
    """Whether it can bring pairs."""
    alone: bool = False
    """Whether a further text column means that it is another format."""


def _conversation(record: Record, brings: Brings) -> Iterable[Example]:
    return (Example(turns(record["messages"])),)


def _answered(record: Record, brings: Brings) -> Iterable[Example]:
    prompt, meta = _prompt(record), {}
    if "response" not in record:
        return (Example(prompt),)
    response = record["response"]
    if isinstance(response, str):
        before, gold, answer = response.rpartition("\n#### ")
        if gold and before:
            meta["answer"] = answer.strip().replace(",", "")
    fault = "labelled_bad" if record.get("label") is False else ""
    return (Example(prompt, either(response, "assistant"), meta=meta, fault=fault),)


def _steps(record: Record, brings: Brings) -> Iterable[Example]:
    steps, labels = record["completions"], record["labels"]
    if not isinstance(steps, list) or not isinstance(labels, list) or not all(isinstance(one, str) for one in steps):
        raise Unreadable("not_text")
    answer = either("".join(steps), "assistant")
    return (Example(_prompt(record), answer, meta={"labels": labels}, fault="" if all(labels) else "labelled_bad"),)


def _preference(record: Record, brings: Brings) -> Iterable[Example]:
    chosen, rejected = record["chosen"], record["rejected"]
    if "prompt" not in record:
        return (_implicit(chosen, rejected),)
    prompt, answers = _prompt(record), []
    for answer in (chosen, rejected):
        found = either(answer, "assistant")
        answers.append(found[len(prompt) :] if found[: len(prompt)] == prompt else found)
    return (_pair(prompt, *answers),)


def _implicit(chosen: Any, rejected: Any) -> Example:
    if is_dialogue(chosen) and is_dialogue(rejected):
        return _forked(dialogue(chosen), dialogue(rejected))
    if isinstance(chosen, list) and isinstance(rejected, list):
        return _forked(turns(chosen), turns(rejected))
    if not isinstance(chosen, str) or not isinstance(rejected, str):
        raise Unreadable("missing" if chosen is None or rejected is None else "not_text")
    prompt, good, bad = split_texts(text(chosen), text(rejected))
    if not prompt.strip():
        raise Unreadable("no_prompt")
    if good == bad:
        raise Unreadable("same_answers")
    return _pair(either(prompt, "user"), either(good, "assistant"), either(bad, "assistant"))


def _forked(chosen: Turns, rejected: Turns) -> Example:
    """Two conversations as one prompt with two answers, which may go on for several turns."""
    same = shared(chosen, rejected)
    while same and chosen[same - 1].role == "assistant":
        same -= 1
    return _pair(chosen[:same], chosen[same:], rejected[same:])


def _pair(prompt: Turns, chosen: Turns, rejected: Turns) -> Example:
    if chosen == rejected:
        raise Unreadable("same_answers")
    if not prompt or prompt[-1].role != "user":
        raise Unreadable("no_prompt")
    if not chosen or not rejected:
        raise Unreadable("no_answer")
    return Example(prompt, chosen, rejected)


def _arena(record: Record, brings: Brings) -> Iterable[Example]:
    one, other = turns(record["conversation_a"]), turns(record["conversation_b"])
    if brings == "prompts":
        return (Example(one),)
    winner = str(record["winner"])
    if winner not in ("model_a", "model_b"):
        raise Unreadable("tie" if winner.startswith("tie") else "missing")
    chosen, rejected = (one, other) if winner == "model_a" else (other, one)
    names = record.get("model_a"), record.get("model_b")
    if brings == "pairs":
        model = " + ".join(dict.fromkeys(str(name) for name in names if name))
    else:
        model = str(names[winner == "model_b"] or "")
    return (_forked(chosen, rejected)._replace(model=model),)


def _instances(record: Record, brings: Brings) -> Iterable[Example]:
    found = record["instances"]
    if not isinstance(found, list) or not found:
        raise Unreadable("missing" if found is None else "turns")
    for one in found:
        if not isinstance(one, dict):
            raise Unreadable("turns")
        parts = {"prompt": record["prompt"], "context": one.get("input"), "response": one.get("output")}
        yield from _answered(parts, brings)


def _tree(record: Record, brings: Brings) -> Iterable[Example]:
    root = trees.root_of(record)
    lang = root.get("lang")
    meta = {"language": lang} if isinstance(lang, str) else {}
    if brings != "pairs":
        way, messages = trees.best(root)
        if brings == "prompts":
            way = way[:1]
        return (Example(messages, meta=meta, model=trees.models(*way)),)
    found = [
        _pair(before, (trees.message(good),), (trees.message(bad),))._replace(meta=meta, model=trees.models(good, bad))
        for good, bad, before in trees.ranked(root)
    ]
    if not found:
        raise Unreadable("unranked")
    return found


def _text(record: Record, brings: Brings) -> Iterable[Example]:
    return (Example((), either(record["text"], "assistant")),)


def _prompt(record: Record) -> Turns:
    """What is asked: the system's turn, then the prompt with what it speaks of under it."""
    prompt = either(record["prompt"], "user")
    context, system = record.get("context"), record.get("system")
    if context and len(prompt) == 1 and not text(context).isspace():
        prompt = (Message("user", f"{prompt[0].content}\n\n{text(context)}"),)
    if system and not text(system).isspace():
        prompt = (Message("system", text(system)), *prompt)
    return prompt


def examples(form: Format, record: Record, brings: Brings) -> list[Example]:
    """What a record whose keys are parts says.

    Raises:
        Unreadable: nothing that could be a row; with the reason.
    """
    for part in form.needs:
        if part not in record and part not in _MAY_BE_NULL:
            raise Unreadable("missing")
    found = list(form.read(record, brings))
    for prompt, chosen, rejected, *_ in found:
        bounded(prompt, chosen, rejected or ())
    return found


_MAY_BE_NULL = frozenset({"context", "parent_id"})


def _named(*parts: str) -> dict[str, str]:
    return {part: part for part in parts}


_CHOICES = _named("chosen", "rejected")
_SYSTEM = {"system": "system"}

FORMATS: Mapping[str, Format] = {
    "oasst_messages": Format(_named("message_tree_id", "message_id", "parent_id", "text", "role"), _tree, pairs=True),
    "oasst_trees": Format({"message_tree_id": "message_tree_id", "prompt": "prompt"}, _tree, pairs=True),
    "oasst_tree": Format(_named("message_id", "text", "role", "replies"), _tree, pairs=True),
    "arena": Format(
        _named("conversation_a", "conversation_b", "winner"), _arena, _named("model_a", "model_b"), "pairs", True
    ),
    "preference": Format({"prompt": "prompt", **_CHOICES}, _preference, _SYSTEM, "pairs", True),
    "question_preference": Format({"prompt": "question", **_CHOICES}, _preference, _SYSTEM, "pairs", True),
    "implicit_preference": Format(_CHOICES, _preference, brings="pairs", pairs=True),
    "stepwise": Format(_named("prompt", "completions", "labels"), _steps),
    "messages": Format({"messages": "messages"}, _conversation),
    "sharegpt": Format({"messages": "conversations"}, _conversation),
    "conversation": Format({"messages": "conversation"}, _conversation),
    "utterances": Format({"messages": "utterances"}, _conversation),
    "self_instruct": Format({"prompt": "instruction", "instances": "instances"}, _instances),
    "dolly": Format({"prompt": "instruction", "response": "response", "context": "context"}, _answered),
    "instruction_response": Format(
        {"prompt": "instruction", "response": "response"}, _answered, {"context": "input"} | _SYSTEM
    ),
    "alpaca": Format({"prompt": "instruction", "response": "output"}, _answered, {"context": "input"} | _SYSTEM),
    "prompt_response": Format(_named("prompt", "response"), _answered, _SYSTEM),
    "prompt_completion": Format({"prompt": "prompt", "response": "completion"}, _answered, {"label": "label"}),
    "question_answer": Format({"prompt": "question", "response": "answer"}, _answered),
    "question_response": Format({"prompt": "question", "response": "response"}, _answered, {"system": "system_prompt"}),
    "prompts": Format({"prompt": "prompt"}, _answered, alone=True),
    "instructions": Format({"prompt": "instruction"}, _answered, {"context": "input"}, alone=True),
    "questions": Format({"prompt": "question"}, _answered, alone=True),
    "text": Format({"text": "text"}, _text, alone=True),
}
"""By name, in the order in which they are tried."""

_MAPPED: tuple[tuple[frozenset[str], Callable[[Record, Brings], Iterable[Example]], bool], ...] = (
    (frozenset({"messages"}), _conversation, False),
    (frozenset({"chosen", "rejected"}), _preference, True),
    (frozenset({"prompt"}), _answered, False),
    (frozenset({"text"}), _text, False),
)
PARTS = ("messages", "prompt", "system", "context", "response", "chosen", "rejected", "label", "text")
"""What `columns` may map for a record's texts."""
TAGS: Mapping[str, tuple[str, ...]] = {
    "license": ("license", "licence"),
    "model": ("model", "model_name"),
    "language": ("language", "lang"),
    "category": ("category",),
    "id": ("id",),
}
"""What is said of a record, and the columns that usually say it."""
_PLAIN = re.compile(r"(?:id|source|url|date|split|index|score|name|tags?|topic|title|year|turns?|tokens?|hash)s?|.*_id")


def mapped(columns: Mapping[str, str]) -> Format | None:
    """The format of records whose parts are in these columns; None where they are no record."""
    parts = {part: column for part, column in columns.items() if part in PARTS}
    for needs, read, pairs in _MAPPED:
        if needs <= parts.keys():
            must = {part: parts[part] for part in parts if part in needs or part == "response"}
            may = {part: column for part, column in parts.items() if part not in must}
            return Format(must, read, may, "pairs" if pairs else "conversations", pairs)
    return None


def recognised(names: Iterable[str]) -> str:
    """The name of the format of a dataset with these columns; empty where there is none."""
    there = set(names)
    for name, form in FORMATS.items():
        if set(form.needs.values()) <= there:
            rest = there - {*form.needs.values(), *form.may.values(), *(one for tag in TAGS.values() for one in tag)}
            if not form.alone or all(map(_PLAIN.fullmatch, sorted(rest))):
                return name
    return ""
