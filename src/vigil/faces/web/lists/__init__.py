"""Lists: found, filtered, sorted, paged, exported, imported. A room declares a `Listing`; the rest is here."""

from vigil.faces.web.lists.layout import Column, Layout, column, text_column
from vigil.faces.web.lists.listing import Listing
from vigil.faces.web.lists.views import list_urls

__all__ = ["Column", "Layout", "Listing", "column", "list_urls", "text_column"]
