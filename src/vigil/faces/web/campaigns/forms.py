"""The forms of these pages."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from vigil.domain.directives.models import Directive, ReceiptKind, RecipientRole
from vigil.domain.directives.queries import BELOW
from vigil.domain.flows.chasing import OUTCOMES
from vigil.domain.organisations.audiences import audiences
from vigil.faces.web.dressing import dress
from vigil.kernel.clock import VIETNAM
from vigil.kernel.proofs import Verdict

ROLES = [("", _("not at all")), *RecipientRole.choices]
STATED = [Verdict.MET, Verdict.AT_RISK, Verdict.NOT_MET]


class MomentField(forms.DateTimeField):
    """A day and an hour in Viet Nam."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M"], **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Shown in Viet Nam's time, whatever the database says."""
        return value.astimezone(VIETNAM).strftime("%Y-%m-%dT%H:%M") if hasattr(value, "astimezone") else value


class ChooseForm(forms.Form):
    """Whom it goes to: for each audience to act, to know, or not at all; one by one besides; by when."""

    answer_by_at = MomentField(
        label=_("Answer by"),
        required=False,
        help_text=_("The dispatch states none unless it was read from it; what you set here is yours and marked so."),
    )
    exercise = forms.BooleanField(
        label=_("This is an exercise"),
        required=False,
        help_text=_("Every page, message and document says so."),
    )

    def __init__(self, *args: Any, members: dict[str, int], chosen: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "vi"
        for code in [BELOW, *audiences()]:
            name = gettext("All directly below") if code == BELOW else audiences()[code].name(language)
            self.fields[f"audience_{code}"] = forms.ChoiceField(
                label=f"{name} ({members.get(code, 0)})",
                choices=ROLES,
                required=False,
                initial=chosen.get(code, ""),
            )
        dress(self)

    @property
    def audience_fields(self) -> list[forms.BoundField]:
        """The audience choices alone."""
        return [self[name] for name in self.fields if name.startswith("audience_")]

    def audiences(self) -> list[dict[str, str]]:
        """The chosen audiences as the action takes them."""
        return [
            {"code": name.removeprefix("audience_"), "role": role}
            for name, role in self.cleaned_data.items()
            if name.startswith("audience_") and role
        ]


class AmendForm(forms.Form):
    """The later directive that takes the place of this one."""

    later = forms.ModelChoiceField(Directive.objects.none(), label=_("Later directive"))

    def __init__(self, *args: Any, later: QuerySet[Directive], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["later"].queryset = later  # type: ignore[attr-defined]
        dress(self)


class EndForm(forms.Form):
    """Withdraw or close."""

    how = forms.ChoiceField(
        label=_("How"), choices=[("close", _("Close: the watch is over")), ("withdraw", _("Withdraw the directive"))]
    )
    note = forms.CharField(
        label=_("Note, or reason of the withdrawal"), required=False, widget=forms.Textarea(), max_length=2000
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class EnterForm(forms.Form):
    """What came on paper or by telephone, entered by hand: attested, with the name of who said it."""

    kind = forms.ChoiceField(label=_("What was answered"), choices=ReceiptKind.choices)
    by = forms.CharField(label=_("Who said so (name, title)"), max_length=200)
    reason = forms.CharField(label=_("Reason, when refused"), required=False, max_length=1000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class CallForm(forms.Form):
    """What came of a call."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=list(OUTCOMES.items()))
    note = forms.CharField(label=_("Note"), required=False, max_length=1000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = [(k, gettext(v)) for k, v in OUTCOMES.items()]  # type: ignore[attr-defined]
        dress(self)
