"""An order's numbers as an account's carrier wants them, and what forbids to send them. No sentence names a number."""

from collections.abc import Iterable, Iterator

from dialer import phone
from dialer.carriers.contract import AccountSettings, OrderProblem
from dialer.carriers.order import Order
from dialer.terms import NumberForm


def on_the_wire(numbers: Iterable[str], settings: AccountSettings) -> list[str]:
    """In the account's form, in their order. Raises ValueError for what is not E.164."""
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
    count = len(order.callees)
    if not count:
        return "A batch needs at least one number."
    if count > ceiling:
        return f"The carrier takes {ceiling:,} number{'s' * (ceiling > 1)} at a time, not {count:,}."
    code = phone.calling_code(settings.country)
    if not all(number.startswith(f"+{code}") for number in order.numbers):
        return f"A number does not belong to {settings.country}, the country of the account."
    try:
        wired = on_the_wire(order.numbers, settings)
    except ValueError as error:
        return f"{error}."
    return "A number stands in the batch twice." if len(set(wired)) < count else ""
