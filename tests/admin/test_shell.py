"""The console's shell: navigation by jobs and rights, what needs a person, the overview, nothing inline anywhere."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import path, reverse
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from dialer.admin import columns, lists, overview
from dialer.admin.base import ConsoleAdmin, ReadOnlyAdmin
from dialer.admin.navigation import Attention, Figure, Place, Section
from dialer.admin.site import ConsoleSite
from dialer.content_security import POLICY
from dialer.models import Account, Batch, CallRecord, Campaign, CarrierExchange, Heartbeat, VoiceFile
from dialer.terms import Disposition
from tests import factories

pytestmark = pytest.mark.django_db

site = ConsoleSite()


class Plain:
    """Pages as every page is, without the templates that the real page of a model may have."""

    change_list_template = "admin/change_list.html"
    change_form_template = "admin/change_form.html"
    object_history_template = "admin/object_history.html"
    delete_confirmation_template = "admin/delete_confirmation.html"


@admin.register(Campaign, site=site)
class CampaignPage(Plain, ConsoleAdmin):
    navigation = Place(Section.OPERATE, 10, "campaigns")
    empty_help = "A campaign plays one voice file to a list of numbers."
    list_display = ("name", "state")
    search_fields = ("name",)
    list_filter = ("state",)


@admin.register(CallRecord, site=site)
class CallRecordPage(Plain, ReadOnlyAdmin):
    navigation = Place(Section.OPERATE, 20, "calls")

    def figures(self, request):
        return [Figure(label="Recordings kept", value="7")]


@admin.register(Batch, site=site)
class BatchPage(Plain, ReadOnlyAdmin):
    navigation = Place(Section.BEHIND_THE_SCENES, 10, "batches")

    def attention(self, request):
        return [
            Attention(count=120, text="Uncertain batches", remedy="Settle them.", query="state__exact=uncertain"),
            Attention(count=0, text="nothing of this", remedy="", is_alarm=True),
        ]


@admin.register(CarrierExchange, site=site)
class ExchangePage(Plain, ReadOnlyAdmin):
    pass


@admin.register(Account, site=site)
class AccountPage(Plain, ConsoleAdmin):
    navigation = Place(Section.SET_UP, 10, "accounts")
    fields = ("name", "carrier", "country", "batch_url", "token_url", "time_zone", "number_form", "batch_size")
    fields = (*fields, "app_id", "access_key")


@admin.register(VoiceFile, site=site)
class VoiceFilePage(Plain, ConsoleAdmin):
    navigation = Place(Section.OPERATE, 30, "voice")


def broken(request) -> HttpResponse:
    raise RuntimeError("broken on purpose")


urlpatterns = [path("broken/", broken), path("", site.urls)]


@pytest.fixture(autouse=True)
def console(settings):
    """The site of this module instead of the real one, whose pages have tests of their own."""
    settings.ROOT_URLCONF = __name__
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)  # WhiteNoise warns of its absence


@pytest.fixture
def boss(client):
    user = factories.make_user(is_superuser=True)
    client.force_login(user)
    return user


def logged_in_with(*permissions: str) -> Client:
    client = Client()
    client.force_login(factories.make_user(*permissions))
    return client


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


# --- Overview -------------------------------------------------------------------------------------------------------


def test_an_empty_console_shows_the_steps_with_the_next_one_first(client, boss):
    account = factories.make_account()

    seen = client.get("/").context["overview"]

    assert [(str(step.title), step.is_done, step.url) for step in seen.steps] == [
        ("Add an account", True, "/dialer/account/add/"),
        ("Test the connection", False, f"/dialer/account/{account.pk}/change/"),
        ("Upload a voice file", False, "/dialer/voicefile/add/"),
        ("Make a campaign", False, "/dialer/campaign/add/"),
        ("Call your own telephone", False, ""),
        ("Launch", False, ""),
    ]
    assert seen.next_step.url == f"/dialer/account/{account.pk}/change/"


def test_the_overview_counts_the_calls_of_today_only(client, boss):
    for disposition, started_at in (
        (Disposition.ANSWERED, timezone.now()),
        (Disposition.BUSY, timezone.now()),
        (Disposition.ANSWERED, timezone.now() - timedelta(days=2)),
    ):
        factories.make_call_record(
            campaign=factories.make_campaign(), disposition=disposition, started_at=started_at, talk_seconds=90
        )

    figures = {str(figure.label): figure.value for figure in client.get("/").context["figures"]}

    assert figures == {
        "Calls today": "2",
        "Answered today": "50%",
        "Minutes talked today": "3",
        "Recordings kept": "7",
    }


def test_campaigns_under_way_show_how_far_they_are(client, boss):
    people = factories.make_contacts(4, campaign=factories.make_campaign(state=Campaign.State.RUNNING))
    batch = factories.make_batch(campaign=people[0].campaign, contacts=people[:2], state=Batch.State.ACCEPTED)
    factories.make_call_record(attempt=batch.attempts.first())
    factories.settle(batch.attempts.all()[:1], Disposition.ANSWERED)

    (line,) = client.get("/").context["overview"].campaigns

    assert (line.summary.callable_count, line.summary.done, line.answered_share) == (4, 1, "100%")


def test_the_overview_costs_no_more_queries_the_more_there_is(rf, django_assert_max_num_queries):
    request = rf.get("/")
    request.user = factories.make_user(is_superuser=True)
    for _ in range(overview.CAMPAIGNS_SHOWN + 2):
        factories.make_batch(campaign=factories.make_campaign(state=Campaign.State.RUNNING))

    with django_assert_max_num_queries(overview.QUERY_LIMIT):
        seen = overview.read(site, request)

    assert len(seen.campaigns) == overview.CAMPAIGNS_SHOWN


def test_the_overview_shows_nothing_of_pages_that_one_may_not_see():
    factories.make_call_record(campaign=factories.make_campaign(name="Secret plan", state=Campaign.State.RUNNING))

    page = logged_in_with("dialer.view_voicefile").get("/")

    assert page.context["figures"] == []
    assert "Secret plan" not in page.content.decode()


def test_a_queue_without_a_sign_of_life_is_late(client, boss):
    Heartbeat.objects.create(queue="default", at=timezone.now())
    Heartbeat.objects.create(queue="long", at=timezone.now() - timedelta(seconds=settings.HEARTBEAT_LATE_SECONDS + 1))

    pulses = client.get("/overview/").context["overview"].pulses

    assert {pulse.queue: pulse.is_late for pulse in pulses} == {"default": False, "long": True}


def test_the_live_part_of_the_overview_is_for_those_inside_only(client):
    assert client.get("/overview/").status_code == 302


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


ACCOUNT = {
    "name": "Indonesia",
    "carrier": "yunhu",
    "country": "ID",
    "batch_url": "https://carrier.example/api",
    "token_url": "https://carrier.example/api",
    "time_zone": "Asia/Shanghai",
    "number_form": "national",
    "batch_size": "1000",
}


def test_a_secret_is_never_shown_and_stays_if_nothing_is_typed(client, boss):
    account = factories.make_account(app_id="visible-nowhere", access_key="old-key")
    address = f"/dialer/account/{account.pk}/change/"
    shown = client.get(address).content.decode()

    answer = client.post(address, ACCOUNT | {"app_id": "", "access_key": "new-key"})

    assert "visible-nowhere" not in shown
    assert "old-key" not in shown
    assert "leave empty to keep it" in shown
    assert answer.status_code == 302
    account.refresh_from_db()
    assert (account.app_id, account.access_key) == ("visible-nowhere", "new-key")


def test_a_secret_that_was_never_set_must_be_typed(client, boss):
    answer = client.post("/dialer/account/add/", ACCOUNT | {"app_id": "", "access_key": "key"})

    assert list(answer.context["adminform"].form.errors) == ["app_id"]
    assert "not set" in answer.content.decode()


def test_the_history_names_a_changed_secret_without_its_text(client, boss):
    account = factories.make_account(app_id="one", access_key="two")

    client.post(f"/dialer/account/{account.pk}/change/", ACCOUNT | {"app_id": "", "access_key": "three"})
    page = client.get(f"/dialer/account/{account.pk}/history/").content.decode()

    assert "Access key" in page
    assert "three" not in page
    assert "App id" not in page


# --- Columns --------------------------------------------------------------------------------------------------------


def test_columns_say_values_as_people_do():
    assert columns.duration(7) == "0:07"
    assert columns.duration(3723) == "1:02:03"
    assert columns.duration(None) == columns.NOTHING
    assert columns.count(1234567) == "1,234,567"
    assert columns.share(999, 1000) == "99%"
    assert columns.share(0, 0) == columns.NOTHING
    assert columns.file_size(0) == columns.NOTHING
    assert columns.when(None) == columns.NOTHING


def test_columns_escape_what_they_are_given():
    assert "<b>" not in columns.state_badge("<b>", "running")
    assert "<b>" not in columns.copyable("<b>")
    assert "<b>" not in columns.number("<b>", is_full=True)


def test_a_number_is_masked_unless_one_may_see_it():
    assert "2345" not in columns.number("+6281223456789", is_full=False)
    assert "2345" in columns.number("+6281223456789", is_full=True).replace("-", "")


def test_a_state_is_a_word_with_a_colour_of_its_name():
    assert columns.state_badge("no answer", "no_answer") == '<span class="state state-no-answer">No answer</span>'


def test_every_state_and_every_icon_that_is_used_is_drawn():
    sheet = Path(settings.BASE_DIR, "static/dialer/console.css").read_text()
    drawn = set(re.findall(r'<symbol id="([^"]+)"', Path(settings.BASE_DIR, "static/dialer/icons.svg").read_text()))
    templates = "".join(page.read_text() for page in Path(settings.BASE_DIR, "templates").rglob("*.html"))
    used = set(re.findall(r'{% icon "([^"]+)" %}', templates))
    used |= {page.navigation.icon for page in admin.site._registry.values() if getattr(page, "navigation", None)}

    assert used <= drawn
    for state in {*Batch.State.values, *Campaign.State.values} - {"waiting", "draft", "cancelled"}:
        assert f".state-{state}" in sheet
