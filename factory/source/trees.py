"""Trees of messages, as OpenAssistant's: the best conversation of a tree, or its pairs of ranked answers.

A tree is one record with `replies` inside `replies`; rows of single messages are put together first. Messages that
were deleted or failed their review are left out, with what hangs on them. What it leaves out: the other ways through a
tree, and the labels.

Source: OpenAssistant Conversations, https://arxiv.org/abs/2304.07327
"""

from collections.abc import Iterator, Mapping
from typing import Any

from factory.row import Message
from factory.source.turns import MOST_TURNS, ROLES, Unreadable, text

Node = Mapping[str, Any]
MOST_NODES = 10_000


def root_of(record: Mapping[str, Any]) -> Node:
    """The first message of a tree."""
    if isinstance(record.get("tree"), list):
        return _planted(record["tree"])
    prompt = record.get("prompt")
    return prompt if isinstance(prompt, dict) else record


def best(root: Node) -> tuple[list[Node], tuple[Message, ...]]:
    """The way from the root on along the best replies, up to its last answer; a lone prompt where there is none.

    Raises:
        Unreadable: the root was deleted, or a message is none.
    """
    if not _stands(root):
        raise Unreadable("missing")
    way, replies = [root], _replies(root)
    while replies and len(way) <= MOST_TURNS:
        way.append(min(replies, key=_rank))
        replies = _replies(way[-1])
    while len(way) > 1 and _message(way[-1]).role == "user":
        way.pop()
    return way, tuple(map(_message, way))


def ranked(root: Node) -> Iterator[tuple[Node, Node, tuple[Message, ...]]]:
    """The best and the worst ranked answer to each prompt that has several, with the turns up to the prompt."""
    waiting: list[tuple[Node, tuple[Message, ...]]] = [(root, (_message(root),))]
    seen = 0
    while waiting and seen < MOST_NODES:
        node, before = waiting.pop()
        seen += 1
        replies = _replies(node)
        judged = sorted((reply for reply in replies if isinstance(reply.get("rank"), int)), key=_rank)
        if len(judged) > 1 and before[-1].role == "user":
            yield judged[0], judged[-1], before
        if len(before) < MOST_TURNS:
            waiting += [(reply, (*before, _message(reply))) for reply in reversed(replies)]


def message(node: Node) -> Message:
    """What a node says."""
    return _message(node)


def models(*nodes: Node) -> str:
    """The models that wrote messages, each once."""
    return " + ".join(dict.fromkeys(str(node["model_name"]) for node in nodes if node.get("model_name")))


def _message(node: Node) -> Message:
    role = ROLES.get(str(node.get("role")))
    if role is None:
        raise Unreadable("role")
    said = text(node.get("text"))
    if not said or said.isspace():
        raise Unreadable("empty")
    return Message(role, said)


def _replies(node: Node) -> list[Node]:
    replies = node.get("replies")
    return [reply for reply in replies if _stands(reply)] if isinstance(replies, list) else []


def _stands(node: Any) -> bool:
    return isinstance(node, dict) and not node.get("deleted") and node.get("review_result") is not False


def _rank(node: Node) -> tuple[bool, int]:
    rank = node.get("rank")
    return (False, rank) if isinstance(rank, int) else (True, 0)


def _planted(rows: list[Any]) -> Node:
    """The tree of rows that name their parents."""
    nodes = {str(row.get("message_id")): {**row, "replies": []} for row in rows if isinstance(row, dict)}
    roots = []
    for node in nodes.values():
        parent = node.get("parent_id")
        if parent is None:
            roots.append(node)
        elif str(parent) in nodes:
            nodes[str(parent)]["replies"].append(node)
    if len(roots) != 1:
        raise Unreadable("orphan")
    return roots[0]
