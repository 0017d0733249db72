"""Who asks and what they may: a token of a person, its scopes, that person's permissions; and repeated requests."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext, ngettext, override
from ninja.responses import Status
from ninja.security import HttpBearer

from dialer.api.problems import Problem
from dialer.flow import answers, tokens
from dialer.flow.visibility import visible_to
from dialer.models import ApiToken
from dialer.models.preference import as_preferred
from dialer.terms import Scope

JSON_TYPE = "application/json; charset=utf-8"
REPLAYED = "Idempotent-Replayed"

Row = TypeVar("Row", bound=Model)


class Token(HttpBearer):
    """Opens an operation for a token that has the scope and whose person has the permission."""

    def __init__(self, scope: Scope, permission: str) -> None:
        super().__init__()
        self.scope, self.permission = scope, permission

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """The token's row; the request is from now on its person's, whatever cookies came along."""
        row = tokens.recognise(token)
        if row is None:
            return None
        request.until_answered.enter_context(_spoken_to(request, row.user))  # type: ignore[attr-defined]
        seconds = tokens.count(row)
        if seconds:
            sentence = ngettext(
                "Too many requests in this minute. Wait %(seconds)s second.",
                "Too many requests in this minute. Wait %(seconds)s seconds.",
                seconds,
            ) % {"seconds": seconds}
            raise Problem(429, sentence, headers={"Retry-After": str(seconds)})
        request.user = row.user
        if not row.allows(self.scope):
            raise Problem(403, gettext("The token lacks the scope “%(scope)s”.") % {"scope": self.scope.value})
        if not row.user.has_perm(self.permission):
            sentence = gettext("The token’s user lacks the permission “%(permission)s”.")
            raise Problem(403, sentence % {"permission": self.permission})
        return row


def guard(scope: Scope, permission: str) -> dict[str, Any]:
    """Arguments of an operation: who may use it, and that the document says so."""
    return {
        "auth": Token(scope, permission),
        "by_alias": True,
        "openapi_extra": {
            "x-scope": scope.value,
            "x-permission": permission,
            "responses": {
                "default": {
                    "description": "A problem, in a sentence; at each field what is wrong with it",
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
            },
        },
    }


def in_one_language(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """All of an answer is in the language that is found as soon as the token is known; it says in which."""

    @wraps(run)
    def answered(request: Any, **values: Any) -> HttpResponse:
        with ExitStack() as request.until_answered:
            response = run(request, **values)
            response.headers["Content-Language"] = get_language()
            return response

    return answered


@contextmanager
def _spoken_to(request: HttpRequest, user: Any) -> Iterator[None]:
    """Inside, moments are in the time zone of the token's person, and sentences in the language that the program asked
    for, else in that person's."""
    asked = get_language()
    with as_preferred(user), override(asked if request.headers.get("Accept-Language") else get_language()):
        yield


def repeatable(*, together: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An operation that is carried out once for each Idempotency-Key.

    `together`: work and answer are one transaction, so that nothing is done twice whatever is killed. Otherwise, for
    work that takes long, a repeat after a crash is carried out anew. What failed changed nothing and is not kept.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def once(request: HttpRequest, **values: Any) -> Any:
            key = request.headers.get("Idempotency-Key", "")
            if not key:
                return view(request, **values)
            if len(key) > answers.KEY_CHARACTERS or not key.isprintable():
                sentence = gettext("An Idempotency-Key has at most %(count)s printable characters.")
                raise Problem(400, sentence % {"count": answers.KEY_CHARACTERS})
            if not together:
                return _once(view, request, values, key, forgets=True)
            with transaction.atomic():
                return _once(view, request, values, key, forgets=False)

        return once

    return decorate


def _once(view: Callable[..., Any], request: HttpRequest, values: dict[str, Any], key: str, *, forgets: bool) -> Any:
    answer = answers.begin(request.auth, key=key, digest=_digest(request))  # type: ignore[attr-defined]
    if answer.status is not None:
        return _answered(answer.status, answer.body, is_repeated=True)
    try:
        result = view(request, **values)
    except Exception:
        if forgets:  # else the transaction does
            answers.forget(answer)
        raise
    status, document = (result.status_code, result.value) if isinstance(result, Status) else (200, result)
    body = document.model_dump_json()
    answers.finish(answer, status=status, body=body)
    return _answered(status, body, is_repeated=False)


def _answered(status: int, body: str, *, is_repeated: bool) -> HttpResponse:
    """Letter by letter the same, the first time and each further time."""
    headers = {"Cache-Control": "no-store"} | ({REPLAYED: "true"} if is_repeated else {})
    return HttpResponse(body.encode(), status=status, content_type=JSON_TYPE, headers=headers)


def _digest(request: HttpRequest) -> str:
    """Of everything that makes two requests the same one."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode(errors="replace"))
    if request.content_type == "multipart/form-data":
        for name, texts in sorted(request.POST.lists()):
            digest.update(repr((name, texts)).encode(errors="replace"))
        for name, file in sorted(cast(Any, request.FILES).items()):
            digest.update(repr((name, file.name)).encode(errors="replace"))
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    else:
        digest.update(request.body)
    return digest.hexdigest()


def visible(request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those of the rows that this user may see. The one place for rules about single rows."""
    return visible_to(request.user, rows)


def found(request: HttpRequest, rows: QuerySet[Row], pk: int) -> Row:
    """Raises Http404, also for what this user may not see."""
    row = visible(request, rows).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def sees_full_numbers(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("dialer.see_full_numbers"))
