"""How this room tells the journal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor


def tell(
    thing: Model,
    action: str,
    *,
    organisation: UUID,
    actor: Actor,
    now: datetime,
    why: str = "",
    facts: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> None:
    """One entry about `thing`, inside the transaction of its fact."""
    record(
        actor=actor,
        now=now,
        action=f"duty.{action}",
        subject=f"{thing._meta.app_label}.{thing._meta.model_name}:{thing.pk}",
        organisation=organisation,
        why=why,
        facts=facts,
        personal=personal,
    )
