"""What all tables share: Tabler's classes, cards on a phone, icons of order."""

from typing import Any

import django_tables2 as tables
from django.urls import reverse


class ListTable(tables.Table):  # type: ignore[misc]  # django-tables2 ships no types
    """A table whose first column leads to the thing."""

    class Meta:
        attrs = {"class": "table table-vcenter card-table table-mobile-md"}
        order_by_field = "sort"


def linked(name: str, url: str, **options: Any) -> Any:
    """A column whose cells lead to the row's own page `url`."""
    return tables.Column(
        linkify=lambda record: reverse(url, args=[record.pk]), attrs={"a": {"class": "fw-medium"}}, **options
    )
