"""All operations together: one version, its document, and mistakes as problems."""

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import re_path
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from dialer.api import campaigns, doors, numbers, problems, records, shapes

ABOUT = """\
Everything that people do in the console, by the same rules: a token acts for a person, with that person's permissions
and within the token's scopes. Send it as `Authorization: Bearer dialer_…`. Lists are read page by page: hand `next`
back as `after`. A POST or PATCH with an `Idempotency-Key` is carried out once, however often it is sent. Mistakes are
`application/problem+json` with a sentence at each field."""


class Service(NinjaAPI):
    """No answer is stored on its way, and the document knows the shape of a problem."""

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        response = super().create_temporal_response(request)
        response["Cache-Control"] = "no-store"
        return response

    @property
    def urls(self) -> Any:
        """Whatever is asked below this address gets an answer for programs, also where there is no operation."""
        patterns, *names = cast(Any, super().urls)
        for pattern in patterns:
            is_empty = pattern.name == "api-root"
            pattern.callback = problems.nothing_here if is_empty else problems.in_words(pattern.callback)
        return [*patterns, re_path("", problems.nothing_here)], *names

    def get_openapi_operation_id(self, operation: Any) -> str:
        return str(operation.view_func.__name__)

    def get_openapi_schema(self, **places: Any) -> Any:
        document = super().get_openapi_schema(**places)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = shapes.Problem.model_json_schema()
        return document


api = Service(
    title="Dialer",
    version="1",
    description=ABOUT,
    urls_namespace="api",
    docs_url=None,  # a page of our own: what comes with the library needs scripts from elsewhere
    openapi_url="/openapi.json",
)
api.add_decorator(doors.in_one_language, mode="view")
api.add_router("/campaigns", campaigns.router)
api.add_router("/campaigns", numbers.router)
api.add_router("", records.router)
for kind in (Exception, Http404, HttpError, AuthenticationError, ValidationError):
    api.add_exception_handler(kind, problems.handle)
