"""Everybody has a bell, reads their own notices, and chooses how they are told; addresses of chats never come back."""

from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from dialer.flow import notices
from dialer.models import Campaign, Notice, NoticeDelivery, NoticeWay
from dialer.terms import NoticeChannel, NoticeKind
from tests.admin.visits import query_count, text, visitor
from tests.carriers.small_server import SmallServer, answer
from tests.factories import make_campaign, make_user

pytestmark = pytest.mark.django_db

LIST = "/dialer/notice/"
WAYS = "/dialer/notice/ways/"
SECRET = "path-that-is-secret"


@pytest.fixture(autouse=True)
def mail_server(settings: Any) -> None:
    settings.SENDS_EMAIL = True


def make_notice(person: Any, **fields: Any) -> Notice:
    name = fields.pop("name", "Spring")
    campaign = make_campaign(state=Campaign.State.FINISHED)
    return Notice.objects.create(
        **{
            "person": person,
            "key": f"campaign:{campaign.pk}:ended",
            "kind": NoticeKind.CAMPAIGN_ENDED,
            "name": name,
            "subject": "campaign",
            "subject_id": campaign.pk,
            "at": timezone.now(),
            **fields,
        }
    )


def person_of(client: Any) -> Any:
    return make_user().__class__.objects.get(pk=client.session["_auth_user_id"])


def test_the_bell_counts_what_is_unread_on_every_page() -> None:
    client = visitor("dialer.view_campaign")
    assert "unread" not in text(client, "/")

    for _ in range(3):
        make_notice(person_of(client))

    assert "Notices, 3 unread" in text(client, "/")
    assert "Notices, 3 unread" in text(client, "/dialer/campaign/")


def test_opening_a_notice_leads_to_what_it_is_about_and_marks_it_read() -> None:
    client = visitor("dialer.view_campaign")
    notice = make_notice(person_of(client))

    answer_ = client.get(reverse("admin:dialer_notice_open", args=[notice.pk]))

    assert answer_["Location"] == reverse("admin:dialer_campaign_change", args=[notice.subject_id])
    assert notices.unread(notice.person).count() == 0


@pytest.mark.parametrize(("subject", "list_"), [("export", "dialer_export"), ("recording", "recordings_recording")])
def test_what_has_no_page_of_its_own_leads_to_its_list(subject: str, list_: str) -> None:
    client = visitor("dialer.view_campaign")
    notice = make_notice(person_of(client), subject=subject)

    location = client.get(reverse("admin:dialer_notice_open", args=[notice.pk]))["Location"]

    assert location == reverse(f"admin:{list_}_changelist")


def test_all_are_marked_read_by_an_order_and_not_by_a_look() -> None:
    client = visitor("dialer.view_campaign")
    mine = make_notice(person_of(client))
    others = make_notice(make_user())

    assert client.get(reverse("admin:dialer_notice_read")).status_code == 405
    client.post(reverse("admin:dialer_notice_read"))

    mine.refresh_from_db()
    others.refresh_from_db()
    assert mine.read_at is not None
    assert others.read_at is None


def test_nobody_sees_or_opens_anothers_notice() -> None:
    notice = make_notice(make_user(), name="Secret offer")
    client = visitor(is_superuser=True)

    assert "Secret offer" not in text(client, LIST)
    assert client.get(reverse("admin:dialer_notice_open", args=[notice.pk])).status_code == 404


def test_an_empty_list_says_what_it_is_for() -> None:
    assert "No notices yet" in text(visitor("dialer.view_campaign"), LIST)


def test_the_list_costs_the_same_however_long_it_is() -> None:
    client = visitor("dialer.view_campaign")
    make_notice(person_of(client))
    one = query_count(client, LIST)
    for _ in range(4):
        make_notice(person_of(client))

    assert query_count(client, LIST) == one


def test_a_person_chooses_kinds_for_console_and_e_mail() -> None:
    client = visitor("dialer.view_campaign", email="ana@example.com")

    client.post(WAYS, {"kinds-console": ["campaign_ended"], "kinds-email": ["campaign_paused", "nonsense"]})

    ways = {way.channel: way.kinds for way in NoticeWay.objects.filter(person=person_of(client))}
    assert ways == {NoticeChannel.CONSOLE: ["campaign_ended"], NoticeChannel.EMAIL: ["campaign_paused"]}
    page = text(client, WAYS)
    assert (
        'name="kinds-email" value="campaign_paused" aria-label="A campaign has paused by itself: E-mail" checked'
        in (page.replace("e-mail", "E-mail"))
    )
    client.post(WAYS, {})
    assert all(way.kinds == [] for way in NoticeWay.objects.all())


def test_without_a_mail_server_there_is_no_e_mail_to_choose(settings: Any) -> None:
    settings.SENDS_EMAIL = False

    assert "kinds-email" not in text(visitor("dialer.view_campaign"), WAYS)


def test_a_chat_is_added_and_its_address_never_comes_back() -> None:
    client = visitor("dialer.view_campaign")
    address = f"json://user:{SECRET}@chat.example.com/{SECRET}"

    client.post(reverse("admin:dialer_notice_add_chat"), {"name": "Team", "address": address})

    way = NoticeWay.objects.get()
    page = text(client, WAYS)
    assert way.address == address
    assert way.kinds == NoticeKind.values
    assert "Team" in page
    assert SECRET not in page


def test_an_address_that_is_none_is_told_at_its_field_and_not_repeated() -> None:
    client = visitor("dialer.view_campaign")

    said = client.post(reverse("admin:dialer_notice_add_chat"), {"name": "Team", "address": f"syslog://{SECRET}"})

    assert said.status_code == 422
    assert "no address of a chat service" in said.content.decode()
    assert SECRET not in said.content.decode()
    assert not NoticeWay.objects.exists()


def test_a_test_is_sent_and_its_complaint_is_shown(settings: Any) -> None:
    settings.NOTICES_PRIVATE_ADDRESSES = True
    server = SmallServer(answer(b"{}"), answer(b"no", status=403))
    client = visitor("dialer.view_campaign")
    way = NoticeWay.objects.create(
        person=person_of(client), channel=NoticeChannel.CHAT, name="Team", address=f"json://127.0.0.1:{server.port}/x"
    )
    door = reverse("admin:dialer_notice_test", args=[way.pk])

    fine = client.post(door, follow=True).content.decode()
    failed = client.post(door, follow=True).content.decode()
    server.stop()

    assert "A test has left" in fine
    assert "HTTP 403" in failed
    assert "HTTP 403" in text(client, WAYS)
    assert b"Dialer: a test" in server.requests[0]


def test_a_test_by_e_mail_goes_to_the_persons_own_address() -> None:
    client = visitor("dialer.view_campaign", email="ana@example.com")
    client.post(WAYS, {"kinds-email": ["campaign_ended"]})

    client.post(reverse("admin:dialer_notice_test", args=[NoticeWay.objects.get(channel="email").pk]))

    assert [sent.to for sent in mail.outbox] == [["ana@example.com"]]


def test_anothers_chat_can_be_neither_tested_nor_removed() -> None:
    way = NoticeWay.objects.create(person=make_user(), channel=NoticeChannel.CHAT, address="json://127.0.0.1:9/x")
    client = visitor(is_superuser=True)

    for door in ("test", "remove"):
        assert client.post(reverse(f"admin:dialer_notice_{door}", args=[way.pk])).status_code == 404
    assert NoticeWay.objects.filter(pk=way.pk).exists()


def test_a_removed_chat_gets_nothing_more() -> None:
    client = visitor("dialer.view_campaign")
    person = person_of(client)
    way = NoticeWay.objects.create(person=person, channel=NoticeChannel.CHAT, address="json://127.0.0.1:9/x")
    NoticeDelivery.objects.create(notice=make_notice(person), way=way, due_at=timezone.now())

    client.post(reverse("admin:dialer_notice_remove", args=[way.pk]))

    assert not NoticeDelivery.objects.exists()
    assert Notice.objects.count() == 1


def test_nobody_who_is_not_logged_in_comes_in() -> None:
    from_outside = visitor("dialer.view_campaign")
    from_outside.logout()

    for address in (LIST, WAYS, reverse("admin:dialer_notice_add_chat")):
        assert from_outside.get(address).status_code == 302
