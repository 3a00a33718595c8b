"""The sign-in forms, looking like the rest."""

from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ReauthenticateForm
from django.utils.translation import gettext_lazy as _

from vigil.faces.web.dressing import dress


class LoginForm(AllauthLoginForm):  # type: ignore[misc]  # allauth ships no types
    """Name and password; no placeholder text that a screen reader would read twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            if getattr(field.widget, "input_type", "") != "checkbox":
                field.widget.attrs["class"] = "form-control"


class AgainForm(ReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """The password once more, before something weighty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["password"]
        field.label, field.help_text = _("Present password"), ""
        field.widget.attrs.pop("placeholder", None)
        dress(self)
