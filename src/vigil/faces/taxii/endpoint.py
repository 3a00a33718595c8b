"""One frame around every resource: the methods that it has, and errors as TAXII's error message.

No cookie is honoured here, a token alone says who asks, so there is nothing for a forged form to ride on.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from vigil.faces.taxii.answers import Answered, error, of_problem
from vigil.faces.taxii.asking import access
from vigil.kernel.errors import VigilError

log = logging.getLogger(__name__)
Handler = Callable[..., HttpResponse]


def endpoint(**methods: Handler) -> Handler:
    """A view from one handler a method (`GET=..., POST=...`). HEAD is GET; others are 405 for those who are known."""
    allowed = ", ".join([*methods, *(["HEAD"] if "GET" in methods else [])])

    @csrf_exempt
    def view(request: HttpRequest, **places: Any) -> HttpResponse:
        method = "GET" if request.method == "HEAD" else request.method
        handler = methods.get(method or "")
        try:
            if handler is None:
                access(request)
                return error(405, "Not possible here", f"This resource has {allowed}.", Allow=allowed)
            return handler(request, **places)
        except Answered as answered:
            return answered.response
        except VigilError as problem:
            return of_problem(problem)
        except Exception:
            log.exception("TAXII: %s %s", request.method, request.path_info)
            return error(500, "Something in Vigil went wrong", "The fault is in the log.")

    return view


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """404 for whatever else lies below /taxii2/."""
    return error(404, "Not found", "There is no such resource; addresses end with a slash.")
