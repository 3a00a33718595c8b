"""Answers of TAXII: its media type, its resources as JSON, and its error message, which is never a page.

Source: TAXII 2.1 sections 1.6.8 (media types) and 3.6.1 (error message).
"""

from typing import Any, Final

import orjson
from django.http import HttpResponse

from vigil.kernel.errors import VigilError

MEDIA: Final = "application/taxii+json"
MEDIA_21: Final = "application/taxii+json;version=2.1"
STIX_21: Final = "application/stix+json;version=2.1"


class Answered(Exception):
    """The request has its answer; nothing further is to be done."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        super().__init__(str(response.status_code))


def resource(value: dict[str, Any], status: int = 200) -> HttpResponse:
    """A TAXII resource."""
    return raw(orjson.dumps(value), status)


def raw(body: bytes, status: int = 200) -> HttpResponse:
    """Bytes that are JSON already."""
    response = HttpResponse(body, status=status, content_type=MEDIA_21)
    response["Content-Length"] = str(len(body))
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def error(status: int, title: str, description: str = "", code: str = "", **headers: str) -> HttpResponse:
    """An error message resource."""
    body = {"title": title, "http_status": str(status)}
    if description:
        body["description"] = description
    if code:
        body["error_code"] = code
    response = resource(body, status)
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


def refuse(status: int, title: str, description: str = "", code: str = "", **headers: str) -> Answered:
    """To be raised: the answer is this error."""
    return Answered(error(status, title, description, code, **headers))


def of_problem(problem: VigilError) -> HttpResponse:
    """The error message for one of Vigil's own errors; machines read English."""
    return error(problem.status, problem.title, str(problem.phrase), problem.code)
