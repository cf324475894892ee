"""Datasets of the Hub: their files at one commit, fetched when they are read and kept in the Hub's own cache.

Only files are fetched; no code of a dataset is ever run. With `HF_HUB_OFFLINE=1` what the cache has is read.
"""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from factory.errors import DatasetError, DependencyError
from factory.source.listing import README, Listing

if TYPE_CHECKING:
    from types import ModuleType

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}\Z")
"""The id of a dataset: `owner/name`."""
_REPO_TYPE = "dataset"
_TIMEOUT_S = 30


@cache
def listing(repository: str, revision: str) -> Listing:
    """The files of a dataset at a branch, tag or commit; remembered, so that a run sees one commit.

    Raises:
        DatasetError: there is no such dataset or revision, or the Hub can't be reached.
        DependencyError: the Hub's library is missing.
    """
    hub = _library()
    offline = bool(hub.constants.HF_HUB_OFFLINE)

    def fetch(name: str) -> Path:
        try:
            return Path(
                hub.hf_hub_download(repository, name, repo_type=_REPO_TYPE, revision=commit, local_files_only=offline)
            )
        except Exception as error:  # its transport raises what it likes: httpx's, requests', Python's own
            _refuse(f"{repository}@{commit[:12]}: {name}", error)

    try:
        if offline:
            found = Path(
                hub.snapshot_download(repository, repo_type=_REPO_TYPE, revision=revision, local_files_only=True)
            )
            commit = found.name
            names = [path.relative_to(found).as_posix() for path in sorted(found.rglob("*")) if path.is_file()]
        else:
            info = hub.HfApi().dataset_info(repository, revision=revision, timeout=_TIMEOUT_S)
            commit, names = info.sha, sorted(file.rfilename for file in info.siblings)
    except Exception as error:
        _refuse(f"{repository}@{revision}", error)
    card = fetch(README).read_text(encoding="utf-8", errors="replace") if README in names else ""
    return Listing(repository, commit, tuple(names), card, fetch)


def _library() -> "ModuleType":
    try:
        import huggingface_hub
        import huggingface_hub.constants
    except ModuleNotFoundError as error:
        raise DependencyError("datasets of the Hub need huggingface_hub; run: pip install huggingface_hub") from error
    return huggingface_hub


def _refuse(what: str, error: Exception) -> NoReturn:
    """Say what the Hub said, in one sentence.

    Raises:
        DatasetError: always.
    """
    advice = {
        "RepositoryNotFoundError": "there is no such dataset, or you may not see it; see `hf auth login`",
        "GatedRepoError": "accept its terms on its page and log in with `hf auth login`",
        "DisabledRepoError": "the Hub has taken it down",
        "RevisionNotFoundError": "it has no such revision; set `revision` to a branch, tag or commit of it",
        "LocalEntryNotFoundError": "it is not in the Hub's cache, and the Hub can't be reached",
        "EntryNotFoundError": "the file is not there",
    }
    for kind in type(error).__mro__:
        if kind.__name__ in advice:
            raise DatasetError(f"source {what}: {advice[kind.__name__]}") from error
    why = " ".join(str(error).split())[:200]
    raise DatasetError(f"source {what} can't be read from the Hub: {type(error).__name__}: {why}") from error
