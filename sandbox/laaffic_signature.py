"""Who is asking: Laaffic's three headers. Sign is the MD5 of key, secret and timestamp, joined."""

import hashlib
import secrets
import time
from dataclasses import dataclass

from sandbox.laaffic_answers import AUTHENTICATION, IP_REFUSED, PARAMETER, TIMESTAMP_EXPIRED, Refused, Violation
from sandbox.switches import Switches

HEADERS = ("api-key", "timestamp", "sign")


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A client of the carrier: its key, and the apps that the key opens."""

    key: str
    apps: frozenset[str]


def account_of(headers: dict[str, str], *, switches: Switches) -> Account:
    """The account that signed. Raises Violation for headers that are missing, else Refused."""
    missing = [name for name in HEADERS if not headers.get(name)]
    if missing:
        raise Violation(f"the header {', '.join(missing)} is missing", code=AUTHENTICATION)
    key, timestamp, sign = (headers[name] for name in HEADERS)
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise Violation(f"the header timestamp is no number of seconds: {timestamp!r}", code=TIMESTAMP_EXPIRED)
    apps = {
        app
        for app, held in switches.laaffic_apps.items()
        if held["api_key"] == key and _is_signed(sign, key + held["secret"] + timestamp)
    }
    if not apps:
        raise Refused(AUTHENTICATION)
    if abs(time.time() - int(timestamp)) > switches.laaffic_clock_seconds:
        raise Refused(TIMESTAMP_EXPIRED)
    if switches.laaffic_ip_refused:
        raise Refused(IP_REFUSED)
    return Account(key=key, apps=frozenset(apps))


def check_content_type(headers: dict[str, str]) -> None:
    """A body is JSON in UTF-8. Raises Violation."""
    kind, _, charset = headers.get("content-type", "").partition(";")
    if kind.strip().lower() != "application/json" or charset.strip().lower() not in ("", "charset=utf-8"):
        raise Violation(f"JSON is expected, the content type is {headers.get('content-type')!r}", code=PARAMETER)


def _is_signed(sign: str, joined: str) -> bool:
    expected = hashlib.md5(joined.encode(), usedforsecurity=False).hexdigest()
    return secrets.compare_digest(sign.lower().encode(), expected.encode())
