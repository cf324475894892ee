"""Text that makes other graders run code or hang is answered at once, with no claim that it is right."""

import sys
import time
from pathlib import Path

import pytest

from factory.answer.grade import Rules, equal, grade

PAYLOADS = [
    "__import__('os').system('touch {canary}')",
    "open('{canary}','w')",
    "(lambda: open('{canary}','w'))()",
    "x.subs.__func__.__globals__['__builtins__']['open']('{canary}','w')",
    "cycler.__init__.__globals__.os.popen('touch {canary}')",
    "exec(\"open('{canary}','w')\")",
    "{{ cycler }}",
    "9**9**9",
    "9**9**9**9",
    "9^{9^{9}}",
    "9^{9^{9^{9}}}",
    "(((9^9)^9)^9)^9",
    "2^{4000}\\cdot 2^{4000}\\cdot 2^{4000}",
    "x^{x^{x^{x^{x}}}}",
    "(x+y+z+w)^{16}",
    "((x+y)^{16}+(z+w)^{16})^{16}",
    "(x+1)^{9999999}",
    "(a+b+c+d+f+g)^9(a+b+c+d+f+h)^9",
    "100000000!",
    "200!!!!!!",
    "(200!)^{200!}",
    "\\binom{100000000}{50000000}",
    "1e9999999999",
    "1e9999",
    "1e1000^{1000}",
    "'a'*10**10",
    "[0]*10**10",
    "\\int_0^1 x^x dx",
    "\\sum_{n=1}^{1000000000} n",
    "\\sqrt{" * 28 + "2" + "}" * 28,
    "\\sqrt{99999999999999999999999999999999999999999999}",
    "\\sqrt[999999999]{2}",
    "2^{1/999999999}",
    "\\frac{1}{" * 20 + "x+1" + "}" * 20,
    "((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))",
    "{" * 100 + "}" * 100,
    "-" * 199 + "1",
    "+-" * 99 + "1",
    "|" * 200,
    "|1" * 100,
    "√" * 199 + "2",
    "1!" * 100,
    "x^" * 99 + "2",
    "\\frac" * 40,
    "1/(1/(1/(1/(1/(1/(1/(1/(1/(1/(1/(1/(1/(x+1))))))))))))",
    "/".join(["(x+1)"] * 30),
    "\\ln(" * 29 + "x" + ")" * 29,
    "\\sin\\sin\\sin\\sin\\sin\\sin\\sin\\sin\\sin\\sin x",
    "e^{e^{e^{e^{e^{x}}}}}",
    "1/0",
    "0^0",
    "\\log_1 5",
    "\\ln 0",
    "\\tan 90^\\circ",
    "[1," * 66,
    ",".join("1" * 100),
    "<" * 200,
    "x<" * 90 + "x",
    "∪" * 200,
    "(1,2)∪" * 30 + "(1,2)",
    "a=" * 99 + "b",
    "1:" * 99 + "1",
    "万" * 200,
    "1万" * 100,
    "1億万億万億万",
    "5あまり" * 60,
    "分の" * 100,
    "1分の" * 60,
    "\\begin{pmatrix}" + "&" * 150 + "\\end{pmatrix}",
    "\\begin{pmatrix}" + "\\\\" * 70 + "\\end{pmatrix}",
    "\\text{" * 30 + "}" * 30,
    "$" * 200,
    "\x00\x1c\ud800",
    "٣",
    "²" * 200,
    "½" * 199,
    "\u202e5",
    "１" * 200,
    "nan",
    "0.\\overline{R",
    "0.\\overline",
    "0.\\overline{",
    "x_",
    "\\log_",
    "inf",
    "∞",
    "∞-∞",
    "0.\\overline{" + "9" * 150 + "}",
]
GOLDS = ["5", "x^2-x-6", r"\ln 2", "[0, 2)", "x = 2, 3", r"\{1, 2\}", "1時間30分", "3:4", "60%", "水曜日", "9:30"]


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: ascii(payload)[:40])
def test_hostile_answers_get_no_true_and_run_nothing(payload: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    payload = payload.replace("{canary}", str(canary))
    for gold in GOLDS:
        for rules in (Rules(), Rules(percent="loose", decimals=2), Rules(form="factored"), Rules(form="reduced")):
            start = time.process_time()
            verdict = equal(gold, payload, rules)
            spent = time.process_time() - start
            assert verdict is not True
            assert spent < 0.05
    assert not canary.exists()


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: ascii(payload)[:40])
def test_a_hostile_gold_answer_does_no_harm_either(payload: str) -> None:
    start = time.process_time()
    for other in ("5", "x+1", "[0, 1]"):
        assert equal(payload, other) is not True
    assert time.process_time() - start < 0.1


@pytest.mark.parametrize("braces", [5_000, 100_000])
def test_thousands_of_braces_are_too_long(braces: int) -> None:
    start = time.process_time()
    assert grade("5", "\\boxed{" + "{" * braces + "5" + "}" * braces + "}").passed is None
    assert equal("5", "{" * braces + "5" + "}" * braces) is None
    assert time.process_time() - start < 0.05


def test_no_parser_that_runs_code_is_loaded() -> None:
    modules = [module for name, module in sys.modules.items() if name.startswith("factory.answer")]
    assert modules
    for module in modules:
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        for word in (
            ("sympy", "eval(", "exec(", "literal_eval", "compile(") if "re.compile" not in source else ("sympy",)
        ):
            assert word not in source
        assert "eval(" not in source
        assert "exec(" not in source
