"""Order -> the fields of Yunhu's batch service (page "Batch IVR - Call out ivr voice in batches" of the API book)."""

from typing import Final

from dialer import phone
from dialer.carriers.contract import AccountSettings, Order
from dialer.carriers.yunhu_codes import CALLING_CODES, NATION_CODES
from dialer.terms import NumberForm, VoiceDelivery

SERVICE: Final = "App.Sip_Call.PlayVoice"
BATCH_CEILING: Final = 5_000  # numbers in one request
VOICE_TYPES: Final = {VoiceDelivery.CARRIER_FILE: "1", VoiceDelivery.OUR_ADDRESS: "2"}


def launch_fields(order: Order, settings: AccountSettings) -> dict[str, str]:
    """Every parameter of the page. Raises ValueError, with a sentence that names no number, if a limit is broken.

    What is optional and not chosen is sent empty, except for the two times: an empty one might be read as 0 seconds.
    """
    _check(order)
    fields = {
        "service": SERVICE,
        "appid": settings.app_id,
        "accesskey": settings.access_key,
        "nationcode": _nation_code(settings),
        "destnumber": ",".join(_numbers(order, settings)),
        "voicetype": VOICE_TYPES[order.voice.delivery],
        "voicefile": order.voice.location,
        "userkey": "1" if order.wants_keypress else "0",
        "chengshudu": order.remark,
        "disnumber": order.caller_id,
        "customuuid": order.reference,
        "todayonly": "1" if order.drops_undialled_today else "2",
    }
    times = {"waittime": order.ring_seconds, "conntime": order.max_call_seconds}
    return fields | {name: str(seconds) for name, seconds in times.items() if seconds is not None}


def _check(order: Order) -> None:
    if not order.reference:
        raise ValueError("A batch needs a reference, or nobody can tell later whether it was taken.")
    if not order.numbers:
        raise ValueError("A batch needs at least one number.")
    if len(order.numbers) > BATCH_CEILING:
        raise ValueError(f"The carrier takes {BATCH_CEILING:,} numbers at a time, not {len(order.numbers):,}.")
    if not order.voice.location.strip():
        raise ValueError("A batch needs a voice file.")
    for seconds in (order.ring_seconds, order.max_call_seconds):
        if seconds is not None and seconds < 1:
            raise ValueError("Ring time and call time are at least one second.")


def _nation_code(settings: AccountSettings) -> str:
    code = settings.country_code or NATION_CODES.get(settings.country, "")
    if not code:
        raise ValueError(f"The carrier has no code of its own for {settings.country}; set one for the account.")
    return code


def _numbers(order: Order, settings: AccountSettings) -> list[str]:
    """The numbers as the carrier wants them.

    A number of another country must not leave: without its country code it would be a stranger's.
    """
    expected = CALLING_CODES.get(settings.country, "+")
    if not all(number.startswith(expected) for number in order.numbers):
        raise ValueError(f"A number does not belong to {settings.country}, the country of the account.")
    form: phone.WireForm = "national" if settings.number_form == NumberForm.NATIONAL else "international"
    numbers = [phone.on_the_wire(number, form=form, prefix=settings.dial_prefix) for number in order.numbers]
    if len(set(numbers)) < len(numbers):
        raise ValueError("A number stands in the batch twice.")
    return numbers
