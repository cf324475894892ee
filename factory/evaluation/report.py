"""The report of an evaluation: Markdown for the folder, lines for a terminal; the tasks tell their own figures."""

from collections.abc import Iterator, Mapping
from typing import Any

from factory.evaluation.suite import Suite
from factory.evaluation.tables import counted, table
from factory.markdown import text
from factory.versions import PACKAGE


def markdown(result: Mapping[str, Any], suite: Suite) -> str:
    """README.md of the folder; text of models, files and rows is escaped."""
    lines = [f"# {text(result['name'])}", ""]
    if result["description"]:
        lines += [text(result["description"]), ""]
    evaluated = [[name, facts["model"], facts.get("trained", "")] for name, facts in result["models"].items()]
    lines += table(["model", "what it is", "trained as"], evaluated)
    for warning in result["warnings"]:
        lines += ["", f"**{text(warning)}**"]
    for name, task in suite.named.items():
        lines += ["", f"## {text(name)}", ""]
        for block in task.told(result["tasks"][name]):
            lines += [*block, ""]
    if result["counts"]:
        told = [f"- {text(judge)}: {text(counted(counts))}" for judge, counts in result["counts"].items()]
        lines += ["## What the judges counted", "", *told, ""]
    made = f"Made by `factory evaluate` {text(result['versions'][PACKAGE])}; digest `{result['digest'][:16]}`."
    return "\n".join([*lines, made, ""]).replace("\n\n\n", "\n\n")


def lines(result: Mapping[str, Any], suite: Suite) -> Iterator[str]:
    """The main figures, for a terminal."""
    for name, task in suite.named.items():
        first, *rest = task.lines(result["tasks"][name])
        yield f"{name}: {first}"
        yield from rest
    yield from result["warnings"]
