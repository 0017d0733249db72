"""Voice file -> a carrier that takes and lists files over its interface, and away from there again."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from dialer import carriers
from dialer.carriers.contract import AlreadyTaken, Carrier, PlacedFile, Refused
from dialer.flow.connect import capabilities_of, carrier_of
from dialer.flow.mistakes import DialerError
from dialer.flow.voice_location import content_of, delivery_at
from dialer.models import Account, Campaign, CarrierFile, VoiceFile
from dialer.terms import Feature, VoiceDelivery

HASH_LETTERS = 7  # of the sound, in its name: so a name that is taken there is taken by this very sound
UNFINISHED = [Campaign.State.DRAFT, Campaign.State.SCHEDULED, Campaign.State.RUNNING, Campaign.State.PAUSED]


@dataclass(frozen=True, kw_only=True)
class FileThere:
    """A file at a carrier beside what we know of it."""

    id_at_carrier: str
    name: str  # at the carrier, "" if it does not lie there
    ours: CarrierFile | None  # None: unknown here
    is_there: bool


def takes_files(account: Account) -> bool:
    """Does the account's carrier take voice files over its interface?"""
    return Feature.VOICE_UPLOAD in capabilities_of(account).features


def carriers_with_files() -> list[str]:
    """Names of the carriers that take voice files over their interface, for queries."""
    return carriers.with_feature(Feature.VOICE_UPLOAD)


def place(voice_file: VoiceFile, account: Account) -> CarrierFile:
    """The sound lies at the account's carrier, and its id there is known here. May be repeated, also after a crash.

    A name that is taken there belongs to an earlier try of the same sound, whose id is taken. Raises CarrierError,
    DialerError if the sound can't be read.
    """
    content = content_of(voice_file)
    name = _name(voice_file, content)
    carrier = carrier_of(account)
    try:
        placed = carrier.upload_voice(name, content)
    except AlreadyTaken:
        earlier = next((file for file in _all(carrier) if file.name == name), None)
        if earlier is None:
            raise
        placed = earlier
    return _keep(voice_file, account, placed)


def remove(carrier_file: CarrierFile) -> None:
    """The file lies at the carrier no more, and is not known here. One that is not there is no mistake.

    Raises CarrierError, and then nothing changed; DialerError while a campaign that is not over uses it.
    """
    campaign = _campaign_with(carrier_file)
    if campaign is not None:
        played = gettext(
            "The campaign “%(campaign)s” plays this file from there and is not over. Finish or cancel it first."
        )
        raise DialerError(played % {"campaign": campaign})
    _delete_there(carrier_file.account, carrier_file.name_at_carrier)
    carrier_file.delete()


def remove_by_id(account: Account, id_at_carrier: str) -> bool:
    """A file lies at the carrier no more, whether it is known here or not. Raises as `remove`.

    False if there was none: neither there nor known here.
    """
    ours = CarrierFile.objects.filter(account=account, name_at_carrier=id_at_carrier).select_related("account")
    known = list(ours)
    for carrier_file in known:
        remove(carrier_file)
    return bool(known) or _delete_there(account, id_at_carrier)


def at_carrier(account: Account) -> list[FileThere]:
    """All files that lie at the carrier, by name, and those that should and do not. Raises CarrierError."""
    ours = {row.name_at_carrier: row for row in account.carrier_files.select_related("voice_file")}
    there = [
        FileThere(
            id_at_carrier=file.id_at_carrier,
            name=file.name,
            ours=ours.pop(file.id_at_carrier, None),
            is_there=True,
        )
        for file in _all(carrier_of(account))
    ]
    missing = [FileThere(id_at_carrier=name, name="", ours=row, is_there=False) for name, row in ours.items()]
    return missing + sorted(there, key=lambda file: file.name)


def _name(voice_file: VoiceFile, content: bytes) -> str:
    return f"{voice_file.carrier_name}_{hashlib.sha256(content).hexdigest()[:HASH_LETTERS]}.mp3"


def _keep(voice_file: VoiceFile, account: Account, placed: PlacedFile) -> CarrierFile:
    known: dict[str, Any] = {"name_at_carrier": placed.id_at_carrier, "uploaded_at": timezone.now()}
    row, _ = CarrierFile.objects.update_or_create(voice_file=voice_file, account=account, defaults=known)
    return row


def _all(carrier: Carrier) -> Iterator[PlacedFile]:
    for page in carrier.voice_files():
        yield from page


def _delete_there(account: Account, id_at_carrier: str) -> bool:
    """Whether it lay there until now."""
    carrier = carrier_of(account)
    try:
        carrier.delete_voice(id_at_carrier)
    except Refused:  # also what is not there any more is refused
        if any(file.id_at_carrier == id_at_carrier for file in _all(carrier)):
            raise
        return False
    return True


def _campaign_with(carrier_file: CarrierFile) -> Campaign | None:
    """A campaign that is not over and plays the file from there."""
    account = carrier_file.account
    by_it = Q(account=account) | Q(routes__account=account)
    campaigns = Campaign.objects.filter(by_it, voice_file=carrier_file.voice_file_id, state__in=UNFINISHED).distinct()
    return next((row for row in campaigns if delivery_at(row, account) == VoiceDelivery.CARRIER_FILE), None)
