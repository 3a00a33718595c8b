"""The letters of the old Vietnamese encodings, as bytes of a file or as characters set in an old font.

Source: TCVN 5712:1993 (VN3, the set of the ".Vn" fonts, called TCVN3 or ABC); the VNI for Windows layout
(a base letter, then a character for its mark); RFC 1456 (VIQR); code page 1258 of Windows.
"""

_TCVN3 = {
    0xA1: "ĂÂÊÔƠƯĐăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}

TCVN3: dict[str, str] = {
    chr(first + place): letter for first, letters in _TCVN3.items() for place, letter in enumerate(letters)
}

_VNI_MARKS = {
    "a": dict(zip("ùøûõïêéèúüëâáàåãä", "áàảãạăắằẳẵặâấầẩẫậ", strict=True)),
    "e": dict(zip("ùøûõïâáàåãä", "éèẻẽẹêếềểễệ", strict=True)),
    "o": dict(zip("ùøûõïâáàåãä", "óòỏõọôốồổỗộ", strict=True)),
    "u": dict(zip("ùøûõï", "úùủũụ", strict=True)),
    "y": dict(zip("ùøûõ", "ýỳỷỹ", strict=True)),
    "ô": dict(zip("ùøûõï", "ớờởỡợ", strict=True)),
    "ö": dict(zip("ùøûõï", "ứừửữự", strict=True)),
}
_VNI_SINGLE = dict(zip("íìæóòôöîñ", "íìỉĩịơưỵđ", strict=True))


def _vni() -> dict[str, str]:
    pairs = {base + mark: letter for base, marks in _VNI_MARKS.items() for mark, letter in marks.items()}
    table = {**pairs, **_VNI_SINGLE}
    for code, letter in list(table.items()):
        table[code.upper()] = letter.upper()
    for (
        code,
        letter,
    ) in pairs.items():  # a capital with the mark of the small letter, as hasty typists leave it
        table[code[0].upper() + code[1]] = letter.upper()
    return table


VNI: dict[str, str] = _vni()

# RFC 1456: a mark follows its letter; a backslash keeps a mark literal.
VIQR_SHAPES = {"(": "\u0306", "^": "\u0302", "+": "\u031b", "*": "\u031b"}
VIQR_TONES = {"`": "\u0300", "'": "\u0301", "?": "\u0309", "~": "\u0303", ".": "\u0323"}
