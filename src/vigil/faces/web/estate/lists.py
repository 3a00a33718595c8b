"""The two lists of this room."""

from django.db.models import QuerySet
from django.http import HttpRequest

from vigil.domain.estate.imports import import_edge_devices, import_systems
from vigil.domain.estate.models import EdgeDevice, InformationSystem
from vigil.faces.web.estate.filters import EdgeFilters, SystemFilters
from vigil.faces.web.estate.sheets import EdgeLayout, SystemLayout
from vigil.faces.web.estate.tables import EdgeTable, SystemTable
from vigil.faces.web.lists.listing import Listing
from vigil.faces.web.scoping import scoped
from vigil.kernel.phrases import N_


def _systems(request: HttpRequest) -> QuerySet[InformationSystem]:
    rows = InformationSystem.objects.select_related("organisation", "operating_unit")
    return scoped(request, rows.order_by("-important", "name", "pk"))


def _edge(request: HttpRequest) -> QuerySet[EdgeDevice]:
    return scoped(request, EdgeDevice.objects.select_related("organisation").order_by("kind", "name", "pk"))


SYSTEMS = Listing(
    name="systems",
    title=N_("Systems"),
    icon="server",
    permission="estate.edit",
    new_label=N_("New system"),
    new_url="system_new",
    empty_title=N_("No system yet"),
    empty_text=N_("List the information systems, and mark the important ones with the reason."),
    rows=_systems,
    table=SystemTable,
    filters=SystemFilters,
    layout=SystemLayout,
    import_rows=import_systems,
)
EDGE = Listing(
    name="edge",
    title=N_("Network edge"),
    icon="router",
    permission="estate.edit",
    new_label=N_("New device"),
    new_url="edge_new",
    empty_title=N_("No device yet"),
    empty_text=N_("List the firewalls, resolvers, routers and sensors at the edge: that is where blocking can happen."),
    rows=_edge,
    table=EdgeTable,
    filters=EdgeFilters,
    layout=EdgeLayout,
    import_rows=import_edge_devices,
)
