"""The second factor of an account: whom it is demanded of, tries that are counted, and what the journal is told.

The factors themselves (authenticator app, passkeys, recovery codes) are django-allauth's; what they mean is here.
"""

from datetime import datetime, timedelta
from typing import Final

import pyotp
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.db.models import F

from vigil.domain.accounts.models import FactorGuard, RoleGrant, User
from vigil.domain.accounts.sessions import end_sessions, sessions_of
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, NotAllowed
from vigil.kernel.phrases import N_

STRONG: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
STEP_S: Final = 30


def demanded_of(user: User) -> bool:
    """Whether `user` holds, anywhere, a role of which VIGIL_MFA_ROLES demands a second factor."""
    roles = settings.VIGIL_MFA_ROLES
    if not roles:
        return False
    return "all" in roles or RoleGrant.objects.filter(user=user, role__in=roles).exists()


def has_own_factor(user: User) -> bool:
    """Whether an authenticator app or a passkey is set up (recovery codes alone are none)."""
    return bool(Authenticator.objects.filter(user=user, type__in=STRONG).exists())


def lacks_demanded_factor(user: User) -> bool:
    """Whether nothing may be done in the name of `user` yet.

    An account whose last sign-in at a trusted provider was with several factors has one: its provider's.
    """
    if not demanded_of(user) or has_own_factor(user):
        return False
    if not settings.VIGIL_OIDC or not settings.VIGIL_OIDC.trust_mfa:
        return True
    return not SocialAccount.objects.filter(user=user, extra_data__factor=True).exists()


def demand_factor(user: User) -> None:
    """Raises: NotAllowed `account.second_factor_needed` when `user` lacks the factor that is demanded."""
    if lacks_demanded_factor(user):
        raise NotAllowed(
            "account.second_factor_needed",
            N_("This account's role demands a second factor, and none is set up. Sign in and set one up first."),
        )


def begin_try(*, user: User, now: datetime) -> None:
    """Count a try before it is judged, so that tries at the same instant cannot slip past the limit.

    Raises: NotAllowed `account.factor_locked` after as many wrong ones as lock a password, for as long.
    """
    lasts = timedelta(hours=settings.AXES_COOLOFF_TIME)
    FactorGuard.objects.get_or_create(user=user)
    mine = FactorGuard.objects.filter(user=user)
    mine.filter(tried_at__lte=now - lasts).update(tries=0)
    if not mine.filter(tries__lt=settings.AXES_FAILURE_LIMIT).update(tries=F("tries") + 1, tried_at=now):
        raise NotAllowed(
            "account.factor_locked",
            N_("Too many wrong codes. Wait {minutes} minutes, or ask an administrator."),
            minutes=round(settings.AXES_COOLOFF_TIME * 60),
        )


def forget_tries(user: User) -> None:
    """The factor was right, or an administrator lifted the lock."""
    FactorGuard.objects.filter(user=user).update(tries=0, tried_at=None)


def spend_totp(*, user: User, secret: str, code: str, now: datetime) -> bool:
    """Whether `code` of an authenticator app is right and was not used before (RFC 6238, one step of tolerance)."""
    generator, step = pyotp.TOTP(secret), int(now.timestamp()) // STEP_S
    FactorGuard.objects.get_or_create(user=user)
    for counter in (step - 1, step, step + 1):
        if pyotp.utils.strings_equal(generator.generate_otp(counter), code.strip().replace(" ", "")):
            fresh = FactorGuard.objects.filter(user=user, totp_last_counter__lt=counter)
            return bool(fresh.update(totp_last_counter=counter))
    return False


@transaction.atomic
def factor_changed(*, user: User, change: str, kind: str, actor: Actor, now: datetime) -> None:
    """Tell the journal of a factor `added`, `removed`, `failed`, or of recovery codes `renewed`."""
    record(
        actor=actor,
        now=now,
        action=f"account.second_factor_{change}",
        subject=f"accounts.user:{user.id}",
        facts={"kind": kind},
    )


@transaction.atomic
def reset_factor(*, user: User, actor: Actor, now: datetime, why: str = "") -> None:
    """Take away a lost second factor, with its recovery codes; every session of the account ends.

    Raises: Conflict `account.no_factor` when there is none.
    """
    count, _ = Authenticator.objects.filter(user=user).delete()
    if not count:
        raise Conflict("account.no_factor", N_("This account has no second factor."))
    FactorGuard.objects.filter(user=user).delete()
    record(
        actor=actor,
        now=now,
        action="account.second_factor_reset",
        subject=f"accounts.user:{user.id}",
        why=why,
        facts={"count": count},
    )
    end_sessions(user=user, sessions=sessions_of(user), actor=actor, now=now)
