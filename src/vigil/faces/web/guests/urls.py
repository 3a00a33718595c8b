"""Addresses of the guests: the door, and what lies behind it."""

from django.urls import path

from vigil.faces.web.guests import door, pages

urlpatterns = [
    path("g/", door.code, name="guest_code"),
    path("g/in/", door.factor, name="guest_factor"),
    path("g/<str:token>/", door.link, name="guest_link"),
    path("guest/", pages.home, name="guest_home"),
    path("guest/name/", pages.name, name="guest_name"),
    path("guest/leave/", pages.leave, name="guest_leave"),
    path("guest/contact/", pages.contact, name="guest_contact"),
    path("guest/lists/<str:what>/", pages.upload, name="guest_upload"),
    path("guest/lists/<str:what>/template.xlsx", pages.template, name="guest_template"),
    path("guest/received/<uuid:pk>/", pages.received, name="guest_received"),
    path("guest/attachments/<uuid:pk>/", pages.attachment, name="guest_attachment"),
]
