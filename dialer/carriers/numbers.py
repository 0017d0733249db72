"""An order's numbers as an account's carrier wants them, and what forbids to send them. No sentence names a number."""

from collections.abc import Iterable, Iterator

from dialer import phone
from dialer.carriers.contract import AccountSettings, OrderProblem
from dialer.carriers.order import Order
from dialer.figures import count
from dialer.terms import NumberForm
from dialer.translation import gettext, ngettext


def on_the_wire(numbers: Iterable[str], settings: AccountSettings) -> list[str]:
    """In the account's form, in their order. Raises ValueError, with a sentence, for what is not E.164."""
    form: phone.WireForm = "national" if settings.number_form == NumberForm.NATIONAL else "international"
    return [phone.on_the_wire(number, form=form, prefix=settings.dial_prefix) for number in numbers]


def number_problems(order: Order, settings: AccountSettings, *, ceiling: int) -> Iterator[OrderProblem]:
    """What stands against the numbers at any carrier.

    A number of another country must not leave: without its country code it would be a stranger's.
    """
    sentence = _problem(order, settings, ceiling=ceiling)
    if sentence:
        yield OrderProblem(part="callees", sentence=sentence)


def _problem(order: Order, settings: AccountSettings, *, ceiling: int) -> str:
    held = len(order.callees)
    if not held:
        return gettext("A batch needs at least one number.")
    if held > ceiling:
        return ngettext(
            "The carrier takes %(most)s number at a time, not %(count)s.",
            "The carrier takes %(most)s numbers at a time, not %(count)s.",
            ceiling,
        ) % {"most": count(ceiling), "count": count(held)}
    code = phone.calling_code(settings.country)
    if not all(number.startswith(f"+{code}") for number in order.numbers):
        sentence = gettext("A number does not belong to %(country)s, the country of the account.")
        return sentence % {"country": settings.country}
    try:
        wired = on_the_wire(order.numbers, settings)
    except ValueError as error:
        return str(error)
    return gettext("A number stands in the batch twice.") if len(set(wired)) < held else ""
