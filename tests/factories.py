"""Plain functions that make rows for tests. Every argument is optional, and a name or number is used once.

A factory writes rows as they are after the flow has done its work; it asks no carrier and rings for nothing.
"""

import hashlib
import io
import math
import tempfile
import wave
from array import array
from collections.abc import Iterable
from datetime import time, timedelta
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.utils import timezone

from dialer import audio
from dialer.flow import tallies, tokens
from dialer.models import (
    Account,
    Attempt,
    Batch,
    Callback,
    CallRecord,
    CallWindow,
    Campaign,
    CarrierExchange,
    CarrierFile,
    Contact,
    ContactList,
    DoNotCall,
    Extension,
    Team,
    Transfer,
    VoiceFile,
    Webhook,
)
from dialer.models.do_not_call import house_list
from dialer.terms import CarrierName, Disposition, ExtensionState, NumberForm, Scope, SkipReason, WebhookKind

PASSWORD = "a long pass phrase"
NOWHERE = "http://127.0.0.1:9/api/yunhu"  # the discard port: nobody answers there
NOWHERE_AT_LAAFFIC = "http://127.0.0.1:9/v3"

_fresh = count(1)


def make_user(*permissions: str, **fields: Any) -> User:
    """Somebody who may log in to the console, with permissions such as "dialer.view_campaign" and no others."""
    user = User.objects.create_user(
        **{"username": f"person{next(_fresh)}", "password": PASSWORD, "is_staff": True, **fields}
    )
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def make_account(**fields: Any) -> Account:
    """An account that calls people in Indonesia and reaches nobody."""
    return Account.objects.create(
        **{
            "name": f"Account {next(_fresh)}",
            "carrier": CarrierName.YUNHU,
            "app_id": "app-of-tests",
            "access_key": "key-of-tests",
            "batch_url": NOWHERE,
            "token_url": NOWHERE,
            "country": "ID",
            **fields,
        }
    )


def make_laaffic_account(**fields: Any) -> Account:
    """An account at the second carrier, for people in Indonesia; it reaches nobody and has no application for SMS."""
    return make_account(
        **{
            "carrier": CarrierName.LAAFFIC,
            "app_id": "appoftst",
            "secret": "secret-of-tests",
            "batch_url": NOWHERE_AT_LAAFFIC,
            "token_url": "",
            "number_form": NumberForm.INTERNATIONAL,
            "sms_app_id": "",
            **fields,
        }
    )


def wav(seconds: float = 2, *, hertz: float = 440, rate: int = 16_000) -> bytes:
    """A tone, mono, half as loud as it could be."""
    samples = array("h", (int(16_000 * math.sin(2 * math.pi * hertz * i / rate)) for i in range(int(seconds * rate))))
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return content.getvalue()


@lru_cache
def mp3(seconds: float = 2) -> bytes:
    """The tone as carriers take it."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "tone.mp3"
        audio.to_carrier_mp3(io.BytesIO(wav(seconds)), target)
        return target.read_bytes()


def make_voice_file(**fields: Any) -> VoiceFile:
    """A tone of two seconds, playable as it came and as carriers take it."""
    fresh = next(_fresh)
    content = mp3()
    return VoiceFile.objects.create(
        **{
            "name": f"Message {fresh}",
            "original": ContentFile(wav(), name=f"message{fresh}.wav"),
            "original_name": f"message{fresh}.wav",
            "converted": ContentFile(content, name=f"message{fresh}.mp3"),
            "carrier_name": f"message{fresh}",
            "seconds": 2.0,
            "size_bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            **fields,
        }
    )


def make_carrier_file(**fields: Any) -> CarrierFile:
    """A voice file's name at an account's carrier."""
    voice_file = fields.pop("voice_file", None) or make_voice_file()
    account = fields.pop("account", None) or make_account()
    name = fields.pop("name_at_carrier", f"{voice_file.carrier_name}.mp3")
    return CarrierFile.objects.create(voice_file=voice_file, account=account, name_at_carrier=name, **fields)


def make_campaign(**fields: Any) -> Campaign:
    """A draft whose voice file lies at the carrier; with another `state`, one that was launched an hour ago."""
    account = fields.pop("account", None) or make_account()
    voice_file = fields.pop("voice_file", None) or make_voice_file()
    CarrierFile.objects.get_or_create(
        voice_file=voice_file, account=account, defaults={"name_at_carrier": f"{voice_file.carrier_name}.mp3"}
    )
    was_launched = fields.get("state", Campaign.State.DRAFT) != Campaign.State.DRAFT
    launched = {"launched_at": timezone.now() - timedelta(hours=1)} if was_launched else {}
    campaign = Campaign.objects.create(
        **{
            "name": f"Campaign {next(_fresh)}",
            "account": account,
            "voice_file": voice_file,
            "widened_because": "The tests run at any hour and call nobody.",
            "canary_size": 0,
            **launched,
            **fields,
        }
    )
    if campaign.widened_because:
        open_campaign(campaign, weekdays=range(7), opens=time(0), closes=time(0))
    return campaign


def open_campaign(campaign: Campaign, *, weekdays: Iterable[int], opens: time, closes: time) -> None:
    """The campaign has these windows of its own, beside those that it has."""
    CallWindow.objects.bulk_create(
        [CallWindow(campaign=campaign, weekday=weekday, opens=opens, closes=closes) for weekday in weekdays]
    )


def make_contact_list(**fields: Any) -> ContactList:
    """A list that was read to its end, of a campaign without contacts so far."""
    content = fields.pop("content", b"name,phone\nAdi,081200000001\n")
    name = fields.pop("original_name", "people.csv")
    return ContactList.objects.create(
        **{
            "campaign": fields.pop("campaign", None) or make_campaign(),
            "file": ContentFile(content, name=name),
            "original_name": name,
            "size_bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "encoding": "utf-8",
            "delimiter": ",",
            "number_column": 1,
            "state": ContactList.State.READY,
            "read_at": timezone.now(),
            **fields,
        }
    )


def fresh_number() -> str:
    """A mobile number of Indonesia, E.164, that no other call returns."""
    return f"+62812{next(_fresh):08}"


def make_contact(**fields: Any) -> Contact:
    """Somebody to be called; with a `skip_reason`, somebody who is not."""
    contact_list = fields.pop("contact_list", None) or make_contact_list(campaign=fields.get("campaign"))
    number = fields.pop("number", None)
    number = fresh_number() if number is None else number
    return Contact.objects.create(
        **{
            "campaign": contact_list.campaign,
            "contact_list": contact_list,
            "row_number": next(_fresh) + 1,
            "raw": number,
            "number": number,
            **fields,
        }
    )


def make_contacts(size: int, **fields: Any) -> list[Contact]:
    """So many people of one new list."""
    contact_list = fields.pop("contact_list", None) or make_contact_list(campaign=fields.pop("campaign", None))
    return [make_contact(contact_list=contact_list, **fields) for _ in range(size)]


def make_batch(**fields: Any) -> Batch:
    """A batch with an attempt for each of its `contacts` (two people if none are given)."""
    contacts: list[Contact] = list(fields.pop("contacts", None) or make_contacts(2, campaign=fields.get("campaign")))
    campaign = contacts[0].campaign
    was_sent = fields.get("state", Batch.State.WAITING) not in {Batch.State.WAITING, Batch.State.CANCELLED}
    sent = {"sent_at": timezone.now() - timedelta(minutes=5)} if was_sent else {}
    round_number = fields.pop("round", 1)
    batch = Batch.objects.create(
        **{
            "campaign": campaign,
            "account": campaign.account,
            "sequence": campaign.batches.count() + 1,
            "contact_count": len(contacts),
            "due_at": timezone.now(),
            **sent,
            **fields,
        }
    )
    Attempt.objects.bulk_create([Attempt(batch=batch, contact=contact, round=round_number) for contact in contacts])
    return batch


def settle(attempts: Iterable[Attempt], disposition: Disposition, *, keypress: str = "") -> None:
    """The attempts as they are once they were billed."""
    for attempt in attempts:
        attempt.disposition, attempt.keypress, attempt.settled_at = disposition, keypress, timezone.now()
        attempt.save()


def make_call_record(**fields: Any) -> CallRecord:
    """An answered call of twelve seconds. With an `attempt`, its batch, campaign, account and number are those."""
    attempt: Attempt | None = fields.get("attempt")
    batch: Batch | None = attempt.batch if attempt else fields.get("batch")
    account = fields.pop("account", None) or (batch.account if batch else make_account())
    started_at = fields.pop("started_at", timezone.now() - timedelta(minutes=3))
    record = CallRecord.objects.create(
        **{
            "account": account,
            "carrier_call_id": f"call-{next(_fresh)}",
            "batch": batch,
            "campaign": batch.campaign if batch else None,
            "reference": batch.reference if batch else "",
            "number": attempt.contact.number if attempt else fresh_number(),
            "started_at": started_at,
            "answered_at": started_at and started_at + timedelta(seconds=8),
            "ended_at": started_at and started_at + timedelta(seconds=20),
            "ring_seconds": 8,
            "talk_seconds": 12,
            "disposition": Disposition.ANSWERED,
            "by_callback_at": timezone.now(),
            **fields,
        }
    )
    tallies.move({}, tallies.count([record]))
    return record


def make_callback(**fields: Any) -> Callback:
    """A push that was stored and not applied yet."""
    body = fields.pop("body", b'{"fresh": %d}' % next(_fresh))
    return Callback.objects.create(
        **{
            "account": fields.pop("account", None) or make_account(),
            "kind": "bills",
            "body": body,
            "sha256": hashlib.sha256(body).hexdigest(),
            "content_type": "application/json",
            "source": "203.0.113.7",
            "last_received_at": timezone.now(),
            **fields,
        }
    )


def make_exchange(**fields: Any) -> CarrierExchange:
    """A request that was answered with 200."""
    return CarrierExchange.objects.create(
        **{
            "account": fields.pop("account", None) or make_account(),
            "purpose": "log in",
            "url": NOWHERE,
            "request": "{}",
            "status": 200,
            "response": "{}",
            "elapsed_milliseconds": 42,
            **fields,
        }
    )


def make_extension(**fields: Any) -> Extension:
    """A free telephone of an agent."""
    return Extension.objects.create(
        **{
            "account": fields.pop("account", None) or make_account(),
            "name": f"2028{next(_fresh):04}",
            "state": ExtensionState.FREE,
            "since": timezone.now() - timedelta(minutes=2),
            **fields,
        }
    )


def make_transfer(**fields: Any) -> Transfer:
    """Somebody who is being put through: it rings since five seconds ago."""
    return Transfer.objects.create(
        **{
            "account": fields.pop("account", None) or make_account(),
            "call_uuid": f"uuid-{next(_fresh)}",
            "number": fresh_number(),
            "extension": "20280003",
            "rang_at": timezone.now() - timedelta(seconds=5),
            **fields,
        }
    )


def make_do_not_call(**fields: Any) -> DoNotCall:
    """A number that is never to be called."""
    return DoNotCall.objects.create(
        **{"number": fresh_number(), "list_id": house_list(), "source": "by telephone", **fields}
    )


def make_skipped_contact(reason: SkipReason, **fields: Any) -> Contact:
    """A row that is not called, for this reason; it has a number only where such a row has one."""
    has_number = reason in {SkipReason.DUPLICATE, SkipReason.DO_NOT_CALL}
    raw = fields.pop("raw", "" if reason == SkipReason.BLANK else "not a number")
    extra = {"raw": raw} if not has_number else {}
    return make_contact(skip_reason=reason, **{"number": None if has_number else "", **extra, **fields})


def make_webhook(**fields: Any) -> Webhook:
    """Somebody who wants to hear of everything and is reached nowhere."""
    return Webhook.objects.create(
        **{"name": f"System {next(_fresh)}", "url": "http://127.0.0.1:9/", "kinds": WebhookKind.values, **fields}
    )


def make_team(**fields: Any) -> Team:
    """A team with these accounts and nobody in it."""
    accounts = fields.pop("accounts", ())
    team = Team.objects.create(**{"name": f"Team {next(_fresh)}", **fields})
    team.accounts.set(accounts)
    return team


def make_token(
    user: User | None = None, *, by: User | None = None, scopes: Iterable[Scope] = Scope, **fields: Any
) -> str:
    """A program's token, in plain text, that acts as the user (somebody who may do nothing if none is given)."""
    user = user or make_user()
    plain, _ = tokens.issue(name=f"Program {next(_fresh)}", user=user, by=by or user, scopes=list(scopes), **fields)
    return plain
