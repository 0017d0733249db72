"""Which class speaks for which carrier."""

from collections.abc import Callable, Mapping
from typing import Final

from dialer.carriers import laaffic, yunhu
from dialer.carriers.contract import AccountSettings, Capabilities, Carrier, TokenStore
from dialer.carriers.http import Wire
from dialer.terms import CarrierName, Feature

Dialect = Callable[[AccountSettings, TokenStore, Wire], Carrier]

DIALECTS: Final[Mapping[str, Dialect]] = {CarrierName.YUNHU: yunhu.Yunhu, CarrierName.LAAFFIC: laaffic.Laaffic}
CAPABILITIES: Final[Mapping[str, Capabilities]] = {
    CarrierName.YUNHU: yunhu.CAPABILITIES,
    CarrierName.LAAFFIC: laaffic.CAPABILITIES,
}


def speak(carrier: str, settings: AccountSettings, tokens: TokenStore, wire: Wire) -> Carrier:
    """One account at `carrier`, ready to be asked. Raises KeyError for a carrier that nobody speaks."""
    return DIALECTS[carrier](settings, tokens, wire)


def capabilities(carrier: str) -> Capabilities:
    """What `carrier` can do, without an account. Raises KeyError for a carrier that nobody speaks."""
    return CAPABILITIES[carrier]


def with_feature(feature: Feature) -> list[str]:
    """Names of the carriers that can do it, for queries."""
    return [name for name, can in CAPABILITIES.items() if feature in can.features]
