"""What looks like personal data and is none: dates, ISBNs, versions, coordinates, equations, examples."""

import random

from planted_pii import EN, JA, digits


def decoys(each: int, seed: str) -> list[tuple[str, str]]:
    """(what it is, sentence)."""
    found = []
    for n in range(each):
        rng = random.Random(f"{seed}/decoy/{n}")
        frame = rng.choice(JA + EN)
        year, month, day = rng.randint(1950, 2030), rng.randint(1, 12), rng.randint(1, 28)
        a, b, c = (rng.randint(1, 99999) for _ in range(3))
        isbn = f"978-4-{rng.randint(10, 99)}-{rng.randint(100000, 999999)}-{rng.randint(0, 9)}"
        items = {
            "date": rng.choice(
                (
                    f"{year}-{month:02}-{day:02}",
                    f"{year}/{month:02}/{day:02} 10:{day:02}:05",
                    f"{year}年{month}月{day}日",
                    f"{year}{month:02}{day:02}{a % 24:02}{b % 60:02}",
                    f"{year}-{month:02}-{day:02}T08:{day:02}:11Z",
                )
            ),
            "isbn": rng.choice((isbn, isbn.replace("-", ""), f"ISBN {isbn}")),
            "version": rng.choice(
                (
                    f"v{a % 20}.{b % 30}.{c % 40}",
                    f"version {a % 9}.{b % 9}.{c % 90}.{a % 7}",
                    f"numpy=={a % 3}.{b % 30}.{c % 5}",
                    f"Chrome/{a % 130}.0.{c % 7000}.{b % 200}",
                    f"{a % 9}.{b % 9}.{c % 9}.{a % 5}",
                )
            ),
            "coordinates": rng.choice(
                (
                    f"{a % 90}.{b:06}, {c % 180}.{a:06}",
                    f"北緯{a % 46}度{b % 60}分{c % 60}秒",
                    f"({a % 90}.{digits(rng, 10)}, -{c % 180}.{digits(rng, 10)})",
                )
            ),
            "equation": rng.choice(
                (
                    f"{a} + {b} = {a + b}",
                    f"{a * b * 1000} / {b} = {a * 1000}",
                    f"x = {a}{b}{c}",
                    f"{a * 10**7 + b} × {c} = {(a * 10**7 + b) * c}",
                    f"f({a % 90}) = {b}-{c}",
                    f"10{a:05}-{b:04}",
                )
            ),
            "private ip": rng.choice(
                (
                    f"192.168.{a % 256}.{b % 256}",
                    f"10.{a % 256}.{b % 256}.{c % 256}",
                    "127.0.0.1",
                    f"172.16.{a % 256}.{b % 256}",
                    "fe80::1",
                    "2001:db8::1",
                )
            ),
            "example": rng.choice(
                (
                    "user@example.com",
                    "03-1234-5678",
                    "090-0000-0000",
                    "info@company.co.jp",
                    "4111 1111 1111 1111",
                    "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
                    "555-0123",
                    "123-45-6789",
                    "8.8.8.8",
                )
            ),
            "amount": rng.choice(
                (
                    f"{a * b:,}円",
                    f"${a * 1000:,}.00",
                    f"{a}-{b % 100} の結果",
                    f"{year}-{year + 1}年度",
                    f"約{a * b * 10}人",
                    f"No. {a}-{b}",
                )
            ),
            "hash": "".join(rng.choices("0123456789abcdef", k=rng.choice((32, 40, 64)))),
            "place": rng.choice(
                (
                    "東京都港区六本木一丁目",
                    "北海道の人口は5,140,354人",
                    "大阪府では2020-2021年に",
                    "京都市は8世紀から",
                    "神奈川県横浜市中区",
                    "愛知県内の19市町村の3-4割",
                )
            ),
            "code": rng.choice(
                (
                    "import a@b",
                    "icon@2x.png",
                    "risk-averse-learning-algorithms-for-2024",
                    "git@github.com:owner/repository.git",
                    "x[0:1][2:3]",
                    "std::vector<int>::size_type",
                    "task-based-evaluation-of-2-systems",
                )
            ),
        }
        found += [(what, frame.format(item)) for what, item in items.items()]
    return found
