"""The reference of the REST API as a page of the console, made from its document: no script, nothing from elsewhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from dialer.admin.navigation import LoosePage, Place, Section
from dialer.api.service import api


@dataclass(frozen=True, kw_only=True)
class FieldLine:
    """One field of a request or an answer."""

    name: str
    type: str
    shape: str  # the name of the shape that it holds, "" for none
    is_required: bool
    help: str


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A kind of document, or a part of one."""

    name: str
    help: str
    fields: list[FieldLine]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing that a program can ask for."""

    anchor: str
    method: str
    path: str
    title: str
    help: str
    scope: str
    permission: str
    parameters: list[FieldLine]
    takes: FieldLine | None
    gives: FieldLine


@dataclass(frozen=True, kw_only=True)
class Reference:
    groups: dict[str, list[Operation]]
    shapes: list[Shape]


@lru_cache
def reference(language: str | None) -> Reference:
    """The whole reference, made once for each language: the document changes with the program only."""
    document = api.get_openapi_schema()
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            groups.setdefault(one["tags"][0], []).append(_operation(method, path, one))
    shapes = document["components"]["schemas"]
    return Reference(groups=groups, shapes=[_shape(name, shapes[name]) for name in sorted(shapes)])


def _operation(method: str, path: str, one: Mapping[str, Any]) -> Operation:
    content = one.get("requestBody", {}).get("content", {})
    kind = next(iter(content), "")
    body = content[kind]["schema"] if kind else None
    answer = next(value for status, value in one["responses"].items() if status != "default")
    parameters = [
        _field(part["name"], part["schema"], is_required=part["required"], help=part.get("description", ""))
        for part in one["parameters"]
    ]
    takes = None
    if body is not None and kind == "multipart/form-data":
        parameters += list(_fields(body))
    elif body is not None:
        takes = _field("", body, is_required=True)
    return Operation(
        anchor=one["operationId"],
        method=method.upper(),
        path=path,
        title=one["summary"],
        help=" ".join(one.get("description", "").split()),
        scope=one["x-scope"],
        permission=one["x-permission"],
        parameters=parameters,
        takes=takes,
        gives=_field("", answer["content"]["application/json"]["schema"], is_required=True),
    )


def _shape(name: str, schema: Mapping[str, Any]) -> Shape:
    help_text = " ".join(schema.get("description", "").split())
    return Shape(name=name, help=help_text, fields=list(_fields(schema)))


def _fields(schema: Mapping[str, Any]) -> Iterator[FieldLine]:
    wanted = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        yield _field(name, field, is_required=name in wanted)


def _field(name: str, schema: Mapping[str, Any], *, is_required: bool, help: str = "") -> FieldLine:
    words, shape = _type(schema)
    limits = [
        f"{sign} {schema[key]:,}" if isinstance(schema[key], int) else f"{sign} {schema[key]}"
        for key, sign in (("minimum", "≥"), ("maximum", "≤"))
        if key in schema and abs(schema[key]) < 2**31 - 1
    ]
    if "maxLength" in schema:
        limits.append(gettext("at most %s characters") % schema["maxLength"])
    if "maxItems" in schema:
        limits.append(gettext("at most %s") % f"{schema['maxItems']:,}")
    told = ". ".join(part.rstrip(".") for part in (help or schema.get("description", ""), ", ".join(limits)) if part)
    return FieldLine(name=name, type=words, shape=shape, is_required=is_required, help=told)


def _type(schema: Mapping[str, Any]) -> tuple[str, str]:
    """The type in words, and the shape that is meant by it."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return "", name
    if "anyOf" in schema:
        kinds = [_type(one) for one in schema["anyOf"]]
        return gettext(" or ").join(words for words, _ in kinds if words), next((one for _, one in kinds if one), "")
    if schema.get("type") == "array":
        words, shape = _type(schema["items"])
        return gettext("list of %s") % words if words else gettext("list of"), shape
    if schema.get("format") == "date-time":
        return gettext("moment"), ""
    if schema.get("format") == "binary":
        return gettext("file"), ""
    return str(schema.get("type", gettext("anything"))), ""


def reference_view(request: HttpRequest) -> HttpResponseBase:
    context = {
        **admin.site.each_context(request),
        "title": gettext("REST API"),
        "reference": reference(get_language()),
        "document_url": reverse("api:openapi-json"),
        "root": f"{settings.PUBLIC_URL}/api/v1",
    }
    return TemplateResponse(request, "admin/dialer/api_reference.html", context)


admin.site.add_page(  # type: ignore[attr-defined]  # the console in the place of Django’s own site
    LoosePage(
        name="api-reference",
        place=Place(Section.SET_UP, 61, "info", _("REST API")),
        permission="dialer.view_apitoken",
        view=reference_view,
    )
)
