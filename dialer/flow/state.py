"""The one way in which a row moves: a conditional UPDATE along a declared transition.

Claims use the database's clock, so the clocks of machines are never compared.
"""

import uuid
from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import DateTimeField, ExpressionWrapper, Model, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

Row = TypeVar("Row", bound=Model)

CANDIDATES = 5  # rows looked at before giving way to the processes that took them


class UndeclaredMove(Exception):
    """A transition that the model does not declare: a bug of ours."""


def after(seconds: float) -> Combinable:
    """So many seconds from now, on the database's clock."""
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTimeField())


def advance(row: Any, to: str, *, token: str | None = None, **changes: Any) -> bool:
    """Move the row from the state it has in memory to `to`; whether we won.

    False: somebody else moved it first (or, with `token`, our claim is over), and nothing was changed.
    Leaving a claimed state ends the claim. Raises UndeclaredMove.
    """
    if to not in row.MOVES[row.state]:
        raise UndeclaredMove(f"{type(row).__name__}: {row.state} -> {to}")
    rows = type(row)._default_manager.filter(pk=row.pk, state=row.state)
    if token is not None:
        rows = rows.filter(claim_token=token)
    if hasattr(row, "claim_token"):
        changes = {"claim_token": "", "lease_until": None, **changes}
    if not rows.update(state=to, **changes):
        return False
    row.state = to
    for name, value in changes.items():
        if not isinstance(value, Combinable):
            setattr(row, name, value)
    return True


def claim(rows: QuerySet[Row], *, to: str, lease_seconds: float, **changes: Any) -> Row | None:
    """Move the first row of an ordered, unsliced query to `to` with a fresh token and lease; None if none is left.

    The conditions are tested again in the UPDATE itself, so two processes never get the same row. The state is
    tested on the row itself and not only in a subquery, which PostgreSQL would answer from an old snapshot.
    """
    for row in rows[:CANDIDATES]:
        if to not in row.MOVES[row.state]:  # type: ignore[attr-defined]
            raise UndeclaredMove(f"{type(row).__name__}: {row.state} -> {to}")  # type: ignore[attr-defined]
        token = uuid.uuid4().hex
        still = rows.model._default_manager.filter(pk=row.pk, state=row.state)  # type: ignore[attr-defined]
        won = still.filter(pk__in=rows.order_by().values("pk")).update(
            state=to, claim_token=token, lease_until=after(lease_seconds), **changes
        )
        if won:
            row.refresh_from_db()
            return row
    return None


def expire_claims(rows: QuerySet[Any], *, to: str, **changes: Any) -> int:
    """Rows whose lease is over move to `to`; how many."""
    return rows.filter(lease_until__lt=Now()).update(state=to, claim_token="", lease_until=None, **changes)
