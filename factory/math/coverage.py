"""What the families cover of school mathematics and of two other libraries: the page templates/math/README.md.

    python -m factory.math.coverage            prints what is wrong with the coverage, and how much there is
    python -m factory.math.coverage --write    writes the page

What is to be covered stands in `templates/math/curriculum.yaml`; a family names what it serves in its `covers`. What no
family serves stands there under `missing` with a reason, so that a gap is always somebody's decision.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import Field, TypeAdapter, ValidationError

from factory import strict_yaml
from factory.errors import RecipeError
from factory.math import families
from factory.math.families import Family, Frozen, Grade

PAGE = "README.md"
CURRICULUM = "curriculum.yaml"


class Unit(Frozen):
    """One unit of the curriculum."""

    grade: Grade | str
    ja: str
    en: str


class Peer(Frozen):
    """The tasks of another library, by area."""

    source: str
    tasks: dict[str, tuple[str, ...]]


class Curriculum(Frozen):
    """The file `curriculum.yaml`."""

    units: dict[str, Unit]
    mathematics_dataset: Peer
    reasoning_gym: Peer
    missing: dict[str, str] = Field(default={})
    """What no family covers, and why."""

    def peers(self) -> Mapping[str, Peer]:
        """The other libraries by name."""
        return {"mathematics_dataset": self.mathematics_dataset, "reasoning_gym": self.reasoning_gym}

    def names(self) -> Iterator[str]:
        """Everything to be covered, as `covers` names it: `linear_equations`, `mathematics_dataset/linear_1d`."""
        yield from self.units
        for library, peer in self.peers().items():
            yield from (f"{library}/{task}" for tasks in peer.tasks.values() for task in tasks)


class Coverage(NamedTuple):
    """What is to be covered, and by which families it is."""

    curriculum: Curriculum
    families: Sequence[Family]
    by_name: Mapping[str, tuple[str, ...]]
    """Name -> the families that cover it, in the order of their files."""


def curriculum() -> Curriculum:
    """What is to be covered.

    Raises:
        RecipeError: where the file is not what it should be.
    """
    path = families.folder() / CURRICULUM
    try:
        return TypeAdapter(Curriculum).validate_python(strict_yaml.load(path).data)
    except ValidationError as error:
        first = error.errors()[0]
        raise RecipeError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def coverage() -> Coverage:
    """The coverage of the families that ship."""
    wanted, known = curriculum(), [families.load(name) for name in families.files()]
    found: dict[str, list[str]] = {name: [] for name in wanted.names()}
    for family in known:
        for name in family.covers:
            found.setdefault(name, []).append(family.name)
    return Coverage(wanted, known, {name: tuple(names) for name, names in found.items()})


def faults(found: Coverage) -> Iterator[str]:
    """What is wrong, one sentence each: unknown names, families outside of the curriculum, gaps without a reason."""
    names = set(found.curriculum.names())
    for name, covering in found.by_name.items():
        if name not in names:
            yield f"{covering[0]}: covers: {name!r} is not in {CURRICULUM}"
        elif not covering and name not in found.curriculum.missing:
            yield f"{CURRICULUM}: no family covers {name!r}; add one, or a reason under `missing`"
    for name in found.curriculum.missing:
        if name not in names:
            yield f"{CURRICULUM}: missing: {name!r} is nothing that is to be covered"
        elif found.by_name[name]:
            yield f"{CURRICULUM}: missing: {name!r} is covered by {found.by_name[name][0]}; take it out"
    for family in found.families:
        if not set(family.covers) & found.curriculum.units.keys():
            yield f"{family.name}: covers: names no unit of {CURRICULUM}"


def page(found: Coverage) -> str:
    """The page in Markdown."""
    units = found.curriculum.units
    covered = sum(bool(found.by_name[name]) for name in units)
    counts = "; ".join(told(library, peer, found) for library, peer in found.curriculum.peers().items())
    lines = [
        "# What the math families cover",
        "",
        "Written by `python -m factory.math.coverage --write` from the families' own `covers`; do not edit it by hand.",
        "",
        f"{len(found.families)} families, each in Japanese and English. They cover {covered} of {len(units)} units "
        f"from 小1 to first-year university; {counts}.",
        "",
        "## Units",
        "",
        "| grade | unit | in English | families |",
        "|---|---|---|---|",
        *(f"| {unit.grade} | {unit.ja} | {unit.en} | {listed(name, found)} |" for name, unit in units.items()),
    ]
    for library, peer in found.curriculum.peers().items():
        lines += ["", f"## {library}", "", f"Source: {peer.source}.", "", "| task | families |", "|---|---|"]
        for area, tasks in peer.tasks.items():
            lines += [f"| {area}: {task} | {listed(f'{library}/{task}', found)} |" for task in tasks]
    return "\n".join(lines) + "\n"


def told(library: str, peer: Peer, found: Coverage) -> str:
    """How much of a library is covered, in words."""
    names = [f"{library}/{task}" for tasks in peer.tasks.values() for task in tasks]
    return f"{sum(bool(found.by_name[name]) for name in names)} of {len(names)} tasks of {library}"


def listed(name: str, found: Coverage) -> str:
    """The families that cover something, or why there is none."""
    return ", ".join(found.by_name[name]) or f"missing: {found.curriculum.missing.get(name, 'no reason given')}"


def main(arguments: Sequence[str]) -> int:
    """Write the page where that is asked, and say what is wrong; 2 where anything is."""
    try:
        found = coverage()
    except RecipeError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    wrong = list(faults(found))
    sys.stderr.writelines(f"{fault}\n" for fault in wrong)
    if "--write" in arguments:
        (families.folder() / PAGE).write_text(page(found), encoding="utf-8")
    sys.stdout.write("\n".join(page(found).splitlines()[4:5]) + "\n")
    return 2 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
