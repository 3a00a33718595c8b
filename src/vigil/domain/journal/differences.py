"""What a saved model changed, as plain values for a journal entry."""

from collections.abc import Collection
from typing import Any

from django.db import models


def plain(instance: models.Model) -> dict[str, Any]:
    """The concrete fields of `instance` as JSON values (text for what JSON does not know)."""
    values: dict[str, Any] = {}
    for field in instance._meta.concrete_fields:
        value = field.value_from_object(instance)
        values[field.attname] = value if isinstance(value, str | int | bool | list | dict | None) else str(value)
    return values


def difference(
    before: dict[str, Any] | None, after: dict[str, Any], *, personal: Collection[str] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(facts, personal): each changed field with what it was and what it is; the `personal` ones apart."""
    facts: dict[str, Any] = {}
    private: dict[str, Any] = {}
    for name, value in after.items():
        old = before.get(name) if before is not None else None
        if name == "id" or value == old or (before is None and value in ("", None, [], False)):
            continue
        (private if name in personal else facts)[name] = {"was": old, "is": value} if before is not None else value
    return facts, private
