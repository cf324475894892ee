"""Check digits of numbers that identify people and companies. Each takes a string of ASCII digits."""


def luhn(number: str) -> bool:
    """Whether the last digit is that of ISO/IEC 7812-1 (credit cards)."""
    doubled = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    total = sum(map(int, number[-1::-2])) + sum(doubled[int(digit)] for digit in number[-2::-2])
    return total % 10 == 0


def my_number(number: str) -> bool:
    """Whether the last of 12 digits is that of an Individual Number (My Number).

    Source: 番号法に基づく総務省令 (平成26年総務省令第85号), Article 5: 11 digits from the right
    with weights 2..7, 2..6, modulo 11.
    """
    if len(number) != 12:
        return False
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11
    return int(number[-1]) == (0 if rest <= 1 else 11 - rest)


def corporate_number(number: str) -> bool:
    """Whether the first of 13 digits is that of a Japanese Corporate Number.

    Source: 法人番号の指定等に関する省令, Article 2: 12 digits from the right with weights 1, 2 in turn, modulo 9.
    """
    if len(number) != 13:
        return False
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number[1:])))
    return int(number[0]) == 9 - total % 9


def iban(text: str) -> bool:
    """Whether an IBAN without spaces is congruent to 1 modulo 97 (ISO 13616)."""
    letters = text[4:] + text[:4]
    return int("".join(str(int(letter, 36)) for letter in letters)) % 97 == 1
