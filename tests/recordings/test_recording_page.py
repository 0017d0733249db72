"""The recordings' page: what is kept, what is in danger, who may listen, and the order to fetch again."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from dialer.models import Bell
from recordings.models import Recording
from tests import factories
from tests.admin.visits import found, list_of, page_of, query_count, text, visitor
from tests.recordings.kept import make_recording

pytestmark = pytest.mark.django_db

LIST = list_of("recordings.recording")
CALLS = list_of("dialer.callrecord")
LOOK = "recordings.view_recording"
LISTEN = "recordings.listen_recording"
State = Recording.State


def sound_of(recording: Recording) -> str:
    return reverse("recording", args=[recording.pk])


def player_of(recording: Recording) -> str:
    return f'<audio controls preload="none" src="{sound_of(recording)}"></audio>'


def play_link_of(recording: Recording) -> str:
    return f'<a class="play" href="{sound_of(recording)}"'


def needs_a_person() -> dict[str, tuple[int, bool]]:
    page, request = admin.site._registry[Recording], RequestFactory().get("/")
    request.user = factories.make_user()
    return {item.query: (item.count, item.is_alarm) for item in page.attention(request)}


def test_an_empty_list_says_that_there_is_nothing_to_do():
    assert "There is nothing to do." in text(visitor(LOOK), LIST)


def test_the_player_is_for_those_who_may_listen():
    recording = make_recording(state=State.STORED)

    may, may_not = visitor(LOOK, LISTEN), visitor(LOOK)

    assert play_link_of(recording) in text(may, LIST)
    assert player_of(recording) in text(may, page_of(recording))
    assert sound_of(recording) not in text(may_not, LIST) + text(may_not, page_of(recording))
    assert "You may not listen." in text(may_not, page_of(recording))


@pytest.mark.parametrize("state", ["due", "fetching", "gone", "lost"])
def test_what_is_not_kept_has_no_player(state):
    recording = make_recording(state=state)
    assert sound_of(recording) not in text(visitor(LOOK, LISTEN), page_of(recording))


def test_the_length_of_the_sound_stands_beside_that_of_the_talk():
    call_record = factories.make_call_record(talk_seconds=75)
    make_recording(call_record=call_record, state=State.STORED, seconds=74.2, size_bytes=2048)

    page = text(visitor(LOOK), LIST)

    assert "1:14 / 1:15" in page
    assert "2.0\xa0KB" in page


def test_numbers_are_masked_unless_one_may_see_them():
    make_recording(call_record=factories.make_call_record(number="+6281234567890"))
    assert "+62 812•••••890" in text(visitor(LOOK), LIST)
    assert "+62 812-3456-7890" in text(visitor(LOOK, "dialer.see_full_numbers"), LIST)


def test_a_recording_is_found_by_the_number_in_any_spelling():
    call_record = factories.make_call_record(number="+6281234567890")
    recording = make_recording(call_record=call_record)
    make_recording()
    assert found(visitor(LOOK), LIST, q="0812-3456-7890") == [recording.pk]
    assert found(visitor(LOOK), LIST, q="nobody") == []


def test_a_deadline_within_fourteen_days_is_red():
    near = make_recording(deadline_at=timezone.now() + timedelta(days=13, hours=1))
    far = make_recording(deadline_at=timezone.now() + timedelta(days=14, hours=1))

    assert 'state-alarm">13 days left' in text(visitor(LOOK), page_of(near))
    assert 'state-alarm"' not in text(visitor(LOOK), page_of(far))
    assert "14 days left" in text(visitor(LOOK), page_of(far))


def test_deadlines_filter_what_is_open():
    near = make_recording(deadline_at=timezone.now() + timedelta(days=3))
    far = make_recording()
    lost = make_recording(state=State.LOST, deadline_at=timezone.now() - timedelta(days=3))
    make_recording(state=State.STORED, deadline_at=timezone.now() + timedelta(days=3))
    somebody = visitor(LOOK)

    assert found(somebody, LIST, deadline="soon") == [near.pk]
    assert found(somebody, LIST, deadline="later") == [far.pk]
    assert found(somebody, LIST, deadline="missed") == [lost.pk]
    assert found(somebody, LIST, state__exact="lost") == [lost.pk]


def test_recordings_are_filtered_by_campaign():
    campaign = factories.make_campaign()
    one = make_recording(call_record=factories.make_call_record(campaign=campaign, recording_name="a.mp3"))
    make_recording()
    somebody = visitor(LOOK)

    assert found(somebody, LIST, campaign__id__exact=campaign.pk) == [one.pk]
    assert f"?campaign__id__exact={campaign.pk}" in text(somebody, LIST)
    assert found(somebody, LIST, campaign__id__exact="x") == []


@pytest.mark.parametrize("few", [20_000, -1])  # they are found by their states, or else by their calls
def test_recordings_stand_in_the_order_of_their_calls_whatever_is_filtered(few, monkeypatch):
    monkeypatch.setattr("recordings.admin.FEW", few)
    campaign, now = factories.make_campaign(), timezone.now()
    calls = [
        factories.make_call_record(campaign=campaign, started_at=now - timedelta(hours=hours)) for hours in (2, 1, 3)
    ]
    second, first, third = (make_recording(call_record=call, state=State.LOST) for call in calls)
    other = make_recording(state=State.LOST)
    somebody, of_campaign = visitor(LOOK), {"campaign__id__exact": campaign.pk}

    assert found(somebody, LIST) == [other.pk, first.pk, second.pk, third.pk]
    assert found(somebody, LIST, **of_campaign) == [first.pk, second.pk, third.pk]
    assert found(somebody, LIST, **of_campaign, state__exact="lost") == [first.pk, second.pk, third.pk]
    assert found(somebody, LIST, **of_campaign, state__exact="due") == []
    assert found(somebody, LIST, deadline="missed") == [other.pk, first.pk, second.pk, third.pk]


def test_what_vanishes_soon_is_lost_or_gone_needs_a_person():
    assert all(count == 0 for count, _ in needs_a_person().values())
    make_recording()
    make_recording(state=State.STORED, deadline_at=timezone.now())
    make_recording(deadline_at=timezone.now() + timedelta(days=13))
    make_recording(state=State.FETCHING, deadline_at=timezone.now() + timedelta(days=1))
    make_recording(state=State.LOST)
    make_recording(state=State.GONE)

    assert needs_a_person() == {
        "deadline=soon": (2, True),
        "state__exact=lost": (1, True),
        "state__exact=gone": (1, False),
    }


def test_fetching_now_makes_given_up_recordings_due_and_rings(django_capture_on_commit_callbacks):
    lost, gone, waiting = make_recording(state=State.LOST), make_recording(state=State.GONE), make_recording()
    kept = make_recording(state=State.STORED)
    order = {"action": "ask_again", "_selected_action": [lost.pk, gone.pk, waiting.pk, kept.pk]}

    with django_capture_on_commit_callbacks(execute=True):
        answer = visitor(LOOK, "recordings.change_recording").post(LIST, order, follow=True)

    assert "3 recordings are fetched now." in answer.content.decode()
    for recording in (lost, gone, waiting):
        recording.refresh_from_db()
        assert recording.state == State.DUE
        assert recording.due_at <= timezone.now()
    kept.refresh_from_db()
    assert kept.state == State.STORED
    assert Bell.objects.get(kind="recordings").is_ringing
    assert LogEntry.objects.filter(change_message="Ordered it to be fetched now.").count() == 3


def test_a_recordings_own_page_has_the_same_order():
    recording = make_recording(state=State.LOST)
    order = reverse("admin:recordings_recording_ask_again", args=[recording.pk])
    somebody = visitor(LOOK, "recordings.change_recording")

    assert order in text(somebody, page_of(recording))
    assert somebody.get(order).status_code == 405
    assert somebody.post(order).status_code == 302
    recording.refresh_from_db()
    assert recording.state == State.DUE


def test_only_who_may_change_recordings_gives_the_order():
    recording = make_recording(state=State.LOST)
    order = reverse("admin:recordings_recording_ask_again", args=[recording.pk])
    somebody = visitor(LOOK)

    assert order not in text(somebody, page_of(recording))
    assert somebody.post(order).status_code == 403
    somebody.post(LIST, {"action": "ask_again", "_selected_action": [recording.pk]})
    recording.refresh_from_db()
    assert recording.state == State.LOST


def test_nobody_edits_or_removes_a_recording():
    recording = make_recording()
    boss = visitor(is_superuser=True)
    assert boss.post(page_of(recording), {"tries": "9"}).status_code == 403
    assert boss.get(reverse("admin:recordings_recording_delete", args=[recording.pk])).status_code == 403


def test_call_records_play_what_is_kept():
    recording = make_recording(state=State.STORED)
    call = recording.call_record
    may, may_not = visitor("dialer.view_callrecord", LISTEN), visitor("dialer.view_callrecord")

    assert play_link_of(recording) in text(may, CALLS)
    assert player_of(recording) in text(may, page_of(call))
    assert sound_of(recording) not in text(may_not, CALLS) + text(may_not, page_of(call))


def test_call_records_say_what_else_became_of_their_recording():
    somebody = visitor("dialer.view_callrecord", LISTEN)
    factories.make_call_record()
    assert "promised</td>" not in text(somebody, CALLS)
    factories.make_call_record(recording_name="a.mp3")
    assert "promised</td>" in text(somebody, CALLS)
    make_recording(state=State.GONE)
    assert 'state-gone">Gone</span>' in text(somebody, CALLS)


@pytest.mark.parametrize("address", [LIST, CALLS])
def test_lists_cost_the_same_for_one_recording_and_for_many(address):
    somebody = visitor(is_superuser=True)
    make_recording(state=State.STORED)
    one = query_count(somebody, address)

    for state in (State.STORED, State.DUE, State.GONE) * 4:
        make_recording(state=state)

    # What newly needs a person was counted before, too.
    assert query_count(somebody, address) == one
