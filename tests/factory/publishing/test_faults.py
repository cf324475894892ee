"""What a Hub may answer, and what is said and done about it; the statuses of facts seen in the client."""

import pytest

from factory.errors import DatasetError, Interrupted
from factory.publishing.faults import HubRefused, LoginRefused

KEY = "datasets/me/sums"
COMMIT = "POST /api/datasets/me/sums/commit"


@pytest.fixture
def there(folder, hub, servers):
    """The repository is made, with nothing of ours in it."""
    return hub.make(KEY)


@pytest.mark.parametrize("code", [409, 429, 503])
def test_a_commit_that_the_hub_is_too_busy_for_is_made_at_the_next_try(folder, publish, hub, servers, there, code):
    hub.fault(COMMIT, servers.status(code))
    assert publish(folder).committed
    assert len(there.commits) == 2
    word = "rate limited" if code == 429 else f"status {code}"
    assert any(f"{word}; waiting" in line for line in publish.told)


@pytest.mark.parametrize(
    ("part", "fault"),
    [("whoami-v2", "cut"), ("repos/create", "503"), ("validate-yaml", "503"), ("commit", "cut"), ("tree", "cut")],
)
def test_what_the_client_does_not_ask_again_is_asked_again(folder, publish, hub, servers, part, fault):
    hub.fault(part, servers.CUT if fault == "cut" else servers.status(503))
    assert publish(folder).committed
    assert len(hub.repos[KEY].commits) == 2


def test_a_commit_whose_reply_was_lost_is_not_made_twice(folder, publish, hub, servers, there):
    hub.fault(COMMIT, servers.LOST)
    done = publish(folder)
    assert done.committed
    assert done.commit == there.branches["main"]
    assert len(there.commits) == 2
    assert done.plan.added["data/train-00000.parquet"]


def test_a_commit_of_others_in_between_stays(folder, publish, hub, there):
    hub.fault(COMMIT, lambda server: there.edit("images/logo.svg", b"<svg/>"))
    publish(folder)
    assert {"images/logo.svg", "data/train-00000.parquet"} <= there.files().keys()
    assert hub.count(COMMIT) == 2
    assert hub.data_bytes == sum(path.stat().st_size for path in (folder / "data").iterdir())


def test_a_commit_of_others_in_our_way_is_told(folder, publish, hub, there):
    hub.fault(COMMIT, lambda server: there.edit("data/train-00000.parquet", b"theirs"))
    with pytest.raises(DatasetError, match=r"did not publish as they are \(data/train-00000\.parquet\)"):
        publish(folder)
    assert there.files()["data/train-00000.parquet"] == b"theirs"


def test_who_writes_all_the_time_is_named(folder, publish, hub, there):
    hub.fault(COMMIT, lambda server: there.edit("log.txt", str(len(there.commits)).encode(), "robot"), times=9)
    with pytest.raises(
        Interrupted, match=r"others write to me/sums all the time; its last commit on main is .* by robot"
    ):
        publish(folder)


@pytest.mark.parametrize(
    ("part", "code", "error", "said"),
    [
        ("commit", 401, LoginRefused, "not logged in to http"),
        ("commit", 403, LoginRefused, "the token of me may not write to me/sums: it needs the role `write`"),
        ("commit", 400, HubRefused, "will not write to me/sums: status 400: planted"),
        ("commit", 413, HubRefused, "there is no room for it in me: status 413"),
        ("commit", 402, HubRefused, "there is no room for it in me: status 402"),
        ("repos/create", 403, LoginRefused, "the token of me may not create me/sums"),
        ("/objects/", 403, LoginRefused, "may not write to me/sums"),
        ("tree", 404, DatasetError, "there is no dataset me/sums with the branch main on http"),
    ],
)
def test_what_the_hub_refuses_is_one_sentence_and_is_not_asked_again(
    folder, publish, hub, servers, part, code, error, said
):
    hub.fault(part, servers.status(code, "RepoNotFound" if code == 404 else ""), times=9)
    with pytest.raises(error) as caught:
        publish(folder)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert hub.count(f"/{part.strip('/')}") <= 3
    assert not [path for repo in hub.repos.values() for path in repo.files() if path.startswith("data/")]


@pytest.mark.parametrize(("code", "said"), [(503, "is busy: status 503"), (0, "can't be reached")])
def test_a_hub_that_stays_away_leaves_nothing_half_published(folder, publish, hub, servers, there, code, said):
    hub.fault(COMMIT, servers.status(code) if code else servers.CUT, times=9)
    with pytest.raises(Interrupted, match=said) as caught:
        publish(folder)
    assert (caught.value.exit_code, len(there.commits)) == (75, 1)
    hub.data_bytes = 0
    hub._faults.clear()
    assert publish(folder).committed
    assert hub.data_bytes == 0  # what was sent before is there


def test_a_server_that_is_no_hub_is_told(folder, publish, hub, servers):
    hub.fault("whoami", servers.Answer(200, body=b"<html>Sign in</html>"), times=9)
    with pytest.raises(Interrupted, match="the answer is no JSON, so it is not from a Hub"):
        publish(folder)


def test_bytes_that_are_not_there_as_they_were_sent_are_told(folder, publish, hub, there):
    real = there.commit

    def forgetful(branch, files, *said):
        return real(branch, {path: file for path, file in files.items() if "00002" not in path}, *said)

    there.commit = forgetful
    with pytest.raises(Interrupted, match=r"data/train-00002\.parquet is not there as it was sent"):
        publish(folder)


def test_what_the_card_says_and_the_hub_refuses_is_told(folder, publish, hub, servers, there):
    body = {"errors": [{"message": '"license" must be one of [mit]'}], "warnings": []}
    hub.fault("validate-yaml", servers.Answer(400, body), times=9)
    with pytest.raises(DatasetError, match=r'refuses the card of me/sums: "license" must be one of \[mit\]'):
        publish(folder)
    assert len(there.commits) == 1


def test_a_gated_repository_is_told_with_its_address(folder, publish, hub, servers, there):
    hub.fault("/tree/", servers.status(403, "GatedRepo"), times=9)
    with pytest.raises(LoginRefused, match=r"accept the terms at http.*/datasets/me/sums as me, then publish again"):
        publish(folder)


def test_a_full_namespace_is_no_lack_of_rights(folder, publish, hub, servers, there):
    hub.fault("info/lfs", servers.status(403, text="Private repository storage limit reached"), times=9)
    with pytest.raises(HubRefused, match="there is no room for it in me: status 403: Private repository") as caught:
        publish(folder)
    assert caught.value.exit_code == 5


def test_objects_that_the_store_has_lost_are_sent_again(folder, publish, hub, there):
    hub.fault(COMMIT, lambda server: there.objects.clear())
    assert publish(folder).committed
    assert len(there.commits) == 2
    assert hub.data_bytes == 2 * sum(path.stat().st_size for path in (folder / "data").iterdir())


def test_a_repository_that_someone_makes_meanwhile_is_taken(folder, publish, hub, servers):
    def made(server):
        hub.make(KEY)
        return servers.Answer(409, {"url": f"{hub.url}/{KEY}", "name": "sums", "id": "me/sums", "error": "exists"})

    hub.fault("repos/create", made)
    assert publish(folder).committed


def test_a_hub_that_is_down_is_told_and_nothing_is_lost(folder, publish):
    with pytest.raises(
        Interrupted, match=r"http://127\.0\.0\.1:9 can't be reached .*run the same command again"
    ) as caught:
        publish(folder, endpoint="http://127.0.0.1:9")
    assert caught.value.exit_code == 75


@pytest.mark.parametrize("part", ["preupload", "info/lfs", "/objects/"])
def test_what_goes_wrong_while_sending_is_tried_again(folder, publish, hub, servers, there, part):
    hub.fault(part, servers.status(503) if part == "preupload" else servers.CUT)
    assert publish(folder).committed
    assert len(there.commits) == 2


@pytest.fixture
def xet(monkeypatch):
    pytest.importorskip("hf_xet")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)


@pytest.mark.parametrize(
    ("part", "code", "error", "said"),
    [
        ("/v1/xorbs/", 403, LoginRefused, "the token of me may not write to me/sums"),
        ("xet-write-token", 401, LoginRefused, "not logged in"),
        ("xet-write-token", 403, LoginRefused, "the token of me may not write to me/sums"),
        ("/v1/shards", 400, HubRefused, "will not write to me/sums: status 400: "),
        ("/v1/xorbs/", 404, HubRefused, "will not write to me/sums: status 404: "),
    ],
)
def test_what_the_xet_store_refuses_is_not_taken_for_a_lost_connection(
    folder, publish, hub, servers, there, xet, part, code, error, said
):
    hub.fault(part, servers.status(code), times=9)
    with pytest.raises(error) as caught:
        publish(folder)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert hub.count(part) == 1
    assert len(there.commits) == 1


@pytest.mark.parametrize(("part", "cut"), [("/v1/xorbs/", True), ("/v1/shards", False), ("xet-write-token", False)])
def test_a_fault_of_the_xet_store_that_passes_is_passed(folder, publish, hub, servers, there, xet, part, cut):
    hub.fault(part, servers.CUT if cut else servers.status(503))
    assert publish(folder).committed
    assert len(there.commits) == 2


def test_a_long_upload_is_told_now_and_then(folder, publish, hub, servers, there, monkeypatch):
    import time

    monkeypatch.setattr("factory.publishing.hub._SAY_S", 0.02)
    hub.fault("/objects/", lambda server: time.sleep(0.2))
    assert publish(folder).committed
    assert any("still sending data/train-00000.parquet" in line for line in publish.told)


def test_a_server_asks_for_patience_and_gets_it_up_to_a_limit():
    from factory.publishing.faults import Patience

    patience = Patience(first_s=1, most_s=60)
    assert [patience.wait_s(n, None) for n in range(3)] == [1, 2, 4]
    assert (patience.wait_s(0, 30), patience.wait_s(0, 3600)) == (30, 60)
