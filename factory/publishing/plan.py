"""What a publish would change: our files against those that are there, and what may not be touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from factory.errors import DatasetError
from factory.publishing import record
from factory.publishing.bundle import CARD, Bundle, Identity, Wanted, identity
from factory.publishing.card_merge import merged
from factory.publishing.hub import Hub, There
from factory.publishing.record import Publication

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done."""

    wanted: Mapping[str, Wanted]
    """Every file that is to be there, the card merged and the record made."""
    added: Mapping[str, int]
    """Bytes, by path."""
    changed: Mapping[str, int]
    removed: Mapping[str, int]
    unchanged: Mapping[str, int]
    remarks: tuple[str, ...]
    """What its publisher should know of the card."""

    @property
    def nothing(self) -> bool:
        """Whether all is there already."""
        return not (self.added or self.changed or self.removed)

    @property
    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        kinds = ("added", "changed", "removed", "unchanged")
        return {kind: dict(getattr(self, kind)) for kind in kinds} | {"remarks": list(self.remarks)}

    def lines(self) -> list[str]:
        """What people read: a sign, the bytes, the path."""
        signs = {"+": self.added, "~": self.changed, "-": self.removed, "=": self.unchanged}
        return [f"{sign} {size:>15,}  {path}" for sign, files in signs.items() for path, size in files.items()]


def plan(bundle: Bundle, hub: Hub, there: There) -> Plan:
    """What makes the repository hold this bundle.

    Raises:
        DatasetError: others' files are in the way, or ours were changed there.
    """
    published = record.parsed(hub.text(record.PATH, there)) if record.PATH in there.files else None
    wanted, remarks = _wanted(bundle, hub, there, published)
    _refuse_strangers(bundle, hub, there, published)
    added: dict[str, int] = {}
    changed: dict[str, int] = {}
    unchanged: dict[str, int] = {}
    for path, one in wanted.items():
        remote = there.files.get(path)
        if remote is None:
            added[path] = one.identity.bytes
        elif record.same(one.identity, remote):
            unchanged[path] = one.identity.bytes
        else:
            changed[path] = one.identity.bytes
    gone = {} if published is None else published.files
    removed = {path: there.files[path].bytes for path in sorted(gone) if path not in wanted and path in there.files}
    return Plan(wanted, added, changed, removed, unchanged, remarks)


def _wanted(
    bundle: Bundle, hub: Hub, there: There, published: Publication | None
) -> tuple[dict[str, Wanted], tuple[str, ...]]:
    """Every file, with the card that is both sides' and the record of this publish."""
    ours = made_card(bundle, hub.target.repo)
    theirs = hub.text(CARD, there) if CARD in there.files else ""
    card = merged(published.card if published else "", theirs, ours)
    texts = {CARD: card.text.encode(), record.PATH: record.written(record.of(bundle, ours))}
    files = bundle.files | {path: Wanted(content, identity(content)) for path, content in texts.items()}
    return dict(sorted(files.items())), card.remarks


def made_card(bundle: Bundle, repo: str) -> str:
    """The card as the folder has it, with the name under which it is published in its examples."""
    content = bundle.files[CARD].content
    text = (content if isinstance(content, bytes) else content.read_bytes()).decode("utf-8", "replace")
    for call in ("load_dataset", "from_pretrained"):
        text = text.replace(f'{call}("path/or/name"', f'{call}("{repo}"')
    return text


def _refuse_strangers(bundle: Bundle, hub: Hub, there: There, published: Publication | None) -> None:
    """Leave alone what others put there, and what they changed of ours."""
    last = {} if published is None else published.files
    strangers: list[str] = []
    for path, remote in there.files.items():
        known: Identity | None = bundle.files[path].identity if path in bundle.files else None
        if path in (CARD, record.PATH) or (known and record.same(known, remote)):
            continue
        ours = path in last and record.same(last[path], remote)
        in_the_way = known is not None or path in last or path.partition("/")[0] in bundle.rows_folders
        if in_the_way and not ours:
            strangers.append(path)
    if strangers:
        some = ", ".join(sorted(strangers)[:_NAMED]) + (", ..." if len(strangers) > _NAMED else "")
        raise DatasetError(
            f"{hub.target.repo} holds files that this command did not publish as they are ({some}), and would lose or "
            "mix them; delete them there, or publish under another name or with --revision on another branch"
        )
