"""Fields that several rooms' forms share."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation
from vigil.faces.web.lists.filters import MOST_CHOICES


class OrganisationField(forms.Field):
    """One of `organisations`: chosen from a list when they are few, else named by identifier or exact name."""

    def __init__(self, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        self.organisations = organisations
        super().__init__(**kwargs)
        known = list(organisations.order_by("name").values_list("pk", "name")[: MOST_CHOICES + 1])
        if len(known) <= MOST_CHOICES:
            self.widget = forms.Select(choices=[("", "—"), *known])
        else:
            self.widget = forms.TextInput()
            self.help_text = _("Type its identifier or its full name.")
        self.widget.is_required = self.required

    def prepare_value(self, value: Any) -> Any:
        """An organisation as the widget shows it."""
        few = isinstance(self.widget, forms.Select)
        if isinstance(value, UUID) and not few:
            value = self.organisations.filter(pk=value).first()
        if isinstance(value, Organisation):
            return value.pk if few else value.code or value.name
        return value

    def to_python(self, value: Any) -> Organisation | None:
        """The organisation, if it is one of those offered."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            found = list(self.organisations.filter(pk=UUID(text)))
        except ValueError:
            found = list(self.organisations.filter(code=text) or self.organisations.filter(name=text)[:2])
        if len(found) != 1:
            raise ValidationError(_("There is no such organisation here, or several have this name."))
        return found[0]


class ManyField(forms.CharField):
    """Several short texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        """A list as lines."""
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        """Lines (or parts between semicolons) as a list, each once."""
        text = super().to_python(value) or ""
        parts = [part.strip() for part in text.replace(";", "\n").splitlines()]
        return list(dict.fromkeys(part for part in parts if part))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the parts differ."""
        return bool(list(initial or []) != self.to_python(data))
