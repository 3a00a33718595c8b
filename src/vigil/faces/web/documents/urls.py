"""Addresses of the documents that Vigil writes."""

from django.urls import path

from vigil.faces.web.documents import views

urlpatterns = [
    path("watches/<uuid:pk>/documents/plan.<slug:form>", views.plan, name="document_plan"),
    path("watches/<uuid:pk>/documents/report.<slug:form>", views.report, name="document_report"),
    path("watches/<uuid:pk>/documents/<uuid:link>/request.<slug:form>", views.request_, name="document_request"),
    path("directives/<uuid:pk>/documents/dispatch.<slug:form>", views.dispatch, name="document_dispatch"),
]
