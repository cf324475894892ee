"""Who publishes, and whether their token may write where they want to; asked before anything else is done."""

from collections.abc import Mapping
from typing import Any

from factory.publishing.faults import LoginRefused, Patience
from factory.publishing.hub import Hub, Tell, client, not_logged_in
from factory.publishing.target import Target

_WRITES = ("repo.write", "repo.content.write")


def login(target: Target, endpoint: str | None, patience: Patience, tell: Tell) -> Hub:
    """The Hub as the user of the token sees it.

    Raises:
        LoginRefused: there is no valid token, or it may not write to the namespace.
        Interrupted: the Hub can't be reached.
        DependencyError: the client is not installed.
    """
    api = client(endpoint)
    nobody = Hub(api, target, "nobody", patience, tell)
    said = nobody.ask("log in to publish", api.whoami)
    if not isinstance(said, Mapping) or not isinstance(said.get("name"), str):
        raise not_logged_in(api.endpoint)
    if why := _lacks(said, target):
        raise LoginRefused(f"the token of {said['name']} may not write to {target.repo}: {why}")
    return Hub(api, target, said["name"], patience, tell)


def _lacks(said: Mapping[str, Any], target: Target) -> str:
    """What a token lacks to write there; empty where it lacks nothing, or only the Hub can tell."""
    space = target.namespace
    orgs = {str(one.get("name")): one for one in said.get("orgs") or ()}
    token = (said.get("auth") or {}).get("accessToken") or {}
    role = token.get("role")
    if role == "read":
        return "it has the role `read`; make one with the role `write`"
    if role == "fineGrained":
        scoped = (token.get("fineGrained") or {}).get("scoped") or ()
        if not any(_covers(one, target) for one in scoped):
            return f"it is fine-grained, without the right to write to repositories of {space}"
        return ""
    if space != said["name"] and space not in orgs:
        known = ", ".join([str(said["name"]), *sorted(orgs)][:10])
        return f"{space} is neither the user nor an organisation of theirs; those are {known}"
    if orgs.get(space, {}).get("roleInOrg") == "read":
        return f"the user may only read in {space}; it takes the role contributor or write"
    return ""


def _covers(scope: Mapping[str, Any], target: Target) -> bool:
    entity = scope.get("entity") or {}
    rights = set(scope.get("permissions") or ())
    return entity.get("name") in (target.namespace, target.repo) and bool(rights & set(_WRITES))
