import pickle

import pytest

from factory.licence.book import book
from factory.licence.gate import Gate, of_model
from factory.licence.policy import CODES, REFUSED, findings, refused
from factory.row import Message, Pair, Row

TURNS = (Message("user", "?"), Message("assistant", "!"))
POLICIES = ("open", "permissive", "plamo", "research")


def row(license: str, model: str = "", source: str = "generated") -> Row:
    return Row(TURNS, license, source, "test", model)


@pytest.mark.parametrize(
    ("license", "model", "codes"),
    [
        # in the order of POLICIES
        ("apache-2.0", "", ("", "", "", "")),
        ("cc-by-nc-4.0", "", ("L001", "L001", "L001", "")),
        ("cc-by-nd-4.0", "", ("L002", "L002", "L002", "L002")),
        ("mine-1.0", "", ("L003", "L003", "L003", "L003")),
        ("", "", ("L003", "L003", "L003", "L003")),
        ("other", "", ("L003", "L003", "L003", "L003")),
        ("cc-by-sa-4.0 AND gpl-3.0", "", ("L004", "L004", "L004", "L004")),
        ("cc-by-4.0", "gpt-4o", ("L005", "L005", "L005", "")),
        ("cc-by-nc-4.0", "text-davinci-003", ("L001", "L001", "L001", "")),
        ("llama3", "", ("L007", "L007", "L007", "")),
        ("llama3.1", "", ("", "L008", "", "")),
        ("qwen", "", ("", "L008", "", "")),
        ("gemma", "", ("", "L009", "", "")),
        ("cc-by-sa-3.0", "", ("", "L010", "", "")),
        ("plamo-community", "", ("L001", "L001", "L001", "")),
    ],
)
def test_a_policy_refuses_with_a_code(license, model, codes):
    assert tuple(Gate(policy).fate(license, model).code for policy in POLICIES) == codes


def test_a_training_set_of_a_benchmark_is_refused_by_name_where_the_policy_says_so():
    rows = [row("mit", source="shunk031/JGLUE"), row("mit", source="bread")]
    assert Gate("plamo").passed(rows) == ({}, {0: "L006"})
    assert Gate("open").passed(rows) == ({}, {})


def test_every_code_is_explained_and_refused_by_a_policy():
    assert set().union(*REFUSED.values()) == set(CODES)
    assert REFUSED["research"] <= REFUSED["open"] <= REFUSED["permissive"]


def test_findings_name_the_licence_and_come_in_the_order_of_the_codes():
    found = findings(book(), frozenset({"openai-terms", "cc-by-nc-4.0"}))
    assert [(one.code, one.culprit) for one in found] == [("L001", "cc-by-nc-4.0"), ("L005", "openai-terms")]
    assert refused("research", found) == []


def test_a_row_is_under_the_join_of_its_works_and_its_models():
    gate = Gate(models={"writer@1": "llama3.1"})
    rows = [row("cc-by-sa-3.0", "writer@1"), row("cc-by-sa-3.0"), row("CC-BY-4.0", "someone/Llama-3.1-8B-x + writer@1")]
    changed, codes = gate.passed(rows)
    assert codes == {}
    assert {place: one.license for place, one in changed.items()} == {
        0: "cc-by-sa-3.0 AND llama3.1",
        2: "cc-by-4.0 AND llama3.1",
    }
    assert rows[0].license == "cc-by-sa-3.0"


def test_what_a_row_says_stays_where_it_asks_for_all_that_its_models_do():
    gate = Gate(models={"a": "apache-2.0", "b": "mit"})
    assert gate.fate("mit", "a + b").license == "mit"


def test_the_recipes_word_on_a_model_stands_before_the_table():
    assert Gate(models={"gpt-4o": "apache-2.0"}).fate("apache-2.0", "gpt-4o").code == ""
    assert Gate().fate("apache-2.0", "gpt-4o").code == "L005"


def test_pairs_pass_the_same_gate():
    pair = Pair(TURNS[:1], TURNS[1:], TURNS[1:], "cc-by-nc-4.0", "generated", "test")
    assert Gate().passed([pair]) == ({}, {0: "L001"})


def test_a_judge_whose_words_are_kept_counts():
    assert Gate(kept_texts="openai-terms").fate("mit", "").code == "L005"
    assert Gate(kept_texts="llama3.1").fate("mit", "").license == "llama3.1 AND mit"


def test_a_row_that_asks_for_more_than_the_recipe_promises_is_refused():
    gate = Gate(declared="apache-2.0", settled=frozenset({"mit"}))
    assert [gate.fate(name, "").code for name in ("apache-2.0", "cc-by-4.0", "cc-by-sa-4.0", "llama3.1")] == [
        "",
        "",
        "L011",
        "L011",
    ]
    assert Gate(declared="cc0-1.0", settled=frozenset({"mit"})).fate("mit", "").code == ""
    assert Gate(declared="cc0-1.0").fate("mit", "").code == "L011"


def test_a_refused_row_keeps_what_it_said():
    hostile = "\x1b[2J" + "x" * 10_000
    assert Gate().fate(hostile, "\x1b]0;" * 1000) == (hostile, "L003")
    assert Gate().fate("CC-BY-NC-4.0", "").license == "CC-BY-NC-4.0"


def test_rows_that_all_differ_fill_no_memory():
    gate = Gate()
    for number in range(10_500):
        gate.fate("mit", f"model-{number}")
    assert len(gate._fates) <= 10_000


def test_a_row_that_names_ever_so_many_models_is_refused_at_once():
    gate = Gate()
    assert gate.fate("mit", " + ".join(["gpt-2"] * 200_000)).code == "L003"
    assert not gate._fates


def test_a_gate_goes_to_another_process():
    gate = Gate("plamo", "auto", {"a": "llama3.1"})
    assert pickle.loads(pickle.dumps(gate)).fate("mit", "a") == gate.fate("mit", "a")


@pytest.mark.parametrize(
    ("model", "declared", "output", "fault"),
    [
        ("scripted", "mit", "mit", ""),
        ("Qwen/Qwen2.5-72B-Instruct", "other", "qwen", ""),
        ("Qwen/Qwen2.5-72B-Instruct", "qwen", "qwen", ""),
        ("Qwen/Qwen2.5-7B-Instruct", "cc-by-nc-4.0", "apache-2.0 AND cc-by-nc-4.0", ""),
        ("meta-llama/Llama-3.1-8B", "apache-2.0", "apache-2.0", "is under 'llama3.1'"),
        (
            "gpt-4o",
            "mit",
            "mit",
            "is under 'openai-terms' (https://openai.com/policies/services-agreement/, 2026-11-20)",
        ),
    ],
)
def test_a_recipe_may_not_say_less_of_a_model_than_its_makers(model, declared, output, fault):
    found, said = of_model(book(), model, declared)
    assert found == output
    assert fault in said
    assert bool(fault) == bool(said)
