"""Tokens and codes by which a person answers a page. Only digests are kept.

Both follow from the key's id and this Vigil's secret key, so that every message to one person about one page bears the
same link and the same code, and none of them lies in the database.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from vigil.domain.organisations.models import Person
from vigil.domain.paging.models import Page, PageKey, WrongCode
from vigil.kernel.errors import Conflict, NotFound
from vigil.kernel.identifiers import CODE_LETTERS, new_id
from vigil.kernel.phrases import N_

LASTS: Final = timedelta(days=3)
WRONG_WITHIN: Final = timedelta(minutes=10)
MOST_WRONG: Final = 10  # from one address
MOST_WRONG_IN_ALL: Final = 1000


def key_for(page: Page, person: Person, now: datetime) -> tuple[PageKey, str, str]:
    """The person's key to the page with its token and its code, made when there is none that still works."""
    key = PageKey.objects.filter(page=page, person=person, revoked_at=None).first()
    if key is not None:
        token, code = _secrets(key)
        if key.token_sha256 == sha256(token):
            if key.expires_at < now + LASTS / 2:
                PageKey.objects.filter(pk=key.pk).update(expires_at=now + LASTS)
            return key, token, code
        PageKey.objects.filter(pk=key.pk).update(revoked_at=now)  # made under another secret key
    key = PageKey(id=new_id(), page=page, person=person, made_at=now, expires_at=now + LASTS)
    token, code = _secrets(key)
    key.token_sha256, key.code_sha256 = sha256(token), sha256(code)
    key.save(force_insert=True)
    return key, token, code


def _secrets(key: PageKey) -> tuple[str, str]:
    made = hmac.new(settings.SECRET_KEY.encode(), b"vigil page key\0" + key.pk.bytes, hashlib.sha512).digest()
    number, letters = int.from_bytes(made[16:48], "big"), []
    for _ in range(8):
        number, rest = divmod(number, len(CODE_LETTERS))
        letters.append(CODE_LETTERS[rest])
    return urlsafe_b64encode(made[:16]).rstrip(b"=").decode(), "".join(letters)


def key_of_token(token: str, now: datetime) -> PageKey:
    """The key behind a link.

    Raises: NotFound `paging.no_link` alike for unknown, expired and revoked ones, and those of people who have left.
    """
    found = _usable(now).filter(token_sha256=sha256(token[:200])).first()
    if found is None:
        raise NotFound("paging.no_link", N_("This link is not known, has expired or was revoked."))
    return found


def key_of_code(code: str, *, source: str, now: datetime) -> PageKey:
    """The key behind a spoken code (spaces, dashes and case do not matter). `source`: where it was entered from.

    Raises: Conflict `paging.too_many_codes` after many that fitted nothing; NotFound `paging.no_code`.
    """
    digest = hmac.new(settings.SECRET_KEY.encode(), b"vigil code from\0" + source.encode(), hashlib.sha256)
    whence = digest.hexdigest()[:32]
    recent = WrongCode.objects.filter(at__gt=now - WRONG_WITHIN)
    if recent.filter(source=whence).count() >= MOST_WRONG or recent.count() >= MOST_WRONG_IN_ALL:
        raise Conflict(
            "paging.too_many_codes", N_("Too many codes that fit nothing. Wait ten minutes, or use the link.")
        )
    plain = "".join(letter for letter in code.upper() if letter.isalnum())[:40]
    found = _usable(now).filter(code_sha256=sha256(plain)).first()
    if found is None:
        with transaction.atomic():
            WrongCode.objects.filter(at__lt=now - 6 * WRONG_WITHIN).delete()
            WrongCode.objects.create(source=whence, at=now)
        raise NotFound("paging.no_code", N_("This code is not known, has expired or was revoked."))
    return found


def revoke_keys(page: Page, now: datetime) -> int:
    """Every link and code of the page stops working."""
    return PageKey.objects.filter(page=page, revoked_at=None).update(revoked_at=now)


def _usable(now: datetime) -> QuerySet[PageKey]:
    rows = PageKey.objects.filter(revoked_at=None, expires_at__gt=now, person__left_at=None)
    return rows.select_related("page__organisation", "page__acknowledged_by", "person")


def sha256(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
