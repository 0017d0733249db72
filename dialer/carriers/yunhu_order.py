"""Order -> the fields of one launch at Yunhu.

A message goes to the batch service (page "Batch IVR - Call out ivr voice in batches" of the API book), which takes the
credentials. A voice menu goes to the token service of the same name (page "Voice Menu"), one person at a time.
"""

from collections.abc import Iterator
from typing import Final

from dialer.carriers.contract import AccountSettings, BrokenLimits, OrderProblem
from dialer.carriers.numbers import number_problems, on_the_wire
from dialer.carriers.order import Order, Transfer
from dialer.carriers.yunhu_codes import NATION_CODES
from dialer.terms import CampaignKind, VoiceDelivery
from dialer.translation import gettext

SERVICE: Final = "App.Sip_Call.PlayVoice"
CEILINGS: Final = {CampaignKind.MESSAGE: 5_000, CampaignKind.VOICE_MENU: 1}  # numbers in one request
KEYS: Final = frozenset("0123456789")
KEY_MARK: Final = "@"  # between the key and the group, in one field
NO_REMARK: Final = "1"  # the page on the voice menu demands one and has this in its sample
VOICE_TYPES: Final = {VoiceDelivery.CARRIER_FILE: "1", VoiceDelivery.OUR_ADDRESS: "2"}


def launch_fields(order: Order, settings: AccountSettings) -> dict[str, str]:
    """Every parameter of the batch page. Raises BrokenLimits.

    What is optional and not chosen is sent empty, except for the two times: an empty one might be read as 0 seconds.
    """
    return {
        "service": SERVICE,
        "appid": settings.app_id,
        "accesskey": settings.access_key,
        "nationcode": _nation_code(settings),
        **_shared_fields(order, settings),
        "userkey": "1" if order.wants_keypress else "0",
        "chengshudu": order.remark,
        "todayonly": "1" if order.drops_undialled_today else "2",
    }


def menu_fields(order: Order, settings: AccountSettings) -> dict[str, str]:
    """Every parameter of the page on the voice menu but service and token, which its caller adds. Raises BrokenLimits.

    The two times do not stand on that page; another one of the carrier allows them here.
    """
    return {
        **_shared_fields(order, settings),
        "chengshudu": order.remark or NO_REMARK,
        "userid": _over_to(order.transfer) if order.transfer else "",
    }


def problems(order: Order, settings: AccountSettings) -> tuple[OrderProblem, ...]:
    """All limits of the page that the order breaks, in sentences that name no number."""
    of_its_kind = _menu_problems(order) if order.kind == CampaignKind.VOICE_MENU else _batch_problems(settings)
    return (
        *number_problems(order, settings, ceiling=CEILINGS[order.kind]),
        *_own_problems(order),
        *of_its_kind,
    )


def _shared_fields(order: Order, settings: AccountSettings) -> dict[str, str]:
    """What both services call the same."""
    if broken := problems(order, settings):
        raise BrokenLimits(broken)
    fields = {
        "destnumber": ",".join(on_the_wire(order.numbers, settings)),
        "voicetype": VOICE_TYPES[order.voice.delivery],
        "voicefile": order.voice.location,
        "disnumber": order.caller_id,
        "customuuid": order.reference,
    }
    times = {"waittime": order.ring_seconds, "conntime": order.max_call_seconds}
    return fields | {name: str(seconds) for name, seconds in times.items() if seconds is not None}


def _over_to(transfer: Transfer) -> str:
    """Such as 1@extGroup-1, as printed. How a transfer without a key is written is not.

    The bare group is our guess; whoever was told otherwise writes the mark before the group.
    """
    group = transfer.group.strip()
    return f"{transfer.key}{KEY_MARK}{group}" if transfer.key else group


def _own_problems(order: Order) -> Iterator[OrderProblem]:
    if not order.reference:
        sentence = gettext("A batch needs a reference, or nobody can tell later whether it was taken.")
        yield OrderProblem(part="reference", sentence=sentence)
    if not order.voice.location.strip():
        yield OrderProblem(part="voice", sentence=gettext("A batch needs a voice file."))
    for part, seconds in (("ring_seconds", order.ring_seconds), ("max_call_seconds", order.max_call_seconds)):
        if seconds is not None and seconds < 1:
            yield OrderProblem(part=part, sentence=gettext("Ring time and call time are at least one second."))


def _batch_problems(settings: AccountSettings) -> Iterator[OrderProblem]:
    if not _nation_code(settings):
        sentence = gettext("The carrier has no code of its own for %(country)s; set one for the account.")
        yield OrderProblem(part="account", sentence=sentence % {"country": settings.country})


def _menu_problems(order: Order) -> Iterator[OrderProblem]:
    group, key = (order.transfer.group.strip(), order.transfer.key) if order.transfer else ("", "")
    if not group:
        sentence = gettext("A voice menu needs the group of extensions that takes over.")
        yield OrderProblem(part="transfer.group", sentence=sentence)
    if KEY_MARK in (group if key else group.removeprefix(KEY_MARK)):
        sentence = gettext("Write the group without %(mark)s; the key has a field of its own.")
        yield OrderProblem(part="transfer.group", sentence=sentence % {"mark": KEY_MARK})
    if key and key not in KEYS:
        yield OrderProblem(part="transfer.key", sentence=gettext("The key of a voice menu is one of 0 to 9."))


def _nation_code(settings: AccountSettings) -> str:
    return settings.country_code or NATION_CODES.get(settings.country, "")
