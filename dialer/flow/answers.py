"""Requests that may come again under a key of their own: carried out once, answered alike."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from dialer.flow.mistakes import DialerError
from dialer.models import ApiAnswer, ApiToken

KEY_CHARACTERS: Final = 200


class UnderWay(DialerError):
    """The first request with this key is still being carried out."""


class OtherRequest(DialerError):
    """This key stood for another request before."""


def begin(token: ApiToken, *, key: str, digest: str) -> ApiAnswer:
    """The answer that was given under this key, or an empty one that now is ours to fill in.

    Inside the transaction of the work both are there or neither. Where the work can't be one transaction, an empty
    answer whose process has died is taken over when its lease is over: then the work is begun anew.
    Raises UnderWay, OtherRequest.
    """
    try:
        with transaction.atomic():
            return ApiAnswer.objects.create(token=token, key=key, request_digest=digest)
    except IntegrityError:
        known = ApiAnswer.objects.get(token=token, key=key)
    if known.request_digest != digest:
        raise OtherRequest(gettext("This Idempotency-Key was sent with another request before. Use a new key."))
    if known.status is None and not _take_over(known):
        raise UnderWay(
            gettext("The first request with this Idempotency-Key is still being carried out. Ask again later.")
        )
    return known


def finish(answer: ApiAnswer, *, status: int, body: str) -> None:
    """From now on this is what is answered."""
    ApiAnswer.objects.filter(pk=answer.pk).update(status=status, body=body)


def forget(answer: ApiAnswer) -> None:
    """Nothing was done: the key may be used again."""
    ApiAnswer.objects.filter(pk=answer.pk, status__isnull=True).delete()


def _take_over(known: ApiAnswer) -> bool:
    now = timezone.now()
    lease_ended = now - timedelta(seconds=settings.LEASE_SECONDS)
    stale = ApiAnswer.objects.filter(pk=known.pk, status__isnull=True, created_at__lt=lease_ended)
    return bool(stale.update(created_at=now))
