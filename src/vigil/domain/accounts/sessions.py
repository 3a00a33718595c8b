"""Signed-in sessions of an account: listed, and ended at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from vigil.domain.accounts.models import User
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor

SEEN_EVERY: Final = timedelta(minutes=1)


def sessions_of(user: User) -> list[UserSession]:
    """The sessions that are open, the one last seen first; those that ran out are forgotten. Three queries at most."""
    noted = list(UserSession.objects.filter(user=user).order_by("-last_seen_at"))
    keys = [session.session_key for session in noted]
    held = set(Session.objects.filter(session_key__in=keys).values_list("session_key", flat=True))
    if gone := [session.pk for session in noted if session.session_key not in held]:
        UserSession.objects.filter(pk__in=gone).delete()
    return [session for session in noted if session.session_key in held]


def seen(*, user: User, session_key: str, address: str, browser: str, now: datetime) -> None:
    """Note that a session is in use: whence and with what; at most once a minute."""
    made, fresh = UserSession.objects.get_or_create(
        session_key=session_key,
        defaults={
            "user": user,
            "ip": address,
            "user_agent": browser[:200],
            "created_at": now,
            "last_seen_at": now,
        },
    )
    if not fresh and (now - made.last_seen_at > SEEN_EVERY or made.ip != address):
        UserSession.objects.filter(pk=made.pk).update(user=user, ip=address, user_agent=browser[:200], last_seen_at=now)


@transaction.atomic
def end_sessions(*, user: User, sessions: Sequence[UserSession], actor: Actor, now: datetime) -> int:
    """End sessions of `user`: their next request is signed out. Returns how many."""
    for session in sessions:
        session.end()
    if sessions:
        record(
            actor=actor,
            now=now,
            action="account.sessions_ended",
            subject=f"accounts.user:{user.id}",
            facts={"count": len(sessions)},
        )
    return len(sessions)
