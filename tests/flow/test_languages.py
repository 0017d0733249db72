"""What is kept is in the installation's language; what somebody reads at once, or ordered, is in their own."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.utils import timezone, translation

from dialer.carriers.contract import CarrierError
from dialer.flow import (
    approvals,
    carrier_tasks,
    chronicle,
    connect,
    copies,
    export_rows,
    exports,
    history,
    hours,
    lifecycle,
)
from dialer.flow.mistakes import DialerError
from dialer.models import CallRecord, Campaign, LaunchApproval, Preference, RetryRule
from dialer.terms import Disposition, ExportForm, ExportKind
from tests.carrier import TestCarrier
from tests.factories import (
    make_account,
    make_call_record,
    make_campaign,
    make_contact,
    make_contacts,
    make_user,
)
from tests.handed_over import waiting
from tests.tongues import teach

pytestmark = pytest.mark.django_db

SPANISH = {
    "Good morning.": "Buenos días.",
    "Write down why, in a few words: it is kept as evidence.": "Escriba por qué, en pocas palabras.",
    "Declined the launch: %(reason)s": "Lanzamiento rechazado: %(reason)s",
    "It was asked for anew.": "Se pidió de nuevo.",
    "Its carrier does not tell what calls cost.": "Su operador no dice cuánto cuestan las llamadas.",
    "“%(campaign)s” is %(state)s and can't be paused.": "“%(campaign)s” no puede pausarse: %(state)s.",
    ("outcome of a call", "no answer"): "sin respuesta",
    "Account": "Cuenta",
    "Outcome": "Resultado",
    "Call (%(zone)s)": "Llamada (%(zone)s)",
    "(copy)": "(copia)",
    "Taken back at the carrier before it began.": "Retirado antes de empezar.",
    "Nobody answers at %(host)s, port %(port)s. Nothing was sent.": "Nadie responde en %(host)s, puerto %(port)s.",
}


@pytest.fixture(autouse=True)
def spanish(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    teach(settings, tmp_path, SPANISH)


def speaking(language: str, time_zone: str = "") -> User:
    person = make_user("dialer.export_contacts")
    Preference.objects.create(user=person, language=language, time_zone=time_zone)
    return person


def history_of(campaign: Campaign) -> list[str]:
    return [entry.get_change_message() for entry in LogEntry.objects.filter(object_id=str(campaign.pk))]


# --- What is kept -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("note", [history.note, lambda row, said, by: chronicle.note(row.pk, said)])
@pytest.mark.parametrize(
    ("house", "person", "kept"),
    [("en", "es", "Good morning."), ("es", "en", "Buenos días."), ("es", "es", "Buenos días.")],
)
def test_a_note_is_in_the_language_of_the_installation_whoever_makes_it(
    settings: Any, house: str, person: str, kept: str, note: Any
) -> None:
    settings.LANGUAGE_CODE = house
    campaign = make_campaign()

    with translation.override(person):
        note(campaign, lambda: translation.gettext("Good morning."), by=make_user())

    assert [*history_of(campaign), *campaign.events.values_list("what", flat=True)] == [kept]


def test_the_end_of_an_approval_is_kept_in_the_language_of_the_installation(settings: Any) -> None:
    settings.LAUNCH_APPROVAL_ABOVE = 2
    campaign = make_campaign()
    make_contacts(3, campaign=campaign)

    with translation.override("es"):
        earlier = approvals.ask(campaign, by=make_user())
        approvals.decline(approvals.ask(campaign, by=make_user()), by=make_user(), because="Not on a holiday.")

    earlier.refresh_from_db()
    assert earlier.reason == "It was asked for anew."
    assert "Declined the launch: Not on a holiday." in history_of(campaign)


def test_what_one_asks_for_in_one_language_is_the_same_to_whom_approves_in_another(settings: Any) -> None:
    settings.LAUNCH_APPROVAL_ABOVE = 2
    campaign = make_campaign()
    make_contacts(3, campaign=campaign)
    RetryRule.objects.create(campaign=campaign, disposition=Disposition.NO_ANSWER, more_rounds=1, pause_minutes=60)
    with translation.override("es"):
        approval = approvals.ask(campaign, by=make_user())

    with translation.override("en"):
        lifecycle.approve(approval, by=make_user())

    approval.refresh_from_db()
    assert approval.state == LaunchApproval.State.APPROVED


@pytest.mark.parametrize(("house", "because"), [("en", "Its carrier"), ("es", "Su operador")])
def test_the_sheet_of_a_launch_is_kept_in_the_language_of_the_installation(
    settings: Any, house: str, because: str
) -> None:
    settings.LANGUAGE_CODE = house
    campaign = make_campaign()
    make_contact(campaign=campaign)

    with translation.override("es" if house == "en" else "en"):
        lifecycle.launch(campaign)

    [cost] = campaign.launch_sheets.get().content["costs"]
    assert cost["because"].startswith(because)


def test_a_copy_is_called_so_in_the_language_of_the_installation() -> None:
    with translation.override("es"):
        assert copies.copy(make_campaign(name="Reminder")).name == "Reminder (copy)"


def test_why_a_connection_failed_is_kept_in_the_language_of_the_installation() -> None:
    tested, looked_at = make_account(), make_account()

    with translation.override("es"):
        with pytest.raises(CarrierError):
            connect.test(tested)
        connect.check_lately(looked_at)

    for account in (tested, looked_at):
        account.refresh_from_db()
        assert account.test_complaint.startswith("Nobody answers at")


def test_a_batch_that_was_taken_back_says_so_in_the_language_of_the_installation(laaffic: TestCarrier) -> None:
    batch = waiting(laaffic)

    with translation.override("es"):
        carrier_tasks.take_back(batch, by=make_user())

    batch.refresh_from_db()
    said = LogEntry.objects.get(object_id=str(batch.pk)).get_change_message()
    assert (batch.message, said) == ("Taken back at the carrier before it began.",) * 2


# --- What is read at once, or was ordered -------------------------------------------------------------------------


def test_a_mistake_is_told_in_the_language_of_the_person_who_made_it() -> None:
    with translation.override("es"), pytest.raises(DialerError, match="Escriba por qué"):
        hours.widen(make_campaign(), because="no", by=make_user())
    with translation.override("es"), pytest.raises(DialerError, match="“Reminder” no puede pausarse"):
        lifecycle.pause(make_campaign(name="Reminder"), because="")


def written(owner: User) -> list[list[str]]:
    """The calls as a csv, written by a queue that speaks the installation's language."""
    export = exports.order(owner=owner, kind=ExportKind.CALLS, form=ExportForm.CSV)
    while exports.write_next(lambda _: CallRecord.objects.all()):
        pass
    export.refresh_from_db()
    return list(csv.reader(io.StringIO(exports.path_of(export).read_text("utf-8-sig"))))


def test_an_export_has_the_words_and_times_of_whoever_ordered_it() -> None:
    at = timezone.make_aware(timezone.datetime(2026, 3, 4, 9, 30))
    make_call_record(disposition=Disposition.NO_ANSWER, started_at=at)

    [heading, row] = written(speaking("es", "Asia/Jakarta"))
    told = dict(zip(heading, row, strict=True))
    [english, _] = written(speaking("en"))

    assert told["Resultado"] == "Sin respuesta"
    assert told["Llamada (Asia/Jakarta)"] == "2026-03-04 16:30:00"
    assert english[:2] == ["Call (UTC)", "Number"]
    assert "Outcome" in english


def test_an_export_that_goes_on_keeps_to_the_zone_of_its_heading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_rows, "ROWS_AT_A_TIME", 1)
    monkeypatch.setattr(exports, "TURN_SECONDS", -1)
    at = timezone.make_aware(timezone.datetime(2026, 3, 4, 9, 30))
    for _ in range(2):
        make_call_record(started_at=at)
    owner = speaking("en", "Asia/Jakarta")
    export = exports.order(owner=owner, kind=ExportKind.CALLS, form=ExportForm.CSV)
    exports.write_next(lambda _: CallRecord.objects.all())

    Preference.objects.update(time_zone="Asia/Tokyo")
    while exports.write_next(lambda _: CallRecord.objects.all()):
        pass

    export.refresh_from_db()
    rows = list(csv.reader(io.StringIO(exports.path_of(export).read_text("utf-8-sig"))))
    assert [row[0] for row in rows] == ["Call (Asia/Jakarta)", "2026-03-04 16:30:00", "2026-03-04 16:30:00"]
