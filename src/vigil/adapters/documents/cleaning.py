"""The last pass over a text: line ends, characters that nobody sees, blank lines."""

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_TRAILING = re.compile("[ \t]+$", re.MULTILINE)
_MANY_BLANKS = re.compile("\n{4,}")


def cleaned(text: str) -> str:
    """`text` in NFC with "\\n" line ends, plain spaces and no invisible characters."""
    text = _LINE_ENDS.sub("\n", text)
    text = _UNSEEN.sub("", _SPACES.sub(" ", text))
    text = _MANY_BLANKS.sub("\n\n\n", _TRAILING.sub("", text))
    return unicodedata.normalize("NFC", text)


def visible(word: str) -> str:
    """One word in NFC without invisible characters."""
    return word if word.isascii() and word.isprintable() else unicodedata.normalize("NFC", _UNSEEN.sub("", word))
