"""Datasets go to a Hub on loopback through the real client, in one commit each."""

import json

import pytest

from factory.errors import DatasetError, LicenceError, RecipeError

KEY = "datasets/me/sums"


def test_a_dataset_is_published_whole_in_one_commit(folder, publish, hub):
    done = publish(folder)
    repo = hub.repos[KEY]
    assert done.committed
    assert [title for _, title in repo.titles.values()] == ["initial commit", "Publish sums"]
    there = repo.files()
    shards = [f"data/{path.name}" for path in (folder / "data").iterdir()]
    assert len(shards) == 4
    for path in ("LICENSE", "NOTICE", "manifest.json", "recipe.yaml", *shards):
        assert there[path] == (folder / path).read_bytes()
    assert not [path for path in there if path.startswith(("rejects/", "samples/", "state/", "timing"))]
    assert b'load_dataset("me/sums"' in there["README.md"]


def test_an_unchanged_dataset_sends_no_bytes_and_makes_no_commit(folder, publish, hub):
    first = publish(folder)
    hub.data_bytes = 0
    commits = len(hub.repos[KEY].commits)
    again = publish(folder)
    assert (again.committed, again.commit, again.plan.nothing) == (False, first.commit, True)
    assert (hub.data_bytes, len(hub.repos[KEY].commits)) == (0, commits)


def test_only_the_changed_shard_is_sent(folder, publish, hub, with_text):
    publish(folder)
    hub.data_bytes = 0
    done = publish(with_text(folder, "What is 1 + 1, then?"))
    assert [path for path in done.plan.changed if path.startswith("data/")] == ["data/train-00001.parquet"]
    assert hub.data_bytes == done.plan.changed["data/train-00001.parquet"]


def test_shards_that_are_no_more_go_in_the_same_commit(folder, publish, hub, sums, generate, tmp_path):
    publish(folder)
    generate(sums(500), tmp_path / "fewer")
    done = publish(tmp_path / "fewer")
    there = hub.repos[KEY].files()
    assert sorted(done.plan.removed) == ["data/train-00002.parquet", "data/train-00003.parquet"]
    assert sorted(path for path in there if path.startswith("data/")) == [
        f"data/train-0000{n}.parquet" for n in range(2)
    ]
    assert len(hub.repos[KEY].commits) == 3


def test_dropped_rows_go_only_where_they_are_asked_for(publish, hub, sums, generate, tmp_path):
    generate(sums(400, judges=("Even",)), tmp_path / "out")
    publish(tmp_path / "out", rejects=True)
    assert [path for path in hub.repos[KEY].files() if path.startswith("rejects/")]
    publish(tmp_path / "out")
    assert not [path for path in hub.repos[KEY].files() if path.startswith("rejects/")]


def test_a_dry_run_says_what_would_change_and_changes_nothing(folder, publish, hub, with_text):
    assert publish(folder, dry_run=True).plan.added["data/train-00000.parquet"] > 1000
    assert not hub.repos
    publish(folder)
    hub.data_bytes = 0
    before = hub.repos[KEY].files()
    done = publish(with_text(folder, "What is 1 + 1, then?"), dry_run=True)
    changed = {".factory/publication.json", "croissant.json", "data/train-00001.parquet", "manifest.json"}
    assert set(done.plan.changed) == changed
    assert "~" in {line[0] for line in done.plan.lines()}
    assert hub.repos[KEY].files() == before
    assert hub.data_bytes == 0


def test_what_people_write_into_the_card_stays(folder, publish, hub, with_text):
    publish(folder)
    repo = hub.repos[KEY]
    card = repo.files()["README.md"].decode()
    edited = card.replace("pretty_name: sums", "pretty_name: Sums, by me").replace(
        "tags:\n", "arxiv: '2401.00001'\ntags:\n- arithmetic\n"
    )
    repo.edit("README.md", (edited + "\n## Who uses it\n\nWe do.\n").encode())
    publish(folder)
    assert "We do." in repo.files()["README.md"].decode()
    manifest = json.loads((folder / "manifest.json").read_bytes())
    publish(_renamed(with_text(folder, "What is 1 + 1, then?"), manifest["description"]))
    merged = repo.files()["README.md"].decode()
    for line in (
        "We do.",
        "pretty_name: Sums, by me",
        "- arithmetic",
        "- synthetic",
        "arxiv: '2401.00001'",
        "Another line",
    ):
        assert line in merged


def _renamed(folder, description):
    card = folder / "README.md"
    card.write_text(card.read_text().replace("## Samples", "Another line of ours.\n\n## Samples"))
    return folder


def test_a_card_that_someone_began_on_the_website_is_kept_below_ours(folder, publish, hub):
    hub.make(KEY).edit("README.md", b"---\nlicense: mit\n---\n\nMy notes.\n")
    publish(folder)
    card = hub.repos[KEY].files()["README.md"].decode()
    assert "My notes." in card
    assert "license: apache-2.0" in card
    assert any("license of the card was changed here and on the Hub" in line for line in publish.told)


@pytest.mark.parametrize("path", ["data/train-00001.parquet", "data/mine.parquet", "LICENSE"])
def test_what_others_put_or_changed_there_is_not_lost(folder, publish, hub, path, with_text):
    publish(folder)
    hub.repos[KEY].edit(path, b"of others")
    with pytest.raises(DatasetError, match=f"did not publish as they are \\({path}\\)"):
        publish(with_text(folder, "What is 1 + 1, then?"))
    assert hub.repos[KEY].files()[path] == b"of others"


def test_files_of_others_that_are_not_in_the_way_stay(folder, publish, hub):
    publish(folder)
    hub.repos[KEY].edit("images/logo.svg", b"<svg/>")
    assert publish(folder).plan.nothing
    assert hub.repos[KEY].files()["images/logo.svg"] == b"<svg/>"


def test_a_tag_names_the_commit_and_is_not_moved(folder, publish, hub, with_text):
    first = publish(folder, tag="v1")
    assert hub.repos[KEY].tags == {"v1": first.commit}
    assert publish(folder, tag="v1").plan.nothing
    with pytest.raises(RecipeError, match="tag v1 is already on"):
        publish(with_text(folder, "What is 1 + 1, then?"), tag="v1")
    assert len(hub.repos[KEY].commits) == 2


def test_a_branch_is_made_from_main_which_stays(folder, publish, hub, with_text):
    publish(folder)
    main = hub.repos[KEY].files()
    publish(with_text(folder, "What is 1 + 1, then?"), branch="next/one")
    repo = hub.repos[KEY]
    assert repo.files() == main
    assert repo.files("next/one")["data/train-00001.parquet"] != main["data/train-00001.parquet"]


def test_a_new_repository_can_be_private_and_a_public_one_is_not_taken_for_it(folder, publish, hub):
    publish(folder, private=True)
    assert hub.repos[KEY].private
    hub.repos[KEY].private = False
    with pytest.raises(RecipeError, match="is there already and public"):
        publish(folder, private=True)


@pytest.mark.parametrize("column", ["messages", "meta"])
def test_a_secret_in_a_row_is_refused_by_its_place_and_never_shown(folder, publish, hub, with_text, column):
    key = "hf_qWeRtYuIoPaSdFgHjKlZxCvBnM12345678"
    with pytest.raises(LicenceError) as caught:
        publish(with_text(folder, json.dumps({"note": f"use {key}"}), column))
    message = str(caught.value)
    assert "a key, token or login is in data/train-00001.parquet (row " in message
    assert key not in message
    assert not hub.repos


def test_a_secret_at_the_beginning_of_an_escaped_line_is_refused(folder, publish, hub, with_text):
    key = "hf_qWeRtYuIoPaSdFgHjKlZxCvBnM12345678"
    with pytest.raises(LicenceError, match=r"is in data/train-00001\.parquet \(row "):
        publish(with_text(folder, json.dumps({"note": f"use\n{key}"}), "meta"))
    path = folder / "recipe.yaml"
    path.write_text(path.read_text() + f'description: "use\\n{key}"\n')
    with pytest.raises(LicenceError, match=r"is in recipe\.yaml \(line \d+\)"):
        publish(folder)
    assert not hub.repos


def test_a_secret_in_the_card_is_refused(folder, publish, hub):
    with (folder / "README.md").open("a") as card:
        card.write("\nhttps://me:qWeRtY98765@db.company.net/x\n")
    with pytest.raises(LicenceError, match=r"is in README\.md \(line \d+\)"):
        publish(folder)


def test_a_folder_that_is_not_complete_is_refused(folder, publish, hub, tmp_path):
    shard = folder / "data" / "train-00002.parquet"
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    with pytest.raises(DatasetError, match=r"train-00002.parquet is damaged or gone"):
        publish(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(DatasetError, match=r"has no manifest\.json"):
        publish(folder)
    assert not hub.repos


def test_rows_under_a_licence_that_the_policy_refuses_are_not_published(folder, publish, hub):
    path = folder / "manifest.json"
    facts = json.loads(path.read_bytes())
    facts["licences"] = {"cc-by-nc-4.0": 1000}
    path.write_text(json.dumps(facts))
    with pytest.raises(LicenceError, match="may not be published: L001"):
        publish(folder)
    assert not hub.repos


@pytest.mark.parametrize("repo", ["sums", "me/", "me/a/b", "me/..", "me/a--b", "../x", "me/sums\n", "me/日本", "-a/b"])
def test_what_is_no_repository_is_refused_before_anything(publish, hub, tmp_path, repo):
    with pytest.raises(RecipeError, match="is no Hub id"):
        publish(tmp_path, repo)
    assert not hub.seen


def test_the_card_goes_out_in_japanese_where_asked_and_what_people_wrote_stays(folder, publish, hub):
    publish(folder)
    repo = hub.repos[KEY]
    repo.edit("README.md", repo.files()["README.md"] + b"\n## Who uses it\n\nWe do.\n")
    done = publish(folder, language="ja")
    assert set(done.plan.changed) == {"README.md", ".factory/publication.json"}
    card = repo.files()["README.md"].decode()
    assert "## 既知の制約" in card
    assert "## Known limits" not in card
    assert "We do." in card
    assert publish(folder, language="ja").plan.nothing


def test_words_that_someone_wrote_into_the_folder_are_told_where_another_card_is_made(folder, publish, hub):
    with (folder / "README.md").open("a") as card:
        card.write("By hand.")
    publish(folder, language="en")
    assert any("has other words than are made now" in line for line in publish.told)
    assert b"By hand." not in hub.repos[KEY].files()["README.md"]


def test_croissant_is_published_beside_the_card(folder, publish, hub):
    publish(folder)
    found = json.loads(hub.repos[KEY].files()["croissant.json"])
    assert found["url"] == f"{hub.url}/{KEY}"
    assert not (folder / "croissant.json").exists()


def test_to_resume_takes_something_that_was_begun(folder, publish, hub):
    with pytest.raises(RecipeError, match="there is no me/sums to go on with; leave out --resume"):
        publish(folder, resume=True)
    assert not hub.repos
    hub.make(KEY)
    assert publish(folder, resume=True).committed
