"""The forms of the second factor: tries are counted per account, a code is good once, failures reach the journal."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from cryptography.exceptions import InvalidSignature
from django import forms
from django.utils.translation import gettext_lazy as _

from vigil.domain.accounts.models import User
from vigil.domain.accounts.second_factor import begin_try, factor_changed, forget_tries, has_own_factor, spend_totp
from vigil.faces.web.dressing import dress
from vigil.kernel import clock


def _failed(user: User, kind: str) -> None:
    factor_changed(user=user, change="failed", kind=kind, actor=user.as_actor(), now=clock.now())


def _real_now() -> datetime:
    """What the app on a telephone reads: a practice clock is not told to it."""
    return clock.now() - clock.shift()


class _Code(forms.Form):
    """A code of an authenticator app, or a recovery code."""

    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = _("Code")
        field.max_length = 40  # type: ignore[attr-defined]
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs |= {"autocomplete": "one-time-code", "maxlength": "40", "autofocus": True}
        dress(self)

    def clean_code(self) -> str:
        """Raises: NotAllowed `account.factor_locked`, before the code is looked at."""
        begin_try(user=self.user, now=clock.now())
        code = str(self.cleaned_data["code"])[:40]
        for one in Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN):
            if self._is_right(one, code):
                one.user = self.user
                self.authenticator = one
                forget_tries(self.user)
                return code
        _failed(self.user, "code")
        raise get_adapter().validation_error("incorrect_code")

    def _is_right(self, one: Authenticator, code: str) -> bool:
        if one.type == Authenticator.Type.TOTP:
            return spend_totp(user=self.user, secret=decrypt(one.data["secret"]), code=code, now=_real_now())
        return bool(one.wrap().validate_code(code))


class SignInCode(_Code, AuthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """At sign-in."""


class AgainCode(_Code, ReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """Before something weighty, when one signed in a while ago."""


@contextmanager
def _unreadable_is_wrong() -> Iterator[None]:
    """What a browser sends in a passkey's name may be anything; fido2 takes it apart without expecting that."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, struct.error, InvalidSignature):
        raise get_adapter().validation_error("incorrect_code") from None


class _Key(forms.Form):
    """What a passkey signed."""

    user: User

    def clean_credential(self) -> Authenticator:
        """Raises: NotAllowed `account.factor_locked`, before the signature is looked at."""
        begin_try(user=self.user, now=clock.now())
        try:
            with _unreadable_is_wrong():
                found = super().clean_credential()  # type: ignore[misc]
        except forms.ValidationError:
            _failed(self.user, "webauthn")
            raise
        forget_tries(self.user)
        return found


class SignInKey(_Key, AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    """At sign-in, after the password."""


class AgainKey(_Key, ReauthenticateWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    """Before something weighty."""


class AloneKey(LoginWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    """At sign-in, instead of the password."""

    def clean_credential(self) -> Authenticator:
        """Whose key it is, if it is anybody's."""
        with _unreadable_is_wrong():
            return super().clean_credential()


class SetUpApp(ActivateTOTPForm):  # type: ignore[misc]  # allauth ships no types
    """The first code of a new authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = _("The six figures that the app shows now")
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs |= {"inputmode": "numeric", "maxlength": "10"}
        dress(self)

    def clean_code(self) -> str:
        """Right, and spent by this."""
        begin_try(user=self.user, now=clock.now())
        code = str(self.cleaned_data["code"])[:10]
        if has_own_factor(self.user) and Authenticator.objects.filter(user=self.user, type="totp").exists():
            raise get_adapter().validation_error("incorrect_code")
        if not spend_totp(user=self.user, secret=self.secret, code=code, now=_real_now()):
            _failed(self.user, "totp")
            raise get_adapter().validation_error("incorrect_code")
        forget_tries(self.user)
        return code


class AddKey(AddWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    """A new passkey and its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the key")
        self.fields["name"].help_text = _("To tell it apart later, for example: my phone.")
        self.fields["name"].max_length = 60
        self.fields["name"].widget.attrs["maxlength"] = "60"
        if not self.user.has_usable_password():
            del self.fields["passwordless"]  # a provider vouches for them, each time anew
            dress(self)
            return
        self.fields["passwordless"].label = _("Sign in with this key alone, without the password")
        self.fields["passwordless"].help_text = _("The key then asks for a fingerprint, a face or a PIN.")
        self.fields["passwordless"].initial = True
        dress(self)

    def clean(self) -> dict[str, Any]:
        """Made by a key, for this page."""
        with _unreadable_is_wrong():
            return dict(super().clean())

    def clean_name(self) -> str:
        """Short enough to be shown."""
        return str(super().clean_name())[:60]
