"""What detection keeps."""

from vigil.domain.detection.models.alerts import (
    Alert,
    AlertKind,
    AlertNote,
    AlertState,
    AlertVerdict,
    CorrelationGroup,
    CorrelationState,
    Detection,
    PendingMatch,
    Suppression,
)
from vigil.domain.detection.models.hunts import HuntState, RetroHunt
from vigil.domain.detection.models.rules import (
    LEVELS,
    DetectionProfile,
    IndicatorList,
    Level,
    Origin,
    Posture,
    PostureChange,
    Rule,
    RuleBook,
    RuleSwitch,
    usual_deadlines,
)
from vigil.domain.detection.models.sources import LogSource, ReadingState, SourceHour, SpoolPosition

__all__ = [
    "LEVELS",
    "Alert",
    "AlertKind",
    "AlertNote",
    "AlertState",
    "AlertVerdict",
    "CorrelationGroup",
    "CorrelationState",
    "Detection",
    "DetectionProfile",
    "HuntState",
    "IndicatorList",
    "Level",
    "LogSource",
    "Origin",
    "PendingMatch",
    "Posture",
    "PostureChange",
    "ReadingState",
    "RetroHunt",
    "Rule",
    "RuleBook",
    "RuleSwitch",
    "SourceHour",
    "SpoolPosition",
    "Suppression",
    "usual_deadlines",
]
