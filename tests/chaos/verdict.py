"""Is the promise kept? Nobody called twice, nobody lost, each bill and each recording once."""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings

from dialer import phone
from dialer.flow import reports
from dialer.models import Attempt, Batch, CallRecord, Campaign, Contact
from recordings.archive import TOLERANCE_SECONDS
from recordings.models import Recording
from tests.chaos.outcome import Verdict
from tests.chaos.stage import LAAFFIC, Stage

LEFT = {Batch.State.ACCEPTED, Batch.State.SETTLED}
NOT_TAKEN = {Batch.State.REFUSED, Batch.State.CANCELLED}


def verdict(stage: Stage) -> Verdict:
    """Compare what we know with what the carrier counted, once all is over."""
    stage.start_carrier()
    state, calls, dials = stage.state(), stage.ask("calls?limit=100000"), stage.ask("people")
    people = _people(stage)
    twice = {number: count for number, count in dials.items() if count > 1}
    lost, uncertain, problems = _fates(people, Counter(f"+{number}" for number in dials))
    if state["violations"]:
        problems.append(f"the carrier was asked what it must not be: {state['violations']}")
    if twice:
        problems.append(f"dialled twice: {twice}")
    if not stage.is_over():
        problems.append(f"it does not come to an end: {_unfinished()}")
    problems += _ledger(stage, calls) + _archive(calls) + _sums(stage)
    if stage.problems():
        problems.append(stage.problems())
    return Verdict(
        people=len(people),
        dialled_twice=len(twice),
        lost=lost,
        uncertain=uncertain,
        recordings=sum(call["has_recording"] for call in calls),
        problems=tuple(problems),
    )


def _people(stage: Stage) -> set[str]:
    read = {_e164(cell, stage) for cell in stage.people}
    return read - {""}


def _e164(cell: str, stage: Stage) -> str:
    return phone.read(cell, country=stage.account.country).number


def _fates(people: set[str], dials: Counter[str]) -> tuple[int, int, list[str]]:
    """Lost, uncertain, and what is wrong with single persons."""
    lost, uncertain, problems = 0, 0, []
    contacts = Contact.objects.filter(skip_reason="").values_list("number", "pk")
    contact_of = dict(contacts)
    if len(contacts) != len(contact_of) or contact_of.keys() != people:
        problems.append(f"{len(contacts)} contacts for {len(people)} people")
    if unknown := dials.keys() - people:
        problems.append(f"dialled without an order: {unknown}")
    attempts: dict[int, list[str]] = {}
    for contact, state in Attempt.objects.values_list("contact", "batch__state"):
        attempts.setdefault(contact, []).append(state)
    for number in sorted(people):
        standing = [state for state in attempts.get(contact_of.get(number, 0), []) if state not in NOT_TAKEN]
        if len(standing) > 1:
            problems.append(f"{number} is in several standing batches: {standing}")
        if standing == [Batch.State.UNCERTAIN] and not dials[number]:
            uncertain += 1
        elif not (standing and set(standing) <= LEFT and dials[number]):
            lost += 1
            problems.append(f"{number} is lost: batches {standing}, dialled {dials[number]} times")
    return lost, uncertain, problems


def _ledger(stage: Stage, calls: list[dict[str, Any]]) -> list[str]:
    """Each bill is one call record, of the right person."""
    billed = {str(call["bill"]): call for call in calls if call["bill"] is not None}
    records = CallRecord.objects.filter(account__in=stage.accounts).select_related("attempt__contact", "batch")
    rows = {row.carrier_call_id: row for row in records}
    problems = [f"bill {key} is in no call record" for key in billed.keys() - rows.keys()]
    problems += [f"call record {key} has no bill" for key in rows.keys() - billed.keys()]
    if len(records) != len(rows):
        problems.append("a bill is in several call records")
    for key in billed.keys() & rows.keys():
        call, row = billed[key], rows[key]
        number = row.attempt.contact.number if row.attempt else ""
        if row.batch is None or row.batch.reference != call["reference"] or not number.endswith(call["number"][-8:]):
            problems.append(f"bill {key} is linked wrongly")
        elif row.attempt.settled_at is None or row.talk_seconds != call["talk_seconds"]:
            problems.append(f"bill {key} is not told truly")
    return problems


def _archive(calls: list[dict[str, Any]]) -> list[str]:
    """Each promised recording is kept, whole, and nothing else lies in the folder.

    Where only a status report names the recording, one that never came promised nothing.
    """
    promised = {str(call["bill"]) for call in calls if call["has_recording"] and _was_told(call)}
    rows = {row.call_record.carrier_call_id: row for row in Recording.objects.select_related("call_record")}
    problems = [f"the recording of {key} was forgotten" for key in promised - rows.keys()]
    folder = Path(settings.MEDIA_ROOT)
    for key, row in rows.items():
        path = folder / row.file.name
        if row.state != Recording.State.STORED or not path.is_file():
            problems.append(f"the recording of {key} is {row.state}: {row.complaint}")
            continue
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != row.sha256 or len(content) != row.size_bytes:
            problems.append(f"the recording of {key} is not what was checked")
        if row.seconds < row.call_record.talk_seconds - TOLERANCE_SECONDS:
            problems.append(f"the recording of {key} is too short: {row.seconds}")
    known = {folder / row.file.name for row in rows.values()}
    found = {path for path in (folder / "recordings").rglob("*") if path.is_file()}
    return problems + [f"a file belongs to nobody: {path.name}" for path in found - known]


def _was_told(call: dict[str, Any]) -> bool:
    return call["carrier"] != LAAFFIC or "sent" in call["callbacks"]


def _sums(stage: Stage) -> list[str]:
    campaign = Campaign.objects.get(pk=stage.campaign.pk)
    found = reports.reconciliation(campaign)
    return [] if found.adds_up else [f"the sums do not add up: {found}"]


def _unfinished() -> str:
    campaigns = list(Campaign.objects.values_list("state", "is_planned", "paused_because"))
    batches = list(Batch.objects.values_list("sequence", "state", "message"))
    recordings = list(Recording.objects.exclude(state=Recording.State.STORED).values_list("state", "complaint"))
    return f"campaigns {campaigns}, batches {batches}, recordings {recordings}"
