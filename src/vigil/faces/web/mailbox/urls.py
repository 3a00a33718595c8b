"""Addresses of the mailbox pages."""

from django.urls import path

from vigil.faces.web.mailbox import views

urlpatterns = [
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/parts/<uuid:pk>/take/", views.take, name="letter_take"),
    path("mailbox/<uuid:pk>/refuse/", views.refuse, name="letter_refuse"),
]
