import json

import pytest
from click.testing import CliRunner

from factory import dataset, why
from factory.cli import main
from factory.errors import DatasetError, RecipeError
from factory.gate_settings import NearDuplicates
from factory.manifest import read_manifest


def run(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.fixture
def finished(sums, generate, tmp_path):
    recipe = sums(400, use="Alike", judges=("Few",)).model_copy(update={"duplicates": NearDuplicates(near=0.6)})
    generate(recipe, tmp_path)
    return tmp_path


def test_every_row_made_has_a_story_that_says_what_the_files_say(finished):
    for row in dataset.sample(finished, 5):
        story = why.story(finished, row.id)
        assert (story.found[0].fate, story.found[0].row, story.instead) == ("kept", row, "")
    for reject in dataset.reject_samples(finished).values():
        story = why.story(finished, reject.row.id)
        assert f"dropped by {reject.stage}: {reject.reason}" in [one.fate for one in story.found]


def test_a_duplicate_leads_to_what_was_kept_and_back(finished):
    reject = dataset.reject_samples(finished)["duplicates: near"]
    story = why.story(finished, reject.row.id)
    assert story.instead in reject.row.verdicts[-1].note
    back = why.story(finished, story.instead)
    assert back.found[0].fate == "kept"
    assert reject.row.id in back.for_it


def test_an_exact_duplicate_without_evidence_leads_to_the_row_with_its_prompt(sums, generate, tmp_path):
    generate(sums(400, range=30), tmp_path)
    kept = {row.messages[0]: row.id for row in dataset.read(tmp_path)}
    reject = dataset.reject_samples(tmp_path)["duplicates: exact"]
    assert why.story(tmp_path, reject.row.id).instead in ("", kept[reject.row.messages[0]])
    file = next(iter(tmp_path.glob("rejects/*")))
    found = why.Found(file.name, 0, "duplicates", "exact", reject.row)
    assert why._instead(tmp_path, read_manifest(tmp_path), found) == kept[reject.row.messages[0]]


def test_the_same_content_made_again_is_one_story(sums, generate, tmp_path):
    generate(sums(400, range=30), tmp_path)
    row = dataset.sample(tmp_path, 1)[0]
    story = why.story(tmp_path, row.id)
    assert story.found[0].stage == ""
    assert len(story.found) > 1
    told = run("why", row.id[:10], tmp_path).stdout
    assert f"{row.id}: kept\n" in told
    assert "the same again, dropped by duplicates: exact" in told


def test_the_beginning_of_an_id_is_enough_unless_several_rows_begin_so(finished, monkeypatch):
    row = dataset.sample(finished, 1)[0]
    assert why.story(finished, f" {row.id[:12].upper()} ").found[0].row.id == row.id
    monkeypatch.setattr(why, "LEAST", 1)
    monkeypatch.setattr(why, "_ID", why.re.compile("[0-9a-f]{1,32}"))
    with pytest.raises(RecipeError, match=rf"ids begin with '{row.id[0]}': .*; give more of it"):
        why.story(finished, row.id[0])


@pytest.mark.parametrize("bad", ["", "abc", "xyzw", "0" * 33, "0000*"])
def test_what_is_no_id_is_refused(finished, bad):
    with pytest.raises(RecipeError, match="is no id; give the first 4 or more"):
        why.story(finished, bad)


def test_an_id_that_is_nowhere_and_a_folder_that_is_no_dataset_are_told(finished, tmp_path):
    with pytest.raises(DatasetError, match="has no row whose id begins with '00000000000000'"):
        why.story(finished, "0" * 14)
    assert run("why", "0" * 14, tmp_path / "none").exit_code == 2


def test_the_command_tells_verdicts_licence_source_generator_and_parameters(finished):
    row = dataset.sample(finished, 1)[0]
    told = run("why", row.id, finished).stdout
    for text in (
        f"{row.id}: kept\n  in data/train-00000.parquet, row 1\n",
        f"planted passed, score {row.verdicts[0].score:g}",
        "few passed",
        f"licence {row.license}",
        "source generated",
        "generator alike",
        "rows_per_item=50",
        "no model wrote it",
        f"topic={row.meta['topic']}",
        row.messages[2].content,
    ):
        assert text in told
    values = json.loads(run("why", row.id, finished, "--json").stdout)
    assert (values["id"], values["kept"], values["row"]["meta"]) == (row.id, True, dict(row.meta))


def test_the_rejects_are_shown_one_for_each_reason_with_the_judges_note(finished):
    manifest = read_manifest(finished)
    told = run("show", finished, "--rejects").stdout
    for fate, count in manifest.dropped.items():
        assert f"{fate} · {count:,} row{'s' if count > 1 else ''}, such as " in told
    assert "few: too many" in told
    values = json.loads(run("show", finished, "--rejects", "--json").stdout)
    assert values["rejects"].keys() == manifest.dropped.keys()


def test_a_dataset_that_dropped_nothing_says_so(sums, generate, tmp_path):
    generate(sums(50, use="Alike", topics=10**6), tmp_path)
    assert "no row was dropped" in run("show", tmp_path, "--rejects").stdout
