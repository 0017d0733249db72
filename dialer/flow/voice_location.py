"""Where a carrier finds the voice file of a campaign."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from dialer.carriers.order import Speech, Voice
from dialer.flow.connect import capabilities_of
from dialer.flow.mistakes import DialerError
from dialer.models import Account, Campaign, CarrierFile, VoiceFile
from dialer.terms import Feature, SpeakerVoice, VoiceDelivery


def voice_of(
    campaign: Campaign, account: Account, *, delivery: VoiceDelivery | None = None, with_content: bool = True
) -> Voice:
    """What is played to the people of the campaign, in the form that the account's carrier gets it.

    Raises DialerError with the remedy if the voice can't be had in that form. `with_content` reads the file's bytes
    if they are to be sent along; `delivery` is for a form whose routes are not stored yet.
    """
    delivery = delivery or delivery_at(campaign, account)
    if delivery == VoiceDelivery.SPOKEN_TEXT:
        return Voice(delivery=delivery, speech=_speech(campaign))
    voice_file = campaign.voice_file
    if voice_file is None:
        raise DialerError(gettext("The campaign has no voice file. Choose one."))
    if delivery == VoiceDelivery.OUR_ADDRESS:
        return Voice(delivery=delivery, location=voice_address(voice_file))
    if delivery == VoiceDelivery.SENT_ALONG:
        content = content_of(voice_file) if with_content else b""
        return Voice(delivery=delivery, location=f"{voice_file.carrier_name}.mp3", content=content)
    placed = CarrierFile.objects.filter(voice_file=voice_file, account=account).first()
    if placed is None:
        raise DialerError(_not_placed(voice_file, account))
    return Voice(delivery=delivery, location=placed.name_at_carrier)


def delivery_at(campaign: Campaign, account: Account) -> VoiceDelivery:
    """How the voice reaches this account's carrier: as the route says, else as the campaign does."""
    if not campaign.pk:
        return VoiceDelivery(campaign.voice_delivery)
    own = campaign.routes.filter(account=account).exclude(voice_delivery="").values_list("voice_delivery", flat=True)
    return VoiceDelivery(own.first() or campaign.voice_delivery)


def _speech(campaign: Campaign) -> Speech:
    return Speech(
        text=campaign.speech_text,
        language=campaign.speech_language,
        speed=campaign.speech_speed,
        voice=SpeakerVoice(campaign.speech_voice) if campaign.speech_voice else None,
        accent=campaign.speech_accent,
    )


def content_of(voice_file: VoiceFile) -> bytes:
    """The converted sound. Raises DialerError if it can't be read."""
    try:
        with voice_file.converted.open("rb") as file:
            return bytes(file.read())
    except OSError as error:
        unreadable = gettext("The sound of “%(file)s” can't be read from the disk (%(error)s).")
        raise DialerError(unreadable % {"file": voice_file, "error": error.strerror}) from error


def _not_placed(voice_file: VoiceFile, account: Account) -> str:
    if Feature.VOICE_UPLOAD in capabilities_of(account).features:
        sentence = gettext(
            "The voice file “%(file)s” has no name at the carrier of “%(account)s” yet. "
            "Upload it there on the page of the voice file."
        )
    else:
        sentence = gettext(
            "The voice file “%(file)s” has no name at the carrier of “%(account)s” yet. "
            "Upload it in the carrier's console and write its name there into the voice file."
        )
    return sentence % {"file": voice_file, "account": account}


def voice_address(voice_file: VoiceFile) -> str:
    """The public address of the converted file."""
    path = reverse("voice", kwargs={"public_key": voice_file.public_key, "name": voice_file.carrier_name})
    return f"{settings.PUBLIC_URL}{path}"
