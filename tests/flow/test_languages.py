"""What is kept is in the installation's language; what somebody reads at once, or ordered, is in their own."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import translation

from dialer.flow import chronicle, history, hours
from dialer.flow.mistakes import DialerError
from dialer.models import Campaign
from tests.factories import make_campaign, make_user
from tests.tongues import teach

pytestmark = pytest.mark.django_db


def history_of(campaign: Campaign) -> list[str]:
    return [entry.get_change_message() for entry in LogEntry.objects.filter(object_id=str(campaign.pk))]


def hello() -> str:
    return translation.gettext("Good morning.")


@pytest.fixture(autouse=True)
def spanish(settings: Any, tmp_path: Path) -> None:
    teach(
        settings,
        tmp_path,
        {
            "Good morning.": "Buenos días.",
            "Write down why, in a few words: it is kept as evidence.": "Escriba por qué, en pocas palabras.",
        },
    )


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
        note(campaign, hello, by=make_user())

    assert [*history_of(campaign), *campaign.events.values_list("what", flat=True)] == [kept]


def test_a_mistake_is_told_in_the_language_of_the_person_who_made_it() -> None:
    with translation.override("es"), pytest.raises(DialerError, match="Escriba por qué"):
        hours.widen(make_campaign(), because="no", by=make_user())
