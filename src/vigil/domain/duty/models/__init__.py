"""The tables of this room.

posts      Post, Member, Leave, Wish       where duty is kept, who can keep it, when they cannot
rosters    Roster, DutyShift, DutyRow, Swap  who stands when, as planned; rows are superseded, never edited
presence   Screen, CheckIn, MissedCheckIn  who was there; a fact apart from the plan
handovers  HandOver                        what was passed on, signed by both
providers  ProviderRequest, Commitment     what a provider was asked for and promised
keys       DutyKey                         a person's key to their own shifts; a calendar's key
"""

from vigil.domain.duty.models.handovers import HandOver, HandOverState
from vigil.domain.duty.models.keys import DutyKey, KeyUse
from vigil.domain.duty.models.posts import Function, Leave, Member, Post, Wish
from vigil.domain.duty.models.presence import CheckIn, How, MissedCheckIn, Place, Screen
from vigil.domain.duty.models.providers import Commitment, ProviderRequest, RequestState
from vigil.domain.duty.models.rosters import DutyRow, DutyShift, Kind, Origin, Roster, Swap, SwapState

__all__ = [
    "CheckIn", "Commitment", "DutyKey", "DutyRow", "DutyShift", "Function", "HandOver", "HandOverState", "How",
    "KeyUse", "Kind", "Leave", "Member", "MissedCheckIn", "Origin", "Place", "Post", "ProviderRequest",
    "RequestState", "Roster", "Screen", "Swap", "SwapState", "Wish",
]  # fmt: skip
