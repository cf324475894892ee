"""Prompts and clean rows that the tests make: their own words, in both languages."""

import random

JA = (
    "駅",
    "図書館",
    "春",
    "料理",
    "山道",
    "海岸",
    "祖母",
    "子犬",
    "新聞",
    "工場",
    "祭り",
    "雪",
    "港町",
    "机",
    "手紙",
    "歌",
)
VERBS = ("を訪れて", "を描いて", "を探して", "を思い出して", "を片付けて", "を眺めて", "を語って", "を数えて")
EN = (
    *("station", "library", "spring", "kitchen", "mountain", "harbour", "grandmother", "puppy", "newspaper", "desk"),
    *(
        "festival",
        "snow",
        "village",
        "letter",
        "song",
        "carpenter",
        "island",
        "lantern",
        "bicycle",
        "orchard",
        "violin",
    ),
)
DOES = ("visits", "paints", "seeks", "remembers", "cleans", "watches", "describes", "counts", "carries", "repairs")


def prompt(number: int, language: str) -> str:
    """The same for the same number, unlike all others."""
    rng = random.Random(f"{language}/{number}")
    if language == "ja":
        parts = [f"{rng.choice(JA)}の{rng.choice(JA)}{rng.choice(VERBS)}" for _ in range(5)]
        return "、".join(parts) + f"、{number + 3}回くり返した人の話を書いてください。"
    parts = [f"the {rng.choice(EN)} {rng.choice(DOES)} a {rng.choice(EN)} near the {rng.choice(EN)}" for _ in range(4)]
    return f"Write a story where {', '.join(parts)} for {number + 3} days."


def clean(number: int) -> str:
    """A row that holds no prompt, though words of them."""
    rng = random.Random(f"clean/{number}")
    if number % 2:
        return "".join(f"昨日は{rng.choice(JA)}と{rng.choice(JA)}のことを考えていた。" for _ in range(8))
    return " ".join(f"Yesterday a {rng.choice(EN)} was bigger than any {rng.choice(EN)}." for _ in range(8))


def full_width(text: str) -> str:
    """ASCII as full-width forms."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def cut(text: str) -> str:
    """The middle three fifths."""
    return text[len(text) // 5 : -len(text) // 5]


def misspelt(text: str, every: int = 20) -> str:
    """Every so many letters another one."""
    return "".join("x" if place % every == every - 1 else letter for place, letter in enumerate(text))
