"""Sign-in by the directory's password: a thin backend over the adapter, for names that have no password here."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from vigil.domain.accounts.external import Outsider, admit
from vigil.domain.accounts.models import User
from vigil.kernel import clock
from vigil.kernel.actors import worker

SOURCE = "ldap"


class DirectoryBackend(ModelBackend):
    """Asked after the local one. A name that has a local password is never sent to the directory."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **more: Any
    ) -> User | None:
        """The account of whoever the directory takes `password` from.

        Raises: Unavailable `directory.unavailable`, which no lock-out counts: nothing was learned about the password.
        """
        directory = settings.VIGIL_LDAP
        if directory is None or not username or not password:
            return None
        name = _name_there(username)
        if name is None:
            return None
        found = directory.sign_in(name, password)
        if found is None:
            return None
        person = Outsider(SOURCE, found.subject, found.name, found.full_name, found.mail, found.groups)
        user = admit(person=person, rules=settings.VIGIL_LDAP_RULES, actor=worker(SOURCE), now=clock.now())
        return user if self.user_can_authenticate(user) else None


def _name_there(username: str) -> str | None:
    """The name to ask for; None when it is a local account's, whose password is nobody else's business.

    Who is called differently here (`an@ldap`) is asked for by the name they have there, when they enter the one here.
    """
    here = User.objects.filter(username__iexact=username).first()
    if here is None:
        return username
    if here.has_usable_password():
        return None
    link = SocialAccount.objects.filter(user=here, provider=SOURCE).first()
    return str(link.extra_data.get("name") or username) if link is not None else username
