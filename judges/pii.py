"""Finds personal data and secrets in all turns and in the texts of `meta`; masks them, or drops the row.

A rule per form, each with a check: `factory/pii/` says what each finds and what it lets pass (`example.com`, 127.0.0.1,
03-1234-5678, cards for trying out, `info@`). Masked rows get typed placeholders, `<EMAIL_1>`, the same value the same
number within a row; their id is that of the masked text.

A dropped row is masked in the rejects too: people read them who look for other faults, and a folder may be published
with them. Name `pii` first among the judges: what an earlier one drops stands in the rejects as it was made, and the
store of paid answers keeps what models wrote.

Reasons: `secret`, `credit_card`, `my_number`, `us_ssn`, ... : the kind with the policy `drop`, the gravest first. The
score is how many finds were masked, the note their kinds and counts, never a value.

Not found: names in running text (`name` reads labels such as 氏名: alone), addresses outside Japan, numbers in words,
values cut by spaces or characters without width. It lowers the risk and proves nothing.
"""

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar, Literal, get_args

from factory.component import Judge, Run
from factory.pii.redact import Masked, mask
from factory.pii.rule import Kind
from factory.row import Pair, Row, Verdict

Policy = Literal["drop", "mask", "keep"]

_GRAVEST: tuple[Kind, ...] = get_args(Kind)


class Pii(Judge):
    """Masks or drops what identifies people or opens their accounts."""

    rates: ClassVar[bool] = False

    secret: Policy = "drop"
    """Keys, tokens, private keys and logins in URLs."""
    credit_card: Policy = "drop"
    """Card numbers with the right prefix, length and check digit."""
    my_number: Policy = "drop"
    """Japan's Individual Numbers; whoever holds one must protect it by law."""
    us_ssn: Policy = "drop"
    """Social Security numbers of the United States."""
    driving_licence: Policy = "mask"
    """12 digits beside 免許 or driving licence."""
    passport: Policy = "mask"
    """The number beside 旅券, パスポート or passport."""
    bank_account: Policy = "keep"
    """Account numbers beside their label, and IBANs; most in texts are a company's."""
    corporate_number: Policy = "keep"
    """Japan's numbers of companies, which a public register lists."""
    email: Policy = "mask"
    """E-mail addresses, but those of offices and reserved domains."""
    ip: Policy = "mask"
    """Global IPv4 and IPv6 addresses."""
    phone: Policy = "mask"
    """Phone numbers of Japan, North America, with +country code, or beside a label."""
    address: Policy = "mask"
    """Japanese addresses with a house number."""
    name: Policy = "keep"
    """Names beside a label; those in running text are never found."""
    rejects: Literal["masked", "raw"] = "masked"
    """Whether rows that are dropped here stand in the rejects without the values or as they came."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """What `revise` says, for who leaves the rows as they are."""
        return (await self.revise(rows, run))[1]

    async def revise(self, rows: Sequence[Row | Pair], run: Run) -> tuple[Sequence[Row | Pair], list[Verdict]]:
        """The rows masked, and a verdict on each."""
        policies: dict[Kind, Policy] = {kind: getattr(self, kind) for kind in _GRAVEST}
        looked_for = [kind for kind, policy in policies.items() if policy != "keep"]
        dropping = [kind for kind, policy in policies.items() if policy == "drop"]
        revised: list[Row | Pair] = []
        verdicts = []
        for row, masked in zip(rows, mask(rows, looked_for), strict=True):
            reason = next((kind for kind in dropping if masked.counts[kind]), "")
            revised.append(row if reason and self.rejects == "raw" else masked.row)
            verdicts.append(Verdict("pii", not reason, float(masked.counts.total()), reason, _note(masked)))
        return revised, verdicts


def _note(masked: Masked) -> str:
    counts: Counter[Kind] = masked.counts
    return ", ".join(f"{kind} {counts[kind]}" for kind in _GRAVEST if counts[kind])
