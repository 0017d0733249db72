"""The carriers' door: a push at an account's secret address is stored raw, answered fast, understood later."""

import hmac
import logging
import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from dialer import tasks
from dialer.flow import ledger
from dialer.flow.connect import capabilities_of
from dialer.models import Account, TurnedAway
from dialer.models.account import split_networks

logger = logging.getLogger(__name__)

UNKNOWN_SOURCE = "0.0.0.0"  # noqa: S104 - a client whose address is not told

_SECRET_PATH = re.compile(r"(/callbacks/\d+/|/voice/)[^/\s]+")


@csrf_exempt
@require_POST
def receive(request: HttpRequest, account_id: int, secret: str, kind: str) -> HttpResponse:
    """200 with what the carrier wants to hear, once the body is kept.

    404 for a wrong secret, a foreign address or an unknown kind, which all look the same from outside; 413 for a
    body over CALLBACK_MAX_BYTES.
    """
    source = source_of(request)
    account = Account.objects.filter(pk=account_id).first()
    # Compared also for an unknown account, so that the time taken does not tell which accounts exist.
    is_right = hmac.compare_digest(account.callback_secret.encode() if account else b"-", secret.encode())
    if account is None or not is_right:
        _leave_trace(source, TurnedAway.Reason.SECRET)
        raise Http404
    if not _may_push(account, source):
        _leave_trace(source, TurnedAway.Reason.SOURCE)
        raise Http404
    if kind not in capabilities_of(account).call_back_kinds:
        raise Http404
    body = _body(request)
    if body is None:
        return HttpResponse("The body is too large.", status=413, content_type="text/plain")
    ledger.receive(account, kind=kind, body=body, content_type=request.content_type or "", source=source)
    tasks.ring("callbacks")
    answer = ledger.answer(account)
    return HttpResponse(answer.body, content_type=answer.content_type)


def source_of(request: HttpRequest) -> str:
    """The client's address: the last one in X-Forwarded-For that is not a trusted proxy of ours."""
    address = _address(request.META.get("REMOTE_ADDR", ""))
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    while forwarded and any(address in network for network in settings.TRUSTED_PROXIES):
        address = _address(forwarded.pop())
    return str(address)


def hide_secret_paths(record: logging.LogRecord) -> bool:
    """A filter for Django's log of refused requests, which names the path and with it an account's secret."""
    record.msg, record.args = _SECRET_PATH.sub(r"\1•••", record.getMessage()), None
    return True


logging.getLogger("django.request").addFilter(hide_secret_paths)


def _address(text: str) -> IPv4Address | IPv6Address:
    """Also of an IPv4 client that comes through an IPv6 socket."""
    try:
        address = ip_address(text)
    except ValueError:
        return ip_address(UNKNOWN_SOURCE)
    return (address.version == 6 and address.ipv4_mapped) or address


def _may_push(account: Account, source: str) -> bool:
    allowed = split_networks(account.allowed_sources)
    return not allowed or any(ip_address(source) in ip_network(text, strict=False) for text in allowed)


def _body(request: HttpRequest) -> bytes | None:
    """The raw body, None if it is too large; a length that lies is not believed."""
    most_bytes = settings.CALLBACK_MAX_BYTES
    try:
        body = request.META["wsgi.input"].read(most_bytes + 1) if _is_chunked(request) else request.body
    except RequestDataTooBig:
        return None
    return body if len(body) <= most_bytes else None


def _is_chunked(request: HttpRequest) -> bool:
    """Without a length Django reads nothing, though the server knows where the body ends."""
    return not request.META.get("CONTENT_LENGTH") and bool(request.META.get("wsgi.input_terminated"))


def _leave_trace(source: str, reason: str) -> None:
    """Counted, one row a day for each source, so that a flood does not fill the database."""
    now = timezone.now()
    trace = {"on": now.date(), "source": source, "reason": reason}
    known = TurnedAway.objects.filter(**trace)
    if not known.update(count=F("count") + 1, last_at=now):
        try:
            with transaction.atomic():
                TurnedAway.objects.create(**trace, last_at=now)
        except IntegrityError:  # its twin came in the same moment
            known.update(count=F("count") + 1, last_at=now)
    logger.warning("callback turned away: %s", reason)
