"""The rules that Vigil ships: of its own writing, one file a theme, beside this module."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

_FOLDER: Final = Path(__file__).parent / "shipped_rules"
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def shipped_texts() -> list[tuple[str, bytes]]:
    """Name and bytes of every file of them, by name."""
    return [(path.name, path.read_bytes()) for path in sorted(_FOLDER.glob("*.yml"))]


def shipped_documents() -> list[Mapping[str, Any]]:
    """Every rule as it is written; what only Vigil reads of it stands under `vigil`."""
    return [one for _, text in shipped_texts() for one in yaml.load_all(text, Loader=_LOADER)]


class Words(NamedTuple):
    """What a rule is called and what it finds, in English: messages of the catalogue, which has the Vietnamese."""

    title: str
    description: str


@cache
def shipped_words() -> Mapping[str, Words]:
    """By the rule's id."""
    return {
        str(one["id"]): Words(str(one["title"]), " ".join(str(one["description"]).split()))
        for one in shipped_documents()
    }
