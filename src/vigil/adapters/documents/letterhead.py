"""Which two-column blocks are read column by column: the head of a dispatch and its foot.

In the head the issuer stands left and the state's name right; in the foot the recipients left and the
signatory right. Read row by row they would be mixed. Every other table is read row by row.
Source: Decree 30/2020/NĐ-CP, annex I (layout of administrative documents).
"""

import re
import unicodedata

_MARKS = re.compile(
    r"doc\s*lap\s*[-–—]?\s*tu\s*do|xa\s*hoi\s*chu\s*nghia|noi\s*nhan\s*:|dang\s*cong\s*san\s*viet\s*nam"
)
_STAMP = re.compile(r"^\W*(tuyet mat|toi mat|mat|do mat\b.*|hoa toc( hen gio)?|thuong khan|khan|du thao.*)\W*$")


def folded(text: str) -> str:
    """`text` in small letters without marks, for finding words whatever their tones."""
    bare = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(char for char in bare if not unicodedata.combining(char))


def is_head_or_foot(text: str) -> bool:
    """Whether a block of two columns is the head or the foot of a dispatch."""
    return len(text) < 6000 and _MARKS.search(folded(text)) is not None


def is_stamp(line: str) -> bool:
    """Whether a line of a page's header or footer is a stamp (secrecy, urgency, draft) and not decoration."""
    return len(line) < 60 and _STAMP.match(folded(line).strip()) is not None
