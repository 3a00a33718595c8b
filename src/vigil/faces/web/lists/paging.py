"""A page of a long list whose order needs a join: only keys are sorted, and only the page's rows are read whole."""

from typing import TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def page_of(rows: QuerySet[M], number: str | None, per_page: int) -> tuple["Page[object]", list[M]]:
    """The page (its numbers; `object_list` holds keys) and its rows in their order."""
    page: Page[object] = Paginator(rows.select_related(None).values_list("pk", flat=True), per_page).get_page(number)
    keys = list(page.object_list)
    found = rows.order_by().in_bulk(keys)
    return page, [found[key] for key in keys if key in found]
