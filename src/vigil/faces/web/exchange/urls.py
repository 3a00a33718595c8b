"""Addresses of the pages of links."""

from django.urls import path

from vigil.faces.web.exchange import views

urlpatterns = [
    path("links/", views.links, name="links"),
    path("links/code/", views.link_code, name="link_code"),
    path("links/enrol/", views.link_enrol, name="link_enrol"),
    path("links/<uuid:pk>/", views.link, name="link"),
    path("links/<uuid:pk>/confirm/", views.link_confirm, name="link_confirm"),
    path("links/<uuid:pk>/deny/", views.link_deny, name="link_deny"),
    path("links/<uuid:pk>/rotate/", views.link_rotate, name="link_rotate"),
    path("links/<uuid:pk>/revoke/", views.link_revoke, name="link_revoke"),
]
