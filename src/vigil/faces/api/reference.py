"""The page for people who write programs against the API, drawn from its own description."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from vigil.domain.accounts.permissions import MATRIX


@require_GET
def reference(request: HttpRequest) -> HttpResponse:
    """Every operation with its parameters, body and answer. Holds nothing of this installation."""
    from vigil.faces.api.server import api

    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "description": operation.get("description", ""),
            "parameters": operation.get("parameters", []),
            "body": _named(operation.get("requestBody", {})),
            "answer": _named(next(v for k, v in operation["responses"].items() if k.startswith("2"))),
        }
        for path, methods in sorted(schema["paths"].items())
        for method, operation in methods.items()
    ]
    shapes = [
        {
            "name": name,
            "fields": [
                {"name": field, "type": _type(about), "needed": field in shape.get("required", [])}
                for field, about in shape.get("properties", {}).items()
            ],
        }
        for name, shape in sorted(schema["components"]["schemas"].items())
        if "properties" in shape
    ]
    return render(request, "api/reference.html", {"operations": operations, "shapes": shapes, "scopes": MATRIX})


def _named(part: dict[str, Any]) -> str:
    for content in part.get("content", {}).values():
        return _type(content["schema"])
    return ""


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema or "allOf" in schema:
        return " | ".join(_type(part) for part in schema.get("anyOf") or schema["allOf"])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    return str(schema.get("title" if schema.get("type") == "object" else "format", schema.get("type", "")))
