"""What requests and answers look like. Times are ISO 8601 with their zone; lists are read page by page with `after`."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from dialer.api.problems import Wrong
from dialer.flow.texts import MOST_TEXTS
from dialer.terms import LATEST_MOMENT

LARGEST_ID = 2**63 - 1  # of a row in the database
MOST_ROWS_OF_A_PAGE = 1000
MOST_NUMBERS = 10_000  # of one request; files take more


def _one_line(text: str) -> str:
    if any(not sign.isprintable() and sign != "\u200b" for sign in text):
        raise ValueError(gettext("Leave out line breaks and control characters"))
    return text


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError(gettext("Leave out NUL characters"))
    return text


def one_of(*words: str) -> Any:
    """The type of a filter that knows just these words, and "" for all rows."""
    known = ", ".join(words)

    def checked(word: str) -> str:
        if word and word not in words:
            raise ValueError(gettext("There is no such word here. These are known: %(words)s") % {"words": known})
        return word

    return Annotated[str, AfterValidator(checked), Field(description=f"One of: {known}")]


Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
After = Annotated[int, Field(ge=0, le=LARGEST_ID, description="`next` of the page before; 0 for the first page")]
Limit = Annotated[int, Field(ge=1, le=MOST_ROWS_OF_A_PAGE)]
Line = Annotated[str, AfterValidator(_one_line)]
Text = Annotated[str, AfterValidator(_without_nul)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166-1, such as ID")]
Moment = AwareDatetime | None
# Not at the ends of the calendar, where a moment can't be written in each time zone.
AskedMoment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=LATEST_MOMENT)]

Item = TypeVar("Item")


class Asked(Schema):
    """What comes in: a field that nobody knows is a mistake, and is told."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Reading(Asked):
    """Which part of a list."""

    after: After = 0
    limit: Limit = 100


class Page(Schema, Generic[Item]):
    """A part of a list, in the order of its ids."""

    items: list[Item]
    next: int | None = Field(description="Give it as `after` to read on; null: there is no more now")


class Problem(Schema):
    """A mistake, in words (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: dict[str, list[str]] = Field(default_factory=dict)


class Skipped(Schema):
    reason: str
    count: int


class FoundRow(Schema):
    kind: str = Field(description="account, voice_file, contact_list, do_not_call_list or campaign")
    id: int


class Finding(Schema):
    """A sentence, and where to mend what it says."""

    sentence: str
    place: str = Field(description="what, voice, numbers, when or settings of the campaign, or another row")
    row: FoundRow | None = Field(description="for the place “row”: which one")


class Sheet(Schema):
    """What a launch would do, and what stands against it. With problems there is no launch."""

    row_count: int
    callable_count: int
    skipped: list[Skipped]
    batch_size: int
    batch_count: int
    problems: list[Finding]
    warnings: list[Finding]


class Status(Schema):
    """How far a campaign is. Each person is in exactly one of the first five counts."""

    state: str
    paused_because: str
    asks_because: str = Field(description="Why a start at a set time waits for a person")
    waiting: int
    at_the_carrier: int = Field(description="handed over and not recallable")
    settled: int
    silent: int = Field(description="handed over long ago and never billed")
    not_called: int
    uncertain: int = Field(description="of those at the carrier: in batches without a clear answer")
    callable_count: int
    skipped: list[Skipped]
    dispositions: dict[str, int]
    keypresses: dict[str, int]
    batches: dict[str, int]


class Start(Asked):
    start_at: AskedMoment


class Because(Asked):
    because: Annotated[Text, Field(max_length=500)] = ""


class Cancelled(Schema):
    at_the_carrier: int = Field(description="people who can't be called back and will still be called")


class NumberIn(Asked):
    number: Annotated[Line, Field(min_length=1, max_length=80, pattern=r"\S", description="in any spelling")]
    texts: Annotated[list[Annotated[Line, Field(max_length=200)]], Field(max_length=MOST_TEXTS)] = []


class NumbersIn(Asked):
    numbers: Annotated[list[NumberIn], Field(min_length=1, max_length=MOST_NUMBERS)]
    name: Annotated[Line, Field(min_length=1, max_length=100, description="how the list is called here")] = "API"


class ListOut(Schema):
    """A list of numbers: every row of it gets a fate."""

    id: int
    campaign: int
    name: str
    state: str = Field(description="uploaded, reading, ready or rejected")
    complaint: str
    row_count: int | None
    rows_read: int
    to_call: int
    skipped: list[Skipped]
    sheet: str
    number_column: int | None = Field(description="counted from 1")
    text_columns: list[int | None]
    uploaded_at: AwareDatetime
    read_at: Moment


class ResultOut(Schema):
    """One row of a list and what became of it."""

    id: int
    list_id: int
    row_number: int = Field(description="as a spreadsheet program shows it: the heading is row 1")
    raw: str
    number: str = Field(description="with country code; masked without the permission to see it")
    texts: list[str]
    skip_reason: str = Field(description="empty: it is called")
    duplicate_of_row: int | None
    rounds: int = Field(description="how often it was handed over")
    state: str = Field(description="skipped, waiting, at_the_carrier, settled, silent or not_called")
    disposition: str
    keypress: str
    settled_at: Moment
    retry_at: Moment
    talk_seconds: int = Field(description="of all its calls")
    call_records: list[int]


class CallOut(Schema):
    """A call as the carrier billed it."""

    id: int
    account: int
    campaign: int | None
    contact: int | None
    carrier_call_id: str
    number: str
    caller_id: str
    started_at: Moment
    answered_at: Moment
    ended_at: Moment
    ring_seconds: int
    talk_seconds: int
    disposition: str
    hangup_code: str
    hangup_meaning: str
    hung_up_by: str
    keypress: str
    has_recording: bool
    cost: Decimal | None
    currency: str
    created_at: AwareDatetime


class AccountOut(Schema):
    """Our credentials at a carrier, without them."""

    id: int
    name: str
    carrier: str
    country: str
    is_enabled: bool
    stopped_because: str
    balance: Decimal | None
    balance_asked_at: Moment
    kinds: list[str]
    voice_deliveries: list[str]
    features: list[str]
    languages: list[str]


class VoiceFileOut(Schema):
    id: int
    name: str
    carrier_name: str
    seconds: float
    size_bytes: int
    remarks: list[str]
    uploaded_at: AwareDatetime


class DoNotCallIn(Asked):
    number: Annotated[Line, Field(min_length=1, max_length=80)]
    country: Country
    list_id: Id | None = Field(default=None, description="null: the house list, which holds for all campaigns")
    reason: Annotated[Line, Field(max_length=200)] = ""
    source: Annotated[Line, Field(max_length=200)] = ""


class DoNotCallEntry(Schema):
    list_id: int
    list_name: str
    reason: str
    source: str
    added_at: AwareDatetime


class DoNotCallOut(Schema):
    """A number and the do-not-call lists on which it stands."""

    number: str
    is_listed: bool
    entries: list[DoNotCallEntry]


def page(
    request: HttpRequest, rows: QuerySet[Any], asked: Reading, *, shown: Callable[[list[Any]], list[Any]]
) -> dict[str, Any]:
    """The first of the rows as they are shown, and where to read on.

    Raises Wrong for a filter that nobody knows: to pass over it would answer with rows that were not asked for.
    """
    unknown = sorted(set(request.GET) - set(type(asked).model_fields))
    if unknown:
        raise Wrong({name: [gettext("There is no such filter.")] for name in unknown})
    found = list(rows[: asked.limit + 1])
    part = found[: asked.limit]
    return {"items": shown(part), "next": part[-1].pk if len(found) > asked.limit else None}
