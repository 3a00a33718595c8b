"""The tables of these lists."""

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vigil.domain.estate.models import InformationSystem, Platform
from vigil.faces.web.lists.tables import ListTable, linked


class SystemTable(ListTable):
    """What it is, how it is graded, whether the watch is about it."""

    name = linked("name", "system", verbose_name=_("Name"))
    organisation = tables.Column(verbose_name=_("Organisation"), order_by="organisation__name")
    level = tables.Column(verbose_name=_("Level"), empty_values=())
    important = tables.Column(verbose_name=_("Important or sensitive"))
    platforms = tables.Column(verbose_name=_("Platform tags"), orderable=False, default="")

    class Meta(ListTable.Meta):
        fields = ("name", "organisation", "level", "important", "platforms")

    def render_name(self, record: InformationSystem, value: str) -> Any:
        """With a mark when it is retired."""
        if record.retired_at is None:
            return value
        return format_html('{} <span class="badge bg-secondary-lt">{}</span>', value, gettext("Retired"))

    def render_level(self, record: InformationSystem) -> Any:
        """An important one without a level is a gap."""
        if record.level:
            return record.level
        colour = "orange" if record.important else "secondary"
        return format_html('<span class="badge bg-{}-lt">{}</span>', colour, gettext("not stated"))

    def render_important(self, record: InformationSystem) -> Any:
        """With the reason."""
        if not record.important:
            return ""
        return format_html(
            '<span class="badge bg-red-lt">{}</span> <span class="text-secondary">{}</span>',
            gettext("important"),
            record.important_reason,
        )

    def render_platforms(self, value: list[str]) -> str:
        """Their names."""
        return platform_words(value)


def platform_words(codes: list[str]) -> str:
    """Platform tags in the reader's language."""
    known = {value: str(label) for value, label in Platform.choices}
    return "; ".join(known.get(code, code) for code in codes)


class EdgeTable(ListTable):
    """What stands at the edge, and on which link."""

    name = linked("name", "edge_device", verbose_name=_("Name"))
    kind = tables.Column(verbose_name=_("Kind"))
    organisation = tables.Column(verbose_name=_("Organisation"), order_by="organisation__name")
    address = tables.Column(verbose_name=_("Address"), default="")
    uplink = tables.Column(verbose_name=_("Internet link"), default="")

    class Meta(ListTable.Meta):
        fields = ("name", "kind", "organisation", "address", "uplink")
