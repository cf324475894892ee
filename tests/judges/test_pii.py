import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from factory.component import Run
from factory.row import Message, Pair, Row, Verdict
from judges.pii import Pii

MY_NUMBER = "マイナンバーは1234 5678 9018です。"


def row(*texts: str, meta: dict[str, Any] | None = None) -> Row:
    roles = ("user", "assistant") * len(texts)
    turns = tuple(Message(role, text) for role, text in zip(roles, texts, strict=False))
    return Row(turns, "mit", "test", "test", meta=meta or {})


def revised(judge: Pii, *rows: Row | Pair) -> tuple[Sequence[Row | Pair], list[Verdict]]:
    return asyncio.run(judge.revise(rows, Run(seed=0)))


def contents(found: Row | Pair) -> list[str]:
    assert isinstance(found, Row)
    return [turn.content for turn in found.messages]


def test_values_become_placeholders_the_same_value_the_same_number() -> None:
    asked = row(
        "mail ken@ntt.jp or mei@kddi.jp", "I wrote to mei@kddi.jp and KEN@NTT.JP, phone ０３-３４５６-９８２１."
    )
    (masked,), (verdict,) = revised(Pii(), asked)
    assert contents(masked) == [
        "mail <EMAIL_1> or <EMAIL_2>",
        "I wrote to <EMAIL_2> and <EMAIL_1>, phone <PHONE_1>.",
    ]
    assert verdict == Verdict("pii", True, 5.0, "", "email 4, phone 1")
    assert masked.id != asked.id


def test_a_row_with_nothing_in_it_is_the_same_row() -> None:
    asked = row("What is 2 + 2?", "4, since 2023-01-15.")
    (same,), (verdict,) = revised(Pii(), asked)
    assert same is asked
    assert verdict == Verdict("pii", True, 0.0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (MY_NUMBER, "my_number"),
        ("My card is 4539 9889 1572 0591.", "credit_card"),
        ("export HF_TOKEN=hf_qWeRtYuIoPaSdFgHjKlZxCvBnM12345678", "secret"),
        ("SSN 536-22-8712, key hf_qWeRtYuIoPaSdFgHjKlZxCvBnM12345678", "secret"),
        ("His SSN is 536-22-8712.", "us_ssn"),
    ],
)
def test_the_gravest_kinds_drop_the_row_which_is_masked_in_the_rejects(text: str, reason: str) -> None:
    (masked,), (verdict,) = revised(Pii(), row("?", text))
    assert (verdict.passed, verdict.reason) == (False, reason)
    assert f"<{reason.upper()}_1>" in contents(masked)[1]
    for value in ("1234 5678 9018", "0591", "hf_q", "8712"):
        assert value not in contents(masked)[1]
        assert value not in verdict.note


def test_the_recipe_may_ask_for_raw_rejects_but_masks_what_it_keeps() -> None:
    rows, verdicts = revised(Pii(rejects="raw"), row(MY_NUMBER), row("ken@ntt.jp"))
    assert contents(rows[0]) == [MY_NUMBER]
    assert contents(rows[1]) == ["<EMAIL_1>"]
    assert [verdict.passed for verdict in verdicts] == [False, True]


def test_each_kind_has_its_policy() -> None:
    asked = row("ken@ntt.jp", MY_NUMBER)
    (masked,), (verdict,) = revised(Pii(my_number="mask", email="keep"), asked)
    assert contents(masked) == ["ken@ntt.jp", "マイナンバーは<MY_NUMBER_1>です。"]
    assert verdict.passed is True
    (_,), (verdict,) = revised(Pii(my_number="keep", email="drop"), asked)
    assert (verdict.passed, verdict.reason, verdict.note) == (False, "email", "email 1")


def test_texts_in_meta_are_masked_with_the_same_numbers() -> None:
    asked = row("ken@ntt.jp", "?", meta={"author": {"mail": ["mei@kddi.jp", "ken@ntt.jp", 3, None]}, "n": 1})
    (masked,), _ = revised(Pii(), asked)
    assert masked.meta == {"author": {"mail": ["<EMAIL_2>", "<EMAIL_1>", 3, None]}, "n": 1}


def test_masking_twice_is_masking_once_and_numbers_are_never_shared() -> None:
    (once,), _ = revised(Pii(), row("<EMAIL_1> is hidden, ken@ntt.jp is not"))
    assert contents(once) == ["<EMAIL_1> is hidden, <EMAIL_2> is not"]
    (twice,), (verdict,) = revised(Pii(), once)
    assert twice is once
    assert verdict.score == 0.0


def test_pairs_are_masked_on_all_sides() -> None:
    sides = [(Message("user", "ken@ntt.jp"),), (Message("assistant", "mei@kddi.jp"),), (Message("assistant", "no"),)]
    (masked,), _ = revised(Pii(), Pair(*sides, "mit", "test", "test"))
    assert isinstance(masked, Pair)
    assert [side[0].content for side in (masked.prompt, masked.chosen, masked.rejected)] == [
        "<EMAIL_1>",
        "<EMAIL_2>",
        "no",
    ]


def test_names_and_accounts_are_found_only_when_asked_for() -> None:
    asked = row("氏名: 山田 太郎\n口座番号 普通 1234568")
    assert revised(Pii(), asked)[0][0] is asked
    (masked,), _ = revised(Pii(name="mask", bank_account="mask"), asked)
    assert contents(masked) == ["氏名: <NAME_1>\n口座番号 普通 <BANK_ACCOUNT_1>"]


def test_many_rows_are_judged_as_each_alone() -> None:
    rows = [row(f"row {n}", text) for n, text in enumerate(["ken@ntt.jp", "nothing", MY_NUMBER, "\ud83d"] * 20)]
    together = revised(Pii(), *rows)
    alone = [revised(Pii(), one) for one in rows]
    assert list(together[0]) == [found[0][0] for found in alone]
    assert together[1] == [found[1][0] for found in alone]
    assert asyncio.run(Pii().judge(rows, Run(seed=0))) == together[1]


def test_unknown_policies_are_refused() -> None:
    with pytest.raises(ValidationError):
        Pii(email="redact")  # type: ignore[arg-type]
