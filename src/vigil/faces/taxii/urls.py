"""Addresses of TAXII 2.1, below /taxii2/. Every one ends with a slash (TAXII 2.1 section 3.1)."""

from django.urls import path

from vigil.faces.taxii.endpoint import endpoint, nothing_here
from vigil.faces.taxii.views import objects, posting, server

_IN = "vigil/collections/<str:name>/"
app_name = "taxii"
urlpatterns = [
    path(f"{_IN}objects/", endpoint(GET=objects.objects, POST=posting.add_objects), name="objects"),
    path(f"{_IN}objects/<str:stix_id>/", endpoint(GET=objects.one_object, DELETE=objects.delete_object), name="object"),
    path(f"{_IN}objects/<str:stix_id>/versions/", endpoint(GET=objects.versions), name="versions"),
    path(f"{_IN}manifest/", endpoint(GET=objects.manifest), name="manifest"),
    path(_IN, endpoint(GET=server.collection), name="collection"),
    path("vigil/collections/", endpoint(GET=server.collections), name="collections"),
    path("vigil/status/<uuid:status_id>/", endpoint(GET=posting.status), name="status"),
    path("vigil/", endpoint(GET=server.api_root), name="root"),
    path("", endpoint(GET=server.discovery), name="discovery"),
    path("<path:rest>", nothing_here),
]
