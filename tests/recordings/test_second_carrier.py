"""From a push of the second carrier, in whatever form, over the real door to a kept file."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dialer.flow import dispatch, ledger
from dialer.models import CallRecord, Campaign
from dialer.terms import Disposition, VoiceDelivery
from recordings import archive
from recordings.models import Recording
from tests.carrier import door, number_with_fate, running_laaffic
from tests.cluster import eventually
from tests.factories import make_campaign, make_contact, make_contact_list

ANSWERED, WITH_KEY, BUSY = 0, 42, 60  # the last digits of a number decide


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("callbacks", ["doubled", "shuffled"])
@pytest.mark.parametrize("fields", ["new", "old"])
@pytest.mark.parametrize("form", ["object", "array"])
def test_each_push_reaches_the_ledger_and_each_promised_recording_is_kept(
    live_server: Any, settings: Any, tmp_path: Path, form: str, fields: str, callbacks: str
) -> None:
    settings.MEDIA_ROOT = tmp_path
    switches = {"laaffic_push_form": form, "laaffic_push_fields": fields, "callbacks": callbacks}
    with running_laaffic(**switches) as carrier:
        carrier.switch(callback_urls={carrier.account.app_id: live_server.url + door(carrier.account)})
        spoken = {"voice_delivery": VoiceDelivery.SPOKEN_TEXT, "speech_text": "Good morning.", "speech_language": "id"}
        campaign = make_campaign(account=carrier.account, state=Campaign.State.RUNNING, **spoken)
        contact_list = make_contact_list(campaign=campaign)
        for fate in (ANSWERED, WITH_KEY, BUSY):
            make_contact(contact_list=contact_list, number=number_with_fate(fate))

        while dispatch.send_next():
            pass
        carrier.wait()
        memory = carrier.sandbox.memory
        reports = 3 * (2 if callbacks == "doubled" else 1)
        eventually(lambda: sum(memory.callback_outcomes.values()) == reports)
        while ledger.apply_next():
            pass
        while archive.fetch_next():
            pass

        calls = {record.number[-2:]: record for record in CallRecord.objects.all()}
        assert len(calls) == CallRecord.objects.exclude(attempt=None).count() == 3
        assert [calls[end].disposition for end in ("00", "42", "60")] == [
            Disposition.ANSWERED,
            Disposition.ANSWERED,
            Disposition.BUSY,
        ]
        assert (calls["42"].keypress, calls["00"].keypress) == ("1", "")
        assert (calls["00"].cost, calls["00"].currency) == (Decimal("0.012"), "USD")
        assert (calls["00"].rate, calls["00"].billing_period) == (Decimal("0.012"), "60+60")
        assert (calls["60"].cost, calls["60"].charged_seconds) == (0, 0)  # told, and not the same as unknown
        stored = Recording.objects.filter(state=Recording.State.STORED)
        assert {recording.call_record_id for recording in stored} == {calls["00"].pk, calls["42"].pk}
        assert all((tmp_path / recording.file.name).stat().st_size == recording.size_bytes > 0 for recording in stored)
        assert memory.promised_count == memory.fetched_count == 2
