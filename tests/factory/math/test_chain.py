"""Segments of solutions: what holds, what doesn't, what states nothing and what can't be read."""

import pytest

HOLDS = [
    "3 + 4 = 7", "3 + 4 = 8 - 1 = 7", "-2^2 = -4", "(-2)^2 = 4", "2 - (-3) = 5", "+3 = 3", r"12 \div 4 \times 3 = 9",
    "0.1 + 0.2 = 0.3", r"1.5 \times 2 = 3", "3 × 4 = 12", "12 ÷ 4 = 3", "12 / 4 = 3", "3−1 = 2", r"50\% = 0.5",
    r"\frac{1}{2} + \frac{1}{3} = \frac{5}{6}", r"2\frac{1}{3} = \frac{7}{3}", r"1\frac{1}{2} + 2\frac{1}{2} = 4",
    r"\frac{3}{4} \div \frac{1}{2} = \frac{3}{4} \times \frac{2}{1} = \frac{3}{2}", r"\dfrac{6}{8} = \tfrac{3}{4}",
    "2(3 + 4) = 14", "|-3| = 3", r"\left( 1 + 2 \right) \times 3 = 9", r"2 \cdot 3 = 6", r"2^{-1} = \frac{1}{2}",
    "2^{10} = 1024", "8^{\\frac{1}{3}} = 2", "123456789012345678901234567890 + 1 = 123456789012345678901234567891",
    "(x + 1)^2 = x^2 + 2x + 1", "3x + 5x = 8x", "x^2 - 5x + 6 = (x - 2)(x - 3)", r"\frac{x^2}{x} = x",
    r"\frac{6x}{4} = \frac{3x}{2}", "2(a + b) = 2a + 2b", r"2\pi r = \pi \times 2r", "x^2y = y x^2", "xy - yx = 0",
    "(x^3)' = 3x^2", "(x^3 - 2x)' = 3x^2 - 2", "(x^4)'' = 12x^2", r"(\sin x)' = \cos x", "(e^{2x})' = 2e^{2x}",
    r"(\log x)' = \frac{1}{x}", r"\left( \frac{1}{x} \right)' = -\frac{1}{x^2}", "(x^2 e^x)' = 2x e^x + x^2 e^x",
    r"\int_0^1 x^2 dx = \frac{1}{3}", r"\int_0^1 x^2 \, dx = \left[ \frac{x^3}{3} \right]_0^1 = \frac{1}{3}",
    r"\int_{-1}^{2} (3x^2 - 2x) dx = 6", r"\int_0^2 3t^2 dt = 8", r"\int 2x \, dx = x^2 + C",
    r"\int (3x^2 + 4) dx = x^3 + 4x + C", r"\left[ x^2 \right]_1^3 = 9 - 1 = 8", r"\sqrt{12} = 2\sqrt{3}",
    r"\sqrt{8} + \sqrt{2} = 3\sqrt{2}", r"\frac{1}{\sqrt{2}} = \frac{\sqrt{2}}{2}",
    r"(\sqrt{3} + 1)(\sqrt{3} - 1) = 2", r"\sqrt{2} \times \sqrt{3} = \sqrt{6}", r"\sqrt{49} = 7", r"\sqrt[3]{8} = 2",
    "i^2 = -1", r"(1 + 2i)(1 - 2i) = 5", r"\sqrt{-4} = 2i", r"\log_2 8 = 3", r"\log 6 = \log 2 + \log 3",
    r"\log_4 8 = \frac{3}{2}", r"\log_3 \frac{1}{9} = -2", r"2\log 3 = \log 9", r"\sin 30^\circ = \frac{1}{2}",
    r"\sin \frac{\pi}{6} = \frac{1}{2}", r"\cos 45^{\circ} = \frac{\sqrt{2}}{2}", r"\tan 60^\circ = \sqrt{3}",
    r"\sin 150^\circ = \sin 30^\circ", r"\cos \frac{2\pi}{3} = -\frac{1}{2}", r"\sin^2 15^\circ + \cos^2 15^\circ = 1",
    r"2\sin 30^\circ \cos 30^\circ = \sin 60^\circ", "e^2 \\times e^3 = e^5", "{}_5 C_2 = 10",
    r"{}_5 \mathrm{C}_2 = 10", r"{}_5 \mathrm{P}_2 = 20", r"\binom{5}{2} = 10", "5! = 120", r"\frac{5!}{3!} = 20",
    r"{}_{10} C_3 = \frac{10 \times 9 \times 8}{3 \times 2 \times 1} = 120", r"17 \div 5 = 3 \cdots 2",
    r"17 \div 5 = 3 … 2", r"17 \div 5 = 3 \text{ R } 2", r"17 \div 5 = 3 \text{ あまり } 2", r"4 \div 5 = 0 \cdots 4",
    "6 : 8 = 3 : 4", "4 : 6 : 8 = 2 : 3 : 4", "0.5 : 1 = 1 : 2", r"\sqrt{2} : 1 = 2 : \sqrt{2}",
    r"17 \equiv 2 \pmod{5}", r"3^4 \equiv 81 \equiv 1 \pmod{10}", r"-1 \equiv 4 \pmod{5}", "1101_{(2)} = 13",
    r"\begin{bmatrix} 1&2\\3&4 \end{bmatrix} \begin{bmatrix} 1\\1 \end{bmatrix} = \begin{bmatrix} 3\\7 \end{bmatrix}",
    r"2 \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} = \begin{pmatrix} 2 & 4 \\ 6 & 8 \end{pmatrix}",
    r"\begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix} = -2",
    r"\begin{vmatrix} 2 & 0 & 1 \\ 1 & 3 & 2 \\ 1 & 1 & 1 \end{vmatrix} = 0", "(1, 2) + (3, 4) = (4, 6)",
    r"(1, 2) \cdot (3, 4) = 3 + 8 = 11", "3(1, -2) = (3, -6)", r"\sum_{k=1}^{10} k = 55",
    r"\sum_{k=1}^{3} (2k - 1) = 9", "3 < 4", "2 < 3 < 4", r"2 \le 2 \leqq 3", r"3 \ne 4", r"\sqrt{2} < 2",
    r"1 < \sqrt{3} < 2", r"\pm \sqrt{4} = \pm 2", r"3 \pm 1 = 3 \pm 1", "S = 3 \\times 4 = 12", "3 + 4 = 7, 2 + 2 = 4",
    "f(x) = 2(x + 1) = 2x + 2", "3x + 2", "a_n = 3n",
]  # fmt: skip

FAILS = [
    "3 + 4 = 8", "3 + 4 = 7 = 8", "-2^2 = 4", "2 - 3 = 1", r"12 \div 4 \times 3 = 1", "0.1 + 0.2 = 0.4", r"5\% = 0.5",
    r"\frac{1}{2} + \frac{1}{3} = \frac{2}{5}", r"2\frac{1}{3} = \frac{2}{3}", "2(3 + 4) = 10", "|-3| = -3",
    "2^{10} = 1000", "123456789012345678901234567890 + 1 = 123456789012345678901234567890", "(x + 1)^2 = x^2 + 1",
    "3x + 5x = 8x^2", "x^2 - 5x + 6 = (x - 2)(x + 3)", "2(a + b) = 2a + b", "2x = 2y", "(x^3)' = 3x", "(x^4)'' = 4x^3",
    r"(\cos x)' = \sin x", "(e^{2x})' = e^{2x}", r"(\log x)' = x", r"\int_0^1 x^2 dx = \frac{1}{2}",
    r"\int_0^1 x^2 \, dx = \left[ \frac{x^3}{3} \right]_0^1 = \frac{2}{3}", r"\int 2x \, dx = x^2 + x + C",
    r"\int 2x \, dx = 2 + C", r"\left[ x^2 \right]_1^3 = 1 - 9", r"\sqrt{12} = 3\sqrt{2}",
    r"\sqrt{8} + \sqrt{2} = \sqrt{10}", r"\sqrt{5} = 2", r"\sqrt[3]{8} = 3", "i^2 = 1",
    r"(\sqrt{3} + 1)(\sqrt{3} - 1) = 4", r"\frac{1}{\sqrt{2}} = \sqrt{2}", r"\sqrt{4} = -2", r"\log_2 8 = 4",
    r"\log 6 = \log 2 \times \log 3", r"\log_3 \frac{1}{9} = 2", r"\log_2 0 = 1", r"\log_2 (-4) = 2",
    r"\sin 30^\circ = \frac{\sqrt{3}}{2}", r"\sin 30 = \frac{\pi}{6}", r"\cos 120^\circ = \frac{1}{2}",
    r"\tan 90^\circ = 0", "e^2 \\times e^3 = e^6", "{}_5 C_2 = 20", r"{}_5 \mathrm{P}_2 = 10", r"\binom{5}{2} = 11",
    "5! = 125", r"\pi = 3.14", r"17 \div 5 = 3 \cdots 1", r"17 \div 5 = 2 \cdots 7", r"17 \div 5 = 4 \cdots -3",
    r"17 \div 0 = 3 \cdots 2", "6 : 8 = 3 : 5", "4 : 6 : 8 = 2 : 3 : 5", "1 : 2 = 0 : 0", "6 : 0 = 6 : 0",
    r"\sqrt{2} : 1 = 2 : \sqrt{3}", r"17 \equiv 3 \pmod{5}", r"3^4 \equiv 81 \equiv 2 \pmod{10}",
    r"5 \equiv 0 \pmod{0}", "1101_{(2)} = 12", "1102_{(2)} = 14",
    r"\begin{pmatrix} 1&2\\3&4 \end{pmatrix} \begin{pmatrix} 1\\1 \end{pmatrix} = \begin{pmatrix} 3\\8 \end{pmatrix}",
    r"\begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix} = 2", "(1, 2) + (3, 4) = (4, 7)", r"(1, 2) \cdot (3, 4) = 10",
    r"\sum_{k=1}^{10} k = 45", "4 < 3", "2 < 3 < 3", r"3 \leqq 2", r"3 \ne 3", r"\sqrt{5} < 2", r"2 < \sqrt{3}",
    "5 \\pm 3 = 8", r"\frac{1}{0} = \frac{1}{0}", r"0 \div 0 = 5", "0^{-1} = 1", "S = 3 \\times 4 = 13",
    "3 + 4 = 7, 2 + 2 = 5", "1,000 = 1000", r"f(x) = 2(x + 1) = 2x + 1", "1x + 2", "0x + 2", "x^1 + 2", "x + 0 = x",
    "x - 0 = x", "1x = x", "2x^1 = 2x", "3 + 4 = 7 である", "x^0 = 1", "1(x + 1) = x + 1",
]  # fmt: skip

UNREAD = [
    "", "3 + -2 = 1", "3 - -2 = 5", "2 \\times -3 = -6", "x -- 2", "++3 = 3", "2 3 = 6", "2 x 3 5", "3x2 = 6",
    "(3 + 4", "3 + 4)", "{3", "3}", r"\frac{1}{2", r"\frac{1}", r"\frac12 = 0.5", r"\sqrt{2", r"\left( 2", "[1, 2",
    "|3", "3 =", "= 3", "3 = = 3", "3 +", r"3 \times", r"\div 3", "^2", "x^", "2_", "3 < > 4", ".5 = 0.5", "5. = 5",
    "1.2.3 = 1", "1 000 = 1000", "1e5 = 100000", "x² = 4", "１ + 1 = 2", "②", "∞ = 1", r"\infty = 1",
    r"\unknown{3} = 3", r"\def\a{1}", r"\begin{pmatrix} 1 & 2 \\ 3 \end{pmatrix} = 1",
    r"\begin{pmatrix} 1 \end{vmatrix} = 1", r"\begin{cases} 1 \end{cases}",
    r"\begin{pmatrix} 1 & 2 \\ 3 \end{pmatrix} = \begin{pmatrix} 1 & 2 \\ 3 \end{pmatrix}", "(1, 2) = 1",
    "(1, 2) + 3 = 4", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} (1, 2) = (5, 11)", "1 : 2 = 1 : 2 : 3",
    "1 : 2 : 3 = 1 : 2", r"5 : 2 = 2 \cdots 1", r"\int x^2 = 3", r"\sum k = 3", "2^x = 4", r"\sqrt{\sqrt{16}} = 2",
    r"\int_0^1 \sin x \, dx = 1", "答え 3", "3; 4", "3 & 4", "# 3", "3 = 3 <script>", "__import__ = 1", "'", '"', "\\",
    "~", "@",
]  # fmt: skip

NOTHING = [
    "x", "3", r"\frac{3}{4}", "S", "2, 3, 5", r"\vec{a}", "x = 2", "x = 2, -3", "S = 12", r"\triangle ABC",
    r"\overline{AB} = 5", "17 \\div 5", "3 : 4", r"\angle A = 40^\circ",
]  # fmt: skip


@pytest.mark.parametrize("segment", HOLDS)
def test_what_is_true_holds(judged, segment):
    assert judged(segment) == "holds"


@pytest.mark.parametrize("segment", FAILS)
def test_what_is_false_or_badly_written_fails(judged, segment):
    assert judged(segment) == "fails"


@pytest.mark.parametrize("segment", UNREAD)
def test_what_is_no_formula_is_not_read(judged, segment):
    assert judged(segment) == "unread"


@pytest.mark.parametrize("segment", NOTHING)
def test_what_only_mentions_or_defines_states_nothing(judged, segment):
    assert judged(segment) == "nothing"
