import pytest

from factory import licence
from factory.errors import RecipeError


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
    ],
)
def test_an_id_of_the_hub_has_its_spdx_id(hub_id, spdx):
    assert licence.check(hub_id).spdx == spdx


def test_the_table_has_every_id_of_the_hub_and_no_spdx_id_twice():
    table = licence.table()
    assert sum(entry.hub for entry in table.values()) == 83
    assert len({entry.spdx for entry in table.values()}) == len(table)
    assert all(entry.url.startswith("https://") and entry.name for entry in table.values())


def test_facts_follow_the_terms():
    facts = {
        name: licence.check(name) for name in ("cc-by-nc-nd-4.0", "cc-by-sa-4.0", "cc-by-sa-3.0", "cc0-1.0", "other")
    }
    assert (facts["cc-by-nc-nd-4.0"].commercial, facts["cc-by-nc-nd-4.0"].derivatives) == (False, False)
    assert facts["cc-by-sa-4.0"].share_alike == facts["cc-by-sa-3.0"].share_alike == "cc-by-sa"
    assert facts["cc0-1.0"].attribution is False
    assert facts["other"].commercial is None


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
