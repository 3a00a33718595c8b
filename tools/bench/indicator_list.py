"""A large list of indicators as exchanges of them look: mostly domains, then addresses, hashes, URLs and networks.

`python tools/bench/indicator_list.py PATH MANY [SEED]`. Names and addresses are invented, but not reserved ones: what a
list holds must not be refused. (Another seed than that of the log, which would have the same random hashes.)
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

SHARES = (("domain", 55), ("address", 20), ("hash", 15), ("url", 8), ("network", 2))
_WORDS = ("bao", "mat", "cong", "tai", "lieu", "nhan", "the", "ngan", "hang", "thue", "giao", "hoa", "don", "cap")
_ENDS = ("xyz.example", "top.example", "com.example", "info.example")


def lines(many: int, seed: int = 7) -> Iterator[str]:
    """One indicator a line; one in fifty with the time until which it is valid, and its TLP."""
    dice = random.Random(seed)  # noqa: S311
    kinds, weights = zip(*SHARES, strict=True)
    for kind in dice.choices(kinds, weights, k=many):
        value = _value(dice, kind)
        yield f"{value},,2027-01-01T00:00:00Z,amber" if dice.random() < 0.02 else value


def _value(dice: random.Random, kind: str) -> str:
    name = f"{dice.choice(_WORDS)}{dice.choice(_WORDS)}{dice.getrandbits(28):x}.{dice.choice(_ENDS)}"
    match kind:
        case "domain":
            return name if dice.random() < 0.8 else f"{dice.choice(_WORDS)}.{name}"
        case "address":
            return f"{dice.randrange(20, 120)}.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(256)}"
        case "network":
            return f"{dice.randrange(20, 120)}.{dice.randrange(256)}.{dice.randrange(256)}.0/24"
        case "url":
            return f"http://{name}/{dice.choice(_WORDS)}/{dice.getrandbits(32):x}?id={dice.randrange(1000)}"
    return f"{dice.getrandbits(256):064x}" if dice.random() < 0.7 else f"{dice.getrandbits(128):032x}"


def write(path: Path, many: int, seed: int = 7) -> None:
    """The list as a file."""
    path.write_text("".join(f"{line}\n" for line in lines(many, seed)))


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), *(int(one) for one in sys.argv[3:]))
