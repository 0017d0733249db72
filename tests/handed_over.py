"""Batches that the second carrier has: waiting for their time there, or called. Its message is a spoken text."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from dialer.flow.connect import carrier_of
from dialer.flow.ordering import callees_of, order_of
from dialer.models import Batch, Campaign
from dialer.terms import VoiceDelivery
from sandbox.memory import Call
from tests.carrier import TestCarrier
from tests.factories import make_batch, make_campaign, make_contacts


def spoken(carrier: TestCarrier, **fields: Any) -> Campaign:
    """A campaign whose text the carrier speaks, so that no file has to lie there."""
    text = {"voice_delivery": VoiceDelivery.SPOKEN_TEXT, "speech_text": "Good morning.", "speech_language": "en"}
    return make_campaign(**{"account": carrier.account, **text, **fields})


def waiting(carrier: TestCarrier, *, people: int = 3, is_known: bool = True) -> Batch:
    """An accepted batch that the carrier begins tomorrow. Unless `is_known`, its name there was never heard."""
    return _placed(carrier, people, start_at=timezone.now() + timedelta(days=1), is_known=is_known)


def called(carrier: TestCarrier, *, people: int = 3) -> Batch:
    """An accepted batch whose calls have all ended."""
    batch = _placed(carrier, people, start_at=None, is_known=True)
    carrier.wait()
    return batch


def calls(carrier: TestCarrier) -> list[Call]:
    """All that the carrier was given, called or not."""
    return list(carrier.sandbox.memory.calls.values())


def _placed(carrier: TestCarrier, people: int, *, start_at: datetime | None, is_known: bool) -> Batch:
    campaign = spoken(carrier, state=Campaign.State.RUNNING, is_planned=True)
    batch = make_batch(contacts=make_contacts(people, campaign=campaign), state=Batch.State.ACCEPTED)
    order = order_of(campaign, carrier.account, callees_of(batch), reference=batch.reference, start_at=start_at)
    accepted = carrier_of(carrier.account).place(order)
    if is_known:
        batch.carrier_task_id = accepted.carrier_task_id
        batch.save()
    return batch
