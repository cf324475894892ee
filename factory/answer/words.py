"""Answers that are words: yes and no, weekdays, months, times of day, labels of choices, no solution."""

import re
import unicodedata

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july",
    "august", "september", "october", "november", "december",
)  # fmt: skip
_SAME = {
    "yes": "yes はい true 正しい 真 ○ その通り 正",
    "no": "no いいえ false 正しくない 偽 誤り 誤",
    "none": "解なし 解はない 実数解なし 解をもたない 解を持たない 存在しない なし nosolution nosolutions "
    "nosolutionexists norealsolution norealsolutions ∅ \\emptyset \\varnothing {} \\{\\} ❴❵ none",
    "all reals": "すべての実数 全ての実数 全実数 実数全体 allreals allrealnumbers 任意の実数 "
    "\\mathbb{r} ℝ (-∞,∞) (-\\infty,\\infty)",
    "even": "偶数 even evennumber",
    "odd": "奇数 odd oddnumber",
    "prime": "素数 prime primenumber 素数である",
    "undefined": "undefined 定義されない",
}
_TABLE = {form: name for name, forms in _SAME.items() for form in forms.split()}
_TABLE |= {day: f"weekday {i}" for i, day in enumerate(_WEEKDAYS)}
_TABLE |= {f"{kanji}曜{end}": f"weekday {i}" for i, kanji in enumerate("月火水木金土日") for end in ("", "日")}
_TABLE |= {month: f"month {i}" for i, month in enumerate(_MONTHS, 1)}
_MONTH = re.compile(r"^(\d{1,2})月$")
_DATE = re.compile(r"^(\d{1,2})月(\d{1,2})日$")
_ENGLISH_DATE = re.compile(r"^([a-z]{3,9})(\d{1,2})(?:st|nd|rd|th)?$")
_CLOCK = re.compile(
    r"^(午前|午後)?(\d{1,2})(?:時(?!間)(?:(\d{1,2})分|(半))?|:(\d{2})(?=[ap]\.?m))(?:ちょうど)?([ap])?(?:\.?m\.?)?$"
)
_HOUR = re.compile(r"^(\d{1,2})([ap])\.?m\.?$")
_TEXT = re.compile(r"\\(?:text|mathrm|textbf|mathbf)\s*\{([^{}]*)\}")
_ANY_LETTER = re.compile(r"[^\d\s.,+*/=()^-]")
_FORMULA = re.compile(r"[\\^=+*/({\[]")
CHOICE = re.compile(r"^\(?([A-Za-zア-オあ-おイ-ホ])\)?$")
_LABEL = re.compile(r"^(?:選択肢|choice|option)?\s*[(\[]?([A-Za-zア-ホ])(?:[)\].:]|$)(?:\s.*|\s*)$", re.IGNORECASE)


def word(text: str) -> str | None:
    """The one name of a known word, or None."""
    if len(text) > 40 or not _ANY_LETTER.search(text):
        return None
    if text.isascii() and _FORMULA.search(text):
        return _TABLE.get(text.lower().replace(" ", ""))
    plain = unicodedata.normalize("NFKC", _TEXT.sub(r"\1", text)).strip(" .。*$\n")
    plain = plain.lower().replace(" ", "").replace("です", "")
    found = _TABLE.get(plain)
    if found or not any(c.isdigit() for c in plain):
        return found
    date = _DATE.match(plain)
    if date:
        return f"date {int(date.group(1))}-{int(date.group(2))}"
    month = _MONTH.match(plain)
    if month:
        return f"month {int(month.group(1))}"
    english = _ENGLISH_DATE.match(plain)
    if english and english.group(1) in _MONTHS:
        return f"date {_MONTHS.index(english.group(1)) + 1}-{int(english.group(2))}"
    return _clock(plain)


def _clock(plain: str) -> str | None:
    """`clock 570` for 9:30 of either half of the day, with `am` or `pm` where it was said."""
    match = _CLOCK.match(plain) or _HOUR.match(plain)
    if match is None:
        return None
    if len(match.groups()) == 2:
        half, hour, minute = match.group(2), int(match.group(1)), 0
    else:
        half = {"午前": "a", "午後": "p"}.get(match.group(1) or "", match.group(6))
        hour = int(match.group(2))
        minute = 30 if match.group(4) else int(match.group(3) or match.group(5) or 0)
    if hour > 24 or minute > 59:
        return None
    if half is None and hour > 12:
        half = "p"
    return f"clock {hour % 12 * 60 + minute}" + ("" if half is None else f" {half}m")


def clock_of_ratio(text: str) -> str | None:
    """`9:30` as a time of day: for a gold answer that says it is one."""
    match = re.match(r"^(\d{1,2}):(\d{2})$", text.strip())
    return _clock(f"{match.group(1)}時{match.group(2)}分") if match else None


def same_word(gold: str, given: str) -> bool:
    """True for the same known word; a time without its half of the day agrees with either."""
    if gold.startswith("clock") and given.startswith("clock") and ("m" in gold) != ("m" in given):
        return gold.split()[1] == given.split()[1]
    return gold == given


def label(text: str) -> str | None:
    """The letter of a choice: `(A)`, `A.`, `A) 12 cm`, `選択肢ア`."""
    match = _LABEL.match(unicodedata.normalize("NFKC", _TEXT.sub(r"\1", text)).strip(" $。.*です"))
    return match.group(1).upper() if match else None
