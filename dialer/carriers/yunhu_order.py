"""Order -> the fields of Yunhu's batch service (page "Batch IVR - Call out ivr voice in batches" of the API book)."""

from collections.abc import Iterator
from typing import Final

from dialer.carriers.contract import AccountSettings, BrokenLimits, OrderProblem
from dialer.carriers.numbers import number_problems, on_the_wire
from dialer.carriers.order import Order
from dialer.carriers.yunhu_codes import NATION_CODES
from dialer.terms import VoiceDelivery

SERVICE: Final = "App.Sip_Call.PlayVoice"
BATCH_CEILING: Final = 5_000  # numbers in one request
VOICE_TYPES: Final = {VoiceDelivery.CARRIER_FILE: "1", VoiceDelivery.OUR_ADDRESS: "2"}


def launch_fields(order: Order, settings: AccountSettings) -> dict[str, str]:
    """Every parameter of the page. Raises BrokenLimits.

    What is optional and not chosen is sent empty, except for the two times: an empty one might be read as 0 seconds.
    """
    if broken := problems(order, settings):
        raise BrokenLimits(broken)
    fields = {
        "service": SERVICE,
        "appid": settings.app_id,
        "accesskey": settings.access_key,
        "nationcode": _nation_code(settings),
        "destnumber": ",".join(on_the_wire(order.numbers, settings)),
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


def problems(order: Order, settings: AccountSettings) -> tuple[OrderProblem, ...]:
    """All limits of the page that the order breaks, in sentences that name no number."""
    return (*number_problems(order, settings, ceiling=BATCH_CEILING), *_own_problems(order, settings))


def _own_problems(order: Order, settings: AccountSettings) -> Iterator[OrderProblem]:
    if not order.reference:
        yield OrderProblem(
            part="reference", sentence="A batch needs a reference, or nobody can tell later whether it was taken."
        )
    if not order.voice.location.strip():
        yield OrderProblem(part="voice", sentence="A batch needs a voice file.")
    for part, seconds in (("ring_seconds", order.ring_seconds), ("max_call_seconds", order.max_call_seconds)):
        if seconds is not None and seconds < 1:
            yield OrderProblem(part=part, sentence="Ring time and call time are at least one second.")
    if not _nation_code(settings):
        yield OrderProblem(
            part="account",
            sentence=f"The carrier has no code of its own for {settings.country}; set one for the account.",
        )


def _nation_code(settings: AccountSettings) -> str:
    return settings.country_code or NATION_CODES.get(settings.country, "")
