"""What became of somebody, and what a call was, as the cells of a row. Words are in the language that is active."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext

from dialer import phone
from dialer.models import Attempt, Batch, CallRecord, Contact
from dialer.spreadsheet_writer import Cell
from dialer.terms import Disposition, SkipReason


def headings_of_people() -> tuple[str, ...]:
    """What stands behind the own columns of each person; times name their zone."""
    return (
        gettext("Number"),
        gettext("Result"),
        gettext("Remark"),
        gettext("Attempts"),
        gettext("Each attempt"),
        gettext("Keys"),
        gettext("Talk seconds"),
        gettext("Recording"),
        gettext("Last call (%(zone)s)") % {"zone": timezone.get_current_timezone_name()},
    )


def headings_of_calls() -> tuple[str, ...]:
    """The columns of a call; times name their zone."""
    return (
        gettext("Call (%(zone)s)") % {"zone": timezone.get_current_timezone_name()},
        gettext("Number"),
        gettext("Campaign"),
        gettext("Account"),
        gettext("Outcome"),
        gettext("Ring seconds"),
        gettext("Talk seconds"),
        gettext("Key"),
        gettext("Recording"),
        gettext("Caller ID"),
        gettext("Hung up by"),
        gettext("Hang-up code"),
        gettext("Hang-up meaning"),
        gettext("Cost"),
        gettext("Currency"),
        gettext("Reference"),
        gettext("Carrier’s call id"),
    )


def of_call(call: CallRecord, *, is_full: bool) -> list[Cell]:
    """One call under `headings_of_calls`."""
    return [
        _moment(call.started_at),
        _number(call.number, is_full=is_full),
        str(call.campaign or ""),
        str(call.account),
        _word(call.get_disposition_display()),
        call.ring_seconds,
        call.talk_seconds,
        call.keypress,
        _yes_or_no(bool(call.recording_name)),
        call.caller_id,
        _word(call.get_hung_up_by_display()),
        call.hangup_code,
        gettext(call.hangup_meaning),
        None if call.cost is None else f"{call.cost.normalize():f}",
        call.currency,
        call.reference,
        call.carrier_call_id,
    ]


def of_people(contacts: list[Contact], *, country: str, is_full: bool) -> Iterator[list[Cell]]:
    """Each of some people under `headings_of_people`, in their order; two queries for all of them."""
    attempts = _attempts(contacts)
    calls = _calls([attempt.pk for some in attempts.values() for attempt in some])
    for contact in contacts:
        mine = attempts[contact.pk]
        of_mine = [call for attempt in mine for call in calls[attempt.pk]]
        result, remark = _result(contact, mine, country)
        yield [
            _number(contact.number, is_full=is_full),
            _word(result),
            remark,
            len(mine),
            ", ".join(_outcome(attempt) for attempt in mine),
            " ".join(attempt.keypress for attempt in mine if attempt.keypress),
            sum(call.talk_seconds for call in of_mine),
            _yes_or_no(any(call.recording_name for call in of_mine)),
            _moment(max((call.started_at for call in of_mine if call.started_at), default=None)),
        ]


def why_skipped(contact: Contact, country: str) -> str:
    """Why nobody is called by this row, in a sentence with a remedy; "" for a row that is called."""
    if not contact.skip_reason:
        return ""
    reason = SkipReason(contact.skip_reason)
    if reason == SkipReason.DUPLICATE:
        return gettext("Same number as row %(row)s.") % {"row": contact.duplicate_of_row}
    if reason == SkipReason.DO_NOT_CALL:
        return gettext("It is on the do-not-call list.")
    if reason == SkipReason.TEXT_MISSING:
        return gettext("Its row lacks a text that the message or the SMS uses.")
    return phone.explain(phone.Problem(reason.value), contact.raw, country)


def _attempts(contacts: list[Contact]) -> dict[int, list[Attempt]]:
    """Those that left, or wait to leave; a cancelled batch called nobody."""
    found: dict[int, list[Attempt]] = defaultdict(list)
    rows = Attempt.objects.filter(contact__in=[contact.pk for contact in contacts])
    for attempt in rows.exclude(batch__state=Batch.State.CANCELLED).select_related("batch").order_by("round"):
        found[attempt.contact_id].append(attempt)
    return found


def _calls(attempts: list[int]) -> dict[int, list[CallRecord]]:
    found: dict[int, list[CallRecord]] = defaultdict(list)
    rows = CallRecord.objects.filter(attempt__in=attempts)
    for call in rows.only("attempt_id", "talk_seconds", "recording_name", "started_at"):
        found[call.attempt_id or 0].append(call)
    return found


def _result(contact: Contact, attempts: list[Attempt], country: str) -> tuple[str, str]:
    """The last word about somebody, and what is to be said beside it."""
    if contact.skip_reason:
        return pgettext("result of a person", "skipped"), why_skipped(contact, country)
    if contact.postponed_until:
        return pgettext("result of a person", "postponed"), gettext("Not before %(moment)s.") % {
            "moment": _moment(contact.postponed_until)
        }
    if not attempts:
        return pgettext("result of a person", "waiting"), ""
    last = attempts[-1]
    if last.settled_at and last.retry_at:
        return _outcome(last), gettext("Called again from %(moment)s.") % {"moment": _moment(last.retry_at)}
    return _outcome(last), ""


def _outcome(attempt: Attempt) -> str:
    if attempt.settled_at:
        return str(Disposition(attempt.disposition or Disposition.UNKNOWN).label)
    if attempt.silent_since:
        return pgettext("result of a person", "silent")
    return str(attempt.batch.get_state_display())


def _number(number: str, *, is_full: bool) -> str:
    return number if is_full else phone.masked(number) if number else ""


def _moment(moment: datetime | None) -> str:
    """On the clock of the screens; the heading names its zone."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}" if moment else ""


def _yes_or_no(is_so: bool) -> str:
    return gettext("yes") if is_so else gettext("no")


def _word(text: Any) -> str:
    return capfirst(str(text))
