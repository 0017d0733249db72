"""Hours, pace and rules for calling again: in the form of a draft, in that of a paused campaign, and widened."""

from datetime import UTC, datetime, time

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from dialer.admin.campaign_week import hours_context
from dialer.models import CallWindow, Campaign, RetryRule
from tests.admin.campaign_forms import PACE, form, rows
from tests.admin.visits import page_of, text, visitor
from tests.factories import make_account, make_campaign

pytestmark = pytest.mark.django_db

VIEW, ADD, CHANGE, LAUNCH, WIDEN = (
    "dialer.view_campaign",
    "dialer.add_campaign",
    "dialer.change_campaign",
    "dialer.launch_campaign",
    "dialer.widen_hours",
)
MONDAY, SATURDAY, SUNDAY = CallWindow.Weekday.MONDAY, CallWindow.Weekday.SATURDAY, CallWindow.Weekday.SUNDAY
NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)


def door(campaign: Campaign, name: str) -> str:
    return reverse(f"admin:dialer_campaign_{name}", args=[campaign.pk])


def legal_campaign(**fields: object) -> Campaign:
    return make_campaign(**{"widened_because": "", **fields})


def windows(campaign: Campaign) -> list[str]:
    return [str(window) for window in campaign.call_windows.all()]


def paused_form(campaign: Campaign, **changes: object) -> dict[str, object]:
    existing = list(campaign.call_windows.values("id", "weekday", "opens", "closes"))
    sent = rows("call_windows", *[{"campaign": campaign.pk, **row} for row in existing])
    return {
        **sent,
        **rows("retry_rules"),
        **rows("routes"),
        **PACE,
        "call_windows-INITIAL_FORMS": len(existing),
        **changes,
    }


def test_a_new_draft_takes_its_hours_and_rules_along():
    window = {"weekday": SATURDAY, "opens": "09:00", "closes": "13:30"}
    rule = {"disposition": "no_answer", "more_rounds": "2", "pause_minutes": "60"}

    visitor(VIEW, ADD).post(
        "/dialer/campaign/add/", form(**rows("call_windows", window), **rows("retry_rules", rule), opt_out_key="")
    )

    campaign = Campaign.objects.get()
    assert windows(campaign) == ["Saturday 09:00–13:30"]
    assert str(campaign.retry_rules.get()) == "no answer: 2 more after 60 minutes"


def test_the_same_hours_on_several_days_replace_what_stands_there():
    campaign = legal_campaign()
    CallWindow.objects.create(campaign=campaign, weekday=MONDAY, opens=time(7), closes=time(8))
    CallWindow.objects.create(campaign=campaign, weekday=SUNDAY, opens=time(10), closes=time(11))
    sent = form(campaign) | paused_form(campaign, same_days=[0, 1], same_opens="09:00", same_closes="18:00")

    visitor(VIEW, CHANGE).post(page_of(campaign), sent)

    assert windows(campaign) == ["Monday 09:00–18:00", "Tuesday 09:00–18:00", "Sunday 10:00–11:00"]


def test_days_without_times_are_half_an_order():
    response = visitor(VIEW, ADD).post("/dialer/campaign/add/", form(same_days=[0], same_opens="09:00"))

    assert list(response.context["adminform"].form.errors) == ["same_closes"]


@pytest.mark.parametrize("name", ["silence_limit_minutes", "late_grace_minutes"])
def test_more_minutes_than_a_week_has_are_refused_at_their_field(name: str):
    page = visitor(VIEW, ADD).post("/dialer/campaign/add/", form(**{name: "99999999999"}))

    assert list(page.context["adminform"].form.errors) == [name]
    assert not Campaign.objects.exists()


def test_an_opt_out_key_that_nobody_hears_is_refused():
    response = visitor(VIEW, ADD).post("/dialer/campaign/add/", form(opt_out_key="9"))

    assert list(response.context["adminform"].form.errors) == ["opt_out_key"]


@pytest.mark.parametrize("disposition", ["answered", "nonsense"])
def test_whoever_answered_is_never_called_again(disposition: str):
    rule = {"disposition": disposition, "more_rounds": "1", "pause_minutes": "60"}

    visitor(VIEW, ADD).post("/dialer/campaign/add/", form(**rows("retry_rules", rule)))

    assert not RetryRule.objects.exists()


def test_those_whom_the_carrier_dropped_can_be_called_again():
    page = text(visitor(VIEW, ADD), "/dialer/campaign/add/")

    assert '<option value="not_called">dropped by the carrier at the end of the day</option>' in page


def test_what_the_account_says_stands_in_the_empty_fields():
    campaign = legal_campaign(account=make_account(numbers_per_minute=77))

    assert 'placeholder="77"' in text(visitor(VIEW, CHANGE), page_of(campaign))


def test_of_a_paused_campaign_pace_and_hours_are_changed_and_nothing_else():
    campaign = legal_campaign(state=Campaign.State.PAUSED, ring_seconds=60)
    client = visitor(VIEW, CHANGE)
    window = {"weekday": MONDAY, "opens": "10:00", "closes": "12:00"}

    page = text(client, door(campaign, "rules"))
    client.post(
        door(campaign, "rules"),
        paused_form(campaign, **rows("call_windows", window), numbers_per_minute="30", ring_seconds="90", name="Other"),
    )

    assert 'name="voice_file"' not in page
    campaign.refresh_from_db()
    assert (campaign.numbers_per_minute, campaign.ring_seconds) == (30, 60)
    assert campaign.name != "Other"
    assert windows(campaign) == ["Monday 10:00–12:00"]


def test_other_hours_than_the_widened_ones_need_a_reason_of_their_own():
    campaign = make_campaign(state=Campaign.State.PAUSED, widened_because="The hospital asked for the night.")
    client = visitor(VIEW, CHANGE)

    client.post(door(campaign, "rules"), paused_form(campaign, numbers_per_minute="30"))
    campaign.refresh_from_db()
    assert campaign.widened_because == "The hospital asked for the night."

    same = {"same_days": [SUNDAY], "same_opens": "01:00", "same_closes": "05:00"}
    page = client.post(door(campaign, "rules"), paused_form(campaign, **same), follow=True).content.decode()

    campaign.refresh_from_db()
    assert campaign.widened_because == ""
    assert "The law’s hours hold again" in page
    assert LogEntry.objects.filter(change_message__contains="no longer widened for: The hospital").exists()


@pytest.mark.parametrize("state", [Campaign.State.RUNNING, Campaign.State.FINISHED])
def test_nothing_is_changed_while_it_runs_or_after_its_end(state: Campaign.State):
    campaign = legal_campaign(state=state)

    response = visitor(VIEW, CHANGE).post(
        door(campaign, "rules"), paused_form(campaign, numbers_per_minute="30"), follow=True
    )

    assert "while the campaign is paused" in response.content.decode()
    campaign.refresh_from_db()
    assert campaign.numbers_per_minute is None


def test_the_paused_form_is_for_those_who_may_change_campaigns():
    assert visitor(VIEW, LAUNCH).get(door(legal_campaign(state=Campaign.State.PAUSED), "rules")).status_code == 403


# --- The week -----------------------------------------------------------------------------------------------------


def test_the_week_draws_the_law_and_what_goes_beyond_is_not_called():
    campaign = legal_campaign(purpose="debt")
    CallWindow.objects.create(campaign=campaign, weekday=SATURDAY, opens=time(9), closes=time(22))

    context = hours_context(campaign, now=NOON)

    assert (
        context["law_in_words"] == "In Indonesia, debt calls are allowed Mon-Sat 08:00–20:00, not on public holidays."
    )
    saturday = context["week"][SATURDAY]
    assert saturday.words == "09:00–20:00"
    assert [(bar.kind, bar.start, bar.start + bar.width) for bar in saturday.bars] == [
        ("law", 480, 1200),
        ("beyond", 540, 1320),
        ("calls", 540, 1200),
    ]
    assert context["week"][MONDAY].words == "no calls"
    assert "Sat 09:00–22:00 goes beyond" in context["beyond"][0]


def test_a_widened_week_calls_in_its_own_hours_and_without_any_keeps_to_the_law():
    campaign = legal_campaign(purpose="debt", widened_because="They asked for it.")
    campaign.call_windows.all().delete()
    assert hours_context(campaign, now=NOON)["week"][MONDAY].words == "08:00–20:00"

    CallWindow.objects.create(campaign=campaign, weekday=SATURDAY, opens=time(9), closes=time(22))
    assert hours_context(campaign, now=NOON)["week"][SATURDAY].words == "09:00–22:00"


def test_a_country_without_rules_is_said_instead():
    assert "hours_problem" in hours_context(legal_campaign(account=make_account(country="DE")), now=NOON)


# --- Widening -----------------------------------------------------------------------------------------------------


def beyond_the_law(**fields: object) -> Campaign:
    campaign = legal_campaign(**fields)
    CallWindow.objects.create(campaign=campaign, weekday=SUNDAY, opens=time(9), closes=time(22))
    return campaign


def test_hours_are_widened_with_a_reason_that_stays_with_the_campaign():
    campaign, client = beyond_the_law(), visitor(VIEW, CHANGE, LAUNCH, WIDEN, username="ana")
    reason = "All of them asked for Sunday in writing."

    assert "goes beyond" in text(client, door(campaign, "widen"))
    client.post(door(campaign, "widen"), {"because": reason})

    campaign.refresh_from_db()
    assert (campaign.widened_because, campaign.widened_by.username) == (reason, "ana")
    assert reason in LogEntry.objects.get().get_change_message()
    assert reason in text(client, page_of(campaign))
    assert reason in text(client, door(campaign, "launch"))


@pytest.mark.parametrize("because", ["", "short"])
def test_without_a_reason_the_laws_hours_hold(because: str):
    campaign = beyond_the_law()

    response = visitor(VIEW, WIDEN).post(door(campaign, "widen"), {"because": because})

    assert response.context["form"].errors["because"]
    campaign.refresh_from_db()
    assert campaign.widened_because == ""


def test_widened_hours_are_taken_back_and_a_double_click_harms_nobody():
    campaign, client = beyond_the_law(widened_because="They asked for it."), visitor(VIEW, WIDEN)

    client.post(door(campaign, "keep_to_law"))
    client.post(door(campaign, "keep_to_law"))

    campaign.refresh_from_db()
    assert campaign.widened_because == ""
    assert LogEntry.objects.count() == 1


def test_widening_takes_a_permission_of_its_own_and_no_link_takes_it_back():
    campaign = beyond_the_law()
    everything_else = visitor(VIEW, ADD, CHANGE, LAUNCH)

    assert door(campaign, "widen") not in text(everything_else, page_of(campaign))
    for name in ("widen", "keep_to_law"):
        assert everything_else.post(door(campaign, name), {"because": "Because I want to."}).status_code == 403
    assert visitor(VIEW, WIDEN).get(door(campaign, "keep_to_law")).status_code == 405


def test_a_running_campaign_is_not_widened():
    campaign = beyond_the_law(state=Campaign.State.RUNNING)

    response = visitor(VIEW, WIDEN).post(
        door(campaign, "widen"), {"because": "They asked for it in writing."}, follow=True
    )

    assert "Pause the campaign first." in response.content.decode()
    campaign.refresh_from_db()
    assert campaign.widened_because == ""
