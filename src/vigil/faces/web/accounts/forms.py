"""The sign-in form, looking like the rest."""

from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm


class LoginForm(AllauthLoginForm):  # type: ignore[misc]  # allauth ships no types
    """Name and password; no placeholder text that a screen reader would read twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            if getattr(field.widget, "input_type", "") != "checkbox":
                field.widget.attrs["class"] = "form-control"
