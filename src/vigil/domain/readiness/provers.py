"""The provers and lists of open items that `project/settings.py` names, loaded once."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from vigil.kernel.proofs import OpenItem, OpenItems, Prover


@cache
def provers_by_kind() -> dict[str, Prover]:
    """Which prover answers for which kind of obligation."""
    found: dict[str, Prover] = {}
    for path in settings.VIGIL_PROVERS:
        prover: Prover = import_string(path)()
        for kind in prover.kinds:
            if kind in found:
                raise RuntimeError(f"two provers for {kind}")
            found[kind] = prover
    return found


@cache
def _open_items_lists() -> tuple[OpenItems, ...]:
    return tuple(import_string(path)() for path in settings.VIGIL_OPEN_ITEMS)


def all_open_items(organisation: UUID, now: datetime) -> Sequence[OpenItem]:
    """Everything unfinished in every room, oldest first."""
    found = [item for room in _open_items_lists() for item in room.open_items(organisation, now)]
    return sorted(found, key=lambda item: item.since)
