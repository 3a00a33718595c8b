"""Traffic Light Protocol 2.0 (FIRST, August 2022): to whom a thing may go on. It is not a grade of state secrecy."""

from enum import StrEnum
from typing import Final


class Tlp(StrEnum):
    """The labels of TLP 2.0, from the freest to the strictest."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"

    @property
    def rank(self) -> int:
        """0 for CLEAR to 4 for RED: what may be seen up to a ceiling is compared by this."""
        return _ORDER.index(self)

    @property
    def label(self) -> str:
        """As it is written on a document: `TLP:AMBER+STRICT`."""
        return f"TLP:{self.value.upper()}"

    @classmethod
    def of_rank(cls, rank: int) -> "Tlp":
        """The label of a rank. Raises: ValueError outside 0..4."""
        if not 0 <= rank < len(_ORDER):
            raise ValueError(f"no TLP label has rank {rank}")
        return _ORDER[rank]

    @classmethod
    def read(cls, text: str) -> "Tlp":
        """From `TLP:AMBER+STRICT`, `tlp:white` (TLP 1.0's CLEAR), `amber`... Raises: ValueError when it is none."""
        word = text.strip().lower().removeprefix("tlp:").strip()
        return cls.CLEAR if word == "white" else cls(word)


_ORDER: Final = (Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED)
