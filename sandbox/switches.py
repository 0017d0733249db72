"""Every setting of the sandbox in one place: its default, how it is read, and what it does."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from sandbox.fates import read_request_fate
from sandbox.people import CODES

RETENTION_SECONDS = 90 * 24 * 3600  # "saved for 3 months", call recording page
LINK_SECONDS = 300  # reqtime to expiredtime in the page's sample
CLOCK_SECONDS = 300  # no page tells it; a common tolerance
TOKEN_SECONDS = 12 * 3600  # authorization token page


def is_loopback_http(url: str) -> bool:
    """Whether the address stays on this machine. The sandbox calls no other."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _positive(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ValueError("must be a number above 0")
    return value


def _not_negative(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError("must be a number, 0 or above")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("must be a whole number, 1 or above")
    return value


def _address(value: Any) -> str:
    if not isinstance(value, str) or (value and not is_loopback_http(value)):
        raise ValueError("must be a loopback http address, or empty")
    return value


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for pair in value.items() for item in pair):
        raise ValueError("must be an object of texts")
    return dict(value)


def _addresses(value: Any) -> dict[str, str]:
    return {app: _address(address) for app, address in _texts(value).items()}


def _fates(value: Any) -> dict[str, str]:
    fates = _texts(value)
    for fate in fates.values():
        read_request_fate(fate)
    return fates


def _signers(value: Any) -> dict[str, dict[str, str]]:
    if not isinstance(value, dict) or not all(_is_signer(held) for held in value.values()):
        raise ValueError("must be an object of objects with api_key and secret")
    return {app: dict(held) for app, held in value.items()}


def _is_signer(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"api_key", "secret"} and all(map(_is_text, value.values()))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _amount(value: Any) -> str:
    try:
        if not isinstance(value, str) or not Decimal(value).is_finite():
            raise ValueError("must be a decimal number as text")
    except InvalidOperation as error:
        raise ValueError("must be a decimal number as text") from error
    return value


def _groups(value: Any) -> dict[str, list[str]]:
    if not isinstance(value, dict) or not all(value.values()):
        raise ValueError("must be an object of lists, none of them empty")
    return {group: _names(extensions) for group, extensions in value.items()}


def _country(value: Any) -> str:
    if value not in CODES:
        raise ValueError(f"must be one of {', '.join(CODES)}")
    return str(value)


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("must be a list of texts")
    return value


def _one_of(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return str(value)

    return read


def _about(read: Callable[[Any], Any], says: str) -> dict[str, Any]:
    return {"read": read, "says": says}


@dataclass(frozen=True, kw_only=True)
class Switches:
    """All settings. Changed as a whole by `with_changes`, so a reader never sees half of a change."""

    apps: dict[str, str] = field(
        default_factory=lambda: {"sandbox": "sandbox"}, metadata=_about(_texts, "appid to accesskey")
    )
    offline_files: list[str] = field(
        default_factory=lambda: ["welcome"], metadata=_about(_names, "voice files known to the console")
    )
    callback_url: str = field(
        default="", metadata=_about(_address, "where bills and status reports are pushed; empty for nowhere")
    )
    callback_urls: dict[str, str] = field(
        default_factory=dict, metadata=_about(_addresses, "appid or appId to its own callback address")
    )
    extension_callback_url: str = field(
        default="", metadata=_about(_address, "where events of extensions are pushed; empty for nowhere")
    )
    extension_callback_urls: dict[str, str] = field(
        default_factory=dict, metadata=_about(_addresses, "appid to its own address for events of extensions")
    )
    speed: float = field(
        default=1, metadata=_about(_positive, "how much faster ringing, talking and callback delays pass")
    )
    lines: int = field(default=200, metadata=_about(_count, "calls at the same time"))
    echo_form: str = field(
        default="as_sent",
        metadata=_about(
            _one_of("as_sent", "international", "trunk_zero", "starred"),
            "how the number comes back: as_sent, international, trunk_zero or starred",
        ),
    )
    silent_endings: bool = field(default=False, metadata=_about(_flag, "numbers ending in 99 are never billed"))
    fetch_voice_urls: bool = field(
        default=True, metadata=_about(_flag, "fetch and decode the voice file of voicetype 2")
    )
    callbacks: str = field(
        default="normal",
        metadata=_about(
            _one_of("normal", "lost", "doubled", "shuffled"),
            "all callbacks: normal, lost, doubled, or shuffled within 30 simulated seconds",
        ),
    )
    callback_delay_seconds: float = field(
        default=0, metadata=_about(_not_negative, "simulated seconds from the end to the callback")
    )
    bill_order: str = field(
        default="ascending", metadata=_about(_one_of("ascending", "descending"), "order of bills by id")
    )
    link_seconds: float = field(
        default=LINK_SECONDS, metadata=_about(_not_negative, "real seconds that a recording link lives")
    )
    recordings_kept_seconds: float = field(
        default=RETENTION_SECONDS,
        metadata=_about(_not_negative, "real seconds from the start of a call to the loss of its recording"),
    )
    recordings_gone: str = field(
        default="no",
        metadata=_about(_one_of("no", "link", "file"), "no; link: no link is given; file: the link answers 404"),
    )
    token_seconds: float = field(
        default=TOKEN_SECONDS, metadata=_about(_not_negative, "real seconds that a token lives")
    )
    login_replaces_token: bool = field(
        default=False, metadata=_about(_flag, "a login makes the earlier tokens of the appid invalid")
    )
    refusal_form: str = field(
        default="code",
        metadata=_about(
            _one_of("code", "ret", "status"),
            "envelope of a refused batch (the pages leave it open): code, ret or status",
        ),
    )
    extension_groups: dict[str, list[str]] = field(
        default_factory=lambda: {"extGroup-1": ["20280003", "20280004"]},
        metadata=_about(_groups, "group to its extensions, for the voice menu"),
    )
    transfers: str = field(
        default="mixed",
        metadata=_about(
            _one_of("taken", "nobody", "mixed"),
            "who takes a call at an extension: taken, nobody, or mixed by the third last digit (even is taken)",
        ),
    )
    extension_is_new: bool = field(
        default=False, metadata=_about(_flag, "the voice menu fails with 1010 until Logout and Login have come")
    )
    voice_menu_country: str = field(
        default="id", metadata=_about(_country, "country of the voice menu's numbers, for who is dialled twice")
    )
    laaffic_apps: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"sandbox": {"api_key": "sandbox-key", "secret": "sandbox-secret"}},
        metadata=_about(_signers, "appId to its api_key and secret"),
    )
    laaffic_clock_seconds: float = field(
        default=CLOCK_SECONDS, metadata=_about(_not_negative, "how far a timestamp may be away before -16")
    )
    laaffic_ip_refused: bool = field(default=False, metadata=_about(_flag, "every request is refused with -2"))
    laaffic_balance: str = field(
        default="1000", metadata=_about(_amount, "money of each account before its calls, as text; send needs some")
    )
    laaffic_max_tasks: int = field(
        default=1000, metadata=_about(_count, "tasks of an account that may call at once before -37")
    )
    laaffic_zero: str = field(
        default="text", metadata=_about(_one_of("text", "number"), "codes of answers as text or as number")
    )
    laaffic_push_form: str = field(
        default="object",
        metadata=_about(_one_of("object", "array"), "a status report in each request, or up to five in an array"),
    )
    laaffic_push_fields: str = field(
        default="new",
        metadata=_about(
            _one_of("new", "old"), "new: taskId, callStatus and code 0; old: none of these and SIP code 200"
        ),
    )
    always: dict[str, str] = field(
        default_factory=dict, metadata=_about(_fates, "service (or * or recording) to a request fate, until cleared")
    )


def with_changes(switches: Switches, changes: dict[str, Any]) -> Switches:
    """The switches with `changes`, all or none. Raises ValueError with a sentence."""
    readers = {item.name: item.metadata["read"] for item in fields(Switches)}
    read: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in readers:
            raise ValueError(f"no switch is called {name!r}")
        try:
            read[name] = readers[name](value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return replace(switches, **read)


def explained() -> list[tuple[str, str]]:
    """Name and meaning of every switch."""
    return [(item.name, item.metadata["says"]) for item in fields(Switches)]
