"""Which class speaks for which carrier."""

from collections.abc import Callable, Mapping
from typing import Final

from dialer.carriers import yunhu
from dialer.carriers.contract import AccountSettings, Capabilities, Carrier, TokenStore
from dialer.carriers.http import Wire
from dialer.terms import CarrierName

Dialect = Callable[[AccountSettings, TokenStore, Wire], Carrier]

DIALECTS: Final[Mapping[str, Dialect]] = {CarrierName.YUNHU: yunhu.Yunhu}
CAPABILITIES: Final[Mapping[str, Capabilities]] = {CarrierName.YUNHU: yunhu.CAPABILITIES}


def speak(carrier: str, settings: AccountSettings, tokens: TokenStore, wire: Wire) -> Carrier:
    """One account at `carrier`, ready to be asked. Raises KeyError for a carrier that nobody speaks."""
    return DIALECTS[carrier](settings, tokens, wire)


def capabilities(carrier: str) -> Capabilities:
    """What `carrier` can do, without an account. Raises KeyError for a carrier that nobody speaks."""
    return CAPABILITIES[carrier]
