"""How forms look: Tabler's classes on every input, faults marked for eyes and for screen readers."""

from django import forms


def dress(form: forms.BaseForm) -> None:
    """Dress every input. Call it last in `__init__`: it looks at the errors, and so validates what is bound."""
    for name, field in form.fields.items():
        widget = field.widget
        if isinstance(widget, forms.CheckboxInput):
            widget.attrs["class"] = "form-check-input"
        elif isinstance(widget, forms.Select):
            widget.attrs["class"] = "form-select"
        else:
            widget.attrs["class"] = "form-control"
        if isinstance(widget, forms.Textarea):
            widget.attrs.setdefault("rows", 3)
        if form.is_bound and name in form.errors:
            widget.attrs["class"] += " is-invalid"
            widget.attrs["aria-invalid"] = "true"
