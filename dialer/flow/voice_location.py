"""Where a carrier finds the voice file of a campaign."""

from django.conf import settings
from django.urls import reverse

from dialer.flow.mistakes import DialerError
from dialer.models import Campaign, CarrierFile, VoiceFile
from dialer.terms import VoiceDelivery


def voice_location(campaign: Campaign) -> str:
    """The file's name at the carrier, or its unguessable address at ours. Raises DialerError if it has no name."""
    if campaign.voice_delivery == VoiceDelivery.OUR_ADDRESS:
        return voice_address(campaign.voice_file)
    placed = CarrierFile.objects.filter(voice_file=campaign.voice_file, account=campaign.account).first()
    if placed is None:
        raise DialerError(
            f"The voice file “{campaign.voice_file}” has no name at the carrier of “{campaign.account}” yet. "
            "Upload it in the carrier's console and write its name there into the voice file."
        )
    return placed.name_at_carrier


def voice_address(voice_file: VoiceFile) -> str:
    """The public address of the converted file."""
    path = reverse("voice", kwargs={"public_key": voice_file.public_key, "name": voice_file.carrier_name})
    return f"{settings.PUBLIC_URL}{path}"
