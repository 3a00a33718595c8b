"""The lists of a .doc. Source: [MS-DOC] 2.9.189 (PlfLst), 2.9.131 (LSTF), 2.9.150 (LVLF), 2.9.188 (PlfLfo)."""

from vigil.adapters.documents.doc.binary import Stream
from vigil.adapters.documents.lists import Level, ListForm, Lists

_LISTS, _OVERRIDES = 0x2E2, 0x2EA
_MOST = 5000
_FORMS = {
    0: "decimal",
    1: "upperRoman",
    2: "lowerRoman",
    3: "upperLetter",
    4: "lowerLetter",
    22: "decimalZero",
    23: "bullet",
    255: "none",
}


def lists(main: Stream, table: Stream) -> Lists:
    """The lists by their number in the override table, as paragraphs name them (from 1)."""
    start, length = main.u32(_LISTS), main.u32(_LISTS + 4)
    if length < 2:
        return Lists()
    levels = _levels_of_lists(table, start, length)
    start, length = main.u32(_OVERRIDES), main.u32(_OVERRIDES + 4)
    return Lists(_forms(Stream(table.part(start, length)), levels) if length >= 4 else {})


def _levels_of_lists(table: Stream, start: int, length: int) -> dict[int, dict[int, Level]]:
    """Levels by the list's lsid: the LSTFs first, then all their LVLs behind them."""
    count = min(table.u16(start), _MOST)
    at = start + length
    result = {}
    for place in range(count):
        lstf = start + 2 + 28 * place
        lsid, is_simple = table.u32(lstf), bool(table.u8(lstf + 26) & 1)
        levels = {}
        for number in range(1 if is_simple else 9):
            levels[number], at = _level(table, at)
        result[lsid] = levels
    return result


def _level(table: Stream, at: int) -> tuple[Level, int]:
    start, form, flags = table.number(at, 4, signed=True), table.u8(at + 4), table.u8(at + 5)
    follow, restart = table.u8(at + 15), table.u8(at + 26)
    text = at + 28 + table.u8(at + 24) + table.u8(at + 25)
    length = table.u16(text)
    raw = table.part(text + 2, 2 * length).decode("utf-16-le", errors="replace")
    level = Level(
        start=start,
        form=_FORMS.get(form, "decimal"),
        pattern="".join(f"%{ord(char) + 1}" if ord(char) < 9 else char for char in raw),
        joined=follow == 2,
        restarts_after=restart if flags & 0x08 else None,
        legal=bool(flags & 0x04),
    )
    return level, text + 2 + 2 * length


def _forms(table: Stream, levels: dict[int, dict[int, Level]]) -> dict[str, ListForm]:
    count = min(table.u32(0), _MOST)
    at = 4 + 16 * count
    forms = {}
    for place in range(count):
        lsid, overridden = table.u32(4 + 16 * place), table.u8(4 + 16 * place + 12)
        own = dict(levels.get(lsid, {}))
        forced: dict[int, int] = {}
        at += 4
        for _ in range(min(overridden, 9)):
            start, flags = table.number(at, 4, signed=True), table.u32(at + 4)
            at += 8
            if flags & 0x20:
                own[flags & 0xF], at = _level(table, at)
            elif flags & 0x10:
                forced[flags & 0xF] = start
        forms[str(place + 1)] = ListForm(own, str(lsid), forced)
    return forms
