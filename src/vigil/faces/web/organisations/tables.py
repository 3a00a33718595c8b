"""The tables of these lists."""

from typing import Any

import django_tables2 as tables
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import ContactPoint, Organisation, Person
from vigil.faces.web.lists.tables import ListTable, linked
from vigil.faces.web.templatetags.vigil import audience_words


class OrganisationTable(ListTable):
    """As a tree until the reader sorts it."""

    name = linked("name", "organisation", verbose_name=_("Name"))
    code = tables.Column(verbose_name=_("Agency identifier"), default="")
    audience_codes = tables.Column(verbose_name=_("Audience classes"), orderable=False, default="")
    home = tables.Column(verbose_name=_("Home"))

    class Meta(ListTable.Meta):
        fields = ("name", "code", "audience_codes", "home")

    def render_name(self, record: Organisation, value: str) -> Any:
        """Indented by how deep it lies under the first one in sight."""
        if self.order_by:
            return value
        steps = record.path.count("/")
        if not hasattr(self, "_top"):
            self._top = min(row.record.path.count("/") for row in self.paginated_rows)
        return format_html('<span class="tree-{}">{}</span>', min(steps - self._top, 5), value)

    def render_audience_codes(self, value: list[str]) -> str:
        """Their names."""
        return audience_words(value)


class PersonTable(ListTable):
    """Who, where, and how to reach them."""

    name = linked("name", "person", verbose_name=_("Name"))
    title = tables.Column(verbose_name=_("Title"), default="")
    organisation = tables.Column(verbose_name=_("Organisation"), order_by="organisation__name")
    mobile = tables.Column(verbose_name=_("Mobile"), orderable=False, default="")
    email = tables.Column(verbose_name=_("E-mail"), default="")

    class Meta(ListTable.Meta):
        fields = ("name", "title", "organisation", "mobile", "email")

    def render_name(self, record: Person, value: str) -> Any:
        """With a mark when the person has left."""
        if record.left_at is None:
            return value
        return format_html('{} <span class="badge bg-secondary-lt">{}</span>', value, gettext("has left"))

    def render_mobile(self, value: str) -> Any:
        """To be called by a touch."""
        return format_html('<a href="tel:{}">{}</a>', "".join(value.split()), value)


class ContactTable(ListTable):
    """What for, how, and whether it is known to answer."""

    label = linked("label", "contact", verbose_name=_("Label"))
    organisation = tables.Column(verbose_name=_("Organisation"), order_by="organisation__name")
    purpose = tables.Column(verbose_name=_("Purpose"))
    hours = tables.Column(verbose_name=_("Hours"))
    channels = tables.Column(verbose_name=_("Numbers and addresses"), orderable=False, accessor="pk")
    verified_at = tables.Column(verbose_name=_("Verified on"), empty_values=())

    class Meta(ListTable.Meta):
        fields = ("label", "organisation", "purpose", "hours", "channels", "verified_at")

    def render_channels(self, record: ContactPoint) -> str:
        """All of them."""
        return ", ".join(channel.value for channel in record.channels.all())

    def render_verified_at(self, record: ContactPoint) -> Any:
        """When it answered last; never is said in words."""
        if record.retired_at is not None:
            return format_html('<span class="badge bg-secondary-lt">{}</span>', gettext("Retired"))
        if record.verified_at is None:
            return format_html('<span class="badge bg-orange-lt">{}</span>', gettext("Not tested yet"))
        shown = date_format(localtime(record.verified_at), "DATETIME_FORMAT")
        return format_html('<span class="badge bg-green-lt">{}</span>', shown)
