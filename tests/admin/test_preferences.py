"""Each person works in their own language and time zone."""

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.test import Client

from dialer.models import Campaign, Preference
from tests.factories import make_campaign, make_user
from tests.tongues import teach

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client: Client):
    user = make_user()
    client.force_login(user)
    return user


def test_a_chosen_language_is_spoken_from_now_on_and_on_any_other_device(client, person):
    client.post("/language/", {"language": "es", "next": "/preference/"})

    other_device = Client()
    other_device.force_login(person)
    for one in (client, other_device):
        assert '<html lang="es">' in one.get("/preference/").content.decode()


def test_the_login_page_speaks_what_the_browser_asks_for_or_what_was_chosen_there(client):
    assert '<html lang="id">' in client.get("/login/", headers={"accept-language": "id"}).content.decode()

    client.post("/language/", {"language": "th", "next": "/login/"})

    assert '<html lang="th">' in client.get("/login/", headers={"accept-language": "id"}).content.decode()


def test_a_language_that_is_not_there_changes_nothing(client, person):
    client.post("/language/", {"language": "tlh", "next": "/preference/"})

    assert not Preference.objects.exists()
    assert '<html lang="en">' in client.get("/preference/").content.decode()


def test_a_link_can_not_change_the_language(client, person):
    assert client.get("/language/?language=es").status_code == 405


def test_moments_are_in_the_chosen_time_zone_and_the_page_names_it(client, person):
    client.post("/preference/", {"language": "", "time_zone": "Asia/Jakarta"})

    page = client.get("/preference/").content.decode()

    assert "Times are in Asia/Jakarta (UTC+07:00)" in page
    assert "Saved." in page


def test_a_time_zone_that_is_not_there_is_refused_with_a_sentence(client, person):
    page = client.post("/preference/", {"language": "", "time_zone": "Asia/Atlantis"}).content.decode()

    assert "Asia/Atlantis is not one of the available choices" in page
    assert not Preference.objects.exists()


def test_what_is_preferred_costs_no_query_more(client, person, django_assert_num_queries):
    with django_assert_num_queries(0):
        Client().get("/healthz/nowhere", HTTP_COOKIE="")
    Preference.objects.create(user=person, language="es", time_zone="Asia/Jakarta")
    with django_assert_num_queries(2):  # the session, and the person with the preference
        client.get("/no-such-page/")


def test_what_an_order_did_is_said_in_ones_own_language_and_kept_in_the_installations(settings, tmp_path, client):
    said = "Paused. No further numbers leave; those at the carrier are still called."
    teach(settings, tmp_path, {said: "En pausa.", "Paused by %(name)s.": "En pausa por %(name)s."})
    campaign = make_campaign(state=Campaign.State.RUNNING)
    client.force_login(make_user(is_superuser=True, username="ana"))
    client.post("/language/", {"language": "es", "next": "/"})

    page = client.post(f"/dialer/campaign/{campaign.pk}/pause/", follow=True).content.decode()

    assert "En pausa." in page
    campaign.refresh_from_db()
    kept = [entry.get_change_message() for entry in LogEntry.objects.filter(object_id=str(campaign.pk))]
    assert [campaign.paused_because, *kept] == ["Paused by ana.", said]


def test_the_languages_are_named_by_themselves(client):
    page = client.get("/login/").content.decode()

    for code, name in [("zh-hans", "简体中文"), ("id", "Bahasa Indonesia"), ("hi", "हिंदी")]:
        assert f'lang="{code}"' in page
        assert name in page
    assert len(settings.LANGUAGES) == 7
