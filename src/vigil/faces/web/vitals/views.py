"""What works and what does not, in plain words."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from vigil.domain.vitals.queries import State
from vigil.faces.vitals import signs

_WORST_FIRST: list[State] = ["fails", "warns", "unknown", "works"]


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """JSON for a monitor, without sign-in: 200 when nothing fails, 503 when something does or cannot be told."""
    found = [vital for vital in signs() if vital.name != "pages"]  # whom they reach is nobody else's business
    well = all(vital.state in ("works", "warns") or vital.name == "clock" for vital in found)
    body = {
        "status": "ok" if well else "failing",
        "checks": {v.name: {"state": v.state, "says": v.sentence.said(gettext)} for v in found},
    }
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False, "indent": 1})


@login_required
@require_GET
def health_page(request: HttpRequest) -> HttpResponse:
    """The same for people: what fails first."""
    found = sorted(signs(), key=lambda vital: _WORST_FIRST.index(vital.state))
    return render(request, "vitals/health.html", {"signs": found})
