"""Where personal data and secrets stand in texts.

Texts are folded, then one RE2 automaton of all hints passes over all of them at once: some hundredths of the texts
stay. Only there the exact patterns and their checks run. Both ways, with and without the hints, find the same.
"""

from collections.abc import Collection, Sequence
from functools import cache

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
    places = _hinted(column, "|".join(f"(?:{rule.hint})" for rule in rules))
    left = column.take(places)
    by_text: dict[int, list[Rule]] = {}
    for rule in rules:
        for place in _hinted(left, rule.hint).to_pylist():
            by_text.setdefault(place, []).append(rule)
    whose = places.to_pylist()
    for place, some in by_text.items():
        found[whose[place]] = _spans(plain[whose[place]], some)
    return found


def _hinted(column: pa.Array, hint: str) -> pa.Array:
    """The places of the texts in which the hint is."""
    return pc.indices_nonzero(pc.match_substring_regex(column, hint))


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
