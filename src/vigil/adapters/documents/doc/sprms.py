"""Single property modifiers: the changes of properties that a .doc is made of. Source: [MS-DOC] 2.6.1 (Sprm)."""

from collections.abc import Iterator

from vigil.adapters.documents.doc.binary import Stream

_SIZES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
_LONG_TABLE, _TABS = 0xD608, 0xC615

FONT, DELETED, HIDDEN, CAPITALS = 0x4A4F, 0x0800, 0x083C, 0x083B
LIST, LIST_LEVEL, IN_TABLE, ROW_END = 0x460B, 0x260A, 0x2416, 0x2417


def sprms(group: bytes) -> Iterator[tuple[int, int]]:
    """(opcode, value) of each modifier of a group; values of variable size come as 0."""
    stream, at = Stream(group), 0
    while at + 2 < len(stream):
        opcode = stream.u16(at)
        at += 2
        size = _SIZES.get(opcode >> 13)
        if size is None:
            at += _variable_size(stream, at, opcode)
            yield opcode, 0
        elif at + size > len(stream):
            return
        else:
            yield opcode, stream.number(at, size)
            at += size


def _variable_size(stream: Stream, at: int, opcode: int) -> int:
    if opcode == _LONG_TABLE:
        return stream.u16(at) + 1 if at + 2 <= len(stream) else len(stream)
    length = stream.u8(at)
    if opcode == _TABS and length == 255:
        return len(stream)
    return length + 1
