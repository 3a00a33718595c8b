"""The provider's addresses, and two by which a test steers it."""

from allauth.account.views import login as sign_in
from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from tests.oidc_provider.process import say


@csrf_exempt
def told(request: HttpRequest) -> HttpResponse:
    say(request.body)
    return HttpResponse()


def enter(request: HttpRequest) -> HttpResponse:
    user, _ = get_user_model().objects.get_or_create(username=request.GET["user"])
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponse()


urlpatterns = [
    path("control/say", told),
    path("control/enter", enter),
    path("accounts/login/", sign_in, name="account_login"),
    path("", include("allauth.idp.urls")),
]
