"""Whatever happens is told once to each person who may know and wants to, by the ways of their choice."""

import smtplib
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone, translation

from dialer.flow import exports, housekeeping, lifecycle, notice_delivery, notices
from dialer.flow.mistakes import DialerError
from dialer.models import (
    Account,
    Batch,
    CallRecord,
    Campaign,
    Notice,
    NoticeCause,
    NoticeDelivery,
    NoticeWay,
    Preference,
)
from dialer.terms import ExportForm, ExportKind, NoticeChannel, NoticeKind
from recordings import notices as recording_notices
from recordings.models import Recording
from tests.carriers.small_server import SmallServer, answer
from tests.factories import (
    make_account,
    make_batch,
    make_call_record,
    make_campaign,
    make_laaffic_account,
    make_team,
    make_user,
)
from tests.tongues import teach

pytestmark = pytest.mark.django_db

State = NoticeDelivery.State
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def mail_server(settings: Any) -> None:
    settings.SENDS_EMAIL = True


def somebody(*permissions: str, **fields: Any) -> Any:
    return make_user(*(permissions or ("dialer.view_campaign",)), email="ana@example.com", **fields)


def wants(person: Any, channel: NoticeChannel, *kinds: NoticeKind, **fields: Any) -> NoticeWay:
    return NoticeWay.objects.create(person=person, channel=channel, kinds=list(kinds), **fields)


def ended(**fields: Any) -> Campaign:
    return make_campaign(state=Campaign.State.FINISHED, ended_at=timezone.now(), **fields)


def told(person: Any) -> list[str]:
    return [notices.sentence(one) for one in Notice.objects.filter(person=person).order_by("pk")]


# --- what happened -----------------------------------------------------------------------------------------------


def test_a_campaign_that_has_ended_is_told_once() -> None:
    person = somebody()
    ended(name="Spring")

    assert notices.find_next()
    assert not notices.find_next()

    assert told(person) == ["The campaign “Spring” has ended."]


def test_what_ended_long_ago_is_no_news() -> None:
    person = somebody()
    campaign = ended()
    Campaign.objects.filter(pk=campaign.pk).update(ended_at=timezone.now() - timedelta(days=4))

    assert not notices.find_next()
    assert told(person) == []


def test_a_pause_by_itself_is_told_with_its_reason_and_one_by_a_person_is_not() -> None:
    person = somebody()
    by_itself = make_campaign(name="Spring", state=Campaign.State.RUNNING)
    by_hand = make_campaign(state=Campaign.State.RUNNING)
    lifecycle.pause(by_hand, because="Paused by ana.")
    Campaign.objects.filter(pk=by_itself.pk).update(state=Campaign.State.PAUSED, paused_because="No bill has come.")

    notices.find_next()

    (notice,) = Notice.objects.filter(person=person)
    assert notices.sentence(notice) == "The campaign “Spring” has paused by itself."
    assert notice.reason == "No bill has come."


def test_a_second_pause_is_told_again_also_when_nobody_looked_in_between() -> None:
    person = somebody()
    campaign = make_campaign(state=Campaign.State.RUNNING)
    rows = Campaign.objects.filter(pk=campaign.pk)
    rows.update(state=Campaign.State.PAUSED, paused_because="No bill.")
    notices.find_next()
    lifecycle.resume(rows.get())
    rows.update(state=Campaign.State.PAUSED, paused_because="No bill.")

    notices.find_next()

    assert len(told(person)) == 2


def test_a_pause_by_hand_after_one_by_itself_is_not_told() -> None:
    person = somebody()
    campaign = make_campaign(state=Campaign.State.RUNNING)
    lifecycle.pause(campaign, because="Paused by ana.")
    lifecycle.resume(Campaign.objects.get())
    Campaign.objects.update(state=Campaign.State.PAUSED, paused_because="No bill.")

    notices.find_next()

    assert len(told(person)) == 1


def test_a_start_that_was_missed_is_told() -> None:
    person = somebody()
    make_campaign(name="Late", state=Campaign.State.SCHEDULED, start_at=timezone.now(), asks_because="It was late.")

    notices.find_next()

    assert told(person) == ["The campaign “Late” did not start at its time."]


def test_uncertain_batches_are_told_once_for_their_campaign_and_only_when_no_evidence_came() -> None:
    person = somebody("dialer.view_batch")
    campaign = make_campaign(name="Spring", state=Campaign.State.RUNNING)
    for _ in range(2):
        make_batch(campaign=campaign, state=Batch.State.UNCERTAIN, sent_at=timezone.now())
    notices.find_next()
    assert told(person) == []

    notices.find_next(now=timezone.now() + HOUR)

    assert told(person) == ["Batches of “Spring” have no clear answer and need a person."]


def test_a_stopped_account_and_a_low_balance_are_told_and_told_again_when_they_come_back(laaffic: Any) -> None:
    person = somebody("dialer.view_account")
    rows = Account.objects.filter(pk=laaffic.account.pk)
    broken = {"stopped_because": "The key was refused.", "balance": 0, "balance_asked_at": timezone.now()}
    rows.update(**broken)
    notices.find_next()
    notices.find_next()
    assert [one.kind for one in Notice.objects.order_by("pk")] == [NoticeKind.ACCOUNT_STOPPED, NoticeKind.BALANCE_LOW]

    rows.update(stopped_because="", balance=500)
    notices.find_next()
    assert NoticeCause.objects.count() == 0
    rows.update(**broken)
    notices.find_next()

    assert len(told(person)) == 4


def test_recordings_in_danger_are_told_once_a_day_and_lost_ones_once() -> None:
    person = somebody("recordings.view_recording")
    now = timezone.now()
    for state, deadline_at in ((Recording.State.DUE, now + HOUR), (Recording.State.LOST, now - HOUR)):
        Recording.objects.create(
            call_record=make_call_record(), state=state, deadline_at=deadline_at, due_at=now, complaint="late"
        )

    for at in (now, now, now + timedelta(days=1)):
        recording_notices.find_next(now=at)
        notices.find_next(now=at)

    near, lost = (
        "Recordings vanish at the carrier within days: 1.",
        "Recordings are lost, their deadline has passed: 1.",
    )
    assert sorted(told(person)) == sorted([near, near, lost])
    assert CallRecord.objects.count() == 2


def test_an_export_tells_its_owner_alone_in_the_transaction_in_which_it_is_ready(
    settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path
    owner = somebody("dialer.export_contacts", "dialer.view_callrecord")
    make_user(is_superuser=True)
    make_call_record()
    export = exports.order(owner=owner, kind=ExportKind.CALLS, form=ExportForm.CSV)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(exports.notices, "tell_owner", killed)
        with pytest.raises(KeyboardInterrupt):
            exports.write_next(lambda _: CallRecord.objects.all())
    export.refresh_from_db()
    assert export.state == export.State.WRITING
    type(export).objects.update(lease_until=timezone.now() - HOUR)
    exports.write_next(lambda _: CallRecord.objects.all())

    assert [one.person for one in Notice.objects.all()] == [owner]
    assert told(owner) == ["Your export is ready: call records."]


def test_texts_hold_no_numbers() -> None:
    somebody()
    ended(name="For +6281234567890")

    notices.find_next()

    assert "81234567890" not in Notice.objects.get().name


# --- who is told -------------------------------------------------------------------------------------------------


def test_only_people_who_may_know_of_it_are_told() -> None:
    may, boss = somebody(), make_user(is_superuser=True)
    make_user("dialer.view_account")
    make_user("dialer.view_campaign", is_active=False)
    make_user("dialer.view_campaign", is_staff=False)
    ended()

    notices.find_next()

    assert {one.person_id for one in Notice.objects.all()} == {may.pk, boss.pk}


def test_each_person_chooses_kinds_and_ways() -> None:
    quiet, by_mail, by_both = somebody(), somebody(), somebody()
    for person in (quiet, by_mail):
        wants(person, NoticeChannel.CONSOLE, NoticeKind.BALANCE_LOW)
    for person in (by_mail, by_both):
        wants(person, NoticeChannel.EMAIL, NoticeKind.CAMPAIGN_ENDED)
    wants(by_both, NoticeChannel.CHAT, NoticeKind.CAMPAIGN_PAUSED, address="json://127.0.0.1:9/x")
    ended()

    notices.find_next()

    found = {one.person_id: one for one in Notice.objects.all()}
    assert set(found) == {by_mail.pk, by_both.pk}
    assert (found[by_mail.pk].is_in_console, found[by_both.pk].is_in_console) == (False, True)
    assert notices.unread(by_mail).count() == 0
    assert notices.unread(by_both).count() == 1
    assert NoticeDelivery.objects.count() == 2


def test_nothing_waits_for_e_mail_where_none_can_be_sent(settings: Any) -> None:
    without, person = make_user("dialer.view_campaign"), somebody()
    for one in (without, person):
        wants(one, NoticeChannel.EMAIL, NoticeKind.CAMPAIGN_ENDED)
    settings.SENDS_EMAIL = False
    ended()

    notices.find_next()

    assert NoticeDelivery.objects.count() == 0
    assert Notice.objects.count() == 2


def test_a_kill_while_telling_tells_nobody_and_the_next_turn_tells_all(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [somebody(), somebody()]
    ended()
    real = Notice.objects.create

    def killed(**fields: Any) -> Any:
        if Notice.objects.exists():
            raise KeyboardInterrupt
        return real(**fields)

    with monkeypatch.context() as patched:
        patched.setattr(Notice.objects, "create", killed)
        with pytest.raises(KeyboardInterrupt):
            notices.find_next()
    assert (Notice.objects.count(), NoticeCause.objects.count()) == (0, 0)

    notices.find_next()

    assert {one.person_id for one in Notice.objects.all()} == {one.pk for one in people}


def test_of_two_processes_that_find_the_same_one_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    person = somebody()
    ended()
    real = notices._people

    def also(kind: NoticeKind) -> Any:
        monkeypatch.setattr(notices, "_people", real)
        NoticeCause.objects.get_or_create(key="other", defaults={"since": timezone.now()})
        assert not notices._tell_once(next(notices._of_campaigns(timezone.now())), now=timezone.now())
        return real(kind)

    monkeypatch.setattr(notices, "_people", also)

    notices.find_next()

    assert len(told(person)) == 1


# --- languages ---------------------------------------------------------------------------------------------------


ENDED = "The campaign “%(name)s” has ended."
SPANISH = {
    ENDED: "La campaña «%(name)s» ha terminado.",
    "Only %(left)s is left on “%(account)s”, less than the %(least)s of its warning. Top it up.": (
        "Quedan %(left)s en «%(account)s», menos de %(least)s. Recárguela."
    ),
    "The mail server can't be reached.": "No se puede llegar al servidor de correo.",
}


def speaks_spanish(person: Any, settings: Any, tmp_path: Path) -> Any:
    teach(settings, tmp_path, SPANISH)
    Preference.objects.create(user=person, language="es")
    return person


def test_each_person_is_told_in_their_own_figures_and_words(settings: Any, tmp_path: Path) -> None:
    spanish = speaks_spanish(somebody("dialer.view_account"), settings, tmp_path)
    somebody("dialer.view_account")
    make_laaffic_account(
        name="A", balance=Decimal("1234.5"), balance_warning=Decimal(2000), balance_asked_at=timezone.now()
    )

    notices.find_next()

    assert {one.reason: one.person == spanish for one in Notice.objects.all()} == {
        "Quedan 1.234,50 en «A», menos de 2.000,00. Recárguela.": True,
        "Only 1,234.50 is left on “A”, less than the 2,000.00 of its warning. Top it up.": False,
    }


def test_counts_are_written_as_the_reader_writes_them(settings: Any, tmp_path: Path) -> None:
    speaks_spanish(somebody("recordings.view_recording"), settings, tmp_path)
    event = notices.Event(
        key="recordings:near", kind=NoticeKind.RECORDINGS_NEAR, counts={make_account().pk: 1_200, make_account().pk: 34}
    )

    notices.heed([event], among=("recordings:",), now=timezone.now())

    assert Notice.objects.get().name == "1.234"


def test_the_owner_of_an_export_is_told_of_it_in_their_language(settings: Any, tmp_path: Path) -> None:
    person = speaks_spanish(somebody(), settings, tmp_path)
    export = exports.order(owner=person, kind=ExportKind.CALLS, form=ExportForm.CSV)
    teach(settings, tmp_path / "kinds", {"call records": "llamadas"})

    notices.tell_owner(export, now=timezone.now())

    assert "llamadas" in Notice.objects.get().name.lower()


@pytest.mark.parametrize(("language", "subject"), [("es", "La campaña «Spring» ha terminado."), ("", ENDED)])
def test_a_message_is_in_the_language_of_whom_it_goes_to_whatever_the_queue_speaks(
    settings: Any, tmp_path: Path, language: str, subject: str
) -> None:
    mailed()
    speaks_spanish(Notice.objects.get().person, settings, tmp_path)
    Preference.objects.update(language=language)

    notice_delivery.send_next()

    (sent,) = mail.outbox
    assert sent.subject == f"Dialer: {subject % {'name': 'Spring'}}"
    assert subject % {"name": "Spring"} in sent.body
    assert translation.get_language() == "en"


def test_why_a_message_did_not_leave_is_said_in_the_language_of_its_person(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailed()
    speaks_spanish(Notice.objects.get().person, settings, tmp_path)

    def fails(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(notice_delivery.EmailMessage, "send", fails)
    notice_delivery.send_next()

    assert NoticeWay.objects.get().complaint == "No se puede llegar al servidor de correo."


def test_the_console_tells_in_the_language_of_whoever_reads(client: Any, settings: Any, tmp_path: Path) -> None:
    person = somebody()
    ended(name="Spring")
    notices.find_next()
    speaks_spanish(person, settings, tmp_path)

    client.force_login(person)

    assert "La campaña «Spring» ha terminado." in client.get("/dialer/notice/").content.decode()


# --- messages ----------------------------------------------------------------------------------------------------


def mailed(**fields: Any) -> NoticeDelivery:
    """One e-mail that is due."""
    wants(somebody(), NoticeChannel.EMAIL, NoticeKind.CAMPAIGN_ENDED)
    ended(name="Spring")
    notices.find_next()
    NoticeDelivery.objects.update(**fields)
    return NoticeDelivery.objects.get()


def test_an_e_mail_is_sent_once_with_a_link_into_the_console(settings: Any) -> None:
    delivery = mailed()

    assert notice_delivery.send_next()
    assert not notice_delivery.send_next()

    (sent,) = mail.outbox
    assert sent.to == ["ana@example.com"]
    assert sent.subject == "Dialer: The campaign “Spring” has ended."
    assert f"{settings.PUBLIC_URL}/dialer/notice/{delivery.notice_id}/open/" in sent.body
    delivery.refresh_from_db()
    assert (delivery.state, delivery.claim_token) == (State.SENT, "")
    assert NoticeWay.objects.get().sent_at is not None


def test_a_message_of_a_killed_process_is_not_sent_again_and_says_so() -> None:
    delivery = mailed(state=State.SENDING, claim_token="dead", lease_until=timezone.now() - HOUR)

    notice_delivery.send_next()

    delivery.refresh_from_db()
    assert mail.outbox == []
    assert delivery.state == State.FAILED
    assert "not known" in delivery.complaint


@pytest.mark.parametrize(
    ("error", "is_repeated"),
    [
        (ConnectionRefusedError(), True),
        (smtplib.SMTPResponseException(451, b"later"), True),
        (smtplib.SMTPAuthenticationError(535, b"secret words"), False),
        (smtplib.SMTPRecipientsRefused({"ana@example.com": (550, b"no")}), False),
        (smtplib.SMTPServerDisconnected(), False),
    ],
)
def test_only_what_surely_did_not_leave_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception, is_repeated: bool
) -> None:
    delivery = mailed()

    def fails(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(notice_delivery.EmailMessage, "send", fails)
    notice_delivery.send_next()

    delivery.refresh_from_db()
    way = NoticeWay.objects.get()
    assert delivery.state == (State.DUE if is_repeated else State.FAILED)
    assert way.complaint == delivery.complaint != ""
    assert "secret" not in way.complaint
    if is_repeated:
        assert delivery.due_at > timezone.now()


def test_after_its_last_try_a_message_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = mailed()

    def fails(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(notice_delivery.EmailMessage, "send", fails)
    turns = 0
    while notice_delivery.send_next():
        turns += 1
        NoticeDelivery.objects.update(due_at=timezone.now() - HOUR)

    delivery.refresh_from_db()
    assert turns == 5
    assert delivery.state == State.FAILED


def test_no_transaction_is_open_while_a_message_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    mailed()
    depths = []
    before = len(transaction.get_connection().savepoint_ids)

    def look(*_: Any, **__: Any) -> None:
        depths.append(len(transaction.get_connection().savepoint_ids))

    monkeypatch.setattr(notice_delivery.EmailMessage, "send", look)
    notice_delivery.send_next()

    assert depths == [before]


def test_a_chat_gets_its_message_and_its_address_lies_encrypted(settings: Any) -> None:
    settings.NOTICES_PRIVATE_ADDRESSES = True
    server = SmallServer(answer(b"{}"))
    address = f"json://127.0.0.1:{server.port}/path-that-is-secret"
    way = wants(somebody(), NoticeChannel.CHAT, NoticeKind.CAMPAIGN_ENDED, name="Team", address=address)
    ended(name="Spring")
    notices.find_next()

    notice_delivery.send_next()
    server.stop()

    (request,) = server.requests
    assert "The campaign “Spring” has ended.".encode("unicode_escape") in request or b"Spring" in request
    with transaction.get_connection().cursor() as cursor:
        cursor.execute("SELECT address FROM dialer_noticeway WHERE id = %s", [way.pk])
        assert "path-that-is-secret" not in cursor.fetchone()[0]


def test_a_test_to_a_private_address_is_refused_in_a_sentence() -> None:
    way = wants(somebody(), NoticeChannel.CHAT, address="json://127.0.0.1:9/x")

    with pytest.raises(DialerError, match="private network"):
        notice_delivery.send_test(way)

    way.refresh_from_db()
    assert "private network" in way.complaint


def test_old_notices_go() -> None:
    somebody()
    ended()
    notices.find_next()
    Notice.objects.update(at=timezone.now() - timedelta(days=91))

    housekeeping.prune_next()

    assert not Notice.objects.exists()
    make_account()


# --- teams -------------------------------------------------------------------------------------------------------


def test_a_member_of_a_team_hears_of_the_teams_campaigns_and_accounts_alone() -> None:
    ours = make_account(name="Ours", stopped_because="no")
    make_account(name="Theirs", stopped_because="no")
    member, everybody = (somebody("dialer.view_campaign", "dialer.view_account") for _ in range(2))
    make_team(accounts=[ours]).members.add(member)
    ended(name="Our campaign", account=ours)
    ended(name="Their campaign")

    notices.find_next()

    assert told(member) == ["The campaign “Our campaign” has ended.", "The account “Ours” was stopped."]
    assert len(told(everybody)) == 4


def test_a_member_of_a_team_hears_how_many_of_the_teams_recordings_are_in_danger() -> None:
    ours = make_account()
    soon = {"deadline_at": timezone.now() + timedelta(days=1), "due_at": timezone.now()}
    for account in (ours, make_account(), make_account()):
        Recording.objects.create(call_record=make_call_record(account=account), **soon)
    member, of_nothing, everybody = (somebody("recordings.view_recording") for _ in range(3))
    make_team(accounts=[ours]).members.add(member)
    make_team().members.add(of_nothing)

    recording_notices.find_next()

    assert told(member) == ["Recordings vanish at the carrier within days: 1."]
    assert told(of_nothing) == []
    assert told(everybody) == ["Recordings vanish at the carrier within days: 3."]
