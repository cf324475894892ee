from datetime import date

import pytest

from factory import licence
from factory.errors import RecipeError
from factory.licence.book import Own, book

MINE = {
    "licences": {
        "acme-1.0": {
            "name": "Acme Data License",
            "url": "https://acme.example/licence",
            "commercial": True,
            "derivatives": True,
            "share_alike": "",
            "attribution": True,
            "date": "2026-11-20",
        }
    },
    "models": [
        {"match": ["Acme/*"], "licence": "acme-1.0", "url": "https://acme.example", "date": "2026-11-20"},
        {"match": ["openai/gpt-4*"], "licence": "apache-2.0", "url": "https://acme.example/deal", "date": "2026-11-20"},
    ],
}


@pytest.mark.parametrize(
    ("hub_id", "spdx"),
    [
        ("apache-2.0", "Apache-2.0"),
        ("cc-by-sa-4.0", "CC-BY-SA-4.0"),
        ("odc-by", "ODC-By-1.0"),
        ("odbl", "ODbL-1.0"),
        ("pddl", "PDDL-1.0"),
        ("gpl-3.0", "GPL-3.0-only"),
        ("gpl", "LicenseRef-gpl"),
        ("lgpl-lr", "LGPLLR"),
        ("llama3.1", "LicenseRef-llama3.1"),
        ("openrail++", "LicenseRef-openrail-plus-plus"),
        ("qwen-research", "LicenseRef-qwen-research"),
    ],
)
def test_an_id_has_its_spdx_id(hub_id, spdx):
    assert licence.check(hub_id).spdx == spdx


def test_the_table_has_every_id_of_the_hub_and_no_spdx_id_twice():
    table = licence.table()
    assert sum(entry.hub for entry in table.values()) == 83
    assert len({entry.spdx for entry in table.values()}) == len(table)
    assert all(entry.url.startswith("https://") and entry.name for entry in table.values())


def test_every_entry_has_a_day_and_a_source_and_every_model_a_licence_of_the_table():
    tables = book()
    assert all(entry.date >= date(2026, 11, 20) for entry in (*tables.licences.values(), *tables.models))
    assert all(one.source.startswith("https://") for one in tables.licences.values() if one.source)
    named = {name for entry in tables.models for name in entry.licence.split(" AND ")}
    assert named <= set(tables.licences)
    assert all(glob == glob.lower() for entry in tables.models for glob in entry.match)


def test_facts_follow_the_terms():
    facts = {
        name: licence.check(name) for name in ("cc-by-nc-nd-4.0", "cc-by-sa-4.0", "cc-by-sa-3.0", "cc0-1.0", "other")
    }
    assert (facts["cc-by-nc-nd-4.0"].commercial, facts["cc-by-nc-nd-4.0"].derivatives) == (False, False)
    assert facts["cc-by-sa-4.0"].share_alike == facts["cc-by-sa-3.0"].share_alike == "cc-by-sa"
    assert facts["cc0-1.0"].attribution is False
    assert facts["other"].commercial is None
    llama = licence.check("llama3.1")
    assert (llama.training, llama.name_prefix, llama.display) == ("named", "Llama", ("Built with Llama",))
    assert licence.check("llama3").training == licence.check("llama2").training == "no_other_models"
    assert licence.check("gemma").training == "derivative"
    assert licence.check("openai-terms").training == licence.check("anthropic-terms").training == "no_competitors"


@pytest.mark.parametrize(
    ("model", "terms"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", "llama3.1"),
        ("meta-llama/Llama-3.1-8B-Instruct@0e9e39f", "llama3.1"),
        ("/models/Llama-3.1-8B-Instruct/", "llama3.1"),
        ("someone/Llama-3.1-8B-bakery", "llama3.1"),
        ("meta-llama/Meta-Llama-3-8B", "llama3"),
        ("google/gemma-3-27b-it", "gemma"),
        ("google/gemma-4-31b-it", "apache-2.0"),
        ("Qwen/Qwen2.5-7B-Instruct", "apache-2.0"),
        ("Qwen/Qwen2.5-72B-Instruct", "qwen"),
        ("Qwen/Qwen2.5-3B-Instruct", "qwen-research"),
        ("Qwen/Qwen3-4B-Instruct-2507", "apache-2.0"),
        ("deepseek-ai/DeepSeek-R1", "mit"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "mit AND llama3.1"),
        ("tokyotech-llm/Llama-3.1-Swallow-8B-Instruct-v0.5", "llama3.1 AND gemma"),
        ("pfnet/plamo-13b", "apache-2.0"),
        ("pfnet/plamo-13b-instruct-nc", "cc-by-nc-4.0"),
        ("pfnet/plamo-100b", "plamo-non-commercial"),
        ("pfnet/plamo-2-8b", "plamo-community"),
        ("openai/gpt-oss-120b", "apache-2.0"),
        ("gpt-4o-mini", "openai-terms"),
        ("text-davinci-003", "openai-terms"),
        ("openai/gpt-4o", "openai-terms"),
        ("claude-sonnet-4", "anthropic-terms"),
        ("gemini-2.5-pro", "gemini-terms"),
        ("LGAI-EXAONE/EXAONE-3.5-32B-Instruct", "exaone-nc"),
        ("mistralai/Mistral-Large-Instruct-2411", "mistral-research"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "apache-2.0"),
    ],
)
def test_a_model_is_under_what_its_makers_say(model, terms):
    found = book().of_model(model)
    assert found is not None
    assert found.licence == terms


@pytest.mark.parametrize(
    "model", ["scripted", "", "/", "tiny", "rinna/japanese-gpt-1b", "someone/o1-open", "a" * 10**6]
)
def test_a_model_that_nobody_described_has_no_terms(model):
    assert book().of_model(model) is None


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Apache-2.0", "write 'apache-2.0'"),
        ("apache2", "did you mean 'apache-2.0'"),
        ("CC-BY-SA-4.0", "write 'cc-by-sa-4.0'"),
        ("GPL-3.0-or-later", "write 'gpl-3.0'"),
        ("ODC-By-1.0", "write 'odc-by'"),
        ("MIT License", "write 'mit'"),
        ("cc by 4.0", "write 'cc-by-4.0'"),
        ("llama-3.1", "did you mean 'llama3.1'"),
        ("§§§", "see factory/licences.yaml"),
        ("", "see factory/licences.yaml"),
    ],
)
def test_a_wrong_id_is_refused_with_the_right_one(wrong, right):
    with pytest.raises(RecipeError) as refusal:
        licence.check(wrong)
    assert right in str(refusal.value)
    assert repr(wrong) in str(refusal.value)


def test_unknown_is_an_id_that_nobody_may_use():
    assert not licence.known("unknown")
    with pytest.raises(RecipeError, match="lets nobody use the data"):
        licence.check("unknown")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("mit", {"mit"}),
        ("MIT", {"mit"}),
        ("CC-BY-4.0 AND MIT", {"cc-by-4.0", "mit"}),
        ("", {"unknown"}),
        ("x" * 10**6, {"unknown"}),
        (" AND ".join(["mit"] * 30), {"unknown"}),
        ("mit OR gpl-3.0", {"mit OR gpl-3.0"}),
    ],
)
def test_a_rows_licence_is_read_as_ids(text, ids):
    assert book().ids(text) == ids


def test_own_entries_come_before_those_that_ship_and_leave_no_trace():
    tables = book(Own.model_validate(MINE))
    assert tables.licence("acme-1.0").name == "Acme Data License"
    assert tables.of_model("acme/bread-7b").licence == "acme-1.0"
    assert tables.of_model("openai/gpt-4o").licence == "apache-2.0"
    assert "acme-1.0" not in book().licences
    assert book().of_model("openai/gpt-4o").licence == "openai-terms"


def test_an_own_entry_may_not_replace_one_that_ships_nor_name_what_nobody_knows():
    taken = {"licences": {"mit": MINE["licences"]["acme-1.0"]}}
    with pytest.raises(RecipeError, match=r"licences\.mit: this id is in the table that ships"):
        book(Own.model_validate(taken))
    lost = {"models": [MINE["models"][0] | {"licence": "acme-2.0"}]}
    with pytest.raises(RecipeError, match=r"models Acme/\*: licence 'acme-2\.0' is not an id"):
        book(Own.model_validate(lost))
