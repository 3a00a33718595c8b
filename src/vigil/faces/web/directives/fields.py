"""Form fields for lists: a line an entry; where an entry has several values, ` | ` between them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        """The list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The lines as a list, empty ones left out."""
        text = super().to_python(value) or ""
        return [line.strip() for line in text.splitlines() if line.strip()]


class RowsField(forms.CharField):
    """A list of dictionaries with fixed keys; a key in `lists` holds several values, with commas between them."""

    widget = forms.Textarea

    def __init__(self, *, keys: Sequence[str], lists: Sequence[str] = (), **kwargs: Any) -> None:
        self._keys, self._lists = tuple(keys), frozenset(lists)
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The rows as lines."""
        return "\n".join(self._line(row) for row in value) if isinstance(value, list) else value

    def _line(self, row: dict[str, Any]) -> str:
        cells = [", ".join(row.get(key) or []) if key in self._lists else str(row.get(key) or "") for key in self._keys]
        return " | ".join(" ".join(cell.replace("|", "¦").split()) for cell in cells).rstrip(" |")

    def to_python(self, value: Any) -> Any:
        """The lines as rows."""
        return [self._row(line) for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def _row(self, line: str) -> dict[str, Any]:
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > len(self._keys):
            raise forms.ValidationError(_("This line has too many parts: %(line)s"), params={"line": line})
        cells += [""] * (len(self._keys) - len(cells))
        return {
            key: [part.strip() for part in cell.split(",") if part.strip()] if key in self._lists else (cell or None)
            for key, cell in zip(self._keys, cells, strict=True)
        }
