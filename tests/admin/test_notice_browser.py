"""Notices in a real browser: the bell, the list, and the table in which everybody chooses."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dialer.models import Campaign, Notice, NoticeWay
from dialer.terms import NoticeChannel, NoticeKind
from tests.factories import make_campaign, make_user

pytest_plugins = ["tests.browser"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST, WAYS = "/dialer/notice/", "/dialer/notice/ways/"


def make_notices(person) -> None:
    campaign = make_campaign(name="Spring offer", state=Campaign.State.FINISHED)
    for kind in NoticeKind:
        Notice.objects.create(
            person=person,
            key=f"{kind}",
            kind=kind,
            name="Spring offer",
            reason="No bill has come for 30 minutes. Ask the carrier whether it is calling.",
            subject="campaign",
            subject_id=campaign.pk,
            at=timezone.now(),
        )


def test_a_notice_is_found_by_the_bell_opened_and_read(desk):
    person = make_user(is_superuser=True)
    make_notices(person)
    desk.log_in(person)
    desk.page.get_by_role("link", name="Notices, 9 unread").click()
    desk.page.get_by_role("link", name="has ended").click()
    expect(desk.page.get_by_role("heading", name="Spring offer")).to_be_visible()
    desk.page.get_by_role("link", name="Notices, 8 unread").click()
    desk.page.get_by_role("button", name="Mark all as read").click()

    expect(desk.page.get_by_role("link", name="Notices", exact=True)).to_be_visible()
    expect(desk.page.get_by_role("button", name="Mark all as read")).to_have_count(0)
    assert desk.complaints == []


def test_a_choice_stays_and_a_chats_address_can_only_be_written(desk):
    person = make_user(is_superuser=True)
    desk.log_in(person)
    desk.open(WAYS)
    desk.page.get_by_label("An account was stopped: console").uncheck()
    desk.page.get_by_role("button", name="Save").click()
    expect(desk.page.get_by_label("An account was stopped: console")).not_to_be_checked()
    desk.page.get_by_label("Name").fill("Team chat")
    desk.page.get_by_label("Address").fill("ntfy://secret-topic")
    desk.page.get_by_role("button", name="Add").click()
    expect(desk.page.get_by_role("columnheader", name="Team chat")).to_be_visible()

    assert "secret-topic" not in desk.page.content()
    assert NoticeWay.objects.get(channel=NoticeChannel.CHAT).address == "ntfy://secret-topic"
    assert desk.complaints == []


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_the_pages_fit(width: str, request: pytest.FixtureRequest, settings):
    settings.SENDS_EMAIL = True
    visitor = request.getfixturevalue(width)
    person = make_user(is_superuser=True, email="ana@example.com")
    visitor.log_in(person)
    visitor.open(LIST)
    expect(visitor.page.get_by_text("No notices yet")).to_be_visible()
    assert visitor.overhang() <= 0
    make_notices(person)
    for name in ("Team chat", "Night shift"):
        NoticeWay.objects.create(
            person=person, channel=NoticeChannel.CHAT, name=name, address="ntfy://x", kinds=[], complaint="Refused."
        )

    for path in (LIST, WAYS):
        visitor.open(path)
        assert visitor.page.locator("h1").count() == 1
        assert visitor.overhang() <= 0
    assert visitor.complaints == []
