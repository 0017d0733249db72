"""What stands on the board of extensions: read from the rows with a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from dialer.admin import columns
from dialer.admin.navigation import Figure
from dialer.flow.connect import capabilities_of
from dialer.flow.extensions import PATIENCE, is_untaken, untaken
from dialer.flow.visibility import visible_to
from dialer.models import Account, CallRecord, Extension, Transfer
from dialer.terms import ExtensionState, Feature

EXTENSIONS_SHOWN = 300
TRANSFERS_SHOWN = 50
QUERY_COUNT = 8
BUSY_FIRST = Case(When(state=ExtensionState.TALKING, then=0), When(state=ExtensionState.RINGING, then=1), default=2)


@dataclass(frozen=True, kw_only=True)
class ExtensionLine:
    """One extension as the board shows it."""

    extension: Extension
    state: SafeString
    for_so_long: str  # "" for a free one
    number: SafeString | str
    is_silent: bool  # it has rung so long that its end was surely not told


@dataclass(frozen=True, kw_only=True)
class TransferLine:
    """One transfer of today as the board shows it."""

    transfer: Transfer
    state: SafeString
    waited: str
    number: SafeString | str
    call: CallRecord | None


@dataclass(frozen=True, kw_only=True)
class Board:
    """Everything on the board at one moment."""

    accounts: list[Account]  # those whose carrier tells of extensions
    chosen: Account | None
    figures: list[Figure]
    extensions: list[ExtensionLine]
    transfers: list[TransferLine]
    transfer_count: int


def read(*, user: Any, account: str, now: datetime, sees_transfers: bool, sees_numbers: bool) -> Board:
    """Look at the rows, those of one account if its key is given. Costs at most QUERY_COUNT queries."""
    seen = visible_to(user, Account.objects.all())
    accounts = [one for one in seen if Feature.EXTENSION_STATES in capabilities_of(one).features]
    chosen = next((one for one in accounts if str(one.pk) == account), None)
    only = {"account": chosen} if chosen else {}
    extensions = visible_to(user, Extension.objects.filter(**only)).select_related("account")
    states = dict(extensions.order_by().values_list("state").annotate(Count("pk")))
    shown = extensions.order_by(BUSY_FIRST, "account__name", "name")[:EXTENSIONS_SHOWN]
    figures = list(_figures_of_extensions(states))
    transfers, counts = [], {"all": 0}
    if sees_transfers:
        today = visible_to(user, _of_today(now).filter(**only))
        counts = _counts(today, now=now)
        figures += _figures_of_transfers(counts)
        transfers = _transfer_lines(today, user=user, now=now, is_full=sees_numbers)
    return Board(
        accounts=accounts,
        chosen=chosen,
        figures=figures,
        extensions=[_extension_line(one, now=now, is_full=sees_numbers) for one in shown],
        transfers=transfers,
        transfer_count=counts["all"],
    )


def transfer_state(transfer: Transfer, *, now: datetime) -> SafeString:
    """What became of it, in a word."""
    if transfer.answered_at:
        is_over = transfer.ended_at is not None and transfer.ended_at >= transfer.answered_at
        return (
            columns.state_badge(pgettext("state of a transfer", "taken"), "settled")
            if is_over
            else _badge(ExtensionState.TALKING)
        )
    if is_untaken(transfer, now=now):
        return columns.state_badge(gettext("nobody took it"), "uncertain")
    if transfer.rang_at:
        return _badge(ExtensionState.RINGING)
    return columns.state_badge(pgettext("state of a transfer", "ended"), "finished")  # its ringing was never told


def waited(transfer: Transfer) -> str:
    """How long the latest extension rang before somebody answered, or before it ended."""
    until = transfer.answered_at or transfer.ended_at
    if not transfer.rang_at or not until or until < transfer.rang_at:
        return columns.NOTHING
    return columns.duration((until - transfer.rang_at).total_seconds())


def _of_today(now: datetime) -> QuerySet[Transfer]:
    """What rang today; also what was answered if its ringing got lost, unless it may be a call of an agent's own."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    its_ringing_got_lost = Q(rang_at__isnull=True, answered_at__gte=midnight, campaign__isnull=False)
    return Transfer.objects.filter(Q(rang_at__gte=midnight) | its_ringing_got_lost)


def _counts(today: QuerySet[Transfer], *, now: datetime) -> dict[str, int]:
    missed = untaken(since=now - timedelta(days=2), now=now).order_by().values("pk")
    return today.order_by().aggregate(
        all=Count("pk"),
        taken=Count("pk", filter=Q(answered_at__isnull=False)),
        untaken=Count("pk", filter=Q(pk__in=missed)),
    )


def _figures_of_extensions(states: dict[str, int]) -> Iterable[Figure]:
    for state in (ExtensionState.FREE, ExtensionState.RINGING, ExtensionState.TALKING):
        yield Figure(label=capfirst(state.label), value=columns.count(states.get(state, 0)))


def _figures_of_transfers(counts: dict[str, int]) -> Iterable[Figure]:
    note = gettext("of %(count)s put through") % {"count": columns.count(counts["all"])}
    yield Figure(label=_("Taken today"), value=columns.count(counts["taken"]), note=note)
    tone = "warning" if counts["untaken"] else ""
    share = columns.share(counts["untaken"], counts["all"])
    yield Figure(label=_("Nobody took today"), value=columns.count(counts["untaken"]), note=share, tone=tone)


def _extension_line(extension: Extension, *, now: datetime, is_full: bool) -> ExtensionLine:
    is_busy = extension.state != ExtensionState.FREE
    is_silent = extension.state == ExtensionState.RINGING and extension.since < now - PATIENCE
    seconds = max((now - extension.since).total_seconds(), 0)
    return ExtensionLine(
        extension=extension,
        state=_badge(ExtensionState(extension.state)),
        for_so_long=columns.duration(seconds) if is_busy and not is_silent else "",
        number=columns.number(extension.number, is_full=is_full),
        is_silent=is_silent,
    )


def _transfer_lines(today: QuerySet[Transfer], *, user: Any, now: datetime, is_full: bool) -> list[TransferLine]:
    newest = today.select_related("account", "campaign").order_by(Coalesce("rang_at", "answered_at").desc(), "-pk")
    transfers = list(newest[:TRANSFERS_SHOWN])
    calls = _calls_of(transfers, visible_to(user, CallRecord.objects.all()) if transfers else CallRecord.objects.none())
    return [
        TransferLine(
            transfer=transfer,
            state=transfer_state(transfer, now=now),
            waited=waited(transfer),
            number=columns.number(transfer.number, is_full=is_full),
            call=calls.get(transfer.pk),
        )
        for transfer in transfers
    ]


def _calls_of(transfers: list[Transfer], calls: QuerySet[CallRecord]) -> dict[int, CallRecord]:
    """By the reference, which is one person's in a voice menu; without one by number and the carrier's call."""
    few = calls.only("pk", "account_id", "reference", "carrier_call_uuid", "carrier_call_id").order_by("pk")
    references = {one.reference for one in transfers if one.reference}
    others = [one for one in transfers if not one.reference]
    found: dict[tuple[Any, ...], CallRecord] = {}
    if references:
        for call in few.filter(batch__reference__in=references):
            found[call.account_id, call.reference] = call
    if others:
        uuids = {one.call_uuid for one in others}
        for call in few.filter(number__in={one.number for one in others}, carrier_call_uuid__in=uuids):
            found[call.account_id, call.carrier_call_uuid] = call
    keys = {one.pk: (one.account_id, one.reference or one.call_uuid) for one in transfers}
    return {pk: found[key] for pk, key in keys.items() if key in found}


def _badge(state: ExtensionState) -> SafeString:
    return columns.state_badge(state.label, state.value)
