"""The console's shell: navigation by jobs and rights, what needs a person, the overview, nothing inline anywhere."""

import re

import pytest
from django.contrib import admin
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ, Schedule

from dialer.admin import lists
from dialer.admin.site import ConsoleSite
from dialer.content_security import POLICY
from dialer.models import Campaign, CarrierExchange
from tests import factories
from tests.admin.plain_site import CampaignPage, logged_in_with

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_console")]


def entries(client: Client) -> dict[str, list[str]]:
    """The navigation as it is shown: the labels of the entries by section."""
    context = client.get("/").context
    return {str(group.label): [str(entry.label) for entry in group.entries] for group in context["navigation"]}


# --- Navigation ---------------------------------------------------------------------------------------------------


def test_entries_stand_by_job_and_in_their_order(client, boss):
    assert entries(client) == {
        "Operate": ["Overview", "Campaigns", "Call records", "Voice files"],
        "Behind the scenes": ["Batches"],
        "Set up": ["Accounts"],
    }


def test_entries_show_only_with_the_permission_to_view():
    assert entries(logged_in_with("dialer.view_callrecord")) == {"Operate": ["Overview", "Call records"]}


def test_the_entry_of_the_page_in_view_is_marked(client, boss):
    page = client.get("/dialer/campaign/").content.decode()

    assert re.findall(r'href="([^"]+)" aria-current="page"', page) == ["/dialer/campaign/"]


def test_a_badge_says_how_much_needs_a_person_and_never_counts_on(client, boss):
    (group,) = (group for group in client.get("/").context["navigation"] if group.label == "Behind the scenes")

    assert (group.entries[0].badge, group.entries[0].is_alarm) == ("99+", False)


def test_the_overview_says_what_needs_a_person_with_the_remedy_and_the_rows(client, boss):
    page = client.get("/").content.decode()

    assert '<a href="/dialer/batch/?state__exact=uncertain">Uncertain batches</a>' in page
    assert "Settle them." in page
    assert "nothing of this" not in page


def test_who_may_not_see_a_page_is_not_told_what_needs_a_person_there():
    page = logged_in_with("dialer.view_campaign").get("/").content.decode()

    assert "Uncertain" not in page


def test_pages_of_the_queue_do_not_exist_because_a_schedule_can_run_any_function():
    other = ConsoleSite()

    other.register([Schedule, OrmQ, Campaign])
    other.register(Schedule)

    assert list(other._registry) == [Campaign]
    assert not any(model._meta.app_label == "django_q" for model in admin.site._registry)


def test_the_list_of_an_apps_tables_leads_to_the_overview(client, boss):
    assert client.get("/dialer/").headers["Location"] == "/"


# --- Every page -----------------------------------------------------------------------------------------------------

INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", re.IGNORECASE)


def pages_of(campaign: Campaign) -> list[str]:
    return [
        "/",
        "/dialer/campaign/",
        "/dialer/campaign/?q=nobody",
        "/dialer/campaign/add/",
        f"/dialer/campaign/{campaign.pk}/change/",
        f"/dialer/campaign/{campaign.pk}/history/",
        f"/dialer/campaign/{campaign.pk}/delete/",
        "/dialer/campaign/?_popup=1",
        "/dialer/voicefile/",
        "/dialer/account/add/",
        "/password_change/",
        "/nowhere/",
    ]


def test_every_page_has_the_strict_policy_and_nothing_inline(client, boss):
    for address in pages_of(factories.make_campaign()):
        answer = client.get(address)

        assert answer.headers["Content-Security-Policy"] == POLICY, address
        assert not INLINE.findall(answer.content.decode()), address


def test_every_page_has_one_heading_and_a_way_past_the_navigation(client, boss):
    for address in pages_of(factories.make_campaign()):
        page = client.get(address).content.decode()

        assert page.count("<h1") == 1, address
        if address != "/nowhere/":
            assert 'href="#content-start"' in page, address


def test_cells_carry_the_name_of_their_column(client, boss):
    factories.make_campaign(name="Diwali <north>")

    page = client.get("/dialer/campaign/").content.decode()

    assert '<th data-label="Name" class="field-name">' in page
    assert '<td data-label="State" class="field-state">' in page
    assert "Diwali &lt;north&gt;" in page


def test_an_empty_list_says_what_it_is_for_and_a_fruitless_search_does_not(client, boss):
    empty = client.get("/dialer/campaign/").content.decode()
    factories.make_campaign()
    fruitless = client.get("/dialer/campaign/?q=nobody").content.decode()

    assert CampaignPage.empty_help in empty
    assert "No campaigns yet" in empty
    assert CampaignPage.empty_help not in fruitless
    assert "Nothing matches" in fruitless


def test_a_chosen_filter_shows_on_its_button(client, boss):
    factories.make_campaign()

    page = client.get("/dialer/campaign/?state__exact=draft").content.decode()

    assert re.search(r"<summary>State<b>Draft</b>", page)
    assert "Clear all filters" in page


def test_deleting_asks_first_and_says_what_goes_with_it(client, boss):
    campaign = factories.make_contact().campaign

    page = client.get(f"/dialer/campaign/{campaign.pk}/delete/").content.decode()

    assert "undone" in page
    assert Campaign.objects.filter(pk=campaign.pk).exists()


def test_logging_out_needs_a_post_and_ends_on_a_page_of_its_own(client, boss):
    assert client.get("/logout/").status_code == 405
    assert "You are logged out" in client.post("/logout/").content.decode()


def test_a_broken_page_says_that_nobody_is_called_twice(boss, client):
    client.raise_request_exception = False

    answer = client.get("/broken/")

    assert answer.status_code == 500
    assert "nobody is called twice" in answer.content.decode()


@pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
def test_error_pages_need_no_context(name):
    assert not INLINE.findall(render_to_string(name))


@pytest.mark.parametrize(
    ("method", "address", "status"), [("GET", "/broken/", 500), ("GET", "/nowhere/", 404), ("POST", "/logout/", 403)]
)
def test_error_pages_speak_the_language_of_whoever_sees_them(method, address, status, boss):
    client = Client(raise_request_exception=False, enforce_csrf_checks=True, headers={"accept-language": "id"})
    client.force_login(boss)

    answer = client.generic(method, address)

    assert answer.status_code == status
    assert '<html lang="id">' in answer.content.decode()


# --- What pages share -----------------------------------------------------------------------------------------------


def test_rows_made_by_the_machine_can_only_be_looked_at(client, boss):
    record = factories.make_call_record()
    address = reverse("admin:dialer_callrecord_change", args=[record.pk])

    assert client.get(address).status_code == 200
    assert client.post(address, {}).status_code == 403
    assert client.get(reverse("admin:dialer_callrecord_add")).status_code == 403
    assert client.get(reverse("admin:dialer_callrecord_delete", args=[record.pk])).status_code == 403


def test_a_list_is_counted_only_so_far(client, boss, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(lists, "COUNT_CAP", 3)
    for _ in range(4):
        factories.make_exchange()

    with django_assert_num_queries(1) as asked:
        assert lists.CappedPaginator(CarrierExchange.objects.all(), 50).count == 3
    assert "LIMIT 4" in asked[0]["sql"]

    many = client.get("/dialer/carrierexchange/").content.decode()
    CarrierExchange.objects.first().delete()
    few = client.get("/dialer/carrierexchange/").content.decode()

    assert "3+ exchanges" in many
    assert "3 exchanges" in few
