"""The publish: what is large is sent first, then one commit says what there is, so nobody reads half a dataset.

A commit names its parent. Where the parent is stale, or where the reply was lost, the repository is read again: what
is there already is not done twice, what others did meanwhile stays, and the rest is tried again. Killed at any point,
nothing of a half publish is to be seen, and the same command goes on from there.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from factory.card import Language
from factory.errors import DatasetError, FactoryError, Interrupted, RecipeError
from factory.publishing import bundle as bundles
from factory.publishing import collection as collections
from factory.publishing import faults, pages, record, secrets_in
from factory.publishing.bundle import Bundle
from factory.publishing.faults import Patience
from factory.publishing.hub import Hub, Tell, There
from factory.publishing.login import login
from factory.publishing.plan import Plan, plan
from factory.publishing.target import Kind, Target, check_repo, check_revision

MAIN = "main"
_LARGE = (".parquet", ".safetensors", ".bin", ".model", ".npy")
"""What the Hub keeps apart from git, whatever its size; anything else where it is larger than a small file."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked of a publish."""

    repo: str
    private: bool = False
    branch: str = MAIN
    tag: str = ""
    rejects: bool = False
    """Dropped rows, sampled answers and the report too."""
    language: Language | None = None
    """Of the card, made anew; as it is in the folder where nothing is said."""
    collection: str = ""
    """A slug, `namespace/title`, or a title."""
    resume: bool = False
    """Only go on: refuse to begin."""
    dry_run: bool = False
    endpoint: str | None = None
    """The Hub's address; the client's own where it is none."""
    patience: Patience = field(default_factory=Patience)


class Published(NamedTuple):
    """What came of it."""

    kind: Kind
    repo: str
    url: str
    plan: Plan
    commit: str
    """What the branch is at; empty where nothing was done and nothing is there."""
    committed: bool
    tag: str = ""
    collection: str = ""
    """The slug of the one that it is in now."""

    @property
    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        facts = {"kind": self.kind, "repo": self.repo, "url": self.url, "commit": self.commit}
        return facts | {
            "committed": self.committed,
            "tag": self.tag,
            "collection": self.collection,
            **self.plan.as_json,
        }


def publish(folder: Path, wishes: Wishes, tell: Tell) -> Published:
    """Make a repository of the Hub hold what is in a finished folder.

    Args:
        folder: of a dataset, a training or a merge.
        wishes: where to and how.
        tell: is told how far it is, in lines.

    Raises:
        RecipeError: the name, the branch or the tag is none.
        LoginRefused: there is no login, or it may not write there.
        DatasetError: the folder is not finished, or others' files are in the way.
        LicenceError: the licence refuses, or there is a secret in it.
        HubRefused: the Hub says never.
        Interrupted: the Hub can't be reached, or is busy for long.
    """
    check_repo(wishes.repo)
    check_revision(wishes.branch, "revision")
    if wishes.tag:
        check_revision(wishes.tag, "tag")
    target = Target(wishes.repo, bundles.kind_of(folder), wishes.branch)
    where = collections.wanted(wishes.collection, target) if wishes.collection else None
    hub = login(target, wishes.endpoint, wishes.patience, tell)
    bundle = bundles.read(folder, rejects=wishes.rejects)
    bundles.check_name(bundle, hub.target)
    bundle, remarks = pages.with_pages(bundle, f"{hub.api.endpoint}/{target.folder}", wishes.language)
    secrets_in.refuse(bundle)
    if where is not None:
        collections.check(hub, where)
    published = _Publish(hub, bundle, wishes).run()
    for remark in (*remarks, *published.plan.remarks):
        tell(remark)
    return published if where is None or wishes.dry_run else _collected(hub, where, published, wishes)


def _collected(hub: Hub, where: collections.Wanted, published: Published, wishes: Wishes) -> Published:
    """In the collection too."""
    try:
        slug = collections.add(hub, where, private=wishes.private)
    except FactoryError as error:
        raise type(error)(f"{published.url} is published, but not in the collection: {error}") from error
    return published._replace(collection=slug)


@dataclass(frozen=True, slots=True)
class _Publish:
    hub: Hub
    bundle: Bundle
    wishes: Wishes
    _sent: dict[str, Any] = field(default_factory=dict)
    """Uploaded files as the client knows them, by path: what has been sent is not sent again after a stale parent."""

    def run(self) -> Published:
        there = self.hub.there()
        self._check(there)
        if self.wishes.resume and not there.exists:
            raise RecipeError(f"there is no {self.wishes.repo} to go on with; leave out --resume to begin")
        if self.wishes.dry_run:
            return self._told(plan(self.bundle, self.hub, there), there.head, committed=False)
        if not there.exists:
            self.hub.create(private=self.wishes.private)
            there = self.hub.there()
        if not there.branch:
            self.hub.create_branch()
        done, commit, committed = self._committed()
        self._verify(done, commit)
        if self.wishes.tag:
            self.hub.tag(self.wishes.tag, commit)
        return self._told(done, commit, committed=committed)

    def _check(self, there: There) -> None:
        """Refuse what would fail or surprise after all is sent."""
        repo = self.wishes.repo
        if self.wishes.private and there.exists and not there.private:
            raise RecipeError(f"{repo} is there already and public; make it private in its settings on the Hub first")
        tag = self.wishes.tag
        at = self.hub.tags().get(tag) if tag and there.exists else None
        if at and (at != there.head or not plan(self.bundle, self.hub, there).nothing):
            raise RecipeError(f"{repo}: the tag {tag} is already on {at[:12]}; choose another --tag")

    def _committed(self) -> tuple[Plan, str, bool]:
        """The plan as it was carried out, the commit that holds it, and whether it is ours of now."""
        tries = self.wishes.patience.tries
        tried: Plan | None = None
        fault: faults.Fault | None = None
        for attempt in range(tries):
            there = self.hub.there()
            todo = plan(self.bundle, self.hub, there)
            if todo.nothing:  # at a second look: the reply was lost, not the commit
                return tried or todo, there.head, tried is not None
            self._send(todo)
            try:
                return todo, self._commit(todo, there.head), True
            except Exception as error:  # as in Hub.ask
                fault, tried = faults.read(error), todo
                if fault is None:
                    raise
                if fault.status == 400 and "object" in fault.text.lower() and self._sent and not attempt:
                    self._sent.clear()  # the store has lost what was sent: once more
                elif not fault.again:
                    raise self._refused(fault, str(error)) from error
                if attempt < tries - 1:
                    self.hub.wait(fault, attempt)
        raise self._busy(fault)

    def _send(self, todo: Plan) -> None:
        """The bytes of large files, one after the other, so that each is there for good."""
        from huggingface_hub import CommitOperationAdd

        paths = [path for path in (*todo.added, *todo.changed) if _large(path, todo.wanted[path].identity.bytes)]
        for number, path in enumerate(paths, 1):
            if path not in self._sent:
                addition = CommitOperationAdd(path, todo.wanted[path].content)
                self.hub.upload([addition])
                self._sent[path] = addition
                self.hub.tell(f"{number} of {len(paths)} files: {path}, {todo.wanted[path].identity.bytes:,} bytes")

    def _commit(self, todo: Plan, parent: str) -> str:
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        operations: list[Any] = [CommitOperationDelete(path, is_folder=False) for path in todo.removed]
        for path in (*todo.added, *todo.changed):
            operations.append(self._sent.get(path) or CommitOperationAdd(path, todo.wanted[path].content))
        target = self.hub.target
        info = self.hub.api.create_commit(
            target.repo,
            operations,
            commit_message=f"Publish {self.bundle.name}",
            repo_type=target.kind,
            revision=target.branch,
            parent_commit=parent or None,
        )
        return str(info.oid)

    def _refused(self, fault: faults.Fault, said: str) -> FactoryError:
        """A commit that will not be taken."""
        if fault.status == 400 and ("yaml" in fault.text.lower() or "Invalid metadata in README.md" in said):
            return DatasetError(f"{self.hub.api.endpoint} refuses the card of {self.wishes.repo}: {fault.text}")
        return self.hub.told(fault, "write to")

    def _busy(self, fault: faults.Fault | None) -> FactoryError:
        """The Hub took no commit for long."""
        repo, branch = self.wishes.repo, self.wishes.branch
        if fault is not None and fault.status in (409, 412):
            last = self.hub.last_commit()
            return Interrupted(
                f"others write to {repo} all the time; its last commit on {branch} is {last}; "
                "nothing is half published: run the same command again"
            )
        return self.hub.told(fault or faults.Fault(0, "", "no answer"), "write to")

    def _verify(self, done: Plan, commit: str) -> None:
        """Compare what the Hub says it holds with what was to be there."""
        files = self.hub.tree(commit)
        for path, wanted in done.wanted.items():
            remote = files.get(path)
            if remote is None or not record.same(wanted.identity, remote):
                raise Interrupted(
                    f"{self.wishes.repo}: {path} is not there as it was sent (commit {commit[:12]}); "
                    "run the same command again"
                )

    def _told(self, done: Plan, commit: str, *, committed: bool) -> Published:
        target = self.hub.target
        url = f"{self.hub.api.endpoint}/{target.folder}"
        return Published(target.kind, target.repo, url, done, commit, committed, self.wishes.tag)


def _large(path: str, size: int) -> bool:
    return path.endswith(_LARGE) or size > bundles.SMALL
