"""What every carrier can be asked, in our words. Dialects translate; nobody else knows a carrier's spelling.

Errors carry the decision that the caller has to take::

    CarrierError                something went wrong between us and the carrier
    ├── NotSent                 nothing reached the carrier: may be repeated
    │   └── AddressForbidden    the address lies inside our own network and that is not allowed
    ├── Refused                 the carrier said no, with its code and message
    │   ├── BadCredentials      the account's credentials or rights: nothing will work until a person mends it
    │   └── TryLater            the carrier is busy: the same request may succeed later
    └── OutcomeUnknown          a time-out, a cut connection, HTTP 5xx, an unreadable answer:
                                a launch is never repeated by machine after this

Times are aware; numbers are E.164; durations are seconds.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from dialer.terms import Disposition, HungUpBy, NumberForm, VoiceDelivery


class CarrierError(Exception):
    """`str(error)` is a sentence for an operator; `code` is the carrier's own, "" if it gave none."""

    def __init__(self, sentence: str, *, code: str = "") -> None:
        super().__init__(sentence)
        self.code = code


class NotSent(CarrierError):
    """Nothing reached the carrier (no connection, unknown host, TLS failed): may be repeated."""


class AddressForbidden(NotSent):
    """The address belongs to a private network, and the installation does not allow that."""


class Refused(CarrierError):
    """The carrier answered no."""


class BadCredentials(Refused):
    """The carrier does not accept the account; only a person can mend that."""


class TryLater(Refused):
    """The carrier is out of capacity now; the same request may succeed later."""


class OutcomeUnknown(CarrierError):
    """The request may or may not have taken effect."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a carrier can do; forms, pages and the flow ask this instead of the carrier's name."""

    batch_ceiling: int
    countries: Mapping[str, str]  # ISO 3166 alpha-2 -> the carrier's own short code
    voice_deliveries: frozenset[VoiceDelivery]
    refuses_repeats: bool  # a repeated reference is refused, so a repeat is safe and proves the first
    keeps_recordings_days: int | None  # from the call on; None: unknown
    call_back_kinds: tuple[str, ...]  # names for the last part of the callback address, e.g. "bills"


@dataclass(frozen=True, kw_only=True)
class AccountSettings:
    """One account as a dialect needs it. Secrets never show in the repr."""

    app_id: str = field(repr=False)
    access_key: str = field(repr=False)
    batch_url: str
    token_url: str
    country: str  # ISO 3166 alpha-2
    country_code: str = ""  # the carrier's own short code, if the operator overrides it
    time_zone: ZoneInfo
    number_form: NumberForm
    dial_prefix: str = ""


@dataclass(frozen=True, kw_only=True)
class Voice:
    """The announcement: a file name at the carrier, or an address of ours."""

    delivery: VoiceDelivery
    location: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """One batch to be handed over: these numbers hear this voice once."""

    reference: str
    numbers: tuple[str, ...]  # E.164, unique
    voice: Voice
    wants_keypress: bool = False
    caller_id: str = ""
    ring_seconds: int | None = None
    max_call_seconds: int | None = None
    drops_undialled_today: bool = True  # what is not dialled today is dropped by the carrier
    remark: str = ""  # free text that comes back with each call


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The carrier took the batch."""

    message: str
    carrier_task_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call as the carrier reports it, normalised. `raw` is the untouched original."""

    carrier_call_id: str
    reference: str
    number_on_wire: str
    caller_id: str
    started_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    ring_seconds: int
    talk_seconds: int
    disposition: Disposition
    hangup_code: str
    hangup_meaning: str
    hung_up_by: HungUpBy
    keypress: str
    recording_name: str
    raw: Mapping[str, Any]
    carrier_call_uuid: str = ""
    is_outgoing: bool = True


@dataclass(frozen=True, kw_only=True)
class BillQuery:
    """Which bills to ask for: calls dialled in [start, end], of one reference if it is given."""

    start: datetime
    end: datetime
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class RecordingLink:
    """Where a recording can be fetched for a few minutes. Used at once, never stored."""

    url: str = field(repr=False)
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was understood of a callback's body."""

    calls: tuple[Call, ...]
    was_repaired: bool = False  # only the tolerant reader understood it
    complaint: str = ""  # why it can't be read at all; "" if it can


@dataclass(frozen=True, kw_only=True)
class CallbackAnswer:
    """What a carrier wants to hear after a push."""

    body: bytes
    content_type: str


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One HTTP request and its answer, already masked: no secret, no full phone number."""

    purpose: str
    url: str
    request: str
    status: int | None  # None: no answer
    response: str
    elapsed_milliseconds: int
    complaint: str = ""


ExchangeRecorder = Callable[[Exchange], None]


class TokenStore(Protocol):
    """The account's token, shared by all processes."""

    def current(self) -> str:
        """The token that is still valid by our clock, or ""."""

    def renew(self, spent: str, log_in: Callable[[], str]) -> str:
        """A token other than `spent`: somebody else's newer one, or that of one `log_in` under a lock."""

    def forget(self) -> None:
        """The token is not used any more."""


class Carrier(Protocol):
    """One account at one carrier. Every method makes at most the requests that it names and repeats none blindly."""

    capabilities: Capabilities

    def check(self) -> str:
        """Log in afresh; a sentence that says who the carrier thinks we are. Raises CarrierError."""

    def log_out(self) -> None:
        """The token is cleared at the carrier and forgotten here. Raises CarrierError."""

    def place(self, order: Order) -> Accepted:
        """Hand the batch over, with exactly one request. Raises CarrierError; ValueError if a limit is broken."""

    def bills(self, query: BillQuery) -> Iterator[tuple[Call, ...]]:
        """All pages of matching calls, reading without consuming. May be repeated. Raises CarrierError."""

    def recording_link(self, recording_name: str) -> RecordingLink:
        """A fresh link. May be repeated. Raises CarrierError; Refused if the carrier has no such recording."""

    def read_callback(self, body: bytes) -> Reading:
        """Never raises: what can't be understood is a complaint."""

    def callback_answer(self) -> CallbackAnswer:
        """What to answer to a push that was stored."""
