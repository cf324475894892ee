"""The card on the Hub that people edit, and the one made here: both, merged in three ways.

The base is the card as it was published last. Of the front matter each key is merged by itself, a list by its
entries; of the page each run of lines. Where only one side changed, that side stands. Where both changed the same
place, the lines made here stand, for their numbers are those of the data, and what people wrote follows them.
Source: Khanna, Kunal, Pierce, "A Formal Investigation of Diff3" (2007), for the chunks.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from factory import markdown, strict_yaml
from factory.errors import RecipeError

_FENCE = "---\n"
_MOST_LINES = 20_000
"""Of a page on the Hub, which anyone with the right may have written: comparing takes its square at worst."""
_LICENCE = ("license", "license_name", "license_link")


class Merged(NamedTuple):
    """A card of both sides."""

    text: str
    remarks: tuple[str, ...]
    """What its publisher should know of, one sentence each."""


def merged(base: str, theirs: str, ours: str) -> Merged:
    """The card that is to be there.

    Args:
        base: as it was published last; empty where it never was.
        theirs: as it is on the Hub now; empty where there is none.
        ours: as it is made now.
    """
    theirs = theirs.replace("\r\n", "\n")
    if theirs in (base, ours) or not theirs.strip():
        return Merged(ours, ())
    if base == ours:
        return Merged(theirs, tuple(_licence_remarks(_split(ours)[0], _split(theirs)[0])))
    if theirs.count("\n") > _MOST_LINES:
        return Merged(ours, (f"the card on the Hub has more than {_MOST_LINES:,} lines, and was replaced",))
    heads, pages = zip(*map(_split, (base, theirs, ours)), strict=True)
    remarks: list[str] = []
    if heads[1] is None:
        remarks.append("the front matter of the card on the Hub is no YAML, and was replaced")
    head = _mapping(heads[0] or {}, heads[0] or {} if heads[1] is None else heads[1], heads[2] or {}, remarks)
    page, clashes = _lines(*(page.splitlines(keepends=True) for page in pages))
    if clashes:
        remarks.append(
            f"the card was changed here and on the Hub in {clashes} same places; look at both versions there"
        )
    remarks += _licence_remarks(heads[2], head)
    return Merged(f"{_FENCE}{markdown.yaml(head)}{_FENCE}{page}", tuple(remarks))


def _split(card: str) -> tuple[dict[str, Any] | None, str]:
    """Front matter and page; None where it is no mapping."""
    if not card.startswith(_FENCE):
        return {}, card
    head, fence, page = f"{card[len(_FENCE) :]}\n".partition(f"\n{_FENCE}")  # the fence may be the last line
    if not fence:
        return None, card
    page = page[:-1]
    try:
        found = strict_yaml.parse(head, "README.md").data
    except RecipeError:
        return None, page
    return (found, page) if isinstance(found, dict) else (None, page)


def _mapping(base: dict[str, Any], theirs: dict[str, Any], ours: dict[str, Any], remarks: list[str]) -> dict[str, Any]:
    """Each key merged, in our order and then in theirs."""
    found: dict[str, Any] = {}
    absent = object()
    for key in dict.fromkeys((*ours, *theirs)):
        was, they, we = (side.get(key, absent) for side in (base, theirs, ours))
        if we in (was, they):
            value = they
        elif they == was:
            value = we
        elif isinstance(they, list) and isinstance(we, list):
            value = _list(was if isinstance(was, list) else [], they, we)
        else:
            value = we if we is not absent else they
            remarks.append(f"{key} of the card was changed here and on the Hub; what is made here stands")
        if value is not absent:
            found[key] = value
    return found


def _list(base: list[Any], theirs: list[Any], ours: list[Any]) -> list[Any]:
    """Without what either took out, with what either put in; of one configuration there is one entry, ours."""
    kept = [one for one in ours if one not in base or one in theirs]
    named = [one["config_name"] for one in kept if isinstance(one, dict) and "config_name" in one]
    added = [one for one in theirs if one not in base and one not in kept]
    return kept + [one for one in added if not (isinstance(one, dict) and one.get("config_name") in named)]


def _licence_remarks(ours: dict[str, Any] | None, found: dict[str, Any] | None) -> Iterator[str]:
    for key in _LICENCE:
        said, made = (found or {}).get(key), (ours or {}).get(key)
        if said != made:
            yield f"the card on the Hub says {key}: {said!r}, by hand; the data comes to {made!r}"


def _lines(base: Sequence[str], theirs: Sequence[str], ours: Sequence[str]) -> tuple[str, int]:
    """The page, and how many of its places both changed."""
    found: list[str] = []
    clashes = at_base = at_theirs = at_ours = 0
    for start, their_start, our_start in _anchors(base, theirs, ours):
        was = base[at_base:start]
        they, we = theirs[at_theirs:their_start], ours[at_ours:our_start]
        if we in (was, they):
            found += they
        elif they == was:
            found += we
        else:
            clashes += 1
            found += [*we, *_added(was, they, we)]
        if start < len(base):
            found.append(base[start])
        at_base, at_theirs, at_ours = start + 1, their_start + 1, our_start + 1
    return "".join(found), clashes


def _added(was: Sequence[str], they: Sequence[str], we: Sequence[str]) -> list[str]:
    """What they wrote, with its empty lines and fences: without what was there, or was made here as well."""
    blocks = SequenceMatcher(None, we, they, autojunk=False).get_matching_blocks()
    made = {
        block.b + step
        for block in blocks
        if any(map(_says, they[block.b :][: block.size]))
        for step in range(block.size)
    }
    old = set(_places(was, they).values())
    return [line for place, line in enumerate(they) if place not in made and place not in old]


def _says(line: str) -> bool:
    return not line.startswith(("```", "~~~")) and any(map(str.isalnum, line))


def _anchors(base: Sequence[str], theirs: Sequence[str], ours: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Where lines stand in all three, in order; their ends at last."""
    ways = [_places(base, side) for side in (theirs, ours)]
    for place in range(len(base)):
        if place in ways[0] and place in ways[1]:
            yield place, ways[0][place], ways[1][place]
    yield len(base), len(theirs), len(ours)


def _places(base: Sequence[str], side: Sequence[str]) -> dict[int, int]:
    blocks = SequenceMatcher(None, base, side, autojunk=False).get_matching_blocks()
    return {block.a + step: block.b + step for block in blocks for step in range(block.size)}
