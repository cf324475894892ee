"""Keys, tokens and logins of services, by the form that each service gives them.

Named forms only: guessing by entropy flags a hundred strings for each real key (measured with detect-secrets:
3,190 hits in 300 documents). A password without a form is not found.
Source: the services' own documentation, and the prefixes that GitHub's secret scanning lists.
"""

import re

from factory.pii.rule import Rule, found

_TOKENS = (
    r"hf_[A-Za-z0-9]{30,40}",
    r"sk-(?:proj-|ant-[a-z0-9]{3,10}-|svcacct-|or-v1-)?[A-Za-z0-9_-]{20,200}",
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
    r"gh[pousr]_[A-Za-z0-9]{36,255}",
    r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    r"glpat-[A-Za-z0-9_-]{20,60}",
    r"xox[abeprs]-[A-Za-z0-9-]{10,200}",
    r"xapp-\d-[A-Za-z0-9-]{20,200}",
    r"AIza[A-Za-z0-9_-]{35}",
    r"ya29\.[A-Za-z0-9_-]{20,500}",
    r"GOCSPX-[A-Za-z0-9_-]{28}",
    r"[srp]k_(?:live|test)_[A-Za-z0-9]{16,100}",
    r"whsec_[A-Za-z0-9+/]{20,100}",
    r"npm_[A-Za-z0-9]{36}",
    r"pypi-AgEI[A-Za-z0-9_-]{50,500}",
    r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    r"dop_v1_[a-f0-9]{64}",
    r"gsk_[A-Za-z0-9]{40,60}",
    r"xai-[A-Za-z0-9]{60,100}",
    r"r8_[A-Za-z0-9]{37}",
    r"\d{8,10}:AA[A-Za-z0-9_-]{33}",
    r"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}",
)
_HINTS = (
    r"\b(?:hf_|sk-|AKIA|ASIA|ABIA|ACCA|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|xapp-|AIza|ya29\.|GOCSPX-|[srp]k_live_"
    r"|[srp]k_test_|whsec_|npm_|pypi-AgEI|SG\.|dop_v1_|gsk_|xai-|r8_|eyJ)[A-Za-z0-9_-]|\d{8}:AA"
)
_PLACEHOLDER = re.compile(r"EXAMPLE|xxxx|your|\*\*\*|\.\.\.|dummy|0000000|1234567890abcdef", re.IGNORECASE)
_DISTINCT = 7
"""A key of random letters has at least so many different ones; `sk-aaaaaaaa` is none."""


def _real(match: re.Match[str]) -> bool:
    text = found(match)
    return len(set(text)) >= _DISTINCT and not _PLACEHOLDER.search(text)


def _random(match: re.Match[str]) -> bool:
    """`sk-` also begins words in code (`sk-learn-intelex-benchmarks`): a key mixes digits into its letters."""
    return _real(match) and (match[0][:3] != "sk-" or any(letter.isdigit() for letter in match[0]))


RULES = (
    Rule("secret", _HINTS, re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(_TOKENS)})"), _random),
    Rule(
        "secret",
        r"-----BEGIN [A-Z ]*PRIVATE KEY",
        re.compile(
            r"-----BEGIN (?:[A-Z]{1,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s:,.\\-]{16,8000}?"
            r"(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)"
        ),
        _real,
    ),
    Rule(
        "secret",
        r"hooks\.slack\.com|discord(?:app)?\.com/api/webhooks",
        re.compile(
            r"https://(?:hooks\.slack\.com/services/T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{20,30}"
            r"|discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,72})"
        ),
        _real,
    ),
    Rule(
        "secret",
        r"(?i:secret_?access_?key|accountkey)",
        re.compile(
            r"(?:aws_?)?(?:secret_?access_?key|AccountKey)['\"]?\s{0,4}[:=]\s{0,4}['\"]?"
            r"(?P<value>[A-Za-z0-9/+]{40}(?:[A-Za-z0-9/+]{46}==)?(?![A-Za-z0-9/+]))",
            re.IGNORECASE,
        ),
        _random,
    ),
    Rule(
        "secret",
        r"://[^\s/@]+:[^\s/@]+@",
        re.compile(r"://(?P<value>[^\s/:@'\"<>{}$]{1,64}:[^\s/@'\"<>{}$]{6,128})(?=@[\w.-])"),
        lambda match: (
            not re.search(r"pass(?:word|wd)?\Z|secret\Z|\Auser(?:name)?:|:x{3}|:\*|:\[", found(match), re.IGNORECASE)
        ),
    ),
)
