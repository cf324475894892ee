"""LICENSE and NOTICE of a dataset folder: the licence, whom to name, and what else has to be done.

Apache-2.0 and MIT are given in full, since both ask that their text go with every copy. The others are named with their
address: the CC licences ask for "the text of, or the URI or hyperlink to" them (CC BY 4.0, 3(a)(1)(C)).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from factory.licence.book import Book, Licence, Own, book
from factory.licence.join import Ids, joined

if TYPE_CHECKING:
    from factory.licence.plan import Origin
    from factory.manifest import Manifest

NO_ADVICE = "This is an engineering summary, worked out by a program from tables; it is not legal advice."
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ROLES = {"source": "Written from", "model": "Written by", "judge": "Judged by (its words are not in the rows)"}


def of_settings(settings: Mapping[str, Any]) -> Book:
    """The tables that a dataset was made with, from its recipe."""
    return book(Own.model_validate(settings["licences"], strict=False) if settings.get("licences") else None)


def ids_of(manifest: "Manifest") -> Ids:
    """The join of a dataset's rows."""
    tables = of_settings(manifest.settings)
    texts = manifest.licences or {manifest.computed_license or manifest.license: 0}
    return joined(tables, (name for text in texts for name in tables.ids(text)))


def license_text(manifest: "Manifest") -> str:
    """The licence by name, SPDX id and address; its text where it has to go with every copy."""
    tables = of_settings(manifest.settings)
    chosen = tables.licence(manifest.license)
    if chosen.id == "other":
        every = frozenset(name for text in manifest.licences for name in tables.ids(text))
        named = [f"- {one.name} ({one.id}): {one.url}" for one in _all(tables, every)]
        return (
            f"{manifest.name} is not under one licence of its own. Its rows are under the following, each as its\n"
            "column `license` says; where a row names several, all of them hold. NOTICE says what is to be done.\n\n"
            + "\n".join(named)
            + "\n"
        )
    head = f"{manifest.name} is licensed under {chosen.name}.\n\n"
    head += f"SPDX-License-Identifier: {chosen.spdx}\nText: {chosen.url}\n"
    path = Path(__file__).with_name("texts") / f"{chosen.id}.txt"
    return f"{head}\n{path.read_text(encoding='utf-8')}" if path.is_file() else head


def notice_text(manifest: "Manifest") -> str:
    """Sources, models and licences of the rows, and what has to be done."""
    tables = of_settings(manifest.settings)
    lines = [manifest.name, "", "Sources of the rows:"]
    lines += [f"- {_line(source)}: {rows:,} rows" for source, rows in manifest.sources.items()]
    lines += ["", "Licences of the rows:"]
    for text, rows in manifest.licences.items():
        found = _all(tables, tables.ids(text))
        spdx, urls = " AND ".join(one.spdx for one in found), " ".join(one.url for one in found)
        lines.append(f"- {_line(text)} (SPDX {spdx}): {rows:,} rows; {urls}")
    for role, title in _ROLES.items():
        origins = [origin for origin in manifest.origins if origin.role == role]
        if origins:
            lines += ["", f"{title}:", *map(origin_line, origins)]
    lines += ["", "What has to be done:"]
    lines += [f"- {sentence}" for sentence in duty_lines(tables, ids_of(manifest))] or ["- nothing"]
    return "\n".join([*lines, "", NO_ADVICE, ""])


def origin_line(origin: "Origin") -> str:
    """One source or model, its licence, where that is said and when it was read."""
    read = f", read {origin.checked}" if origin.checked else ", as the recipe says"
    doubt = "" if origin.confirmed else "; not confirmed: read it there"
    return f"- {_line(origin.name)}: {_line(origin.license)}{f' ({origin.url}{read}{doubt})' if origin.url else doubt}"


def duty_lines(tables: Book, ids: Ids) -> list[str]:
    """What has to be done by whoever passes the rows on or trains on them, one sentence each."""
    found = _all(tables, ids)
    return list(dict.fromkeys([*_of_works(found), *_of_models(found)]))


def _of_works(found: Sequence[Licence]) -> Iterator[str]:
    if any(one.attribution for one in found):
        yield "Name the sources and models above with their licences, and keep their notices."
    if kept := _names([one for one in found if one.share_alike]):
        yield f"Pass on what is made from the rows only under the same licence: {kept}."
    if barred := _names([one for one in found if one.commercial is False]):
        yield f"Make no commercial use of the rows: {barred}."
    if fixed := _names([one for one in found if one.derivatives is False]):
        yield f"Pass on no changed rows: {fixed}."


def _of_models(found: Sequence[Licence]) -> Iterator[str]:
    for one in found:
        if one.training == "named" and one.name_prefix:
            yield f"Give a model trained on the rows a name that begins with {one.name_prefix!r} ({one.id})."
        if one.training == "derivative":
            yield f"A model trained on the rows may be a derivative of their writer, under its terms ({one.id})."
        if one.training == "no_other_models":
            yield f"Improve no other language model with the rows ({one.id})."
        if one.training == "no_competitors":
            yield f"Make no model with the rows that competes with the service that wrote them ({one.id})."
        yield from (f"Show with such a model or product: {text} ({one.id})." for text in one.display)
        yield from (f"Observe the acceptable-use policy {url} ({one.id})." for url in one.policies)
        yield from (f"Note: {text} ({one.id})." for text in one.limits)


def _names(found: Sequence[Licence]) -> str:
    return ", ".join(one.id for one in found)


def _all(tables: Book, ids: Ids) -> list[Licence]:
    return [tables.licence(name) for name in sorted(ids)]


def _line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()
