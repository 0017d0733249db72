"""The one seam between us and a carrier's wire: one try, errors translated once, every exchange told masked.

What is decided here for every carrier:

=====================================  ====================================================================
what happens                           what is raised
=====================================  ====================================================================
unknown host, no connection, TLS fails NotSent; AddressForbidden for an address inside our own network
time-out or cut after that             OutcomeUnknown, also while we were still sending
HTTP 5xx, 408, 499                     OutcomeUnknown: the carrier or a proxy gave up half way
HTTP 429                               TryLater
HTTP 3xx                               Refused: nothing was taken where we asked, and redirects of a POST are not
                                       followed, for they would hand credentials to whoever is named there
any other HTTP 4xx                     Refused
2xx without a readable JSON object     OutcomeUnknown: a proxy's page, a cut body, more than LONGEST_ANSWER_BYTES
=====================================  ====================================================================

What an unknown outcome means for the one who asked, only the dialect knows: it adds that to the sentence.
"""

import json
import logging
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from dialer.carriers.connection import Line, line
from dialer.carriers.contract import (
    CarrierError,
    Exchange,
    ExchangeRecorder,
    NotSent,
    OutcomeUnknown,
    Refused,
    TryLater,
)
from dialer.carriers.masking import HIDDEN, LONGEST_TEXT, Mask, origin
from dialer.figures import count
from dialer.translation import gettext, gettext_noop

logger = logging.getLogger(__name__)

LONGEST_ANSWER_BYTES: Final = 20 * 1024 * 1024
CHUNK_BYTES: Final = 64 * 1024
DOWNLOAD_CONNECT_SECONDS: Final = 10
DOWNLOAD_TOTAL_SECONDS: Final = 240  # below the long queue's time-out of 300 s for a task
MOST_REDIRECTS: Final = 3  # of a download; storage services like to send one on
REDIRECTS: Final = (301, 302, 303, 307, 308)
HEADERS: Final = {
    "User-Agent": "dialer",
    "Connection": "close",
    "Accept-Encoding": "identity",  # what is counted is what came
}
JSON_TYPE: Final = "application/json;charset=UTF-8"
NOTHING: Final[Mapping[str, str]] = {}
NO_ADDRESS: Final = gettext_noop("The address is not a web address (http or https). Nothing was sent.")
TIMEOUTS: Final = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
WIRE_ERRORS: Final = (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A carrier's answer that could be read: HTTP 2xx with a JSON object."""

    status: int
    document: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file that is coming. `chunks` raises CarrierError when it breaks off or takes too long."""

    status: int
    content_type: str
    length_bytes: int | None  # as announced; None if it was not
    chunks: Iterator[bytes]


class Wire:
    """One account's line to the outside. Every request is tried once, on a connection of its own."""

    def __init__(
        self,
        *,
        recorder: ExchangeRecorder,
        connect_seconds: float = 5,
        read_seconds: float = 30,
        total_seconds: float = 40,
        allow_private_addresses: bool,
    ) -> None:
        self._recorder = recorder
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._total_seconds = total_seconds
        self._allow_private_addresses = allow_private_addresses
        self._mask = Mask()

    def conceal(self, *secrets: str) -> None:
        """These values appear in no exchange and no message from now on."""
        self._mask.learn(*secrets)

    def masked(self, text: str, *, length: int | None = None) -> str:
        """A carrier's words, fit for a screen: without known secrets and phone numbers, the first `length` of them."""
        return self._mask.text(text) if length is None else self._mask.beginning(text, length)

    def post_form(self, url: str, fields: Mapping[str, str], *, purpose: str, secrets: Collection[str] = ()) -> Answer:
        """Post multipart form-data once and read the JSON answer, within the total time.

        `secrets` are names of fields that are hidden in the exchange, in the request and in the answer.
        Raises CarrierError as the table above says. Tells the recorder in every case.
        """
        self.conceal(*(fields[name] for name in secrets if name in fields))
        note = _Note(purpose=purpose, url=self._mask.address(url), request=self._mask.form(fields, names=secrets))
        with self._told(note):
            request = prepared("POST", url, files={name: (None, value) for name, value in fields.items()})
            return self._answer(request, note, secrets)

    def post_json(
        self,
        url: str,
        document: Mapping[str, Any],
        *,
        purpose: str,
        headers: Mapping[str, str] = NOTHING,
        secrets: Collection[str] = (),
    ) -> Answer:
        """Post a JSON object once and read the JSON answer, within the total time.

        `secrets` are names of fields that are hidden in the exchange, in the request and in the answer. Headers are
        in no exchange. Raises CarrierError as the table above says. Tells the recorder in every case.
        """
        self.conceal(*(found for name in secrets if isinstance(found := document.get(name), str)))
        shown = self._mask.document(document, names=secrets)
        note = _Note(purpose=purpose, url=self._mask.address(url), request=shown)
        with self._told(note):
            content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
            request = prepared("POST", url, headers={**headers, "Content-Type": JSON_TYPE}, content=content)
            return self._answer(request, note, secrets)

    def get_json(
        self,
        url: str,
        *,
        purpose: str,
        parameters: Mapping[str, str] = NOTHING,
        headers: Mapping[str, str] = NOTHING,
        secrets: Collection[str] = (),
    ) -> Answer:
        """Get a JSON answer with one request, within the total time.

        Names of `parameters` are told, their values masked; of `secrets` and headers the same holds as for post_json.
        """
        self.conceal(*(parameters[name] for name in secrets if name in parameters))
        shown = "\n".join(("GET", self._mask.form(parameters, names=secrets))).strip()
        note = _Note(purpose=purpose, url=self._mask.address(url), request=shown)
        with self._told(note):
            return self._answer(prepared("GET", url, headers=headers, parameters=parameters), note, secrets)

    @contextmanager
    def download(
        self, url: str, *, purpose: str, most_bytes: int, total_seconds: float = DOWNLOAD_TOTAL_SECONDS
    ) -> Iterator[Download]:
        """Get a file once. Its address counts as a secret: only its host is told.

        Up to MOST_REDIRECTS redirects are followed, each to an address that is looked at like the first.
        Raises CarrierError when it can't be had, and from `chunks` when it breaks off, is larger than `most_bytes`
        or takes longer than `total_seconds`. May be repeated.
        """
        note = _Note(purpose=purpose, url=f"{origin(url)}/{HIDDEN}", request="GET")
        with self._told(note), self._found(url, note, seconds=total_seconds) as (opened, response):
            content_type = response.headers.get("Content-Type", "")
            note.response = self.masked(f"{content_type}, {response.headers.get('Content-Length', 'unknown')} bytes")
            yield Download(
                status=response.status_code,
                content_type=content_type,
                length_bytes=_length(response),
                chunks=_chunks(opened, response, most_bytes=most_bytes),
            )

    def _answer(self, request: requests.PreparedRequest, note: "_Note", secrets: Collection[str]) -> Answer:
        with (
            self._line(self._connect_seconds, self._total_seconds) as opened,
            closing(self._send(opened, request, note)) as response,
        ):
            body = b"".join(_chunks(opened, response, most_bytes=LONGEST_ANSWER_BYTES))
        note.response = self._mask.answer(_text(body), names=secrets)
        _raise_for_status(response)
        return Answer(status=response.status_code, document=_document(body))

    @contextmanager
    def _found(self, url: str, note: "_Note", *, seconds: float) -> Iterator[tuple[Line, requests.Response]]:
        """The answer 2xx for a file, at the end of its redirects."""
        ends = time.monotonic() + seconds
        for _ in range(1 + MOST_REDIRECTS):
            request = prepared("GET", url)
            self.conceal(url, *_telling_parts(url))
            with (
                self._line(DOWNLOAD_CONNECT_SECONDS, max(ends - time.monotonic(), 0)) as opened,
                closing(self._send(opened, request, note)) as response,
            ):
                target = _target(response)
                if not target:
                    if response.status_code >= 300:
                        note.response = self._mask.answer(_first_words(response))
                    _raise_for_status(response)
                    yield opened, response
                    return
            url = target
        raise Refused(gettext("The file is behind too many redirects."))

    def _send(self, opened: Line, request: requests.PreparedRequest, note: "_Note") -> requests.Response:
        try:
            response = opened.send(request, read_seconds=self._read_seconds)
        except WIRE_ERRORS as error:
            raise translated(opened, error) from None
        note.status = response.status_code
        return response

    def _line(self, connect_seconds: float, total_seconds: float) -> AbstractContextManager[Line]:
        return line(
            connect_seconds=connect_seconds,
            total_seconds=total_seconds,
            allow_private_addresses=self._allow_private_addresses,
        )

    @contextmanager
    def _told(self, note: "_Note") -> Iterator[None]:
        """The recorder hears of the exchange, however it ends. Its own failure does not undo a carrier's answer."""
        started = time.monotonic()
        try:
            yield
        except CarrierError as error:
            note.complaint = self.masked(str(error))
            raise
        finally:
            exchange = Exchange(
                purpose=note.purpose,
                url=note.url,
                request=note.request,
                status=note.status,
                response=note.response,
                elapsed_milliseconds=round((time.monotonic() - started) * 1000),
                complaint=note.complaint,
            )
            try:
                self._recorder(exchange)
            except Exception:  # whatever the log suffers, what became of the request must reach the caller
                logger.exception("an exchange (%s) could not be kept", note.purpose)


@dataclass(kw_only=True)
class _Note:
    """What is known of an exchange so far, masked."""

    purpose: str
    url: str
    request: str
    status: int | None = None
    response: str = ""
    complaint: str = ""


def prepared(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] = NOTHING,
    parameters: Mapping[str, str] = NOTHING,
    files: Mapping[str, Any] | None = None,
    content: bytes | None = None,
) -> requests.PreparedRequest:
    """Raises NotSent if `url` is no address, or a header none that HTTP knows."""
    try:
        asked = requests.Request(
            method, url, headers={**HEADERS, **headers}, params=dict(parameters), files=files, data=content
        )
        for value in headers.values():
            value.encode("latin-1")
        prepared = asked.prepare()
    except (requests.exceptions.InvalidHeader, UnicodeEncodeError):
        raise NotSent(
            gettext("A key of the account holds signs that no header takes: correct it. Nothing was sent.")
        ) from None
    except (requests.RequestException, ValueError):
        raise NotSent(gettext(NO_ADDRESS)) from None
    if urlsplit(prepared.url or "").scheme not in ("http", "https"):
        raise NotSent(gettext(NO_ADDRESS))
    return prepared


def translated(opened: Line, error: Exception) -> CarrierError:
    """What an error of the wire means. Its own text is not passed on, for it may hold an address with a secret."""
    kind = {"kind": type(error).__name__}
    if not opened.is_up and isinstance(error, requests.exceptions.SSLError):
        return NotSent(
            gettext("No secure connection: the other side's certificate or TLS is not acceptable. Nothing was sent.")
        )
    if not opened.is_up:
        return NotSent(gettext("No connection came about (%(kind)s). Nothing was sent.") % kind)
    # What requests raises while a body comes wraps the time-out as its first argument.
    if opened.was_cut or any(isinstance(one, TIMEOUTS) for one in (error, *error.args)):
        return OutcomeUnknown(gettext("There was no complete answer in time."))
    return OutcomeUnknown(gettext("The connection broke before the answer was complete (%(kind)s).") % kind)


def _chunks(opened: Line, response: requests.Response, *, most_bytes: int) -> Iterator[bytes]:
    """The body as it comes. Raises OutcomeUnknown if it breaks off, takes too long or is too large."""
    size_bytes = 0
    try:
        for chunk in response.iter_content(CHUNK_BYTES):
            size_bytes += len(chunk)
            if size_bytes > most_bytes:
                raise OutcomeUnknown(gettext("What came was larger than %(most)s bytes.") % {"most": count(most_bytes)})
            yield chunk
    except WIRE_ERRORS as error:
        raise translated(opened, error) from None
    if opened.was_cut:  # a body without a length ends without an error when the connection does
        raise translated(opened, TimeoutError())


def _raise_for_status(response: requests.Response) -> None:
    status, code = response.status_code, str(response.status_code)
    if 200 <= status < 300:
        return
    told = {"status": status, "address": origin(_target(response))}
    if status in REDIRECTS:
        sentence = gettext("The address sends us elsewhere, to %(address)s (HTTP %(status)s). Correct it.")
        raise Refused(sentence % told, code=code)
    if status == 429:
        raise TryLater(gettext("The other side wants fewer requests (HTTP 429). It took nothing."), code=code)
    if status >= 500 or status in (408, 499) or status < 200:
        sentence = gettext("The other side failed (HTTP %(status)s) and gave no clear answer.")
        raise OutcomeUnknown(sentence % told, code=code)
    raise Refused(gettext("The other side refused the request (HTTP %(status)s).") % told, code=code)


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(_text(body))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise OutcomeUnknown(gettext("The address does not answer like the carrier (no JSON): check it."))
    return document


def _text(body: bytes) -> str:
    return body.decode("utf-8-sig", errors="replace")


def _first_words(response: requests.Response) -> str:
    try:
        return _text(response.raw.read(LONGEST_TEXT))
    except WIRE_ERRORS:
        return ""


def _target(response: requests.Response) -> str:
    """Where a redirect leads; "" for anything else."""
    location = response.headers.get("Location", "") if response.status_code in REDIRECTS else ""
    try:
        return urljoin(response.url, location) if location else ""
    except ValueError:
        return ""


def _telling_parts(url: str) -> tuple[str, ...]:
    """Path and query of an address, together and alone, as an error page may repeat them."""
    parts = urlsplit(url)
    return (f"{parts.path}?{parts.query}", parts.path, parts.query)


def _length(response: requests.Response) -> int | None:
    announced = response.headers.get("Content-Length", "")
    return int(announced) if announced.isdigit() and "Content-Encoding" not in response.headers else None
