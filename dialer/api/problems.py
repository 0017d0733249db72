"""Mistakes as programs read them: application/problem+json (RFC 9457), with the sentences at their fields."""

import json
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.csrf import csrf_exempt
from ninja.errors import HttpError, ValidationError

from dialer.api.wrong_values import sentence_of
from dialer.flow.mistakes import DialerError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
NOT_FOUND = gettext_noop("There is no such thing, or you may not see it.")
SAID_BY_THE_FRAMEWORK = (gettext_noop("Cannot parse request body"),)


class Problem(Exception):
    """What is answered instead. `errors` are sentences at the fields that they are about."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.errors, self.headers = dict(errors or {}), dict(headers or {})


class Wrong(Problem):
    """The request is understood and can't be carried out as it is."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__(422, gettext("Something in the request is wrong: see the fields."), errors=errors)


def response(problem: Problem) -> HttpResponse:
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        document["errors"] = problem.errors
    content = json.dumps(document, ensure_ascii=False)
    return HttpResponse(content, status=problem.status, content_type=CONTENT_TYPE, headers=problem.headers)


def handle(request: HttpRequest, error: Any) -> HttpResponse:
    """The answer to whatever was raised."""
    return response(_problem(error))


def in_words(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view, whose answer to a method that it does not take is a problem, too."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
        answer = view(request, *args, **values)
        if answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return answer
        taken = ", ".join(sorted(answer["Allow"].split(", ")))
        sentence = gettext("This address does not take %(method)s, but %(taken)s.")
        told = {"method": request.method, "taken": taken}
        return response(Problem(answer.status_code, sentence % told, headers={"Allow": taken}))

    return answered


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """The answer at every address without an operation."""
    return handle(request, Http404())


def _problem(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case DialerError():
            return Problem(409, str(error))
        case ValidationError():
            return Wrong(_by_field(error.errors))
        case HttpError():
            return _http(error)
        case Http404():
            return Problem(404, gettext(NOT_FOUND))
        case RequestDataTooBig():
            return Problem(413, gettext("The request is too large. Send less at a time, or upload a file."))
        case MultiPartParserError() | BadRequest() | SuspiciousOperation():
            return Problem(400, gettext("The request can't be read."))
    # Without the error's text, which may hold numbers and secrets.
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames[-5:]))
    logger.error("an API request stopped by %s (%s)", type(error).__qualname__, places)
    return Problem(500, gettext("Something went wrong here. It is in the log."))


def _http(error: HttpError) -> Problem:
    if error.status_code == 401:
        sentence = gettext("Send a valid token: “Authorization: Bearer dialer_…”.")
        return Problem(401, sentence, headers={"WWW-Authenticate": "Bearer"})
    return Problem(error.status_code, gettext(str(error)))


def _by_field(errors: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The name of a field is its way into the document, without where the framework put it."""
    found: dict[str, list[str]] = {}
    for error in errors:
        source, *way = error["loc"]
        if way and way[0] == "document":  # what each operation calls it
            way = way[1:]
        name = ".".join(str(part) for part in way) or str(source)
        found.setdefault(name, []).append(sentence_of(error))
    return found
