"""Pairs of a gold answer and a given one, and whether they are the same: one line each."""

import pytest

from factory.answer.grade import Rules, equal

SAME = r"""
72 | 72
72 | ７２
-5 | −5
-5 | －5
1234 | 1,234
1234 | １，２３４
1234567 | 1,234,567
12345 | 12 345
1000 | 1{,}000
1000 | 1\,000
1234 | 1,234円
35000 | 3万5千
120000 | 12万
1200000000 | 12億
35000 | 3.5万
10000 | 1万
25 | 二十五
3 | 三
20 | 20個
20個 | 20
20個 | ２０個です。
20 | 20 apples
5 apples | 5 apple
1.5 km | 1500 m
1500 m | 1.5km
90分 | 1時間30分
1時間30分 | 90分
1時間30分 | 1.5時間
90 minutes | 1 hour 30 minutes
1 hour | 60 min
2 m 30 cm | 230cm
2m30cm | 2.3 m
1 L | 10 dL
3 dL | 300 mL
1 kg | 1000 g
1.2 t | 1.2トン
[0, 2] | 0≤x≤2
36 km/h | 10 m/s
時速36km | 36 km/h
時速36km | 秒速10m
\text{5 cm} | 5\text{ cm}
5 cm^2 | 5\text{ cm}^2
5 cm^2 | 5㎠
5 cm^2 | 5 cm²
1 m^2 | 10000 cm^2
5\sqrt{3} cm | 5√3 cm
8\pi | 8π cm^2
90 | 90^\circ
90^\circ | 90
90° | 90度
10円 | ¥10
¥1,200 | 1200円
10 | $10
10 | \$10
10 | $10.00
10 dollars | $10$
10ドル | \$10.00
$7 | 7 dollars
60% | 60%
60% | 60\%
60% | ６０％
60% | 60パーセント
60% | 0.6
0.6 | 60%
60% | 3/5
3割 | 30%
3割5分 | 35%
3/4 | \frac{3}{4}
3/4 | \dfrac{3}{4}
3/4 | \tfrac34
3/4 | 4分の3
4分の3 | 0.75
3/4 | ¾
\frac{3}{4} | 0.75
-\frac{3}{4} | \frac{-3}{4}
-\frac{3}{4} | \frac{3}{-4}
3/4 | 6/8
1\frac{1}{2} | 3/2
1 1/2 | 1.5
1と1/2 | 1.5
1と2分の1 | 1\frac12
1½ | 3/2
0.5 | .5
5 | 5.0
73/99 | 0.\overline{73}
1.5e3 | 1500
1.5\times 10^3 | 1500
3:4 | 6:8
3:4 | 3：4
3:4:5 | 6:8:10
2\sqrt{3} | \sqrt{12}
\frac{\sqrt{2}}{2} | \frac{1}{\sqrt{2}}
1+\sqrt 2 | \frac{1}{\sqrt2-1}
\frac{-3\pm\sqrt{17}}{4} | -\frac{3}{4} \pm \frac{\sqrt{17}}{4}
\frac{-3\pm\sqrt{17}}{4} | \frac{-3+\sqrt{17}}{4}, \frac{-3-\sqrt{17}}{4}
x = 1 \pm \sqrt{2} | x=1+√2, 1-√2
\sqrt[3]{16} | 2\sqrt[3]{2}
2^{1/2} | \sqrt{2}
\pi/2 | \frac{\pi}{2}
2\pi | 2π
e^2 | e \cdot e
3-2i | -2i + 3
3-2i | 3 - 2 i
(1+i)^2 | 2i
2x+3 | 3+2x
(x+2)(x-3) | x^2-x-6
x^2-2x+2 | x²−2x+2
(x+2)(x-3) | (x-3)(x+2)
\frac{2}{b-1} | \frac{-2}{1-b}
\frac{x^2-1}{x-1} | x+1
a^2+b^2+c^2-4R^2 | a^2 + b^2 + c^2 - 4R^2
2^{n+1} | 2 \cdot 2^n
4^n | 2^{2n}
3\cdot 2^{n-1} | \frac{3}{2}\cdot 2^n
e^{2x} | (e^x)^2
\sin^2 t | 1-\cos^2 t
\sin 30^\circ | 1/2
\log_2 8 | 3
\ln 4 | 2\ln 2
\frac{\log 3}{\log 2} | \frac{\log 9}{2\log 2}
\frac{1}{3}x^3 + C | \frac{x^3}{3} + C
x^2+3x+C | x^2 + 3x + c
x^2+C（Cは積分定数） | x^2 + C
x = 3 | 3
3 | x = 3
3 | $x = 3$
x = 3/4 | x=0.75
3 | 2 + 1 = 3
x = 2, 3 | x = 3, 2
x = 2, 3 | x=2 または x=3
x = 2, 3 | x = 2 or 3
x = 2, 3 | x=2, x=3
x = 2, 3 | 2, 3
x = 2, 3 | 2と3
x = 2, 3 | 2 and 3
x=2, y=-1 | (x, y) = (2, -1)
(x, y) = (2, -1) | y=-1, x=2
(x, y) = (2, -1) | (2, -1)
(2,-1) | x=2, y=-1
(x,y)=(2,-1),(3,4) | x=3, y=4 または x=2, y=-1
(6,1) | \left( 6, 1 \right)
(-1, 3, 7) | (-1,3,7)
\{1, 2, 3\} | {3, 2, 1}
\{1, 2, 3\} | 1, 2, 3
\{1, 2, 3\} | \left\{ 1,2,3 \right\}
\{100,200\} | \{200,100\}
[0, 2) | 0 \le x < 2
[0,2) | [0, 2)
(0, 2) | 0 < x < 2
x < 3 | 3 > x
x < 3 | (-\infty, 3)
x \geqq 3 | x≧3
-1 \leq x \leq 2 | −1 ≦ x ≦ 2
x<-1, 2<x | x<-1 または 2<x
x < -1 or x > 2 | (-\infty,-1)\cup(2,\infty)
(-\infty,1)\cup(1,\infty) | x \neq 1
(-\infty, -2) \cup [-1, 2) \cup [3, \infty) | [3, \infty) \cup (-\infty, -2) \cup [-1, 2)
x > 1 かつ x < 3 | 1 < x < 3
x \le \sqrt{8} | x \le 2\sqrt2
x \in [0, 1] | [0,1]
(-\infty,\infty) | すべての実数
解なし | no solution
5あまり2 | 5 remainder 2
5あまり2 | 5 R 2
5あまり2 | 5余り2
5あまり2 | 5…2
9時30分 | 9:30
午前9時30分 | 9:30 a.m.
午後3時 | 3 p.m.
9時 | 9:00
水曜日 | Wednesday
水曜日 | 水曜
Wednesday | \text{Wednesday}
3月5日 | March 5th
\text{June} | 6月
はい | Yes
いいえ | no
\text{odd} | odd
\text{odd} | 奇数
A | (A)
A | A.
(B) | \text{(B)}
B | B) 12 cm
ア | （ア）
ア | 選択肢ア
①| 1
\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} | \begin{bmatrix}1&2\\3&4\end{bmatrix}
\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} | [[1,2],[3,4]]
\begin{pmatrix} 15/7 \\ -6/7 \end{pmatrix} | \begin{pmatrix} \frac{15}{7} \\ -\frac{6}{7} \end{pmatrix}
(1, 2) | \begin{pmatrix} 1 \\ 2 \end{pmatrix}
x+y-z+1=0 | 2x+2y-2z+2=0
y = 2x+3 | 2x - y + 3 = 0
y = 2x+3 | 2x+3
5! | 120
\binom{5}{2} | 10
|x-1| | |x - 1|
-4 | -2^2
50\sqrt{3} | 50 \sqrt { 3 }
112.5 | 112.50
約3.14 | 3.1416
5 | 残りは5個
5 | he has 5 apples left
5 | **5**
10 | 10. 
x_1 = 3 | 3
5000 | 5 thousand
2500000 | $2.5 million
5 | five
5 | Five apples
-5 | マイナス5
-5 | negative 5
-3 | minus three
3 | 3回
3 | 3倍
3 | 3 times
"""

DIFFERENT = r"""
72 | 73
72 | -72
5 | −5
1234 | 1, 234
0.333 | 1/3
1/3 | 0.333
3/4 | 4/3
60% | 60
60 | 60%
60% | 6%
1.5 km | 1500
1.5 km | 1.5 m
1.5 km | 1500 cm
5 kg | 5 km
10円 | $10
10 dollars | 10 cents
90分 | 1時間20分
3:4 | 4:3
2\sqrt{3} | 3\sqrt{2}
\sqrt{2} | 1.414
\pi | 3.14
3-2i | 3+2i
x^2-x-6 | x^2+x-6
2x+3 | 2x-3
x | y
5 | x
\frac{-3\pm\sqrt{17}}{4} | \frac{-3+\sqrt{17}}{4}
x = 2, 3 | x = 2
x = 2 | x = 2, 3
x = 2, 3 | 2, 4
(2, -1) | (-1, 2)
x=2, y=-1 | x=-1, y=2
\{1,2,3\} | \{1,2\}
[0, 2) | [0, 2]
[0, 2] | (0, 2)
[0, 2) | (0, 2)
x < 3 | x > 3
x < 3 | x \le 3
x < 3 | y < 3
x < 3 | 3
-1 ≤ x ≤ 2 | -1 < x < 2
5あまり2 | 5あまり3
5あまり2 | 5
9時30分 | 9時40分
9:30 | 3:10
午後3時 | 午前3時
水曜日 | 木曜日
はい | いいえ
yes | no
A | B
ア | イ
(1,2,3) | (1,3,2)
\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} | \begin{pmatrix} 1 & 3 \\ 2 & 4 \end{pmatrix}
\frac{1}{3}x^3 + C | \frac{1}{3}x^3
\frac{1}{3}x^3 + C | \frac{1}{2}x^3 + C
x+y-z+1=0 | x+y-z-1=0
y = 2x+3 | y = 3x+2
\ln 4 | \ln 3
\sin t | \cos t
2^{n+1} | 2^{n-1}
約3.14 | 3.15
解なし | x = 3
1.5e3 | 150
100 | 1
5 | 5 thousand
5 | マイナス5
5 | negative 5
5 | six
8\pi | 8
"""

UNREADABLE = r"""
5 | idontknow
5 | ？？？
5 | わかりません
5 | 5ではありません
5 | between 3 and 5 or maybe 6
apple | banana
5 | 9^{9^{9}}
5 | 9**9**9
5 | 100000000!
5 | \binom{100000000}{50000000}
5 | 1e9999999999
5 | __import__('os').system('true')
5 | (lambda: 1)()
5 | [x for x in range(9)]
5 | \int_0^1 x^x dx
5 | 1/0
5 | 5 +
5 | (5
5 | \frac{5}{
5 | 'a'*10**10
12個 | 12枚
\ln 2 | 0.69314718055994530941723212
??? | 5
5 | 5以上
5 | 5 or more
5 | 5 squared
5 | 5個未満です
5 | less than 5
5 | 残りは5個以上
5 | it is not 5
5 | 5 thirds
"""


def cases(table: str, expected: bool | None) -> list[tuple[str, str, bool | None]]:
    pairs = []
    for line in table.strip("\n").split("\n"):
        left, _, right = line.partition(" | ") if " | " in line else line.partition("| ")
        pairs.append((left, right, expected))
    return pairs


@pytest.mark.parametrize(
    ("gold", "given", "expected"), cases(SAME, True) + cases(DIFFERENT, False) + cases(UNREADABLE, None)
)
def test_an_answer_is_compared_with_the_gold_one(gold: str, given: str, expected: bool | None) -> None:
    assert equal(gold, given) is expected


@pytest.mark.parametrize(
    ("gold", "given", "rules", "expected"),
    [
        ("60%", "60", Rules(percent="loose"), True),
        ("60", "60%", Rules(percent="loose"), True),
        ("60%", "6", Rules(percent="loose"), False),
        ("1/3", "0.33", Rules(decimals=2), True),
        ("1/3", "0.34", Rules(decimals=2), False),
        ("66.667", "66.6667", Rules(decimals=3), True),
        ("x^2-x-6", "x^2-x-6", Rules(form="expanded"), True),
        ("x^2-x-6", "(x+2)(x-3)", Rules(form="expanded"), False),
        ("x^2-x-6", "x^2+x-2x-6", Rules(form="expanded"), False),
        ("(x+2)(x-3)", "(x-3)(x+2)", Rules(form="factored"), True),
        ("(x+2)(x-3)", "x^2-x-6", Rules(form="factored"), False),
        ("2(x+2)(x-3)", "(2x+4)(x-3)", Rules(form="factored"), False),
        ("(x+1)^2", "(x+1)(x+1)", Rules(form="factored"), True),
        ("x(x-1)(x+1)", "x(x^2-1)", Rules(form="factored"), False),
        ("3/4", "6/8", Rules(form="reduced"), False),
        ("3/4", r"\frac{3}{4}", Rules(form="reduced"), True),
        (r"2\sqrt{3}", r"\sqrt{12}", Rules(form="reduced"), False),
        (r"\frac{\sqrt{2}}{2}", r"\frac{1}{\sqrt{2}}", Rules(form="reduced"), False),
    ],
)
def test_rules_loosen_or_tighten_the_comparison(gold: str, given: str, rules: Rules, expected: bool | None) -> None:
    assert equal(gold, given, rules) is expected
