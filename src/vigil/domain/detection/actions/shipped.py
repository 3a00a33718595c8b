"""The rules that Vigil ships, taken into the database when it is prepared: by the same way as any other rule set."""

import hashlib
from datetime import datetime

from vigil.adapters.sigma_rules.shipped import shipped_texts
from vigil.domain.detection.actions.rules import Imported, import_rules
from vigil.domain.detection.models import Origin, Rule
from vigil.domain.detection.rule_files import documents_of
from vigil.kernel.actors import Actor


def import_shipped(*, actor: Actor, now: datetime) -> Imported | None:
    """Make the rules of Vigil's own what the program brings along; None where they are that already.

    Switches stay as they are; what the program no longer brings is retired.
    """
    texts = shipped_texts()
    brought = {hashlib.sha256(data).hexdigest() for _, data in documents_of(texts)}
    kept = set(Rule.objects.filter(origin=Origin.VIGIL, retired_at=None).values_list("sha256", flat=True))
    if brought == kept:
        return None
    return import_rules(texts=texts, origin=Origin.VIGIL, actor=actor, now=now)
