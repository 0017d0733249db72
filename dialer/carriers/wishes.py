"""What an order wishes and its carrier does not offer: told at any carrier, so that no wish is left out in silence."""

from collections.abc import Iterator

from dialer.carriers.contract import BrokenLimits, Capabilities, OrderProblem
from dialer.carriers.order import Order
from dialer.terms import CampaignKind, Feature
from dialer.translation import gettext


def demand_offered(order: Order, can: Capabilities) -> None:
    """Raises BrokenLimits for an order that wishes what the carrier does not offer."""
    if broken := tuple(unoffered(order, can)):
        raise BrokenLimits(broken)


def unoffered(order: Order, can: Capabilities) -> Iterator[OrderProblem]:
    """A problem for each. Limits of time and the caller ID have defaults everywhere, so they are no wishes here."""
    if order.kind not in can.ceilings:
        sentence = gettext("The carrier has no campaigns of this kind. Choose another account.")
        yield OrderProblem(part="kind", sentence=sentence)
    if order.voice.delivery not in can.voice_deliveries:
        sentence = gettext("The carrier does not take the voice in that way. Choose another way.")
        yield OrderProblem(part="voice", sentence=sentence)
    for part, feature in _wishes(order):
        if feature not in can.features:
            sentence = gettext("The carrier can't do this: %(feature)s. Leave it out, or choose another account.")
            yield OrderProblem(part=part, sentence=sentence % {"feature": feature.label})


def _wishes(order: Order) -> Iterator[tuple[str, Feature]]:
    """Parts of the order that are in use, with what the carrier must be able to do for them."""
    wishes = {
        "remark": (order.remark, Feature.REMARK),
        "play_count": (order.play_count != 1, Feature.REPEATED_PLAY),
        "play_delay_seconds": (order.play_delay_seconds, Feature.DELAYS),
        "hangup_delay_seconds": (order.hangup_delay_seconds, Feature.DELAYS),
        "start_at": (order.start_at, Feature.CARRIER_START),
        "periods": (order.periods, Feature.CARRIER_PERIODS),
        "sms": (order.sms, Feature.HANGUP_SMS),
        "transfer": (order.transfer and order.kind == CampaignKind.MESSAGE, Feature.TRANSFER_IN_BATCH),
    }
    return ((part, feature) for part, (is_used, feature) in wishes.items() if is_used)
