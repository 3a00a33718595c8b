"""Every page's address, room by room."""

from allauth.account import views as account
from django.urls import include, path

urlpatterns = [
    path("", include("vigil.faces.web.readiness.urls")),
    path("", include("vigil.faces.web.duty.urls")),
    path("", include("vigil.faces.web.start.urls")),
    path("", include("vigil.faces.web.directives.urls")),
    path("", include("vigil.faces.web.campaigns.urls")),
    path("", include("vigil.faces.web.guests.urls")),
    path("", include("vigil.faces.web.documents.urls")),
    path("", include("vigil.faces.web.mailbox.urls")),
    path("", include("vigil.faces.web.organisations.urls")),
    path("", include("vigil.faces.web.estate.urls")),
    path("", include("vigil.faces.web.detection.urls")),
    path("", include("vigil.faces.web.exchange.urls")),
    path("", include("vigil.faces.web.regimes.urls")),
    path("", include("vigil.faces.web.paging.urls")),
    path("", include("vigil.faces.web.journal.urls")),
    path("", include("vigil.faces.web.accounts.urls")),
    path("", include("vigil.faces.web.accounts.tokens")),
    path("", include("vigil.faces.web.accounts.sessions")),
    path("", include("vigil.faces.web.accounts.second_factor")),
    path("", include("vigil.faces.web.accounts.sign_in")),
    path("", include("vigil.faces.web.vitals.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("sign-out/", account.logout, name="account_logout"),
]
