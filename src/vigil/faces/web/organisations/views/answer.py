"""The public page of a contact test. Only its button answers: mail scanners follow links."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from vigil.domain.organisations.actions.contacts import answer_by_link, find_test
from vigil.kernel import clock


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever holds the link confirms that the message arrived."""
    answered = request.method == "POST"
    test = answer_by_link(token=token, now=clock.now()) if answered else find_test(token, clock.now())
    point = test.channel.contact_point
    context = {"answered": answered, "point": point, "organisation": point.organisation, "test": test}
    response = render(request, "organisations/answer.html", context)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
