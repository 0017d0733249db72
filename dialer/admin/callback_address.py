"""Where a carrier pushes its news about an account's calls."""

from django.conf import settings
from django.urls import reverse

from dialer.flow.connect import capabilities_of
from dialer.models import Account


def callback_addresses(account: Account) -> list[tuple[str, str]]:
    """Kind of news and its secret address, in the order of the carrier's console."""
    return [
        (kind, settings.PUBLIC_URL + reverse("callback", args=[account.pk, account.callback_secret, kind]))
        for kind in capabilities_of(account).call_back_kinds
    ]
