import pytest

from factory.licence import table
from factory.licence.book import book
from factory.licence.notice import NO_ADVICE, duty_lines, license_text, notice_text


def duties(*names: str) -> str:
    return "\n".join(duty_lines(book(), frozenset(names)))


@pytest.mark.parametrize(
    ("name", "duty"),
    [
        ("cc-by-4.0", "Name the sources"),
        ("cc-by-sa-4.0", "only under the same licence: cc-by-sa-4.0"),
        ("cc-by-nc-4.0", "no commercial use"),
        ("llama3.1", "a name that begins with 'Llama'"),
        ("llama3.1", "Built with Llama"),
        ("llama3.1", "https://www.llama.com/llama3_1/use-policy"),
        ("llama3.1", "700 million monthly active users"),
        ("gemma", "a derivative of their writer"),
        ("llama2", "Improve no other language model"),
        ("openai-terms", "competes with the service"),
        ("qwen", "Built with Qwen"),
        ("plamo-community", "Built with PLaMo"),
    ],
)
def test_each_duty_of_a_licence_is_a_sentence(name, duty):
    assert duty in duties(name)


def test_what_asks_nothing_leaves_no_duty_and_duties_unite():
    assert duties("cc0-1.0") == ""
    both = duties("cc-by-sa-4.0", "llama3.1").splitlines()
    assert set(both) == set(duties("cc-by-sa-4.0").splitlines()) | set(duties("llama3.1").splitlines())


def test_every_duty_of_every_licence_can_be_said():
    assert all(isinstance(duties(name), str) for name in table())


@pytest.fixture
def manifest(sums, generate, tmp_path):
    return generate(sums(20), tmp_path)


def test_texts_that_must_go_with_a_copy_are_given_in_full(manifest):
    apache = license_text(manifest)
    assert "SPDX-License-Identifier: Apache-2.0" in apache
    assert "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION" in apache
    mit = license_text(manifest.model_copy(update={"license": "mit"}))
    assert "Permission is hereby granted, free of charge" in mit
    cc = license_text(manifest.model_copy(update={"license": "cc-by-4.0"}))
    assert "https://creativecommons.org/licenses/by/4.0/" in cc
    assert len(cc) < 500


def test_a_mix_without_a_licence_of_its_own_says_so(manifest):
    rows = {"cc-by-sa-4.0 AND llama3.1": 3, "mit": 2}
    mixed = manifest.model_copy(update={"license": "other", "licences": rows})
    text = license_text(mixed)
    assert "not under one licence of its own" in text
    assert "(cc-by-sa-4.0)" in text
    assert "(llama3.1)" in text
    notice = notice_text(mixed)
    assert "- cc-by-sa-4.0 AND llama3.1 (SPDX CC-BY-SA-4.0 AND LicenseRef-llama3.1): 3 rows" in notice


def test_the_notice_says_once_that_it_is_no_advice(manifest):
    assert notice_text(manifest).count(NO_ADVICE) == 1


def test_text_of_rows_can_not_break_the_lines_of_the_notice(manifest):
    evil = "a\n- b\r\x1b]0;x\x07"
    notice = notice_text(manifest.model_copy(update={"sources": {evil: 1}, "licences": {evil: 1}}))
    assert "\x1b" not in notice
    assert "\n- b" not in notice
