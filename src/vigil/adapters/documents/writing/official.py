"""What an official document is before it has a shape: plain, frozen values that both writers take.

Source: NĐ 30/2020/NĐ-CP phụ lục I (parts of a document), phụ lục III (types and their codes).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, IntEnum, StrEnum

LETTERS = "abcdđeghiklmnopqrstuvxy"
_ROMANS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV")
_CONTROL_RE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")


class DocumentKind(Enum):
    """The kind, as the reader names it; its type name (none for a công văn) and its code."""

    DISPATCH = ("dispatch", "", "")
    DIRECTIVE = ("directive", "CHỈ THỊ", "CT")
    PLAN = ("plan", "KẾ HOẠCH", "KH")
    REPORT = ("report", "BÁO CÁO", "BC")
    NOTICE = ("notice", "THÔNG BÁO", "TB")
    GUIDANCE = ("guidance", "HƯỚNG DẪN", "HD")
    SUBMISSION = ("submission", "TỜ TRÌNH", "TTr")
    DECISION = ("decision", "QUYẾT ĐỊNH", "QĐ")

    @property
    def reads_as(self) -> str:
        """The `kind` of a reading."""
        return self.value[0]

    @property
    def type_name(self) -> str:
        """Above the subject, in capitals; empty for a công văn."""
        return self.value[1]

    @property
    def code(self) -> str:
        """The first group of the symbol; empty for a công văn."""
        return self.value[2]


class Urgency(StrEnum):
    """The stamp of urgency (cell 10b)."""

    URGENT = "KHẨN"
    VERY_URGENT = "THƯỢNG KHẨN"
    IMMEDIATE = "HỎA TỐC"


class Level(IntEnum):
    """The rungs of numbering; an item's children stand on a lower rung (a larger number)."""

    SECTION = 0  # I. II. III.
    CLAUSE = 1  # 1. 2. 3.
    POINT = 2  # a) b) c) d) đ)
    DASH = 3  # -


@dataclass(frozen=True, slots=True)
class Item:
    """One numbered item. `heading` sets its line in bold (a section always is, in capitals)."""

    level: Level
    text: str
    children: tuple["Item", ...] = ()
    heading: bool = False

    def __post_init__(self) -> None:
        most = {Level.SECTION: len(_ROMANS), Level.POINT: len(LETTERS)}
        for level in Level:
            count = sum(child.level == level for child in self.children)
            if count > most.get(level, 99):
                raise ValueError(f"{count} items of one level are more than can be numbered")
        if any(child.level <= self.level for child in self.children):
            raise ValueError("an item's children stand on a lower rung")


@dataclass(frozen=True, slots=True)
class Signatory:
    """`authority` as "KT. GIÁM ĐỐC" (may be empty), the title, the name (empty: blank for the clerk)."""

    title: str
    authority: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Annex:
    """A table after the document's foot; each row has as many cells as there are columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if not self.columns or any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("every row of an annex has a cell for each column")


@dataclass(frozen=True, slots=True)
class OfficialDocument:
    """A document as its author means it.

    `number` is the serial alone ("315"); None leaves it blank. `symbol` is what follows the stroke ("KH-VTM"). `place`
    goes before the date; `issued_on` None leaves day and month blank with `year`. `grounds` are set in italics before
    the body; `lead` and `closing` are plain paragraphs. An exercise wears its mark
    on every page.
    """

    kind: DocumentKind
    issuer: str
    symbol: str
    place: str
    subject: str
    year: int
    issuer_parent: str = ""
    number: str | None = None
    issued_on: date | None = None
    addressees: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    closing: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    filing: str = ""
    signatory: Signatory = field(default_factory=lambda: Signatory("THỦ TRƯỞNG ĐƠN VỊ"))
    urgency: Urgency | None = None
    annexes: tuple[Annex, ...] = ()
    exercise: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """An item as it stands on the page: its depth in the tree, its rung, its label, its words."""

    depth: int
    level: Level
    label: str
    text: str
    bold: bool


def lines_of(items: tuple[Item, ...], depth: int = 0) -> Iterator[Line]:
    """The items in reading order, numbered; letters follow the Vietnamese order (d, đ, e, g)."""
    counts = dict.fromkeys(Level, 0)
    for item in items:
        counts[item.level] += 1
        section = item.level == Level.SECTION
        words = one_line(item.text)
        yield Line(
            depth,
            item.level,
            _label(item.level, counts[item.level]),
            words.upper() if section else words,
            section or item.heading,
        )
        yield from lines_of(item.children, depth + 1)


def _label(level: Level, n: int) -> str:
    if level == Level.SECTION:
        return f"{_ROMANS[n - 1]}."
    if level == Level.CLAUSE:
        return f"{n}."
    return f"{LETTERS[n - 1]})" if level == Level.POINT else "-"


def one_line(text: str) -> str:
    """Words on one line, without what no page can show."""
    return " ".join(_CONTROL_RE.sub(" ", text).split())
