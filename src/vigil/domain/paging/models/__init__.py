"""What paging remembers: policies and routes (who is reached how), pages and their timers, dead-man's switches."""

from vigil.domain.paging.models.pages import (
    Answer,
    AttemptState,
    How,
    Outcome,
    Page,
    PageAnswer,
    PageAttempt,
    PageKey,
    PageState,
    PageStep,
    StepKind,
    WrongCode,
)
from vigil.domain.paging.models.policies import EscalationPolicy, PolicyStep, Route, TargetChoices, Urgency
from vigil.domain.paging.models.switches import DeadMan, DeadManState, PagerNote, Ping

__all__ = [
    "Answer",
    "AttemptState",
    "DeadMan",
    "DeadManState",
    "EscalationPolicy",
    "How",
    "Outcome",
    "Page",
    "PageAnswer",
    "PageAttempt",
    "PageKey",
    "PageState",
    "PageStep",
    "PagerNote",
    "Ping",
    "PolicyStep",
    "Route",
    "StepKind",
    "TargetChoices",
    "Urgency",
    "WrongCode",
]
