"""Login and the right to write are looked at before anything is read or sent."""

import pytest

from factory.publishing.faults import LoginRefused


def test_nobody_is_told_to_log_in(publish, hub, tmp_path, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(LoginRefused, match=r"not logged in to http.*; run `hf auth login`, or set HF_TOKEN"):
        publish(tmp_path / "no-folder")
    monkeypatch.setenv("HF_TOKEN", "hf_ofNobody")
    with pytest.raises(LoginRefused, match="not logged in") as caught:
        publish(tmp_path / "no-folder")
    assert "hf_ofNobody" not in str(caught.value)


@pytest.mark.parametrize(
    ("role", "repo", "said"),
    [
        ({"role": "read"}, "me/sums", "it has the role `read`"),
        ({"role": "write"}, "you/sums", "you is neither the user nor an organisation of theirs; those are me, lab"),
        ({"role": "write"}, "lab/sums", "the user may only read in lab"),
        ({"role": "fineGrained"}, "me/sums", "it is fine-grained, without the right to write"),
        (
            {
                "role": "fineGrained",
                "fineGrained": {"scoped": [{"entity": {"name": "me"}, "permissions": ["repo.content.read"]}]},
            },
            "me/sums",
            "it is fine-grained",
        ),
    ],
)
def test_a_token_that_may_not_write_there_is_refused_before_the_folder_is_read(
    publish, hub, tmp_path, role, repo, said
):
    hub.role = role
    with pytest.raises(LoginRefused) as caught:
        publish(tmp_path / "no-folder", repo)
    assert said in str(caught.value)
    assert caught.value.exit_code == 4
    assert hub.seen == ["GET /api/whoami-v2"]


def test_a_fine_grained_token_with_the_right_publishes(folder, publish, hub):
    scope = {"entity": {"type": "user", "name": "me"}, "permissions": ["repo.content.read", "repo.write"]}
    hub.role = {"role": "fineGrained", "fineGrained": {"scoped": [scope]}}
    assert publish(folder).committed
