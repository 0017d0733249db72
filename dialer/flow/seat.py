"""Seats: one process at a time, until it leaves or its lease ends."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import Q
from django.db.models.functions import Now

from dialer.flow.state import after
from dialer.models import Seat


@contextmanager
def hold(name: str, *, seconds: float) -> Iterator[bool]:
    """Yield True while the seat is ours, at most `seconds`; False when somebody else sits in it."""
    Seat.objects.get_or_create(name=name)
    token = uuid.uuid4().hex
    free = Q(until__isnull=True) | Q(until__lt=Now())
    is_ours = bool(Seat.objects.filter(free, name=name).update(token=token, until=after(seconds)))
    try:
        yield is_ours
    finally:
        if is_ours:
            Seat.objects.filter(name=name, token=token).update(token="", until=None)
