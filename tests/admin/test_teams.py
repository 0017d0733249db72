"""Teams see only their own accounts and campaigns: on every page, door, fragment, figure and download of the console.

The pages are those that the console has: a new one is looked at here without anybody thinking of it.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from dialer.admin import export_rows
from dialer.flow import exports, visibility
from dialer.flow.visibility import accounts_of, sees, visible_to
from dialer.models import (
    Account,
    Batch,
    Callback,
    Campaign,
    LoggedExport,
    Route,
    Team,
    TestCall,
    Webhook,
    WebhookDelivery,
)
from dialer.terms import ExportForm, ExportKind
from tests import factories
from tests.admin import visits

pytestmark = pytest.mark.django_db


def member_of(*accounts: Account, **fields: Any) -> User:
    """Somebody who may do everything and is in a team with these accounts."""
    user = factories.make_user(is_superuser=True, **fields)
    team = factories.make_team(accounts=accounts)
    team.members.add(user)
    return user


def visitor(user: User) -> Any:
    client = visits.visitor()
    client.force_login(user)
    return client


# What everything of the other team is called, so that a page that knows anything of it says this word.
SECRET = "Belongs to the others"


class Others:
    """A row of every kind that belongs to an account of another team, in the state that needs a person."""

    def __init__(self) -> None:
        self.account = factories.make_account(
            name=f"{SECRET}: account", stopped_because=f"{SECRET}.", pull_complaint=f"{SECRET}."
        )
        made = {"account": self.account, "name": f"{SECRET}: campaign", "paused_because": f"{SECRET}."}
        self.campaign = factories.make_campaign(state=Campaign.State.PAUSED, **made)
        self.contact = factories.make_contact(campaign=self.campaign)
        self.batch = factories.make_batch(contacts=[self.contact], state=Batch.State.UNCERTAIN)
        self.attempt = self.batch.attempts.get()
        self.call = factories.make_call_record(attempt=self.attempt, recording_name="sound.mp3", keypress="1")
        self.callback = factories.make_callback(account=self.account, state=Callback.State.UNREADABLE)
        self.test_call = TestCall.objects.create(
            campaign=self.campaign, account=self.account, number=factories.fresh_number()
        )
        self.transfer = factories.make_transfer(
            account=self.account, campaign=self.campaign, rang_at=timezone.now() - timedelta(minutes=5)
        )
        self.team = factories.make_team(name=f"{SECRET}: team", accounts=[self.account])
        self.webhook = factories.make_webhook(
            name=f"{SECRET}: system", team=self.team, stopped_because=f"{SECRET}.", failing_since=timezone.now()
        )
        self.delivery = WebhookDelivery.objects.create(
            webhook=self.webhook,
            event_id="event",
            kind="call_answered",
            at=timezone.now(),
            content={},
            due_at=timezone.now(),
            state=WebhookDelivery.State.GIVEN_UP,
        )
        somebody = factories.make_user()
        self.team.members.add(somebody)
        self.export = LoggedExport.objects.create(
            owner=somebody, kind=ExportKind.CALLS, form=ExportForm.CSV, about=f"Campaign: {SECRET}"
        )
        recording = apps.get_model("recordings.Recording")
        gone = {"deadline_at": timezone.now(), "due_at": timezone.now(), "state": "lost"}
        self.recording = recording.objects.create(call_record=self.call, **gone)
        self.rows: dict[str, Any] = {
            row._meta.label_lower: row
            for row in (
                *(self.account, self.campaign, self.contact, self.contact.contact_list, self.batch, self.attempt),
                *(self.call, self.callback, self.test_call, self.transfer, self.team, self.webhook, self.delivery),
                *(self.recording, self.export, factories.make_extension(account=self.account)),
                factories.make_exchange(account=self.account, batch=self.batch),
            )
        }


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
def member(others: Others) -> User:
    """Of a team with an account of its own, on which nothing has happened."""
    return member_of(factories.make_account(name="Ours"))


def pages_of_rows() -> Iterator[tuple[str, str]]:
    """(model, name) of each address in the console that names a row by its id."""
    for model, page in admin.site._registry.items():
        for pattern in page.get_urls():
            if isinstance(pattern, URLPattern) and pattern.name and "<" in str(pattern.pattern):
                yield model._meta.label_lower, pattern.name


def other_pages() -> Iterator[str]:
    """The addresses in the console that name no row: lists, loose pages, fragments."""

    def walk(patterns: list[Any], prefix: str) -> Iterator[str]:
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route)
            elif "<" not in route and "(" not in route and "logout" not in route:
                yield f"/{route}"

    yield from walk(get_resolver().url_patterns, "")


ROWS_OF_TEAMS = [
    (label, name) for label, name in pages_of_rows() if not isinstance(visibility.RULES.get(label), visibility.Shared)
]


def test_of_each_table_it_is_said_whose_its_rows_are():
    ours = [model for model in apps.get_models() if model._meta.app_label in {"dialer", "recordings"}]

    assert [model._meta.label for model in ours if model._meta.label_lower not in visibility.RULES] == []
    assert visibility.RULES.keys() <= {model._meta.label_lower for model in apps.get_models()}


def test_the_rows_of_this_test_are_of_every_page_that_shows_rows_of_accounts(others):
    shown = {label for label, _ in ROWS_OF_TEAMS}

    assert shown - others.rows.keys() == set()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("label", "name"), ROWS_OF_TEAMS, ids=[f"{name}" for _, name in ROWS_OF_TEAMS])
def test_no_page_or_door_opens_a_row_of_another_team(others, member, label, name, method):
    row = others.rows[label]
    arguments = ["call", others.call.pk] if name.startswith("dialer_contact_") and "past" in name else [row.pk]
    arguments = ["call", others.call.pk] if name == "dialer_contact_forbid" else arguments
    before = str(sorted(type(row).objects.filter(pk=row.pk).values()[0].items(), key=str))

    response = getattr(visitor(member), method)(reverse(f"admin:{name}", args=arguments))

    # 403: what nobody may do there, whatever the row.
    assert response.status_code in {302, 403, 404, 405}, response.status_code
    assert response.status_code != 302 or response.url in {"/", row_less(label), f"/{label.replace('.', '/')}/"}
    assert SECRET not in response.content.decode()
    assert str(sorted(type(row).objects.filter(pk=row.pk).values()[0].items(), key=str)) == before


def row_less(label: str) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_changelist")


@pytest.mark.parametrize("address", sorted(set(other_pages())))
def test_no_other_page_tells_of_another_team(others, member, address):
    response = visitor(member).get(address)

    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert response.status_code < 500 or address == "/healthz"
    assert SECRET not in content.decode(errors="replace")
    for number in (others.contact.number, others.transfer.number):
        assert not re.search(re.escape(number[1:]), content.decode(errors="replace"))


@pytest.mark.parametrize("label", sorted({label for label, _ in ROWS_OF_TEAMS}))
def test_a_list_is_empty_for_a_team_that_has_nothing(others, member, label):
    client, here = visitor(member), row_less(label)
    response = client.get(here)

    listed = [row.pk for row in response.context["cl"].result_list] if "cl" in (response.context or {}) else []
    own = set(visible_to(member, apps.get_model(label)._default_manager.all()).values_list("pk", flat=True))
    assert others.rows[label].pk not in listed
    assert set(listed) <= own


@pytest.mark.parametrize("label", ["dialer.callrecord", "dialer.contact", "dialer.attempt", "recordings.recording"])
def test_a_search_for_a_number_finds_nothing_of_another_team(others, member, label):
    assert visits.found(visitor(member), row_less(label), q=others.contact.number) == []
    assert visits.found(visitor(factories.make_user(is_superuser=True)), row_less(label), q=others.contact.number)


def test_nothing_of_another_team_needs_anybody(others, member):
    def needs(user: User) -> list[str]:
        request = RequestFactory().get("/")
        request.user = user
        return [str(need.attention.text) for need in admin.site.needs(request)]

    assert needs(member) == []
    assert len(needs(factories.make_user(is_superuser=True))) >= 9


def test_a_members_figures_are_those_of_the_own_accounts(others, member):
    ours = factories.make_campaign(account=Account.objects.get(name="Ours"), state=Campaign.State.RUNNING)
    factories.make_call_record(attempt=factories.make_batch(campaign=ours).attempts.first())

    def overview(user: User) -> Any:
        return visitor(user).get(reverse("admin:index")).context["overview"]

    own, all_ = overview(member), overview(factories.make_user(is_superuser=True))
    assert [seen.figures[0].value for seen in (own, all_)] == ["1", "2"]
    assert [len(seen.campaigns) for seen in (own, all_)] == [1, 2]
    assert [[line.account.name for line in seen.accounts] for seen in (own, all_)] == [
        ["Ours"],
        [others.account.name, "Ours"],
    ]


def test_the_sound_of_another_teams_call_is_not_found(others, member):
    assert visitor(member).get(reverse("recording", args=[others.recording.pk])).status_code == 404


def test_a_number_of_another_team_is_unknown(others, member):
    page = visitor(member).post(reverse("admin:dialer_contact_find"), {"number": others.contact.number})

    assert page.status_code == 200
    assert page.context["is_unknown"]


def test_everything_about_a_number_is_what_the_team_did_with_it(others, member):
    ours = factories.make_campaign(account=Account.objects.get(name="Ours"), name="Our campaign")
    contact = factories.make_contact(campaign=ours, number=others.contact.number)

    page = visits.text(visitor(member), reverse("admin:dialer_contact_past", args=["contact", contact.pk]))

    assert "Our campaign" in page
    assert SECRET not in page


def test_a_wish_that_was_heard_in_another_teams_call_holds_without_naming_the_campaign(others, member):
    entry = factories.make_do_not_call(source=f"campaign “{SECRET}”", call_record=others.call)

    for address in (visits.list_of("dialer.donotcall"), visits.page_of(entry)):
        page = visits.text(visitor(member), address)
        assert "a call" in page
        assert SECRET not in page


def test_forms_offer_no_account_of_another_team(others, member):
    draft = factories.make_campaign(account=Account.objects.get(name="Ours"))
    client = visitor(member)

    for address in (
        reverse("admin:dialer_campaign_add"),
        reverse("admin:dialer_campaign_new"),
        visits.page_of(draft),
        visits.page_of(factories.make_voice_file()),
    ):
        page = visits.text(client, address)
        assert "Ours" in page
        assert SECRET not in page


def test_a_member_can_move_no_campaign_to_an_account_of_another_team(others, member):
    response = visitor(member).post(
        reverse("admin:dialer_campaign_new"), {"name": "Mine", "purpose": "service", "account": others.account.pk}
    )

    assert response.status_code == 200
    assert not Campaign.objects.filter(name="Mine").exists()


def test_an_export_holds_what_its_owner_sees_when_it_is_written(others, member):
    export = exports.order(owner=member, kind=ExportKind.CALLS, form=ExportForm.CSV)

    assert list(export_rows.chosen(export)) == []


def test_a_campaign_with_several_accounts_is_seen_by_those_who_see_all_of_them(others):
    first, second = factories.make_account(), factories.make_account()
    shared = factories.make_campaign(account=first)
    Route.objects.create(campaign=shared, account=second)
    batch = factories.make_batch(campaign=shared)
    call = factories.make_call_record(attempt=batch.attempts.first())

    for user in (member_of(first), member_of(second)):
        assert not any(sees(user, row) for row in (shared, batch, call, batch.attempts.first().contact))
    for user in (member_of(first, second), factories.make_user()):
        assert all(sees(user, row) for row in (shared, batch, call, batch.attempts.first().contact))


def test_what_belongs_to_no_campaign_is_seen_by_those_of_its_account():
    account = factories.make_account()
    call = factories.make_call_record(account=account)

    assert call.campaign is None
    assert sees(member_of(account), call)
    assert not sees(member_of(factories.make_account()), call)


def test_who_is_in_two_teams_sees_what_both_see_together():
    first, second = factories.make_account(), factories.make_account()
    user = member_of(first)
    factories.make_team(accounts=[second]).members.add(user)

    assert accounts_of(user) == {first.pk, second.pk}


def test_a_member_of_a_team_without_accounts_sees_nothing(others):
    user = member_of()

    assert accounts_of(user) == frozenset()
    assert not sees(user, others.campaign)


def test_nobody_sees_nothing(others):
    assert not sees(None, others.campaign)
    assert not sees(factories.make_user(is_active=False), others.campaign)


def test_the_rule_costs_one_query_for_a_user(others, member, django_assert_num_queries):
    user = User.objects.get(pk=member.pk)

    with django_assert_num_queries(4):
        for _ in range(3):
            list(visible_to(user, Campaign.objects.all()))


def test_of_a_large_table_with_few_rows_and_with_many_the_same_is_seen(others, member, monkeypatch):
    ours = factories.make_campaign(account=Account.objects.get(name="Ours"))
    batch = factories.make_batch(campaign=ours)
    factories.make_call_record(attempt=batch.attempts.first())
    labels = [
        label for label, rule in visibility.RULES.items() if isinstance(rule, visibility.Belonging) and rule.is_large
    ]

    def seen() -> dict[str, set[int]]:
        return {
            label: set(visible_to(member, apps.get_model(label).objects.all()).values_list("pk", flat=True))
            for label in labels
        }

    few = seen()
    monkeypatch.setattr(visibility, "FEW", 0)

    assert seen() == few
    assert all(few[label] for label in ("dialer.callrecord", "dialer.attempt", "dialer.contact"))


def test_the_page_of_a_team_says_what_the_team_is(others):
    page = visits.text(visitor(factories.make_user(is_superuser=True)), visits.page_of(others.team))

    assert "Whoever is in no team sees everything." in page


def test_a_webhook_that_a_member_makes_hears_of_the_team_alone(others, member):
    wishes = {"name": "Mine", "url": "https://example.com/", "kinds": ["call_answered"], "is_enabled": "on"}
    client = visitor(member)

    refused = client.post(reverse("admin:dialer_webhook_add"), wishes)
    of_others = client.post(reverse("admin:dialer_webhook_add"), {**wishes, "team": others.team.pk})
    made = client.post(reverse("admin:dialer_webhook_add"), {**wishes, "team": Team.objects.get(members=member).pk})

    assert refused.status_code == of_others.status_code == made.status_code == 200
    assert Webhook.objects.get(name="Mine").team.members.get() == member
