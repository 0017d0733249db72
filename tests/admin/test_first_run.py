"""The way from an empty installation to the first launch."""

import pytest
from django.test import Client
from django.utils import timezone

from dialer.admin.first_run import Step
from dialer.models import Account, Campaign, TestCall
from tests.admin.visits import text, visitor
from tests.factories import make_account, make_call_record, make_campaign, make_voice_file

pytestmark = pytest.mark.django_db


def steps(client: Client) -> list[Step]:
    return client.get("/").context["overview"].steps


def done(client: Client) -> list[str]:
    return [str(step.title) for step in steps(client) if step.is_done]


def test_an_empty_installation_begins_with_an_account_or_the_sandbox():
    boss = visitor(is_superuser=True)

    assert done(boss) == []
    assert "make demo" in text(boss, "/")
    assert [step.url for step in steps(boss)] == [
        "/dialer/account/add/",
        "",
        "/dialer/voicefile/add/",
        "/dialer/campaign/new/",
        "",
        "",
    ]


def test_each_step_is_ticked_when_it_was_taken():
    boss = visitor(is_superuser=True)
    account = make_account()
    assert done(boss) == ["Add an account"]

    Account.objects.update(tested_at=timezone.now(), test_complaint="The key is wrong.")
    assert "Test the connection" not in done(boss)
    Account.objects.update(test_complaint="")
    make_voice_file()
    assert done(boss) == ["Add an account", "Test the connection", "Upload a voice file"]

    draft = make_campaign(account=account)
    assert [step.url for step in steps(boss)[-2:]] == [
        f"/dialer/campaign/{draft.pk}/test_call/",
        f"/dialer/campaign/{draft.pk}/launch/",
    ]
    TestCall.objects.create(campaign=draft, account=account, number="+6281200000001")
    assert done(boss)[-1] == "Call your own telephone"


@pytest.mark.parametrize("make", [lambda: make_campaign(state=Campaign.State.RUNNING), make_call_record])
def test_the_steps_are_gone_once_something_was_launched_or_called(make):
    make()

    assert steps(visitor(is_superuser=True)) == []


def test_nobody_is_sent_to_a_page_that_is_closed_to_them():
    make_campaign()

    assert {step.url for step in steps(visitor("dialer.view_campaign"))} == {""}


@pytest.mark.parametrize("model", ["account", "voicefile", "campaign", "contact", "contactlist", "donotcalllist"])
def test_an_empty_list_says_what_it_is_for(model: str):
    page = text(visitor(is_superuser=True), f"/dialer/{model}/")

    assert 'class="empty"' in page
    assert "<p>" in page.split('class="empty"')[1].split("</div>")[0]
