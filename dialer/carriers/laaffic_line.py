"""Signed questions to Laaffic: one request each, and one more only when the signature's time was refused."""

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from dialer.carriers.contract import AccountSettings, BadCredentials, CarrierError, OutcomeUnknown, Refused
from dialer.carriers.http import Answer, Wire
from dialer.carriers.laaffic_answers import LONGEST_WORDS, NUMBERS, WORDS, SignatureOutdated
from dialer.translation import gettext, gettext_noop

PATHS: Final = {
    "send": "/voice/group/call/send",
    "tasks": "/voice/group/call/query",
    "task": "/voice/group/call/detail",
    "cancel": "/voice/group/call/cancel",
    "upload": "/voice/fileUpload",
    "files": "/voice/fileQuery",
    "delete": "/voice/fileDel",
    "records": "/voice/recordGroupQuery",
    "recording": "/voice/getRecordingFileUrl",
    "balance": "/getBalance",
}
SECRETS: Final = frozenset({"url"})  # where a recording lies
ASK_AGAIN: Final = gettext_noop("Try again.")

Found = TypeVar("Found")


def signature(*, key: str, secret: str, timestamp: str) -> str:
    """Of a request at `timestamp` (seconds since 1970, as text); path and body are not signed."""
    return hashlib.md5(f"{key}{secret}{timestamp}".encode(errors="replace"), usedforsecurity=False).hexdigest()


class SignedLine:
    """One account's line to the carrier. Its repr, messages and exchanges hold no key, secret or signature."""

    def __init__(self, settings: AccountSettings, wire: Wire, *, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._wire = wire
        self._clock = clock  # seconds since 1970
        wire.conceal(settings.access_key, settings.secret)

    def post(
        self,
        service: str,
        document: Mapping[str, Any],
        read: Callable[[Mapping[str, Any]], Found],
        *,
        purpose: str,
        when_unknown: str = ASK_AGAIN,
    ) -> Found:
        """What `read` finds in the answer. Raises CarrierError; an unknown outcome ends with `when_unknown`."""

        def ask(headers: Mapping[str, str]) -> Answer:
            return self._wire.post_json(
                self._address(service), document, purpose=purpose, headers=headers, secrets=SECRETS
            )

        return self._ask(ask, read, when_unknown)

    def get(
        self,
        service: str,
        read: Callable[[Mapping[str, Any]], Found],
        *,
        purpose: str,
        part: str = "",
        parameters: Mapping[str, str] | None = None,
    ) -> Found:
        """What `read` finds in the answer; `part` goes to the end of the address. Raises CarrierError."""

        def ask(headers: Mapping[str, str]) -> Answer:
            address = self._address(service) + part
            return self._wire.get_json(
                address, purpose=purpose, parameters=parameters or {}, headers=headers, secrets=SECRETS
            )

        return self._ask(ask, read, ASK_AGAIN)

    def _ask(
        self,
        ask: Callable[[Mapping[str, str]], Answer],
        read: Callable[[Mapping[str, Any]], Found],
        when_unknown: str,
    ) -> Found:
        """A refused signature took nothing, so the request is signed and made once more, and not again after that."""
        try:
            try:
                return self._read(ask(self._headers()), read)
            except SignatureOutdated:
                return self._read(ask(self._headers()), read)
        except SignatureOutdated as error:
            raise Refused(str(error), code=error.code) from None
        except OutcomeUnknown as error:
            raise OutcomeUnknown(f"{error} {gettext(when_unknown)}", code=error.code) from None

    def _read(self, answer: Answer, read: Callable[[Mapping[str, Any]], Found]) -> Found:
        """The carrier's words are masked before anybody cuts or quotes them."""
        told = {
            name: self._wire.masked(value, length=LONGEST_WORDS)
            for name, value in answer.document.items()
            if name in (*NUMBERS, *WORDS) and isinstance(value, str)
        }
        try:
            return read({**answer.document, **told})
        except CarrierError as error:
            raise type(error)(self._wire.masked(str(error)), code=self._wire.masked(error.code)) from None

    def _headers(self) -> dict[str, str]:
        key = self._settings.access_key
        if not _HEADER_VALUE.fullmatch(key):
            raise BadCredentials(
                gettext("The API key is empty or holds signs that no key has. Correct it. Nothing was sent.")
            )
        timestamp = str(int(self._clock()))
        sign = signature(key=key, secret=self._settings.secret, timestamp=timestamp)
        self._wire.conceal(sign)
        return {"Sign": sign, "Timestamp": timestamp, "Api-Key": key}

    def _address(self, service: str) -> str:
        path = self._settings.paths.get(service) or PATHS[service]
        return f"{self._settings.batch_url.rstrip('/')}/{path.lstrip('/')}"


_HEADER_VALUE: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
