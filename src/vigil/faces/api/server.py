"""The API as a whole: its operations, its errors, and its description in OpenAPI."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from vigil.faces.api import writing
from vigil.faces.api.caller import Bearer
from vigil.faces.api.problems import MEDIA, invalid, problem
from vigil.faces.api.shapes import Problem
from vigil.kernel.errors import Refused, VigilError
from vigil.kernel.phrases import N_

_ERRORS = {
    "401": "No token, or not a good one.",
    "403": "The token or its user may not.",
    "404": "Not there, or not theirs to see.",
    "409": "Somebody was first, or the state does not allow it.",
    "413": "Larger than is read.",
    "422": "Not accepted; nothing was kept.",
    "429": "Too many requests; see Retry-After.",
    "503": "A part that is needed does not answer.",
}


class Described(NinjaAPI):
    """Says in its description that errors are problem+json."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """The description (OpenAPI 3.1)."""
        schema = super().get_openapi_schema(**kwargs)
        schema["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        answer = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for methods in schema["paths"].values():
            for operation in methods.values():
                for status, description in _ERRORS.items():
                    operation["responses"][status] = {"description": description, "content": answer}
                operation["responses"] = {str(key): value for key, value in operation["responses"].items()}
        return schema


api = Described(
    title="Vigil",
    version="1",
    description="Read and write what the pages show. Every error is application/problem+json (RFC 9457).",
    urls_namespace="api",
    openapi_url="/openapi.json",
    docs_url=None,
    auth=Bearer(),
)
api.add_router("", writing.router)


@api.exception_handler(VigilError)
def _ours(request: HttpRequest, error: VigilError) -> HttpResponse:
    return problem(error)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return invalid(error)


@api.exception_handler(HttpError)
def _unread(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(Refused("api.unreadable", N_("The body cannot be read as what it says it is.")))
