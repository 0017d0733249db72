"""Campaign and batch -> the order that a carrier hears, and what of it this carrier can't do."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from dialer.carriers.contract import Capabilities
from dialer.carriers.order import Callee, HangupSms, Order, Period, Transfer
from dialer.flow.connect import capabilities_of, carrier_of
from dialer.flow.hours import zone_of
from dialer.flow.mistakes import DialerError
from dialer.flow.voice_location import delivery_at, voice_of
from dialer.models import Account, Batch, Campaign, Contact
from dialer.models.batch import new_reference
from dialer.terms import CampaignKind, Feature

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
NOBODY = Callee(number="")


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
    can = capabilities_of(account)
    return Order(
        kind=CampaignKind(campaign.kind),
        reference=reference,
        callees=tuple(callees),
        voice=voice_of(campaign, account, with_content=with_content),
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
        periods=periods(campaign, on=(start_at or now or timezone.now())),
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


def problems(campaign: Campaign, account: Account) -> list[tuple[str, str]]:
    """What the account's carrier can't do of the campaign's wishes: field of the campaign, sentence. Asks nobody."""
    can = capabilities_of(account)
    found = [(name, _cannot(account, feature)) for feature, name in wishes(campaign) if feature not in can.features]
    if CampaignKind(campaign.kind) not in can.ceilings:
        found.append(("kind", f"The carrier of “{account}” has no campaigns of this kind. Choose another account."))
    delivery = delivery_at(campaign, account)
    if delivery not in can.voice_deliveries:
        found.append(("voice_delivery", "This carrier does not take the voice in that way. Choose another way."))
    return found or _broken_limits(campaign, account)


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
    """Whether the carrier drops at the end of its day whom it has not dialled."""
    return campaign.drops_undialled_today and Feature.TODAY_ONLY in can.features


def periods(campaign: Campaign, *, on: datetime) -> tuple[Period, ...]:
    """The campaign's periods as moments of the day `on`, on the clock of the people called."""
    if not campaign.pk:
        return ()
    zone = zone_of(campaign)
    day = on.astimezone(zone).date()
    return tuple(
        Period(opens=_moment(day, row.opens, zone), closes=_moment(day, row.closes, zone))
        for row in campaign.carrier_periods.all()
    )


def sample(campaign: Campaign) -> Callee | None:
    """Somebody of the campaign with the texts of a real row; None if there is nobody to call yet."""
    contact = campaign.contacts.filter(skip_reason="").order_by("pk").first() if campaign.pk else None
    return callee(contact) if contact else None


def callee(contact: Contact) -> Callee:
    return Callee(number=contact.number, texts=tuple(contact.texts or ()))


def _broken_limits(campaign: Campaign, account: Account) -> list[tuple[str, str]]:
    """With a real person if there is one; a carrier's complaint about nobody is none about the campaign."""
    person = sample(campaign)
    try:
        order = order_of(campaign, account, [person or NOBODY], reference=new_reference(), with_content=False)
    except DialerError as error:
        return [("voice_file", str(error))]
    found = carrier_of(account).problems(order)
    return [
        (FIELDS.get(problem.part, problem.part), problem.sentence)
        for problem in found
        if person is not None or not problem.part.startswith("callees")
    ]


def _cannot(account: Account, feature: Feature) -> str:
    return f"The carrier of “{account}” can't do this: {feature.label}. Leave it empty, or choose another account."


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


def _moment(day: date, clock: object, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone)  # type: ignore[arg-type]
