"""Addresses of the account pages."""

from django.urls import path, re_path

from vigil.faces.web.accounts import views

urlpatterns = [
    path("accounts/", views.accounts, name="accounts"),
    path("accounts/<uuid:pk>/", views.account, name="account"),
    re_path(
        r"^accounts/(?P<pk>[0-9a-f-]{36})/(?P<what>grant|revoke|close|open|password|unlock|sign_out|reset_factor|person)/$",
        views.change,
        name="account_change",
    ),
    path("me/", views.me, name="me"),
]
