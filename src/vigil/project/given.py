"""What the operator set in the environment, one kind of value after another.

Set to nothing is not set. What cannot be meant stops the start with one sentence that names the setting.
"""

import math
import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

from django.core.exceptions import ImproperlyConfigured

LAST_PORT: Final = 65535


def text(name: str, default: str = "") -> str:
    """As it was set."""
    return os.environ.get(name) or default


def truth(name: str, default: bool = False) -> bool:
    """1, true, yes, on; anything else is no."""
    return text(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def one_of(name: str, default: str, known: Collection[str]) -> str:
    """One of some words, in capitals. Raises: ImproperlyConfigured for any other."""
    found = text(name, default).strip().upper()
    if found not in known:
        raise ImproperlyConfigured(f"{name}: {found!r} is none of {', '.join(known)}")
    return found


def path(name: str) -> Path | None:
    """A file or folder, or none."""
    found = text(name)
    return Path(found) if found else None


def whole(name: str, default: int, least: int = 0, most: int | None = None) -> int:
    """A whole number. Raises: ImproperlyConfigured for anything else."""
    found = text(name, str(default)).strip()
    try:
        value = int(found)
    except ValueError:
        raise ImproperlyConfigured(f"{name}: {found!r} is not a whole number") from None
    return max(least, value if most is None else min(most, value))


def seconds(name: str, default: float, least: float) -> float:
    """A number. Raises: ImproperlyConfigured for anything else."""
    found = text(name, str(default)).strip()
    try:
        value = float(found)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ImproperlyConfigured(f"{name}: {found!r} is not a number")
    return max(least, value)


def port(name: str, default: int, least: int = 0) -> int:
    """A port; where `least` is 0, 0 is "not at all". Raises: ImproperlyConfigured for what is none."""
    found = text(name, str(default)).strip()
    if not (found.isascii() and found.isdigit() and len(found) < 6 and least <= int(found) <= LAST_PORT):
        raise ImproperlyConfigured(f"{name}: {found!r} is not a port ({least} to {LAST_PORT})")
    return int(found)


def folders(name: str, default: str) -> tuple[list[Path], dict[Path, str]]:
    """`/folder=CODE:/another`: the folders, and the codes of the organisations to which some belong. Empty: none."""
    found, owners = [], {}
    for one in filter(None, os.environ.get(name, default).split(":")):
        folder, _, code = one.rpartition("=") if "/" not in one.rpartition("=")[2] else (one, "", "")
        found.append(Path(folder))
        if code:
            owners[Path(folder)] = code.strip()
    return found, owners
