"""Little-endian numbers out of a stream, never past its end."""

from vigil.adapters.documents import refusals


class Stream:
    """Bytes of one OLE stream. Reading past the end means a damaged file: Refused `document.damaged`."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data)

    def part(self, start: int, length: int) -> bytes:
        """`length` bytes from `start`."""
        if start < 0 or length < 0 or start + length > len(self.data):
            raise refusals.damaged()
        return self.data[start : start + length]

    def number(self, start: int, size: int, *, signed: bool = False) -> int:
        """A number of `size` bytes at `start`."""
        return int.from_bytes(self.part(start, size), "little", signed=signed)

    def u8(self, start: int) -> int:
        """An unsigned byte."""
        return self.number(start, 1)

    def u16(self, start: int) -> int:
        """An unsigned number of two bytes."""
        return self.number(start, 2)

    def u32(self, start: int) -> int:
        """An unsigned number of four bytes."""
        return self.number(start, 4)
