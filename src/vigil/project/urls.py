"""The whole address space."""

from django.urls import include, path

urlpatterns = [
    path("api/", include("vigil.faces.api.urls")),
    path("exchange/", include("vigil.faces.exchange.urls")),
    path("taxii2/", include("vigil.faces.taxii.urls")),
    path("", include("vigil.faces.web.urls")),
]
handler404 = "vigil.faces.web.problems.not_found"
handler400 = "vigil.faces.web.problems.bad_request"
handler403 = "vigil.faces.web.problems.not_allowed"
handler500 = "vigil.faces.web.problems.broken"
handler429 = "vigil.faces.web.problems.too_many"
