"""Numbers that identify a person or a company, and cards and accounts.

Patterns begin with a plain class and look behind from there: Python's `re` then skips to where they may begin.

Numbers without a form of their own (driving licence, passport, bank account, corporate number) count only beside the
word that says what they are: digits alone would flag every order number. A bare My Number counts by its check digit,
which one number in eleven has, unless it reads as a time, an amount or a part of a formula.
"""

import re

from factory.pii import check_digit
from factory.pii.rule import LONG_NUMBER, Rule, after, before, digits, found

_DIGITS_4 = r"[0-9](?<![A-Za-z0-9.,_-].)(?<![0-9] .)\d{3}([- ]?)\d{4}\1\d{4}(?![A-Za-z\d_-]|[., ]\d)"
_MY_NUMBER_WORDS = re.compile(r"マイナンバー|個人番号|my ?number|individual number", re.IGNORECASE)
_NO_IDENTITY_BEFORE = re.compile(r"[=+*/^×÷<>$¥€£#@]\s{0,2}$|約\s?$|ISBN|JAN|注文|order|tracking", re.IGNORECASE)
_NO_IDENTITY_AFTER = re.compile(r"\s{0,2}(?:[=+*/^×÷<>%@]|円|ドル|人|個|件|km|バイト)", re.IGNORECASE)
_TIME = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d\Z")


def _my_number(match: re.Match[str]) -> bool:
    number = digits(match)
    if not check_digit.my_number(number) or len(set(number)) == 1:
        return False
    if _MY_NUMBER_WORDS.search(before(match)):
        return True
    return not (
        _TIME.match(number) or _NO_IDENTITY_BEFORE.search(before(match, 12)) or _NO_IDENTITY_AFTER.match(after(match))
    )


_TEST_CARDS = re.compile(
    r"(?:"
    r"4111111111111111|4242424242424242|4000056655665556|5555555555554444|2223003122003222|5105105105105100|"
    r"4012888888881881|378282246310005|371449635398431|6011111111111117|6011000990139424|30569309025904|"
    r"38520000023237|3530111333300000|3566002020360505"
    r")\Z"
)
"""The numbers that payment services give for trying out."""

_ISSUERS = re.compile(
    r"(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|5\d\d|4[4-9]\d)\d{12})\Z"
)


def _credit_card(match: re.Match[str]) -> bool:
    number = digits(match)
    if _TEST_CARDS.match(number) or not _ISSUERS.match(number) or not check_digit.luhn(number):
        return False
    formula = re.search(r"[=+*/^×÷]\s{0,2}$", before(match, 4)) or re.match(r"\s{0,2}[=+*/^×÷]", after(match))
    return len(set(number)) > 3 and not formula


_SSN_EXAMPLES = frozenset({"123456789", "078051120", "219099999", "111223333", "111111111"})


def _us_ssn(match: re.Match[str]) -> bool:
    number = digits(match)
    area, group, serial = number[:3], number[3:5], number[5:]
    if area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000" or number in _SSN_EXAMPLES:
        return False
    return "-" in found(match) or bool(re.search(r"\bSSN\b|social security", before(match, 40), re.IGNORECASE))


def _corporate(match: re.Match[str]) -> bool:
    return check_digit.corporate_number(digits(match))


def _not_one_digit(match: re.Match[str]) -> bool:
    return len(set(digits(match))) > 2


def _iban(match: re.Match[str]) -> bool:
    text = match[0].replace(" ", "")
    return 15 <= len(text) <= 34 and check_digit.iban(text)


_LABEL = r"(?:\s|[:：=は第No.\-()（）「」#'\"]|番号|の|is|number){0,12}"

RULES = (
    Rule(
        "credit_card",
        r"\d(?:[- ]?\d){12}",
        re.compile(
            r"[0-9](?<![0-9.,-].)(?:\d{12,18}|\d{3}([- ])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{3}([- ])\d{6}\2\d{4,5})"
            r"(?![\d-]|[.,]\d)"
        ),
        _credit_card,
        LONG_NUMBER,
    ),
    Rule("my_number", r"\d{4}[- ]?\d{4}[- ]?\d{4}", re.compile(_DIGITS_4), _my_number, LONG_NUMBER),
    Rule(
        "us_ssn",
        r"\d{3}[- ]\d{2}[- ]\d{4}",
        re.compile(r"[0-9](?<![\w.+-].)\d\d([- ])\d\d\1\d{4}(?![\w-])", re.ASCII),
        _us_ssn,
        LONG_NUMBER,
    ),
    Rule(
        "driving_licence",
        r"免許|(?i:licen[cs]e)",
        re.compile(
            rf"(?:免許(?:証|証の)?|driv(?:er'?s?|ing) licen[cs]e){_LABEL}"
            r"(?P<value>\d{4}[- ]?\d{4}[- ]?\d{4}(?!\d))",
            re.IGNORECASE,
        ),
        _not_one_digit,
    ),
    Rule(
        "passport",
        r"旅券|パスポート|(?i:passport)",
        re.compile(
            rf"(?:旅券|パスポート|passport){_LABEL}"
            r"(?P<value>(?<![a-z])[A-Z]{1,2} ?\d{7,8}(?![\da-z])|(?<!\d)\d{9}(?!\d))",
            re.IGNORECASE,
        ),
        _not_one_digit,
    ),
    Rule(
        "bank_account",
        r"口座|普通|当座|(?i:account)",
        re.compile(
            r"(?:口座番号|(?:口座|預金)[^\d\n]{0,16}?(?:普通|当座)|(?:普通|当座)(?:預金|口座)?"
            r"|account (?:number|no\.?))"
            rf"{_LABEL}(?P<value>\d{{7,12}}(?!\d))",
            re.IGNORECASE,
        ),
        _not_one_digit,
    ),
    Rule(
        "bank_account",
        r"[A-Z]{2}\d{2} ?[A-Z0-9]{4}",
        re.compile(r"(?<![A-Za-z\d])[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?(?![A-Za-z\d])"),
        _iban,
    ),
    Rule(
        "corporate_number",
        r"T\d{13}|法人番号",
        re.compile(rf"(?<![A-Za-z\d])(?:T|法人番号{_LABEL})(?P<value>\d{{13}}(?!\d)|\d(?:[- ]\d{{4}}){{3}}(?!\d))"),
        _corporate,
    ),
    Rule(
        "name",
        r"氏名|名前|(?i:name)",
        re.compile(
            r"(?:(?:氏名|お名前|名前)\s{0,2}[:：]\s{0,2}|(?:私|わたし|僕|俺)の名前は"
            r"|[Nn]ame\s{0,2}:\s{0,2}|[Mm]y name is )"
            r"(?P<value>[一-鿿々]{1,4}[ 　]?[一-鿿々ぁ-んァ-ヶー]{1,6}?(?=です|と(?:申|言|い)|[\s、。,]|$)"
            r"|[A-Z][a-z]{1,20}(?: [A-Z][a-z.]{0,20}){1,2})"
        ),
    ),
)
"""Names only where a label says so: no rule tells a name in running text from a word, so most are not found."""
