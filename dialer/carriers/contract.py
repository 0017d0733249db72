"""What every carrier can be asked, in our words. Dialects translate; nobody else knows a carrier's spelling.

Errors carry the decision that the caller has to take::

    CarrierError                something went wrong between us and the carrier
    ├── NotSent                 nothing reached the carrier: may be repeated
    │   ├── AddressForbidden    the address lies inside our own network and that is not allowed
    │   └── NotOffered          this carrier has no such service
    ├── Refused                 the carrier said no, with its code and message
    │   ├── AlreadyTaken        it knows this reference: an earlier try has arrived, and this one did nothing
    │   ├── BadCredentials      the account's credentials or rights: nothing will work until a person mends it
    │   └── TryLater            the carrier is busy: the same request may succeed later
    └── OutcomeUnknown          a time-out, a cut connection, HTTP 5xx, an unreadable answer:
                                a launch is never repeated by machine after this

Times are aware; numbers are E.164; durations are seconds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from dialer.carriers.order import Order
from dialer.terms import (
    CampaignKind,
    Disposition,
    ExtensionState,
    Feature,
    HungUpBy,
    NumberForm,
    TaskState,
    VoiceDelivery,
)
from dialer.translation import gettext

BILLS, EXTENSIONS = "bills", "extensions"  # kinds of news that carriers push; the last part of a callback address


class CarrierError(Exception):
    """`str(error)` is a sentence for an operator; `code` is the carrier's own, "" if it gave none."""

    def __init__(self, sentence: str, *, code: str = "") -> None:
        super().__init__(sentence)
        self.code = code


class NotSent(CarrierError):
    """Nothing reached the carrier (no connection, unknown host, TLS failed): may be repeated."""


class AddressForbidden(NotSent):
    """The address belongs to a private network, and the installation does not allow that."""


class NotOffered(NotSent):
    """The carrier has no such service; see its capabilities."""


class Refused(CarrierError):
    """The carrier answered no."""


class AlreadyTaken(Refused):
    """The carrier has a batch of this reference already, so an earlier try has arrived. This one did nothing."""


class BadCredentials(Refused):
    """The carrier does not accept the account; only a person can mend that."""


class TryLater(Refused):
    """The carrier is out of capacity now; the same request may succeed later."""


class OutcomeUnknown(CarrierError):
    """The request may or may not have taken effect."""


@dataclass(frozen=True, kw_only=True)
class OrderProblem:
    """A limit of the carrier that an order breaks. `part` is a name of the order such as "sms.text"."""

    part: str
    sentence: str


class BrokenLimits(ValueError):
    """An order breaks limits of the carrier, so nothing was sent. `str(error)` is all sentences, without a number."""

    def __init__(self, problems: Sequence[OrderProblem]) -> None:
        super().__init__(" ".join(problem.sentence for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True)
class AccountField:
    """One of the account's columns as a carrier uses and calls it. `default` is an address that it prints.

    Label and help are in English; whoever shows them translates them.
    """

    name: str  # of the account's column: app_id, access_key, secret, batch_url, token_url, sms_app_id
    label: str
    help: str = ""
    default: str = ""
    is_required: bool = True


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a carrier can do; forms, pages and the flow ask this instead of the carrier's name."""

    ceilings: Mapping[CampaignKind, int]  # kinds of campaigns, and how many numbers one request may hold
    countries: Mapping[str, str]  # ISO 3166 alpha-2 -> the carrier's own short code, "" if it needs none
    voice_deliveries: frozenset[VoiceDelivery]
    features: frozenset[Feature]
    account_fields: tuple[AccountField, ...]
    number_form: NumberForm  # unless the account says otherwise
    paths: Mapping[str, str] = field(default_factory=dict)  # what an account may override: our name -> default path
    languages: tuple[str, ...] = ()  # ISO 639-1, in which it speaks a text
    keeps_recordings_days: int | None = None  # from the call on; None: unknown
    call_back_kinds: tuple[str, ...] = (BILLS,)

    @property
    def refuses_repeats(self) -> bool:
        """A repeated reference is refused, so a repeat is safe and proves the first try."""
        return Feature.REFUSES_REPEATS in self.features


@dataclass(frozen=True, kw_only=True)
class AccountSettings:
    """One account as a dialect needs it. Secrets never show in the repr."""

    app_id: str = field(repr=False)
    access_key: str = field(repr=False)
    secret: str = field(default="", repr=False)
    batch_url: str
    token_url: str = ""
    country: str  # ISO 3166 alpha-2
    country_code: str = ""  # the carrier's own short code, if the operator overrides it
    time_zone: ZoneInfo
    number_form: NumberForm
    dial_prefix: str = ""
    paths: Mapping[str, str] = field(default_factory=dict)  # the operator's own, in the place of the carrier's


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
    carrier_task_id: str = ""  # the carrier's own name of the batch, "" if it does not tell
    voice_at_carrier: str = ""  # the file that was played, by its name there; "" if it does not tell
    is_outgoing: bool = True
    cost: Decimal | None = None
    currency: str = ""
    rate: Decimal | None = None  # price of a period, in the currency
    billing_period: str = ""  # such as 60+60: seconds of the first period and of the others
    charged_seconds: int | None = None


@dataclass(frozen=True, kw_only=True)
class ExtensionEvent:
    """What one side of a call with an extension does. `raw` is the untouched original."""

    carrier_call_uuid: str
    extension: str
    state: ExtensionState
    at: datetime
    is_customer_side: bool
    number_on_wire: str
    reference: str
    raw: Mapping[str, Any]


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

    calls: tuple[Call, ...] = ()
    extension_events: tuple[ExtensionEvent, ...] = ()
    was_repaired: bool = False  # only the tolerant reader understood it
    complaint: str = ""  # why it can't be read at all; "" if it can


@dataclass(frozen=True, kw_only=True)
class Task:
    """A batch as the carrier has it."""

    carrier_task_id: str
    reference: str
    state: TaskState
    called: int | None = None


@dataclass(frozen=True, kw_only=True)
class PlacedFile:
    """A voice file as it lies at the carrier."""

    id_at_carrier: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What is left on the account, in its own currency."""

    amount: Decimal
    gift: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """What calls can be made for."""
        return self.amount + self.gift + self.credit


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


class Carrier:
    """One account at one carrier. Every method makes at most the requests that it names and repeats none blindly.

    What a dialect does not write anew, its carrier does not offer; `capabilities` says so beforehand.
    """

    capabilities: Capabilities

    def check(self) -> str:
        """Log in afresh; a sentence that says who the carrier thinks we are. Raises CarrierError."""
        raise NotImplementedError

    def place(self, order: Order) -> Accepted:
        """Hand the batch over, with one request that can take effect.

        Raises CarrierError, AlreadyTaken among them; BrokenLimits, and then nothing was sent.
        """
        raise NotImplementedError

    def problems(self, order: Order) -> tuple[OrderProblem, ...]:
        """All limits of the carrier that the order breaks. Asks nobody."""
        raise NotImplementedError

    def bills(self, query: BillQuery) -> Iterator[tuple[Call, ...]]:
        """All pages of matching calls, reading without consuming. May be repeated. Raises CarrierError.

        The reference is heeded by carriers with BILLS_BY_REFERENCE; others give the calls of all batches.
        """
        raise NotImplementedError

    def recording_link(self, recording_name: str) -> RecordingLink:
        """A fresh link. May be repeated. Raises CarrierError; Refused if the carrier has no such recording."""
        raise NotImplementedError

    def read_callback(self, body: bytes, *, kind: str = BILLS) -> Reading:
        """Never raises: what can't be understood is a complaint."""
        raise NotImplementedError

    def callback_answer(self) -> CallbackAnswer:
        """What to answer to a push that was stored."""
        raise NotImplementedError

    def log_out(self) -> None:
        """The token is cleared at the carrier and forgotten here. Raises CarrierError."""
        raise NotOffered(gettext("This carrier has no token to clear."))

    def find_task(self, reference: str, *, since: datetime) -> Task | None:
        """The batch of this reference, handed over since then; None if there is none. May be repeated."""
        raise NotOffered(gettext("This carrier does not tell of its batches."))

    def task(self, carrier_task_id: str) -> Task:
        """How far the batch is. May be repeated. Raises CarrierError."""
        raise NotOffered(gettext("This carrier does not tell how far a batch is."))

    def cancel_task(self, carrier_task_id: str) -> None:
        """The batch will not begin. May be repeated. Raises CarrierError; Refused if it is too late."""
        raise NotOffered(gettext("This carrier takes no batch back."))

    def upload_voice(self, name: str, content: bytes) -> PlacedFile:
        """The file lies at the carrier under that name (with suffix). Raises CarrierError, AlreadyTaken for a name."""
        raise NotOffered(gettext("This carrier takes voice files in its own console only."))

    def voice_files(self) -> Iterator[tuple[PlacedFile, ...]]:
        """All pages of the files that lie at the carrier. May be repeated. Raises CarrierError."""
        raise NotOffered(gettext("This carrier does not list its voice files."))

    def delete_voice(self, id_at_carrier: str) -> None:
        """The file lies there no more. Raises CarrierError."""
        raise NotOffered(gettext("This carrier deletes voice files in its own console only."))

    def balance(self) -> Balance:
        """What is left. May be repeated. Raises CarrierError."""
        raise NotOffered(gettext("This carrier does not tell the balance."))
