"""Campaign and batch -> the order that a carrier hears, and what of it this carrier can't do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.utils import timezone
from django.utils.translation import gettext

from dialer.carriers.contract import Capabilities
from dialer.carriers.order import Callee, HangupSms, Order, Period, Transfer, Voice
from dialer.flow import texts
from dialer.flow.connect import capabilities_of, carrier_of
from dialer.flow.hours import zone_of
from dialer.flow.mistakes import DialerError
from dialer.flow.voice_location import delivery_at, voice_of
from dialer.models import Account, Batch, Campaign, Contact
from dialer.models.batch import new_reference
from dialer.terms import CampaignKind, Feature, VoiceDelivery

# What a person is asked about that stands in an order under another name.
FIELDS: Mapping[str, str] = {
    "callees": "account",
    "callees.texts": "account",
    "reference": "account",
    "periods": "carrier_periods",
    "voice": "voice_file",
    "speech.text": "speech_text",
    "speech.language": "speech_language",
    "speech.speed": "speech_speed",
    "speech.voice": "speech_voice",
    "speech.accent": "speech_accent",
    "sms": "sms_text",
    "sms.app_id": "sms_text",
    "sms.text": "sms_text",
    "sms.sender_id": "sms_sender_id",
    "sms.on_key": "sms_on_key",
    "sms.after_answer_seconds": "sms_after_answer_seconds",
    "transfer": "transfer_group",
    "transfer.group": "transfer_group",
    "transfer.key": "transfer_key",
    "transfer.rate": "transfer_rate",
    "transfer.delay_seconds": "transfer_delay_seconds",
    "start_at": "carrier_start_at",
}
# Stands for a person when there is none yet: a mobile number's length matters to no carrier.
NOBODY = Callee(number="", texts=("text",) * texts.MOST_TEXTS)
SOME_FILE = "message.mp3"  # stands for a file that is not at the carrier yet


@dataclass(frozen=True, kw_only=True)
class Unsaved:
    """What a form knows of a campaign whose parts are not stored yet."""

    delivery: VoiceDelivery  # at the account that is asked about
    periods: tuple[tuple[time, time], ...] = ()  # opens, closes


def order_of(
    campaign: Campaign,
    account: Account,
    callees: Sequence[Callee],
    *,
    reference: str,
    start_at: datetime | None = None,
    now: datetime | None = None,
    with_content: bool = True,
) -> Order:
    """What is to be said to the account's carrier. Raises DialerError if the voice has no location there."""
    return _order(
        campaign,
        account,
        callees,
        reference=reference,
        voice=voice_of(campaign, account, with_content=with_content),
        start_at=start_at,
        periods=periods(campaign, on=(start_at or now or timezone.now())),
    )


def _order(
    campaign: Campaign,
    account: Account,
    callees: Sequence[Callee],
    *,
    reference: str,
    voice: Voice,
    start_at: datetime | None,
    periods: tuple[Period, ...],
) -> Order:
    can = capabilities_of(account)
    return Order(
        kind=CampaignKind(campaign.kind),
        reference=reference,
        callees=tuple(callees),
        voice=voice,
        wants_keypress=campaign.wants_keypress,
        caller_id=campaign.caller_id or account.caller_id,
        ring_seconds=campaign.ring_seconds,
        max_call_seconds=campaign.max_call_seconds,
        drops_undialled_today=drops_today(campaign, can),
        remark=campaign.remark,
        play_count=campaign.play_count,
        play_delay_seconds=campaign.play_delay_seconds,
        hangup_delay_seconds=campaign.hangup_delay_seconds,
        start_at=start_at,
        periods=periods,
        sms=_sms(campaign, account),
        transfer=_transfer(campaign),
    )


def callees_of(batch: Batch, contacts: Iterable[int] | None = None) -> list[Callee]:
    """The people of the batch who are not billed yet, in their order; only `contacts` if they are named.

    Nobody is billed before the batch leaves; should a carrier do so all the same, that person was called.
    """
    unbilled = batch.attempts.filter(settled_at__isnull=True)
    if contacts is not None:
        unbilled = unbilled.filter(contact__in=contacts)
    rows = unbilled.order_by("pk").values_list("contact__number", "contact__texts")
    return [Callee(number=number, texts=tuple(texts or ())) for number, texts in rows]


def problems(campaign: Campaign, account: Account, *, unsaved: Unsaved | None = None) -> list[tuple[str, str]]:
    """What the account's carrier can't do of the campaign's wishes: field of the campaign, sentence. Asks nobody.

    With `unsaved` it is about a form: a voice file may still be brought to the carrier, and there may be no numbers.
    """
    can = capabilities_of(account)
    wished = wishes(campaign) if unsaved is None else _wishes_of_a_form(campaign, unsaved)
    found = [(name, _cannot(account, feature)) for feature, name in wished if feature not in can.features]
    if CampaignKind(campaign.kind) not in can.ceilings:
        no_such_kind = gettext("The carrier of “%(account)s” has no campaigns of this kind. Choose another account.")
        found.append(("kind", no_such_kind % {"account": account}))
    delivery = unsaved.delivery if unsaved else delivery_at(campaign, account)
    if delivery not in can.voice_deliveries:
        no_such_way = gettext("This carrier does not take the voice in that way. Choose another way.")
        found.append(("voice_delivery", no_such_way))
    return found or _broken_limits(campaign, account, unsaved)


def wishes(campaign: Campaign) -> list[tuple[Feature, str]]:
    """Features that the campaign makes use of, each with the field that says so."""
    is_message = campaign.kind == CampaignKind.MESSAGE
    used = {
        "play_count": (campaign.play_count != 1, Feature.REPEATED_PLAY),
        "play_delay_seconds": (campaign.play_delay_seconds, Feature.DELAYS),
        "hangup_delay_seconds": (campaign.hangup_delay_seconds, Feature.DELAYS),
        "carrier_start_at": (campaign.carrier_start_at, Feature.CARRIER_START),
        "sms_text": (campaign.sms_text, Feature.HANGUP_SMS),
        "transfer_group": (campaign.transfer_group and is_message, Feature.TRANSFER_IN_BATCH),
        "remark": (campaign.remark, Feature.REMARK),
        "carrier_periods": (campaign.pk and campaign.carrier_periods.exists(), Feature.CARRIER_PERIODS),
    }
    return [(feature, name) for name, (is_used, feature) in used.items() if is_used]


def drops_today(campaign: Campaign, can: Capabilities) -> bool:
    """Whether the carrier drops at the end of its day whom it has not dialled. Of a voice menu none does."""
    is_message = campaign.kind == CampaignKind.MESSAGE
    return is_message and campaign.drops_undialled_today and Feature.TODAY_ONLY in can.features


def periods(campaign: Campaign, *, on: datetime) -> tuple[Period, ...]:
    """The campaign's periods as moments of the day `on`, on the clock of the people called."""
    if not campaign.pk:
        return ()
    return _moments([(row.opens, row.closes) for row in campaign.carrier_periods.all()], campaign, on=on)


def sample(campaign: Campaign) -> Callee | None:
    """Somebody of the campaign with the texts of a real row; None if there is nobody to call yet.

    Whoever lacks a text that is used is nobody to call: they are skipped at the launch.
    """
    people = campaign.contacts.filter(skip_reason="") if campaign.pk else Contact.objects.none()
    contact = people.exclude(pk__in=texts.lacking(campaign).values("pk")).order_by("pk").first()
    return callee(contact) if contact else None


def callee(contact: Contact) -> Callee:
    return Callee(number=contact.number, texts=tuple(contact.texts or ()))


def _broken_limits(campaign: Campaign, account: Account, unsaved: Unsaved | None) -> list[tuple[str, str]]:
    """With a real person if there is one; a carrier's complaint about nobody is none about the campaign."""
    person = None if unsaved else sample(campaign)
    try:
        if unsaved is not None:
            order = _order_of_a_form(campaign, account, unsaved)
        else:
            order = order_of(campaign, account, [person or NOBODY], reference=new_reference(), with_content=False)
    except DialerError as error:
        return [("voice_file", str(error))]
    found = carrier_of(account).problems(order)
    return [
        (FIELDS.get(problem.part, problem.part), problem.sentence)
        for problem in found
        if person is not None or not problem.part.startswith("callees")
    ]


def _order_of_a_form(campaign: Campaign, account: Account, unsaved: Unsaved) -> Order:
    """As it would be handed over, to nobody; a file that is chosen counts as one that lies at the carrier."""
    voice = _voice_of_a_form(campaign, account, unsaved)
    start_at = campaign.carrier_start_at
    return _order(
        campaign,
        account,
        [NOBODY],
        reference=new_reference(),
        voice=voice,
        start_at=start_at,
        periods=_moments(unsaved.periods, campaign, on=start_at or timezone.now()),
    )


def _voice_of_a_form(campaign: Campaign, account: Account, unsaved: Unsaved) -> Voice:
    try:
        return voice_of(campaign, account, delivery=unsaved.delivery, with_content=False)
    except DialerError:
        if campaign.voice_file is None:
            raise
        return Voice(delivery=unsaved.delivery, location=SOME_FILE)


def _wishes_of_a_form(campaign: Campaign, unsaved: Unsaved) -> list[tuple[Feature, str]]:
    periods = Feature.CARRIER_PERIODS
    stored = [(feature, name) for feature, name in wishes(campaign) if feature != periods]
    return [*stored, (periods, "carrier_periods")] if unsaved.periods else stored


def _cannot(account: Account, feature: Feature) -> str:
    sentence = gettext(
        "The carrier of “%(account)s” can't do this: %(feature)s. Leave it empty, or choose another account."
    )
    return sentence % {"account": account, "feature": feature.label}


def _sms(campaign: Campaign, account: Account) -> HangupSms | None:
    if not campaign.sms_text:
        return None
    return HangupSms(
        app_id=account.sms_app_id,
        text=campaign.sms_text,
        sender_id=campaign.sms_sender_id,
        on_key=campaign.sms_on_key,
        after_answer_seconds=campaign.sms_after_answer_seconds,
        on_failure=campaign.sms_on_failure,
        on_ringing=campaign.sms_on_ringing,
    )


def _transfer(campaign: Campaign) -> Transfer | None:
    if not campaign.transfer_group:
        return None
    return Transfer(
        group=campaign.transfer_group,
        key=campaign.transfer_key,
        rate=campaign.transfer_rate,
        delay_seconds=campaign.transfer_delay_seconds,
    )


def _moments(clocks: Iterable[tuple[time, time]], campaign: Campaign, *, on: datetime) -> tuple[Period, ...]:
    zone = zone_of(campaign)
    day = on.astimezone(zone).date()
    return tuple(
        Period(opens=datetime.combine(day, opens, zone), closes=datetime.combine(day, closes, zone))
        for opens, closes in clocks
    )
