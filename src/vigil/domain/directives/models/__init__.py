"""Dispatch, directive, obligation, watch, assignment, campaign: the backbone that every other room hangs its proofs on.

Dispatch  --read-->  Directive (draft)  --a person confirms-->  Directive (confirmed)
Directive --obligations-->  Obligation
Watch     = one organisation's window over which it keeps a directive's obligations
Campaign  = a directive in force at whoever sends it: its recipients, what each received and answered
"""

from vigil.domain.directives.models.campaigns import (
    Answer,
    Attachment,
    Campaign,
    CampaignState,
    Chase,
    ChaseState,
    Receipt,
    ReceiptKind,
    Recipient,
    RecipientRole,
    RecipientState,
    RelayedAnswer,
)
from vigil.domain.directives.models.documents import (
    Directive,
    DirectiveLink,
    DirectiveState,
    Dispatch,
    LinkKind,
    Obligation,
    ObligationKind,
)
from vigil.domain.directives.models.drills import Drill, DrillProbe, ProbeOutcome
from vigil.domain.directives.models.watches import Assignment, Watch, WatchState, window_instants

__all__ = [
    "Answer",
    "Assignment",
    "Attachment",
    "Campaign",
    "CampaignState",
    "Chase",
    "ChaseState",
    "Directive",
    "DirectiveLink",
    "DirectiveState",
    "Dispatch",
    "Drill",
    "DrillProbe",
    "LinkKind",
    "Obligation",
    "ObligationKind",
    "ProbeOutcome",
    "Receipt",
    "ReceiptKind",
    "Recipient",
    "RecipientRole",
    "RecipientState",
    "RelayedAnswer",
    "Watch",
    "WatchState",
    "window_instants",
]
