"""The forms of these pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vigil.domain.estate.models import EdgeDevice, InformationSystem, Platform
from vigil.domain.organisations.models import Unit
from vigil.faces.web.dressing import dress

LEVELS = [("", _("not stated")), *((level, str(level)) for level in range(1, 6))]


class SystemForm(forms.ModelForm):  # type: ignore[type-arg]
    """An information system."""

    level = forms.TypedChoiceField(label=_("Level"), choices=LEVELS, required=False, coerce=int, empty_value=None)
    platforms = forms.MultipleChoiceField(
        label=_("Platform tags"), choices=Platform.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = InformationSystem
        fields = [
            "name",
            "code",
            "level",
            "important",
            "important_reason",
            "platforms",
            "operating_unit",
            "addresses",
            "notes",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = Unit.objects.filter(organisation=self.instance.organisation_id)
        self.fields["operating_unit"].queryset = units  # type: ignore[attr-defined]
        for name in ("addresses", "notes"):
            self.fields[name].widget.attrs["rows"] = 3
        self.fields["important_reason"].help_text = _("Needed when the system is important or sensitive.")
        self.fields["addresses"].help_text = _("Names and addresses by which it is reached, one a line.")
        dress(self)


class EdgeForm(forms.ModelForm):  # type: ignore[type-arg]
    """A device at the network's edge."""

    class Meta:
        model = EdgeDevice
        fields = ["kind", "name", "address", "uplink"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["uplink"].help_text = _("The Internet link behind which it stands.")
        dress(self)
