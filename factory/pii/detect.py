"""Where personal data and secrets stand in texts.

Texts are folded, then one RE2 automaton of coarse hints passes over all of them at once; in what stays, the hint of
each family is looked for, then that of each rule. Only there the exact patterns and their checks run, on some
hundredths of the texts. With and without hints the same is found.
"""

from collections.abc import Collection, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from factory.pii import address, identity, internet, phone, secret
from factory.pii.fold import folded
from factory.pii.rule import Kind, Rule, Span, span

RULES: tuple[Rule, ...] = (*secret.RULES, *internet.RULES, *identity.RULES, *phone.RULES, *address.RULES)

_PRECEDENCE: tuple[Kind, ...] = (
    "secret",
    "email",
    "passport",
    "driving_licence",
    "corporate_number",
    "bank_account",
    "credit_card",
    "us_ssn",
    "my_number",
    "address",
    "phone",
    "ip",
    "name",
)
"""Whose find counts where two overlap: what a word or a check digit proves comes first."""

Places = npt.NDArray[np.int_]

_FEW = 24
"""So few texts are cheaper to search than the automaton of hints is to build."""


def find(texts: Sequence[str], kinds: Collection[Kind], *, hints: bool = True) -> list[list[Span]]:
    """The finds of these kinds in each text, in order and without overlaps."""
    found: list[list[Span]] = [[] for _ in texts]
    rules = _rules(frozenset(kinds))
    plain = folded(texts)
    if not hints or len(texts) < _FEW or not rules:
        for place, text in enumerate(plain):
            found[place] = _spans(text, rules)
        return found
    try:
        column = pa.array(plain, pa.large_string())
    except UnicodeEncodeError:  # half a surrogate pair in one of them
        return find(texts, kinds, hints=False)
    by_text: dict[int, list[int]] = {}
    families = _families(rules)
    places, left = _hinted(np.arange(len(texts)), column, "|".join(families))
    for family, some in families.items():
        near, nearer = _hinted(places, left, family)
        for number in some:
            for place in _hinted(near, nearer, rules[number].hint)[0].tolist():
                by_text.setdefault(place, []).append(number)
    for place, some in by_text.items():
        found[place] = _spans(plain[place], [rules[number] for number in sorted(some)])
    return found


def _hinted(places: Places, column: pa.Array, hint: str) -> tuple[Places, pa.Array]:
    """The texts in which the hint is, and their places."""
    inside = pc.indices_nonzero(pc.match_substring_regex(column, hint))
    return places[inside.to_numpy()], column.take(inside)


def _families(rules: Sequence[Rule]) -> dict[str, list[int]]:
    """The rules' places by what they are looked for at first."""
    alone = "|".join(f"(?:{rule.hint})" for rule in rules if not rule.family)
    families: dict[str, list[int]] = {}
    for number, rule in enumerate(rules):
        families.setdefault(f"(?:{rule.family or alone})", []).append(number)
    return families


@cache
def _rules(kinds: frozenset[Kind]) -> tuple[Rule, ...]:
    chosen = [rule for rule in RULES if rule.kind in kinds]
    return tuple(sorted(chosen, key=lambda rule: _PRECEDENCE.index(rule.kind)))


def _spans(text: str, rules: Sequence[Rule]) -> list[Span]:
    spans: list[Span] = []
    for rule in rules:
        for match in rule.pattern.finditer(text):
            if rule.valid(match):
                one = span(match, rule.kind)
                if all(one.end <= other.start or other.end <= one.start for other in spans):
                    spans.append(one)
    return sorted(spans)
