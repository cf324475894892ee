"""A Hub, and what is asked of it: every request with patience of our own, every fault in one sentence.

Kept from the client: its protocols and its uploads. Not its `upload_folder`, which makes several commits, so that a
reader can see half a dataset; nor `push_to_hub`, which overwrites the card.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from factory import secrets
from factory.errors import DatasetError, DependencyError, FactoryError, Interrupted, RecipeError
from factory.publishing import faults
from factory.publishing.faults import Fault, HubRefused, LoginRefused, Patience
from factory.publishing.target import Target

if TYPE_CHECKING:
    from huggingface_hub import HfApi

T = TypeVar("T")
Tell = Callable[[str], None]

_CONNECT_S, _SILENCE_S = 20.0, 300.0
"""The client itself waits for ever."""
_SAY_S = 30.0
_LARGEST_TEXT = 5_000_000


class Remote(NamedTuple):
    """A file that is there."""

    bytes: int
    git: str
    """Of a plain file the hash of git's blob; of a large one that of its pointer."""
    sha256: str
    """Of a large file."""


class There(NamedTuple):
    """What a repository holds at the moment."""

    exists: bool
    branch: bool
    """Whether the branch does."""
    private: bool
    head: str
    """The commit; empty where there is none."""
    files: dict[str, Remote]


@dataclass(frozen=True, slots=True)
class Hub:
    """One repository of a Hub, as one user sees it."""

    api: "HfApi"
    target: Target
    user: str
    patience: Patience
    tell: Tell

    def there(self) -> There:
        """What the branch holds; of a branch that isn't there, what main does, from which it is made."""
        found = self._info("main")
        if found is None:
            return There(False, False, False, "", {})
        private, branch = bool(found.private), self.target.branch
        if branch != "main":
            on_branch = self._info(branch)
            return self._tree(on_branch or found, private, branch=on_branch is not None)
        return self._tree(found, private, branch=True)

    def _info(self, revision: str) -> Any:
        def call() -> Any:
            try:
                return self.api.repo_info(self.target.repo, repo_type=self.target.kind, revision=revision)
            except OSError as error:
                fault = faults.read(error)
                # A repository of others that is private is not found either; to create it is refused then.
                gone = ("RepoNotFound",) if revision == "main" else ("RepoNotFound", "RevisionNotFound")
                if fault and fault.status in (401, 404) and fault.code in gone:
                    return None
                raise

        return self.ask("read", call)

    def _tree(self, info: Any, private: bool, *, branch: bool) -> There:
        files = self.tree(info.sha) if info.sha else {}
        return There(True, branch, private, info.sha or "", files)

    def tree(self, commit: str) -> dict[str, Remote]:
        """The files of a commit."""
        from huggingface_hub.hf_api import RepoFile

        def call() -> dict[str, Remote]:
            entries = self.api.list_repo_tree(
                self.target.repo, repo_type=self.target.kind, revision=commit, recursive=True
            )
            return {
                one.path: Remote(one.size, one.blob_id, one.lfs.sha256 if one.lfs else "")
                for one in entries
                if isinstance(one, RepoFile)
            }

        return self.ask("read", call)

    def text(self, path: str, there: There) -> str:
        """A small file of the commit that is there.

        Raises:
            DatasetError: it is larger than texts are.
        """
        if there.files[path].bytes > _LARGEST_TEXT:
            raise DatasetError(f"{self.target.repo}: {path} is larger than {_LARGEST_TEXT:,} bytes; that is no {path}")

        def call() -> str:
            with tempfile.TemporaryDirectory() as folder:
                kind = self.target.kind
                place = self.api.hf_hub_download(
                    self.target.repo, path, repo_type=kind, revision=there.head, local_dir=folder
                )
                return Path(place).read_text(encoding="utf-8", errors="replace")

        return self.ask("read", call)

    def create(self, *, private: bool) -> None:
        """Make the repository."""
        target = self.target
        # Left alone where nothing is said: an organisation has a default of its own.
        wish = True if private else None
        self.ask(
            "create", lambda: self.api.create_repo(target.repo, repo_type=target.kind, private=wish, exist_ok=True)
        )

    def create_branch(self) -> None:
        """Make the branch, from main."""
        target = self.target
        self.ask(
            "write to",
            lambda: self.api.create_branch(target.repo, branch=target.branch, repo_type=target.kind, exist_ok=True),
        )

    def upload(self, additions: Sequence[Any]) -> None:
        """Send the bytes of large files; none of what is stored there already."""
        target = self.target
        with self._still(", ".join(one.path_in_repo for one in additions)):
            self.ask(
                "write to",
                lambda: self.api.preupload_lfs_files(
                    target.repo, additions, repo_type=target.kind, revision=target.branch, free_memory=False
                ),
            )

    @contextmanager
    def _still(self, what: str) -> Iterator[None]:
        """Say now and then that it is being sent: the client's own waiting is silent."""
        done = threading.Event()

        def say() -> None:
            for minute in count(1):
                if done.wait(_SAY_S):
                    return
                self.tell(f"{self.api.endpoint}: still sending {what}, {minute * _SAY_S:g} s")

        threading.Thread(target=say, daemon=True).start()
        try:
            yield
        finally:
            done.set()

    def tags(self) -> dict[str, str]:
        """The commits of the tags."""
        refs = self.ask("read", lambda: self.api.list_repo_refs(self.target.repo, repo_type=self.target.kind))
        return {one.name: one.target_commit for one in refs.tags}

    def tag(self, name: str, commit: str) -> None:
        """Name a commit; nothing where it has the name."""
        target = self.target
        self.ask(
            "tag",
            lambda: self.api.create_tag(target.repo, tag=name, revision=commit, repo_type=target.kind, exist_ok=True),
        )
        if self.tags().get(name) != commit:
            raise RecipeError(f"{target.repo}: the tag {name} is already on another commit; choose another --tag")

    def last_commit(self) -> str:
        """Who wrote last to the branch, and what of."""
        target = self.target
        found = self.ask(
            "read", lambda: self.api.list_repo_commits(target.repo, repo_type=target.kind, revision=target.branch)
        )
        return f"{found[0].commit_id[:12]} by {', '.join(found[0].authors)}" if found else "unknown"

    def ask(self, verb: str, call: Callable[[], T]) -> T:
        """What a request comes to, asked again while the Hub may say otherwise.

        Raises:
            FactoryError: it doesn't.
        """
        for attempt in range(self.patience.tries):
            try:
                return call()
            except Exception as error:  # the client's are of three libraries; what is not the network's goes on
                fault = faults.read(error)
                if fault is None:
                    raise
                tries = min(2, self.patience.tries) if fault.code == faults.XET else self.patience.tries
                if not fault.again or fault.code == "Offline" or attempt >= tries - 1:
                    raise self.told(fault, verb) from error
                self.wait(fault, attempt)
        raise AssertionError("the last try returns or raises")

    def wait(self, fault: Fault, attempt: int) -> None:
        """Before the next try."""
        seconds = self.patience.wait_s(attempt, fault.asked_s)
        self.tell(f"{self.api.endpoint}: {fault.word}; waiting {seconds:g} s")
        time.sleep(seconds)

    def told(self, fault: Fault, verb: str) -> FactoryError:
        """The fault as an error that says what to do."""
        target, endpoint = self.target, self.api.endpoint
        if fault.code == "Offline":
            return RecipeError("HF_HUB_OFFLINE is set, and to publish takes the Hub; unset it")
        if fault.code == "GatedRepo":
            return LoginRefused(f"accept the terms at {endpoint}/{target.folder} as {self.user}, then publish again")
        if fault.full:
            return HubRefused(
                f"there is no room for it in {target.namespace}: status {fault.status}: {fault.text}; "
                f"make room there, then publish again"
            )
        match fault.status:
            case 401 if fault.code != "RepoNotFound":
                return not_logged_in(endpoint)
            case 403:
                return LoginRefused(
                    f"the token of {self.user} may not {verb} {target.repo}: it needs the role `write`, or a "
                    f"fine-grained right to write on {target.namespace}; {endpoint} says: {fault.text}"
                )
            case 401 | 404 if fault.code != faults.XET:
                return DatasetError(
                    f"there is no {target.kind} {target.repo} with the branch {target.branch} on {endpoint}, or it is "
                    f"not visible to {self.user}"
                )
        if fault.again:
            return again_later(endpoint, fault)
        return HubRefused(f"{endpoint} will not {verb} {target.repo}: status {fault.status}: {fault.text}")


def not_logged_in(endpoint: str) -> LoginRefused:
    """Whoever has no token, or one that is not valid."""
    return LoginRefused(f"not logged in to {endpoint}; run `hf auth login`, or set HF_TOKEN to a valid token")


def again_later(endpoint: str, fault: Fault) -> Interrupted:
    """What a Hub may take later."""
    what = f"can't be reached ({fault.text})" if fault.status == 0 else f"is busy: status {fault.status}: {fault.text}"
    return Interrupted(f"{endpoint} {what}; nothing is half published: run the same command again")


def client(endpoint: str | None) -> "HfApi":
    """The client, that gives up on a server that is silent.

    Raises:
        DependencyError: it is not installed.
    """
    try:
        import httpx2
        import huggingface_hub as hub
        from huggingface_hub import get_session
        from huggingface_hub.utils.tqdm import disable_progress_bars
    except ImportError as error:
        raise DependencyError("to publish takes huggingface_hub; run: pip install 'huggingface_hub>=2.4'") from error
    disable_progress_bars()
    get_session().timeout = httpx2.Timeout(_SILENCE_S, connect=_CONNECT_S)
    if token := hub.get_token():
        secrets.remember(token)
    return hub.HfApi(endpoint=endpoint)
