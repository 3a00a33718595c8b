"""An .rtf as a document. Runs in the child process. Source: RTF 1.9.1."""

import re
from dataclasses import dataclass, replace

from vigil.adapters.documents import refusals
from vigil.adapters.documents.encodings import Fragment, by_fonts
from vigil.adapters.documents.letterhead import is_stamp
from vigil.adapters.documents.limits import Limits
from vigil.adapters.documents.model import Document
from vigil.adapters.documents.rtf.tokens import Token, tokens
from vigil.adapters.documents.sniff import RTF
from vigil.adapters.documents.sources import finished
from vigil.adapters.documents.tables import laid_out

_SKIPPED = frozenset(
    (
        "stylesheet", "colortbl", "info", "pict", "object", "themedata", "datastore", "latentstyles", "listtable",
        "listoverridetable", "rsidtbl", "generator", "xmlnstbl", "fldinst", "footnote", "pgdsctbl", "mmathPr",
        "bkmkstart", "bkmkend", "filetbl", "revtbl", "pntxta", "pntxtb", "pnseclvl",
    )
)  # fmt: skip
_ASIDE = frozenset(("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf"))
_SAID = {"tab": "\t", "line": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "bullet": "•",
         "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " "}  # fmt: skip
_SYMBOLS = {"~": " ", "_": "-", "\\": "\\", "{": "{", "}": "}"}
_LABEL = re.compile(r"^\s*(\S{1,12})\t")
_CODE_PAGES = {0: "cp1252", 163: "cp1258", 204: "cp1251", 238: "cp1250", 162: "cp1254", 161: "cp1253"}


@dataclass(frozen=True, slots=True)
class _State:
    """What holds inside a group: the font, what is hidden, how many characters stand in for one \\u."""

    font: int = 0
    skipped: bool = False
    hidden: bool = False
    aside: bool = False
    in_fonts: bool = False
    after_u: int = 1


def read_rtf(data: bytes, limits: Limits) -> Document:
    """The text of an RTF file: paragraphs, tables, numbers as the word processor last wrote them.

    Raises:
        Refused: `document.bomb`, `document.no_text`, `document.too_long`.
    """
    walk = _Walk(limits)
    for token in tokens(data):
        walk.take(token)
    walk.end_paragraph()
    walk.end_table()
    stamps = [line.strip() for line in "".join(walk.aside).split("\n") if is_stamp(line)]
    return finished([*dict.fromkeys(stamps), *walk.lines], walk.encodings, RTF, limits)


class _Walk:
    def __init__(self, limits: Limits) -> None:
        self.lines: list[str] = []
        self.encodings: set[str] = set()
        self.aside: list[str] = []
        self._limits = limits
        self._stack: list[_State] = []
        self._state = _State()
        self._names: dict[int, str] = {}
        self._pages: dict[int, str] = {}
        self._code_page = "cp1252"
        self._fragments: list[Fragment] = []
        self._rows: list[list[list[str]]] = []
        self._row: list[list[str]] = []
        self._cell: list[str] = []
        self._in_table = False
        self._swallow = 0
        self._has_label = False

    def take(self, token: Token) -> None:
        """One token."""
        if token.kind == "open":
            if len(self._stack) > self._limits.depth:
                raise refusals.bomb()
            self._stack.append(self._state)
        elif token.kind == "close":
            self._state = self._stack.pop() if self._stack else _State()
        elif token.kind == "bytes":
            self._bytes(token.raw)
        elif token.kind == "symbol":
            self._symbol(token.word)
        else:
            self._word(token.word, token.number)

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._state = replace(self._state, skipped=True)
        elif symbol in "\r\n":
            self._word("par", None)
        else:
            self._say(_SYMBOLS.get(symbol, ""))

    def _bytes(self, raw: bytes) -> None:
        if self._swallow:
            used = min(self._swallow, len(raw))
            self._swallow -= used
            raw = raw[used:]
        if self._state.in_fonts:
            self._names[self._state.font] = self._names.get(self._state.font, "") + raw.decode("latin-1")
            return
        page = self._pages.get(self._state.font, self._code_page)
        name = self._names.get(self._state.font, "").lower()
        if name.startswith((".vn", "vni")):
            page = "latin-1"
        self._say(raw.decode(page, errors="replace"))

    def _say(self, text: str) -> None:
        if text and not self._state.skipped and not self._state.hidden and not self._state.in_fonts:
            font = self._names.get(self._state.font, "").split(";")[0].strip()
            if self._state.aside:
                self.aside.append(by_fonts([Fragment(text, font)])[0])
            else:
                self._fragments.append(Fragment(text, font))

    def _word(self, word: str, number: int | None) -> None:
        if word in _SAID:
            self._say(_SAID[word])
        elif word in _SKIPPED:
            self._state = replace(self._state, skipped=True)
        elif word in _ASIDE:
            self._state = replace(self._state, aside=True)
            self.aside.append("\n")
        elif word == "u" and number is not None:
            code = number % 0x10000
            self._say("\ufffd" if 0xD800 <= code < 0xE000 else chr(code))
            self._swallow = self._state.after_u
        elif word in ("par", "sect", "page"):
            self._end_of_paragraph()
        elif word in ("cell", "nestcell") or (word in ("row", "nestrow", "trowd", "pard", "intbl")):
            self._table_word(word)
        else:
            self._setting(word, number)

    def _end_of_paragraph(self) -> None:
        if self._state.aside:
            self.aside.append("\n")
        elif not self._state.skipped:
            self.end_paragraph()

    def _setting(self, word: str, number: int | None) -> None:
        value = number or 0
        if word == "f":
            self._state = replace(self._state, font=value)
        elif word == "fonttbl":
            self._state = replace(self._state, in_fonts=True)
        elif word == "fcharset":
            self._pages[self._state.font] = _CODE_PAGES.get(value, self._code_page)
        elif word == "ansicpg":
            self._code_page = f"cp{value}" if value in (1250, 1251, 1252, 1253, 1254, 1258) else "cp1252"
        elif word == "uc":
            self._state = replace(self._state, after_u=min(max(value, 0), 8))
        elif word in ("v", "deleted"):
            self._state = replace(self._state, hidden=number != 0)
        elif word == "shptxt":
            self._state = replace(self._state, skipped=False)
        elif word in ("listtext", "pntext"):
            self._has_label = True
        elif word == "plain":
            self._state = replace(self._state, hidden=False, font=0)

    def _table_word(self, word: str) -> None:
        if word in ("cell", "nestcell"):
            self._in_table = True
            self.end_paragraph()
            self._row.append(self._cell)
            self._cell = []
        elif word in ("row", "nestrow"):
            if self._row:
                self._rows.append(self._row)
            self._row = []
        elif word == "pard":
            self._in_table = False
        else:
            self._in_table = True

    def end_paragraph(self) -> None:
        """What was gathered becomes lines of the text or of a cell."""
        text, encoding = by_fonts(self._fragments)
        self.encodings.add(encoding)
        if self._has_label:
            text = _LABEL.sub(r"\1 ", text)
        self._fragments, self._has_label = [], False
        if self._in_table:
            self._cell += text.split("\n")
            return
        self.end_table()
        self.lines += text.split("\n")

    def end_table(self) -> None:
        """The rows gathered become lines."""
        if self._cell:
            self._row.append(self._cell)
        if self._row:
            self._rows.append(self._row)
        self.lines += laid_out(self._rows)
        self._rows, self._row, self._cell = [], [], []
