"""Whether a file lies where several processes can share it.

SQLite's write-ahead log lets readers and writers of one machine work side by side through a memory-mapped file, which
network file systems keep no promise about: other tools have hung or lost their data there. On these one process has the
store alone, and nothing is mapped.
"""

import re
from pathlib import Path

_NETWORK = re.compile(
    "9p|afs|beegfs|ceph|cifs|coda|drvfs|fuse.*|gfs2?|glusterfs|gpfs|lustre|ncpfs|nfs4?|ocfs2|orangefs|panfs|prl_fs|"
    "pvfs2|smb3|smbfs|v9fs|vboxsf|virtiofs|wekafs"
)
_MOUNTS = Path("/proc/self/mountinfo")


def shared_by_machines(path: Path, mounts: str | None = None) -> str:
    """The kind of network file system that the path is on, such as nfs4; empty where it is a local one.

    Args:
        path: a file or folder, there or not.
        mounts: what `/proc/self/mountinfo` says; systems without that file are taken for local ones.
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return ""
    place = path.resolve()
    kind, depth = "", -1
    for line in mounts.splitlines():
        facts, _, rest = line.partition(" - ")
        point = Path(_unescaped(facts.split(" ")[4]))
        # A later mount hides an earlier one at the same point.
        if len(point.parts) >= depth and place.is_relative_to(point):
            kind, depth = rest.split(" ")[0], len(point.parts)
    return kind if _NETWORK.fullmatch(kind) else ""


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
