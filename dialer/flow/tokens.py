"""Tokens for programs: made, recognised, counted, revoked. The plain token is shown once and never stored."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from dialer.flow.mistakes import DialerError
from dialer.models import ApiToken
from dialer.terms import Scope

PREFIX: Final = "dialer_"  # by which people and secret scanners know what it is
SHOWN: Final = len(PREFIX) + 6  # characters by which people tell tokens apart
LONGEST: Final = 200  # characters of what is looked at at all


def issue(
    *, name: str, user: Any, by: Any, scopes: Collection[Scope], expires_at: datetime | None = None
) -> tuple[str, ApiToken]:
    """The plain token, which nobody but `by` has ever seen, and its row. Raises DialerError without any scope."""
    if not scopes:
        raise DialerError(gettext("Choose at least one thing that the token may do."))
    plain = f"{PREFIX}{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(
        name=name,
        user=user,
        made_by=by,
        digest=_digest(plain),
        beginning=plain[:SHOWN],
        scopes=sorted(Scope(scope).value for scope in scopes),
        expires_at=expires_at,
    )
    return plain, row


def recognise(plain: str, *, now: datetime | None = None) -> ApiToken | None:
    """The token's row with its user and their preference, if it holds now and they may still log in to the console."""
    if not plain.startswith(PREFIX) or len(plain) > LONGEST:
        return None
    rows = ApiToken.objects.select_related("user__preference")
    row = rows.filter(digest=_digest(plain), revoked_at__isnull=True).first()
    if row is None or (row.expires_at is not None and row.expires_at <= (now or timezone.now())):
        return None
    return row if row.user.is_active and row.user.is_staff else None


def count(token: ApiToken, *, now: datetime | None = None) -> int:
    """Note one request; 0, or the seconds to wait if it is one too many in this minute.

    Counted in the row, so that all web processes and machines count together.
    """
    now = now or timezone.now()
    minute, second = divmod(int(now.timestamp()), 60)
    row = ApiToken.objects.filter(pk=token.pk)
    counted = row.filter(counted_minute=minute, counted_requests__lt=settings.API_REQUESTS_PER_MINUTE)
    if counted.update(counted_requests=F("counted_requests") + 1):
        return 0
    is_first = row.exclude(counted_minute=minute).update(counted_minute=minute, counted_requests=1, last_used_at=now)
    return 0 if is_first else 60 - second


def revoke(token: ApiToken) -> None:
    """It opens nothing from now on. May be repeated."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()
