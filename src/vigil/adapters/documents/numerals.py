"""Numerals as word processors write them for list items."""

_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


def numeral(number: int, form: str) -> str:
    """`number` in a form of ST_NumberFormat (ECMA-376 17.18.59); forms not known come out as decimal."""
    if form == "none":
        return ""
    if form in ("lowerLetter", "upperLetter"):
        letters = _letters(number)
        return letters if form == "lowerLetter" else letters.upper()
    if form in ("lowerRoman", "upperRoman"):
        roman = _roman(number)
        return roman.lower() if form == "lowerRoman" else roman
    if form == "decimalZero":
        return f"{number:02d}"
    return str(number)


def _letters(number: int) -> str:
    """a ... z, aa, bb ...: the letter repeats, as Word does it."""
    if not 1 <= number <= 780:
        return str(number)
    times, place = divmod(number - 1, 26)
    return chr(ord("a") + place) * (times + 1)


def _roman(number: int) -> str:
    if not 1 <= number < 4000:
        return str(number)
    result = ""
    for value, letters in _ROMAN:
        while number >= value:
            result += letters
            number -= value
    return result
