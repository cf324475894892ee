"""Scripted models, tasks and runs for the tests of evaluations."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from factory.evaluation import evaluation
from factory.evaluation.plan import Plan, load

MATH: Sequence[tuple[str, str]] = (("1+1", "2"), ("2+2", "4"), ("3*3", "9"), ("3*4", "12"))


def model(*rules: dict[str, Any], name: str = "scripted") -> dict[str, Any]:
    """A scripted model; what no rule fits it answers with nothing to grade."""
    return {
        "use": "scripted",
        "license": "apache-2.0",
        "model": name,
        "rules": [*rules, {"say": ["I do not know."]}],
    }


def solver(answers: dict[str, str], name: str = "scripted") -> dict[str, Any]:
    """A scripted model with an answer to each problem."""
    return model(*({"when": asked, "say": [f"The answer is {said}."]} for asked, said in answers.items()), name=name)


def accuracy(**settings: Any) -> dict[str, Any]:
    return {"use": "accuracy", "questions": {"source": "math.jsonl"}, "judge": [{"use": "math_answer"}], **settings}


def problems(path: Path) -> Path:
    return lines(path, [{"question": f"What is {q}?", "answer": a, "kind": q[1]} for q, a in MATH])


def lines(path: Path, records: Sequence[Any]) -> Path:
    path.write_text("".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records))
    return path


def run(path: Path, out: Path | None = None, told: list[str] | None = None, **options: Any) -> dict[str, Any]:
    """The result of an evaluation; what it tells goes to `told`."""
    tell = (lambda sentence: None) if told is None else told.append
    how = evaluation.Options(tell=tell, **options)
    return evaluation.evaluate(planned(path), out or path.parent / "out", progress=lambda now: None, options=how)


def planned(path: Path, *changes: str) -> Plan:
    return load(path, changes)
