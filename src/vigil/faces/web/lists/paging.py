"""A page of a long list whose order needs a join: only keys are sorted, and only the page's rows are read whole."""

from typing import Final, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
MOST_FOUND: Final = 1_000


def page_of(
    rows: QuerySet[M], number: str | None, per_page: int, *, searched: bool = False, count: int | None = None
) -> tuple["Page[object]", list[M]]:
    """The page (its numbers; `object_list` holds keys) and its rows in their order.

    What is `searched` by words is searched once: the pages are those of the first `MOST_FOUND`. `count`: how many rows
    there are, where that is known already.
    """
    listed = rows.select_related(None).values_list("pk", flat=True)
    paginator: Paginator[object] = Paginator(list(listed[:MOST_FOUND]) if searched else listed, per_page)
    if count is not None and not searched:
        paginator.__dict__["count"] = count  # in the place where it is kept once it was counted
    page = paginator.get_page(number)
    keys = list(page.object_list)
    found = rows.order_by().in_bulk(keys)
    return page, [found[key] for key in keys if key in found]
